//! The grammar of a vault reference: the text between `{$vault:` and `}`.

use super::sanitize::{is_blank, trim};

/// One field of one secret, as named by a reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VaultField {
    /// The secret's path, without outer slashes, relative to the receiver's mount.
    pub path: String,
    /// The field's exact name; `a.b` is a name like any other.
    pub field: String,
}

/// `path#field`, as written in a reference.
impl std::fmt::Display for VaultField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.path, self.field)
    }
}

/// The longest reference, in characters, without outer blanks.
const MAX_REFERENCE: usize = 1024;

/// Parses the body of a reference, with the offset at which its default begins; `None` if the receiver
/// would refuse it.
pub(super) fn parse(body: &str) -> Option<(VaultField, Option<usize>)> {
    let whole = trim(body);
    if whole.chars().take(MAX_REFERENCE + 1).count() > MAX_REFERENCE {
        return None;
    }
    let (path, rest) = body.split_once('#')?;
    let (field, has_default) = rest.split_once(':').map_or((rest, false), |(field, _)| (field, true));
    let default = has_default.then(|| path.len() + 1 + field.len() + 1);
    let path = trim(path).trim_matches('/');
    let field = trim(field);
    let legal = legal(path, 512, "_./-") && legal(field, 128, "_.-");
    legal.then(|| (VaultField { path: path.into(), field: field.into() }, default))
}

fn legal(text: &str, max: usize, extra: &str) -> bool {
    (1..=max).contains(&text.len())
        && !text.contains("..")
        && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

/// The default of a body parsed by [`parse`], as the receiver uses it: without trailing blanks.
pub(super) fn default_of(body: &str, at: Option<usize>) -> Option<&str> {
    body.get(at?..).map(|default| default.trim_end_matches(is_blank))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<(String, Option<&str>)> {
        parse(body).map(|(field, at)| (field.to_string(), default_of(body, at)))
    }

    #[test]
    fn the_first_separator_counts_and_the_default_keeps_the_rest() {
        for (body, field, default) in [
            ("app/a#f", "app/a#f", None),
            (" /app/a/ # f : x ", "app/a#f", Some(" x")),
            ("a#f:", "a#f", Some("")),
            ("a#f:b:c#d", "a#f", Some("b:c#d")),
            ("a#b.c", "a#b.c", None),
        ] {
            assert_eq!(read(body), Some((field.into(), default)), "{body}");
        }
    }

    #[test]
    fn what_the_receiver_refuses_is_refused() {
        let long_path = format!("{}#f", "p".repeat(513));
        let long_field = format!("p#{}", "f".repeat(129));
        let long = format!("p#f:{}", "d".repeat(1021));
        for body in [
            "",
            "a",
            "#f",
            "a#",
            " # ",
            "a/../b#f",
            "a#b..c",
            "a#b/c",
            "a\\b#f",
            "a%b#f",
            "a b#f",
            "a\0#f",
            "ä#f",
            "a#b#c",
            &long_path,
            &long_field,
            &long,
        ] {
            assert_eq!(read(body), None, "{body}");
        }
        assert!(read(&format!("p#f:{}", "d".repeat(1020))).is_some());
    }
}
