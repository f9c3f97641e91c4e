//! README.md tells every setting as the code knows it; `UPDATE_DOCS=1` writes it there.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

use std::path::Path;

use confdeck::settings::reference_table;

const BEGIN: &str = "<!-- configuration -->\n";
const END: &str = "<!-- /configuration -->";

#[test]
fn the_configuration_reference_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("README.md marks where the reference begins");
    let (written, after) = rest.split_once(END).expect("README.md marks where the reference ends");
    let current = format!("\n{}\n", reference_table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{current}{END}{after}")).unwrap();
    } else {
        assert_eq!(written, current, "run UPDATE_DOCS=1 cargo test --test reference");
    }
}
