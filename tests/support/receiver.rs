//! The example `receiver`, which cargo builds before it runs the tests.

use std::path::{Path, PathBuf};

/// The program, beside the test programs in cargo's folder.
///
/// # Panics
/// If it is missing: `cargo test` builds examples, `cargo test --test NAME` does not.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let program = folder.join("examples/receiver");
    assert!(
        program.is_file(),
        "{} is missing: run `cargo build --example receiver` first",
        program.display()
    );
    program
}
