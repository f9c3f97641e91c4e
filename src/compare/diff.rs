//! The differences between two documents, by path; secrets are compared but never shown.

use super::changes::{ChangeFinder, TreeChange};
use super::path::JsonPath;
use super::tree::JsonTree;
use crate::domain::Masking;
use crate::text::scan::{ScanPiece, Visibility, scan_within};
use crate::text::{Safe, SegmentRole, mask_value};

/// The longest value shown next to a path, in characters.
const MAX_VALUE: usize = 60;

/// What is shown for a secret that changed.
pub(super) const HIDDEN: Safe<'static> = Safe::literal("(value hidden)");

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// The changes in the order of the old text; additions come last.
    pub changes: Vec<PathChange>,
    /// Whether the texts differ in white space only.
    pub whitespace_only: bool,
}

impl Diff {
    /// Whether the texts are equal, byte for byte.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.whitespace_only
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathChange {
    /// The path, such as `module-config.timeout` or `chain[1].module`; a second member of the same
    /// name is `name (2)`. Removed items are numbered as in the old text, all others as in the new one.
    pub path: Safe<'static>,
    pub kind: DiffKind,
    /// The value before, shortened; `None` if there was none.
    pub old: Option<Safe<'static>>,
    /// The value after, shortened; `None` if there is none.
    pub new: Option<Safe<'static>>,
    /// Whether a secret is or was part of it.
    pub secret: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiffKind {
    Added,
    Removed,
    /// Its value was replaced.
    Changed,
    /// The same members or items in another order.
    OrderOnly,
}

/// Compares two texts of one document. If one of them is not JSON, the result is one change of
/// the whole text; [`super::lines`] is more detailed.
pub fn diff(masking: &Masking, old: &str, new: &str) -> Diff {
    if old == new {
        return Diff::default();
    }
    let changes = match (JsonTree::of(old), JsonTree::of(new)) {
        (Ok(before), Ok(after)) => {
            let mut finder = ChangeFinder::new(masking.names(), Vec::new(), false);
            finder.value(&before, &after);
            finder.found.into_iter().map(|(path, change)| path_change(masking, &path, change)).collect()
        }
        _ => vec![PathChange {
            path: Safe::literal("(whole text)"),
            kind: DiffKind::Changed,
            old: None,
            new: None,
            secret: false,
        }],
    };
    Diff { whitespace_only: changes.is_empty(), changes }
}

fn path_change(masking: &Masking, path: &JsonPath, change: TreeChange<'_>) -> PathChange {
    let (kind, sides) = match change {
        TreeChange::Order(..) => (DiffKind::OrderOnly, [None, None]),
        TreeChange::Value(None, new) => (DiffKind::Added, [None, new]),
        TreeChange::Value(old, None) => (DiffKind::Removed, [old, None]),
        TreeChange::Value(old, new) => (DiffKind::Changed, [old, new]),
    };
    let (names, text) = (path.names(), sides.map(|side| side.map(JsonTree::raw)));
    let [mut old, mut new] = text.map(|side| side.map(|text| display_value(masking, &names, text)));
    let secret = [&old, &new].into_iter().flatten().any(|(_, secret)| *secret);
    if let ([Some(before), Some(after)], true) = (text, old == new) {
        // Shortened or masked, both look the same: show where they differ, or that the difference is hidden.
        let parted =
            if secret { vec![HIDDEN, HIDDEN] } else { diverging_excerpts(masking, &names, &[before, after]) };
        let mut parted = parted.into_iter().map(|text| (text, secret));
        (old, new) = (parted.next(), parted.next());
    }
    let [old, new] = [old, new].map(|side| side.map(|(value, _)| value));
    PathChange { path: path.display(), kind, old, new, secret }
}

/// Excerpts of values with a common beginning, from shortly before the first difference.
pub(super) fn diverging_excerpts<S: AsRef<str>>(
    masking: &Masking,
    names: &[S],
    texts: &[&str],
) -> Vec<Safe<'static>> {
    let whole = |text: &&str| mask_value(masking, names, text, usize::MAX).into_string();
    let texts: Vec<String> = texts.iter().map(whole).collect();
    let first = texts.first().map_or("", String::as_str);
    let alike = |text: &String| first.chars().zip(text.chars()).take_while(|(a, b)| a == b).count();
    let same = texts.iter().skip(1).map(alike).min().unwrap_or(0);
    let from = |text: &String| {
        let start = text.char_indices().nth(same.saturating_sub(MAX_VALUE / 3)).map_or(0, |(at, _)| at);
        let rest = Safe::prefix(text.get(start..).unwrap_or_default(), MAX_VALUE);
        Safe::from(format!("{}{rest}", if start > 0 { "…" } else { "" }))
    };
    texts.iter().map(from).collect()
}

/// A value at a path of names, in displayable form, and whether it contains a secret.
pub(super) fn display_value<S: AsRef<str>>(
    masking: &Masking,
    names: &[S],
    text: &str,
) -> (Safe<'static>, bool) {
    let pieces = scan_within(masking, names, text);
    let secret = pieces.iter().any(ScanPiece::is_hidden);
    let nothing_else = pieces.iter().all(|piece| {
        piece.is_hidden()
            || piece.visibility == Visibility::Shown(SegmentRole::String) && piece.span.of(text) == "\""
    });
    if secret && nothing_else {
        (HIDDEN, true)
    } else {
        (mask_value(masking, names, text, MAX_VALUE), secret)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::DocumentKind;
    use crate::text::fixture::{broken_document, document};

    const WEBHOOK: &Masking = &Masking::built_in(DocumentKind::Webhook);

    fn told(old: &str, new: &str) -> Vec<String> {
        let side = |value: &Option<Safe<'_>>| value.as_ref().map_or("-".into(), ToString::to_string);
        diff(WEBHOOK, old, new)
            .changes
            .iter()
            .map(|c| format!("{:?} {} {} {} {}", c.kind, c.path, side(&c.old), side(&c.new), c.secret))
            .collect()
    }

    #[test]
    fn changes_are_told_by_path() {
        assert_eq!(
            told(
                r#"{"module-config": {"timeout": 30, "a.b": "x"}, "gone": [1], "n": 1.0}"#,
                r#"{"n": 1, "module-config": {"a.b": "\u0078", "timeout": 45}, "hmac": {"header": "X"}}"#,
            ),
            [
                "Changed module-config.timeout 30 45 false",
                r#"Changed module-config."a.b" "x" "\u0078" false"#,
                "OrderOnly module-config - - false",
                "Removed gone [1] - false",
                "Changed n 1.0 1 false",
                "Added hmac - {\"header\": \"X\"} false",
                "OrderOnly (document) - - false",
            ]
        );
    }

    #[test]
    fn items_are_matched_and_an_order_is_an_order() {
        assert_eq!(
            told(
                r#"{"chain": ["log", {"module": "kafka"}, "s3"], "a": [1, 2]}"#,
                r#"{"chain": ["log", {"module": "mqtt"}, "s3", "x"], "a": [2, 1]}"#,
            ),
            [
                "Changed chain[1].module \"kafka\" \"mqtt\" false",
                "Added chain[3] - \"x\" false",
                "OrderOnly a - - false"
            ]
        );
    }

    #[test]
    fn duplicates_white_space_and_broken_texts() {
        assert_eq!(told(r#"{"a": 1, "a": 2}"#, r#"{"a": 1, "a": 3}"#), ["Changed a (2) 2 3 false"]);
        let diff = diff(WEBHOOK, "{\"a\":1}", "\u{feff}{ \"a\": 1 }");
        assert!(diff.whitespace_only && diff.changes.is_empty() && !diff.is_empty());
        assert_eq!(told("{", "{}"), ["Changed (whole text) - - false"]);
    }

    #[test]
    fn a_pair_is_told_as_a_whole_so_that_its_value_is_never_shown_without_its_name() {
        let told = |old: &str, new: &str| told(old, new).join("\n");
        let (old, new) = (
            r#"{"env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"value": "hunter2", "name": "PIN"}, {"name": "REGION", "value": "eu"}], "h": [["X-Api-Key", "hunter2"]]}"#,
            r#"{"env": [{"name": "DB_PASSWORD", "value": "hunter3"}, {"value": "hunter3", "name": "PIN"}, {"name": "REGION", "value": "us"}], "h": [["X-Api-Key", "hunter3"], ["Host", "x"]]}"#,
        );
        let changes = told(old, new);
        assert!(!changes.contains("hunter"), "{changes}");
        assert!(changes.contains(r#"Changed env[2].value "eu" "us" false"#), "{changes}");
        for at in ["env[0]", "env[1]", "h"] {
            assert!(
                changes
                    .lines()
                    .any(|line| line.starts_with(&format!("Changed {at} ")) && line.ends_with("true"))
            );
        }
        // Also where only one side has the name, or the value.
        let with = |name: &str| format!(r#"{{"name": "{name}", "value": "hunter2"}}"#);
        for [old, new] in [
            [with("REGION"), with("PASSWORD")],
            [with("PASSWORD"), with("REGION")],
            [r#"{"name": "PASSWORD"}"#.into(), with("PASSWORD")],
            [with("PASSWORD"), r#"{"value": "hunter2"}"#.into()],
        ] {
            let changes = told(&format!(r#"{{"a": [{old}]}}"#), &format!(r#"{{"a": [{new}]}}"#));
            assert_eq!(
                changes.matches("hunter2").count(),
                usize::from(!old.contains("PASSWORD") || !new.contains("PASSWORD")),
                "{changes}"
            );
        }
    }

    #[test]
    fn secrets_change_without_being_told() {
        assert_eq!(
            told(
                r#"{"hmac": {"secret": "hunter2"}, "jwt": {"secret": "hunter2"}, "authorization": "{$T:hunter2}", "u": "http://u:hunter2@h"}"#,
                r#"{"hmac": {"secret": "hunter3"}, "jwt": {"secret": "{$vault:p#f}"}, "authorization": "{$T:hunter3}", "u": "http://u:hunter3@h", "basic_auth": {"password": 1}}"#,
            ),
            [
                "Changed hmac.secret (value hidden) (value hidden) true",
                "Changed jwt.secret (value hidden) \"{$vault:p#f}\" true",
                "Changed authorization (value hidden) (value hidden) true",
                "Changed u (value hidden) (value hidden) true",
                "Added basic_auth - {\"password\": ••••••••} true",
            ]
        );
    }

    #[test]
    fn long_values_show_where_they_part() {
        let text = |end| format!("{{\"a\": \"{}{end}\"}}", "x".repeat(100));
        assert_eq!(
            told(&text("y"), &text("z")),
            [format!("Changed a …{0}y\" …{0}z\" false", "x".repeat(20))]
        );
    }

    proptest! {
        #[test]
        fn equal_texts_have_no_differences(document in document()) {
            prop_assert!(diff(WEBHOOK, &document.text, &document.text).is_empty());
        }

        #[test]
        fn different_texts_have_differences(old in document(), new in document()) {
            let same = old.text == new.text;
            prop_assert_eq!(diff(WEBHOOK, &old.text, &new.text).is_empty(), same);
        }

        #[test]
        fn no_secret_is_told(old in document(), new in prop_oneof![document().boxed(), broken_document().boxed()]) {
            let told = told(&old.text, &new.text).join("\n");
            prop_assert!(!old.leaks_into(&told), "{}", told);
        }
    }
}
