//! The reference of all settings, as docs/configuration.md shows it.

use std::fmt::Write;

use super::{SETTINGS, Setting, SettingTable};

/// The table of settings in markdown; `UPDATE_DOCS=1 cargo test` writes it into docs/configuration.md. There,
/// `context` stands for `[contexts.NAME]` or `[defaults]`, `console` for `[console]`, and `receiver` for
/// `[contexts.NAME.receiver]` or `[receiver]`.
pub fn reference_table() -> String {
    let mut out = String::from(
        "| in config.toml | variable | flag | default | meaning |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for setting in &SETTINGS {
        let code = |text: Option<&str>| text.map(|text| format!("`{text}`")).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            place(setting),
            code(setting.variable),
            code(setting.flag),
            setting.default,
            setting.meaning
        );
    }
    out
}

fn place(setting: &Setting) -> String {
    match setting.table {
        SettingTable::Nowhere => String::new(),
        SettingTable::Top => format!("`{}`", setting.name),
        SettingTable::Context => format!("context `{}`", setting.name),
        SettingTable::Console => format!("console `{}`", setting.name),
        SettingTable::Receiver => format!("receiver `{}`", setting.short_name()),
    }
}
