//! Locates references in a text, by the receiver's patterns. Each function makes one pass.

/// The name and the default of a text that is one reference to a variable.
///
/// The default is greedy: `{$A:x}-{$B}` is one reference, whose default is `x}-{$B`. A final line
/// feed is ignored, as by Python's `$`.
pub(super) fn whole_env(text: &str) -> Option<(&str, Option<&str>)> {
    let body = body(text).filter(|body| !body.starts_with("vault:"))?;
    let (name, rest) = split_name(body)?;
    match rest.strip_prefix(':') {
        Some(default) => (!default.contains('\n')).then_some((name, Some(default))),
        None => rest.is_empty().then_some((name, None)),
    }
}

/// The text between `{$vault:` and `}` in a text that is one reference to Vault.
pub(super) fn whole_vault(text: &str) -> Option<&str> {
    body(text)?.strip_prefix("vault:").filter(|body| !body.is_empty() && !body.contains('}'))
}

fn body(text: &str) -> Option<&str> {
    text.strip_suffix('\n').unwrap_or(text).strip_prefix("{$")?.strip_suffix('}')
}

/// A name and the text after it; `None` if there is no name.
pub(super) fn split_name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(name, _)| !name.is_empty())
}

/// A character of a name: Python's `\w`. (Rust counts some combining marks as letters that Python
/// does not; no shell can set a variable with such a name.)
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A piece of a text: plain text, or a parsed reference with its source.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReferencePiece<'a, R> {
    Text(&'a str),
    Reference(R, &'a str),
}

/// Splits a text at its references to Vault, each with the text between its colon and its brace.
pub(super) fn vault_pieces(text: &str) -> Vec<ReferencePiece<'_, &str>> {
    pieces(text, "{$vault:", |after| {
        let (body, _) = after.split_once('}').ok_or(NoMatch::Further)?;
        if body.is_empty() { Err(NoMatch::Here) } else { Ok((body, body.len())) }
    })
}

/// Splits a text at its references to variables, each with its name and its default.
pub(super) fn env_pieces(text: &str) -> Vec<ReferencePiece<'_, (&str, Option<&str>)>> {
    pieces(text, "{$", |after| {
        let after = Some(after).filter(|after| !after.starts_with("vault:"));
        let (name, tail) = after.and_then(split_name).ok_or(NoMatch::Here)?;
        let default = match tail.strip_prefix(':') {
            Some(tail) => Some(tail.split_once('}').ok_or(NoMatch::Further)?.0),
            None if tail.starts_with('}') => None,
            None => return Err(NoMatch::Here),
        };
        Ok(((name, default), name.len() + default.map_or(0, |default| default.len() + 1)))
    })
}

/// Why no reference starts at an opening.
enum NoMatch {
    /// The text after this opening is not a reference.
    Here,
    /// Nor is the text after any later one: there is no closing brace.
    Further,
}

/// Splits a text where `read` finds a reference; `read` is given the text after an opening, and returns how
/// much of it comes before the brace.
fn pieces<'a, R>(
    text: &'a str,
    opening: &str,
    read: impl Fn(&'a str) -> Result<(R, usize), NoMatch>,
) -> Vec<ReferencePiece<'a, R>> {
    let mut pieces = Vec::new();
    let (mut done, mut at) = (0, 0);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(opening)).map(|offset| at + offset) {
        at = start + opening.len();
        match read(text.get(at..).unwrap_or_default()) {
            Ok((reference, length)) => {
                at += length + 1;
                let before = text.get(done..start).filter(|text| !text.is_empty());
                pieces.extend(before.map(ReferencePiece::Text));
                pieces.push(ReferencePiece::Reference(reference, text.get(start..at).unwrap_or_default()));
                done = at;
            }
            Err(NoMatch::Here) => {}
            Err(NoMatch::Further) => break,
        }
    }
    pieces.extend(text.get(done..).filter(|text| !text.is_empty()).map(ReferencePiece::Text));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_reference_from_its_first_brace_to_its_last() {
        for (text, expected) in [
            ("{$A}", Some(("A", None))),
            ("{$A}\n", Some(("A", None))),
            ("{$A}\n\n", None),
            ("{$A:}", Some(("A", Some("")))),
            ("{$A:x}-{$B}", Some(("A", Some("x}-{$B")))),
            ("{$A}-{$B}", None),
            ("{$A:x\n}", None),
            ("{$vault:a#b}", None),
            ("{$vault}", Some(("vault", None))),
            ("{$VAULT:a#b}", Some(("VAULT", Some("a#b")))),
            ("{$\u{44f}_1:d}", Some(("\u{44f}_1", Some("d")))),
            (" {$A}", None),
        ] {
            assert_eq!(whole_env(text), expected, "{text:?}");
        }
        assert_eq!(whole_vault("{$vault:a#b\n:c}\n"), Some("a#b\n:c"));
        assert_eq!(whole_vault("{$vault:}"), None);
        assert_eq!(whole_vault("{$vault:a#b:x}}"), None);
    }

    #[test]
    fn pieces_put_together_are_the_text() {
        let text = "{$a{$vault:x}{$vault:}{$A:b\nc}{$B-}{$C}}{$D:{$E";
        fn whole<R>(pieces: Vec<ReferencePiece<'_, R>>) -> String {
            let text = |piece| match piece {
                ReferencePiece::Text(text) | ReferencePiece::Reference(_, text) => text,
            };
            pieces.into_iter().map(text).collect()
        }
        assert_eq!(whole(vault_pieces(text)), text);
        assert_eq!(whole(env_pieces(text)), text);
        let names: Vec<_> = env_pieces(text)
            .into_iter()
            .filter_map(|piece| match piece {
                ReferencePiece::Reference(reference, _) => Some(reference),
                ReferencePiece::Text(_) => None,
            })
            .collect();
        assert_eq!(names, [("A", Some("b\nc")), ("C", None)]);
    }
}
