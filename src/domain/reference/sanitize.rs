//! What the receiver removes from the value of a variable, or from a default, before it uses it.
//!
//! This is meant to prevent injection but also damages legitimate values (`validator-id` becomes
//! `valator-`); still, it is what the receiver compares with. Every intermediate text is wiped.

use zeroize::Zeroizing;

/// The longest value, in characters.
const MAX_VALUE: usize = 4096;

/// The replacement for a value that is empty afterwards.
const NOTHING_LEFT: &str = "sanitized_value";

/// Removed from the beginning, in this order, where the member is a URL or a host.
const SCHEMES: [&str; 5] = ["javascript:", "data:", "vbscript:", "file:", "gopher:"];

const SHELL: [&str; 9] = [";", "|", "&", "`", "$", "(", ")", "{", "}"];

/// Words with white space between them, removed where the member has to do with SQL. The receiver's
/// list also has a quote before `;`, which has already been removed by then.
const SQL: [&[&str]; 8] = [
    &["--"],
    &["/*"],
    &["*/"],
    &["union", "select"],
    &["drop", "table"],
    &["delete", "from"],
    &["insert", "into"],
    &["update", "set"],
];

const COMMANDS: [&str; 8] = ["rm ", "rm -rf", "cat ", "ls ", "pwd", "whoami", "id", "uname"];

/// The member name for an item of an array: no name-specific rule applies to it.
pub(super) const LIST_ITEM: &str = "list[]";

/// Sanitizes a value as the receiver does for a member of this name; an empty name counts as none.
pub(super) fn sanitize(original: &str, member: Option<&str>) -> Zeroizing<String> {
    sanitize_with(original, member, &mut |_| ())
}

/// What sanitizing takes from a value, in words of a fixed list; empty for a value that stays as it is. `member`
/// is the name of its member, `None` for an item of an array.
pub fn removed_by_sanitizing(original: &str, member: Option<&str>) -> Vec<&'static str> {
    let mut removed = Vec::new();
    sanitize_with(original, member.or(Some(LIST_ITEM)), &mut |what| removed.push(what));
    removed
}

/// `removed` is told each thing that is taken away.
fn sanitize_with(
    original: &str,
    member: Option<&str>,
    removed: &mut dyn FnMut(&'static str),
) -> Zeroizing<String> {
    let member = member.filter(|name| !name.is_empty()).map(str::to_lowercase);
    let names_any =
        |words: &[&str]| member.as_ref().is_some_and(|name| words.iter().any(|word| name.contains(word)));
    let mut value = Zeroizing::new(original.to_owned());
    let mut length = value.len();
    let mut compare = |value: &str, what| {
        if value.len() != std::mem::replace(&mut length, value.len()) {
            removed(what);
        }
    };
    value.retain(|c| c != '\0');
    compare(&value, "NUL");
    if names_any(&["url", "host"]) {
        drop_schemes(&mut value);
        compare(&value, "its scheme");
    }
    for character in SHELL {
        value.retain(|c| !character.starts_with(c));
        compare(&value, character);
    }
    if names_any(&["sql", "query", "table"]) {
        SQL.iter().for_each(|words| remove(&mut value, words));
        compare(&value, "words of SQL");
    }
    if value.contains("..") {
        remove(&mut value, &[".."]);
        compare(&value, "..");
    }
    if member.is_some() && !names_any(&["path", "url"]) {
        let slashes = value.len() - value.trim_start_matches('/').len();
        value.drain(..slashes);
        compare(&value, "a leading /");
    }
    let mut folded = Zeroizing::new(value.to_lowercase());
    for command in COMMANDS {
        if folded.contains(command) {
            remove(&mut value, &[command]);
            compare(&value, command.trim_end());
            folded = Zeroizing::new(value.to_lowercase());
        }
    }
    cut(&mut value);
    compare(&value, "what is beyond 4,096 characters");
    if trim(&value).is_empty() && !trim(original).is_empty() {
        return Zeroizing::new(NOTHING_LEFT.to_owned());
    }
    value
}

/// The only change that the receiver makes to a value from Vault.
pub(super) fn truncate(original: &str) -> Zeroizing<String> {
    let mut value = Zeroizing::new(original.to_owned());
    value.retain(|c| c != '\0');
    cut(&mut value);
    value
}

fn cut(value: &mut String) {
    if let Some((at, _)) = value.char_indices().nth(MAX_VALUE) {
        value.truncate(at);
    }
}

fn drop_schemes(value: &mut String) {
    for scheme in SCHEMES {
        if value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
            let rest = value.get(scheme.len()..).unwrap_or_default();
            let kept = rest.trim_start_matches(is_blank).len();
            value.drain(..value.len() - kept);
        }
    }
}

/// Removes every occurrence of these words in sequence, with white space between them.
fn remove(value: &mut Zeroizing<String>, words: &[&str]) {
    let mut kept = Zeroizing::new(String::with_capacity(value.len()));
    let mut rest = value.as_str();
    while let Some(c) = rest.chars().next() {
        let after = after_words(rest, words).unwrap_or_else(|| {
            kept.push(c);
            rest.get(c.len_utf8()..).unwrap_or_default()
        });
        rest = after;
    }
    *value = kept;
}

fn after_words<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let (first, others) = words.split_first()?;
    let mut rest = after_word(text, first)?;
    for word in others {
        let next = rest.trim_start_matches(is_blank);
        if next.len() == rest.len() {
            return None;
        }
        rest = after_word(next, word)?;
    }
    Some(rest)
}

fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    let same = word.chars().all(|wanted| rest.next().map(fold) == Some(wanted));
    same.then_some(rest.as_str())
}

/// A character as Python compares it when ignoring case: besides ASCII's own pairs, some other
/// characters count as `i`, `k` and `s`.
fn fold(c: char) -> char {
    match c {
        '\u{130}' | '\u{131}' => 'i',
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    }
}

/// White space as defined by Python, which includes four separators among the control characters.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// A text without leading and trailing white space, like Python's `strip`.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(member: &str, value: &str) -> String {
        sanitize(value, Some(member)).to_string()
    }

    #[test]
    fn rules_depend_on_the_members_name() {
        for (member, value, expected) in [
            ("x", "/etc/../a", "etc//a"),
            ("FilePath", "/etc", "/etc"),
            ("BaseURL", "JavaScript: data:x", "x"),
            ("BaseURL", "data:javascript:x", "javascript:x"),
            ("hostname", "file:/x", "x"),
            ("sql", "a DROP \n\u{1c}Table b", "a  b"),
            ("sql", "dropdrop table table", "drop table"),
            ("token", "drop table", "drop table"),
            ("x", "WhoAmI\u{131}d", "\u{131}d"),
            ("x", "id\u{131}d", ""),
            ("x", "iidd", "id"),
        ] {
            let expected = if expected.is_empty() { NOTHING_LEFT } else { expected };
            assert_eq!(cleaned(member, value), expected, "{member} {value}");
        }
        assert_eq!(*sanitize("/x", None), "/x");
        assert_eq!(*sanitize("/x", Some("")), "/x");
        assert_eq!(*sanitize("/x", Some(LIST_ITEM)), "x");
    }

    #[test]
    fn what_is_removed_is_told_without_the_value() {
        for (member, value, expected) in [
            ("x", "plain", ""),
            ("x", "a;b|c id /x", "; | id"),
            ("x", "/etc/../$a", "$ .. a leading /"),
            ("url", "file:/x", "its scheme"),
            ("query", "a -- b", "words of SQL"),
            ("x", "rm -rf", "rm"),
            ("x", &"y".repeat(4097), "what is beyond 4,096 characters"),
        ] {
            assert_eq!(removed_by_sanitizing(value, Some(member)).join(" "), expected, "{member}");
        }
        assert_eq!(removed_by_sanitizing("/x", None), ["a leading /"]);
    }

    #[test]
    fn blank_values_stay_and_emptied_ones_do_not() {
        assert_eq!(cleaned("x", ""), "");
        assert_eq!(cleaned("x", " "), " ");
        assert_eq!(cleaned("x", " $ "), NOTHING_LEFT);
        assert_eq!(cleaned("x", "\0"), NOTHING_LEFT);
    }

    #[test]
    fn the_length_is_counted_in_characters_after_cleaning() {
        let value = format!("${}", "я".repeat(5000));
        assert_eq!(cleaned("x", &value).chars().count(), 4096);
        assert_eq!(truncate(&value).chars().count(), 4096);
        assert_eq!(*truncate("a\0;id"), "a;id");
    }
}
