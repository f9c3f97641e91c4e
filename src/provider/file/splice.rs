//! Sets or removes one member in the text of a JSON object, and leaves every other byte unchanged.

use crate::domain::json::{Node, Span, quote};

/// The text of a new file.
pub(super) const EMPTY: &str = "{}\n";

/// The text with `value` under `name`: it replaces the last member of that name, which is the one
/// that counts, or is appended in the style of the text.
pub(super) fn set(text: &str, root: &Node, name: &str, value: &str) -> String {
    if let Some(member) = root.member(name) {
        return replace(text, member.value.span, value);
    }
    let Some(last) = root.members().last() else {
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let inside = format!("{{{line_end}  {}: {value}{line_end}}}", quote(name));
        return replace(text, root.span, &inside);
    };
    let colon = Span { start: last.key.end, end: last.value.span.start }.of(text);
    let separator = separator(text, root, colon);
    let at = Span { start: last.value.span.end, end: last.value.span.end };
    replace(text, at, &format!("{separator}{}{colon}{value}", quote(name)))
}

/// The text without any member of this name. All duplicates are removed, because an earlier one would
/// count once the last one is gone.
pub(super) fn remove(text: &str, root: &Node, name: &str) -> String {
    let members = root.members();
    let Some(last_kept) = members.iter().rposition(|member| member.name != name) else {
        return replace(text, root.span, "{}");
    };
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (index, member) in members.iter().enumerate() {
        if member.name != name {
            continue;
        }
        // A member with a remaining one after it is removed with what follows it up to the next member;
        // the others with the separator before them, so that the last remaining one ends the object.
        let until = members.get(index + 1).filter(|_| index < last_kept);
        let gone = match until {
            Some(next) => Span { start: member.key.start, end: next.key.start },
            None => {
                let before = index.checked_sub(1).and_then(|index| members.get(index));
                let start = before.map_or(member.key.start, |before| before.value.span.end);
                Span { start, end: member.value.span.end }
            }
        };
        out.push_str(Span { start: from, end: gone.start }.of(text));
        from = gone.end;
    }
    out.push_str(Span { start: from, end: text.len() }.of(text));
    out
}

fn replace(text: &str, span: Span, with: &str) -> String {
    let before = Span { start: 0, end: span.start }.of(text);
    let after = Span { start: span.end, end: text.len() }.of(text);
    [before, with, after].concat()
}

/// The separator between two members in this text; where there is only one, a guess in its style.
fn separator(text: &str, root: &Node, colon: &str) -> String {
    if let [.., before, last] = root.members() {
        return Span { start: before.value.span.end, end: last.key.start }.of(text).into();
    }
    let first = root.members().first().map_or(root.span.end, |member| member.key.start);
    let lead = Span { start: root.span.start.saturating_add(1), end: first }.of(text);
    let blank = if lead.is_empty() && colon.ends_with(' ') { " " } else { lead };
    format!(",{blank}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::json::{Member, parse};

    fn set_in(text: &str, name: &str, value: &str) -> String {
        set(text, &parse(text).unwrap(), name, value)
    }

    fn remove_from(text: &str, name: &str) -> String {
        remove(text, &parse(text).unwrap(), name)
    }

    #[test]
    fn only_the_value_changes() {
        let text = "{\r\n\t\"a\" : {\"x\":1.0},\r\n\r\n\t\"b\":2\r\n}\r\n";
        assert_eq!(set_in(text, "a", "[]"), "{\r\n\t\"a\" : [],\r\n\r\n\t\"b\":2\r\n}\r\n");
        assert_eq!(set_in("{\"a\":1,\"a\":2}", "a", "3"), "{\"a\":1,\"a\":3}", "the last one is read");
        assert_eq!(set_in("{\"\\u0061\": 1}", "a", "2"), "{\"\\u0061\": 2}");
    }

    #[test]
    fn a_new_member_takes_the_style_of_the_text() {
        let cases = [
            ("{}\n", "{\n  \"n\": {}\n}\n"),
            (" { \r\n } ", " {\r\n  \"n\": {}\r\n} "),
            ("{\n    \"a\": 1\n}", "{\n    \"a\": 1,\n    \"n\": {}\n}"),
            ("{\r\n\t\"a\":1\r\n}\r\n", "{\r\n\t\"a\":1,\r\n\t\"n\":{}\r\n}\r\n"),
            ("{\"a\": 1}", "{\"a\": 1, \"n\": {}}"),
            ("{\"a\":1}", "{\"a\":1,\"n\":{}}"),
            ("{ \"a\" : 1 }", "{ \"a\" : 1, \"n\" : {} }"),
            ("{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"b\": 2, \"n\": {}}"),
            ("{ \"a\": 1\n, \"b\": 2\n}", "{ \"a\": 1\n, \"b\": 2\n, \"n\": {}\n}"),
            ("{\n \"a\": 1,\n\n \"b\": 2\n}", "{\n \"a\": 1,\n\n \"b\": 2,\n\n \"n\": {}\n}"),
        ];
        for (text, expected) in cases {
            assert_eq!(set_in(text, "n", "{}"), expected, "{text:?}");
        }
    }

    #[test]
    fn a_deletion_takes_its_comma_and_its_line() {
        let three = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n";
        assert_eq!(remove_from(three, "a"), "{\n  \"b\": 2,\n  \"c\": 3\n}\n");
        assert_eq!(remove_from(three, "b"), "{\n  \"a\": 1,\n  \"c\": 3\n}\n");
        assert_eq!(remove_from(three, "c"), "{\n  \"a\": 1,\n  \"b\": 2\n}\n");
        assert_eq!(remove_from(three, "x"), three);
        assert_eq!(remove_from("{\n  \"a\": 1\n}\n", "a"), "{}\n");
        assert_eq!(remove_from("{\"a\": 1, \"b\": 2, \"a\": 3}", "a"), "{\"b\": 2}");
        assert_eq!(remove_from("{\"b\": 2, \"a\": 1, \"a\": 3}", "a"), "{\"b\": 2}");
        assert_eq!(remove_from("{\"a\": 1, \"a\": 3, \"b\": 2}", "a"), "{\"b\": 2}");
    }

    /// Objects with any spacing, duplicates and odd names.
    fn objects() -> impl Strategy<Value = String> {
        let space = "[ \t]{0,2}(\r?\n)?[ \t]{0,2}";
        let value = r#"(\{"x": ?[0-9]\}|\[1 , 2\]|"v\\n,\}"|1\.50|null)"#;
        let member = (r#"("[a-d]"|"\\u0061"|""|"a/b")"#, space, space, value)
            .prop_map(|(name, before, after, value)| format!("{name}{before}:{after}{value}"));
        let members = proptest::collection::vec((space, member, space), 0..6);
        (space, members, space, space).prop_map(|(lead, members, inside, tail)| {
            let members: Vec<_> =
                members.into_iter().map(|(before, member, after)| before + &member + &after).collect();
            let inside = if members.is_empty() { inside } else { members.join(",") };
            format!("{lead}{{{inside}}}{tail}")
        })
    }

    /// All members but one.
    fn others(text: &str, name: &str) -> Vec<(String, String)> {
        let root = parse(text).unwrap();
        let member = |member: &Member| (member.name.clone(), member.value.span.of(text).to_owned());
        root.members().iter().filter(|member| member.name != name).map(member).collect()
    }

    proptest! {
        #[test]
        fn set_changes_one_value(text in objects(), name in "[a-f/]{0,2}", value in r#"\{"new": \[1,\n 2\]\}"#) {
            let out = set_in(&text, &name, &value);
            let root = parse(&out).unwrap();
            prop_assert_eq!(root.member(&name).unwrap().value.span.of(&out), &value);
            prop_assert_eq!(others(&out, &name), others(&text, &name));
            // Undoing the change shows that nothing else moved.
            let before = parse(&text).unwrap();
            if let Some(old) = before.member(&name) {
                let back = set(&out, &root, &name, old.value.span.of(&text));
                prop_assert_eq!(back, text);
            } else if !before.members().is_empty() {
                prop_assert_eq!(remove(&out, &root, &name), text);
            }
        }

        #[test]
        fn remove_leaves_the_rest(text in objects(), name in "[a-d]") {
            let out = remove_from(&text, &name);
            prop_assert!(parse(&out).unwrap().member(&name).is_none());
            prop_assert_eq!(others(&out, &name), others(&text, &name));
        }
    }
}
