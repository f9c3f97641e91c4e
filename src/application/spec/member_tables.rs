//! The tables of docs/application-file.md, made of the tables of members and of types.

use std::fmt::Write;

use super::members::{LAYER, LAYERS, MemberKind, RULE, SETTING, SpecMember, TOP};
use super::value_type::TYPES;

/// The members of application files as tables in Markdown; `UPDATE_DOCS=1 cargo test` writes them to
/// docs/application-file.md.
pub fn member_tables() -> String {
    let mut out = String::new();
    table(&mut out, "At the top", TOP);
    table(&mut out, "In every `[[layers]]`", LAYER);
    for layer in LAYERS.iter().filter(|layer| !layer.members.is_empty()) {
        table(&mut out, &format!("In a layer of kind `{}`", layer.kind), layer.members);
    }
    table(&mut out, "In `[settings.\"PATH\"]`", SETTING);
    table(&mut out, "In every `[[rules]]`", RULE);
    out.trim_end().to_owned() + "\n"
}

/// The kinds of layers with their ranks, as a table in Markdown.
pub fn rank_table() -> String {
    let mut out = String::from("| kind | rank | what it reads |\n| --- | --- | --- |\n");
    for layer in &LAYERS {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| `{}` | {} | {} |", layer.kind, layer.rank, escaped(layer.meaning));
    }
    out
}

/// The types of settings, as a table in Markdown.
pub fn type_table() -> String {
    let mut out = String::from("| type | a value is |\n| --- | --- |\n");
    for words in &TYPES {
        let _ = writeln!(out, "| `{}` | {} |", words.name, escaped(words.wanted));
    }
    out
}

fn table(out: &mut String, caption: &str, members: &[SpecMember]) {
    let _ = write!(out, "{caption}:\n\n| member | holds | meaning |\n| --- | --- | --- |\n");
    for SpecMember { name, kind, required, meaning } in members {
        let needed = if *required { ", required" } else { "" };
        let _ = writeln!(out, "| `{name}` | {}{needed} | {} |", holds(*kind), escaped(meaning));
    }
    out.push('\n');
}

/// What a member holds; `${}` where variables are replaced.
fn holds(kind: MemberKind) -> String {
    match kind {
        MemberKind::Text => "text `${}`".into(),
        MemberKind::Plain => "text".into(),
        MemberKind::Switch => "true, false or text `${}`".into(),
        MemberKind::Flag => "true or false".into(),
        MemberKind::Count(from, to) => format!("{from} to {to}"),
        MemberKind::Duration => "text `${}` as `10s`, or seconds".into(),
        MemberKind::Word(words) => format!("`{}`", words.join("`, `")),
        MemberKind::List => "list of texts, or text `${}` with commas".into(),
        MemberKind::Texts => "table of texts `${}`".into(),
        MemberKind::Limit => "number, or text with a unit".into(),
        MemberKind::Value => "value of its type".into(),
        MemberKind::Values => "list of values of its type".into(),
        MemberKind::Layers | MemberKind::Rules => "tables".into(),
        MemberKind::Settings => "tables by path".into(),
    }
}

/// `${NAME}` is no code of Markdown.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace("\"${", "`\"${").replace("}\"", "}\"`")
}
