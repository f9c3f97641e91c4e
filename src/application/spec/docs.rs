//! The table of documentation of an application's settings, in Markdown.

use std::fmt::Write;

use super::{ApplicationSpec, SettingSpec, ValueType};
use crate::application::SettingPath;

/// In place of what is a secret.
const HIDDEN: &str = "(hidden)";

impl ApplicationSpec {
    /// The settings as a table in Markdown, a row each, sorted by path. Keys of etcd are told without the root of their
    /// layer. Defaults of secrets are left out.
    pub fn reference_table(&self) -> String {
        let mut out = String::from(
            "| setting | variable | etcd key | type | default | limits | description |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for (path, setting) in &self.settings {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}", row(path, setting));
        }
        out
    }
}

fn row(path: &SettingPath, setting: &SettingSpec) -> String {
    let default = setting.default.as_ref().map(|default| match setting.secret {
        true => HIDDEN.to_owned(),
        false => setting.value_text(default.expose()),
    });
    let cells = [
        code(&path.to_string()),
        setting.variable.as_deref().map(code).unwrap_or_default(),
        setting.etcd_key.as_deref().map(code).unwrap_or_default(),
        setting.value_type.name().to_owned(),
        default.as_deref().map(code).unwrap_or_default(),
        setting.limits_text(),
        text(&setting.description),
    ];
    format!("| {} |", cells.join(" | "))
}

impl SettingSpec {
    /// What a value may be, as `required; 1 to 100`, in Markdown.
    pub fn limits_text(&self) -> String {
        limits(self, code)
    }

    /// The same as it is shown on a terminal.
    pub fn limits(&self) -> String {
        limits(self, str::to_owned)
    }
}

/// `required; 1 to 100`, with what is written as it stands made by `code`.
fn limits(setting: &SettingSpec, code: impl Fn(&str) -> String) -> String {
    let mut said = Vec::new();
    if setting.required {
        said.push("required".to_owned());
    }
    if setting.secret {
        said.push("secret".to_owned());
    }
    let limit = |limit: Option<f64>| limit.map(|limit| setting.limit_text(limit));
    match (limit(setting.min), limit(setting.max)) {
        (Some(least), Some(most)) => said.push(format!("{least} to {most}")),
        (Some(least), None) => said.push(format!("at least {least}")),
        (None, Some(most)) => said.push(format!("at most {most}")),
        (None, None) => {}
    }
    if let (Some(least), Some(counted)) = (setting.min_length, setting.value_type.words().counted) {
        said.push(format!("{least} or more {counted}"));
    }
    if let Some(pattern) = &setting.pattern {
        said.push(format!("matches {}", code(pattern.as_str())));
    }
    if !setting.allowed.is_empty() && !setting.secret {
        let values: Vec<_> = setting.allowed_texts().iter().map(|value| code(value)).collect();
        let each = if setting.value_type == ValueType::List { "each one of" } else { "one of" };
        said.push(format!("{each} {}", values.join(", ")));
    }
    said.join("; ")
}

/// A text as code in a cell: between enough backticks, and without what ends a cell.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{blank}{}{blank}{fence}", cell(text))
}

/// A text as it is, and never as Markdown or HTML.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in cell(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '*' | '_' | '`' | '[' | ']' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// On one line, with `|` escaped, which a table needs within code too.
fn cell(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::parse;

    #[test]
    fn a_table_of_the_keys_documents_them_with_variable_type_default_and_limits() {
        let spec = parse(
            "name = \"a\"\n[settings.\"database.pool_size\"]\ntype = \"integer\"\ndefault = 5\nmin = 1\nmax = 100\n\
             env = \"DATABASE_POOL_SIZE\"\netcd = \"Database/PoolSize\"\ndescription = \"Connections | kept <open>\"\n\
             [settings.\"database.url\"]\ntype = \"url\"\nrequired = true\nsecret = true\n\
             pattern = \"^(postgresql|sqlite)://\"\ndefault = \"sqlite://planted-value\"\n\
             [settings.levels]\ntype = \"list\"\nallowed = [\"INFO\", \"DEBUG\"]\nmin_length = 1\ndefault = [\"INFO\"]\n\
             [settings.timeout]\ntype = \"duration\"\ndefault = 90\nmin = \"1s\"\n[settings.limit]\ntype = \"bytes\"\nmax = \"64KiB\"\n",
        );
        assert_eq!(
            spec.reference_table(),
            "| setting | variable | etcd key | type | default | limits | description |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n\
             | `database.pool_size` | `DATABASE_POOL_SIZE` | `Database/PoolSize` | integer | `5` | 1 to 100 | Connections \\| kept &lt;open> |\n\
             | `database.url` |  |  | url | `(hidden)` | required; secret; matches `^(postgresql\\|sqlite)://` |  |\n\
             | `levels` |  |  | list | `[\"INFO\"]` | 1 or more items; each one of `INFO`, `DEBUG` |  |\n\
             | `limit` |  |  | bytes |  | at most 64KiB |  |\n\
             | `timeout` |  |  | duration | `1m 30s` | at least 1s |  |\n"
        );
    }

    #[test]
    fn nothing_breaks_out_of_its_cell() {
        assert_eq!(super::code("a`|b"), "``a`\\|b``");
        assert_eq!(super::code("`"), "`` ` ``");
        assert_eq!(super::text("a\nb _c_ [d](e)"), "a b \\_c\\_ \\[d\\](e)");
    }
}
