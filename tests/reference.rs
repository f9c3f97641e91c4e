//! README.md tells every setting and every key as the code knows them; `UPDATE_DOCS=1` writes them there.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

use std::path::Path;

/// README.md with what stands between the marks `<!-- NAME -->` and `<!-- /NAME -->` replaced.
fn with_section(readme: &str, name: &str, content: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = readme.split_once(&begin).expect("README.md marks where the section begins");
    let (_, after) = rest.split_once(&end).expect("README.md marks where the section ends");
    format!("{before}{begin}\n{content}\n{end}{after}")
}

#[test]
fn the_readme_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let mut current = with_section(&readme, "configuration", &confdeck::settings::reference_table());
    if cfg!(feature = "console") {
        current = with_keys(&current);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, current).unwrap();
    } else {
        assert!(readme == current, "run UPDATE_DOCS=1 cargo test --test reference");
    }
}

#[cfg(feature = "console")]
fn with_keys(readme: &str) -> String {
    with_section(readme, "keys", &confdeck::console::keymap::reference_table())
}

#[cfg(not(feature = "console"))]
fn with_keys(readme: &str) -> String {
    readme.to_owned()
}
