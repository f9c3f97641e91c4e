//! White space that makes a JSON text readable, inserted between its tokens and nowhere else.

use super::{LexemeKind, Lexer, walk};

const INDENT: &str = "  ";

/// Deep nesting makes indented text far longer than its tokens; past this factor the text is left as it is.
const MAX_GROWTH: usize = 8;

/// The same tokens with one member or item per line, indented by two spaces per level; nothing before the
/// first token or after the last. `None` if the text is not JSON, or would grow too much.
pub fn indent(text: &str) -> Option<String> {
    walk(text, |_| ()).ok()?;
    indent_valid(text)
}

/// As [`indent`], for a text that is known to be JSON.
pub fn indent_valid(text: &str) -> Option<String> {
    let limit = text.len().saturating_mul(MAX_GROWTH).saturating_add(4096);
    let mut out = String::with_capacity(text.len().saturating_mul(3) / 2);
    let mut depth = 0usize;
    let mut previous = None;
    for lexeme in Lexer::new(text).filter(|lexeme| lexeme.kind != LexemeKind::Space) {
        if lexeme.kind.closes() {
            depth = depth.saturating_sub(1);
        }
        match (previous, lexeme.kind) {
            (None, _) | (_, LexemeKind::Colon | LexemeKind::Comma) => {}
            (Some(LexemeKind::Colon), _) => out.push(' '),
            (Some(open), close) if open.opens() && close.closes() => {}
            _ => {
                out.push('\n');
                (0..depth).for_each(|_| out.push_str(INDENT));
            }
        }
        if lexeme.kind.opens() {
            depth += 1;
        }
        out.push_str(lexeme.span.of(text));
        if out.len() > limit {
            return None;
        }
        previous = Some(lexeme.kind);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indents_and_keeps_every_token() {
        assert_eq!(
            indent(r#" {"a" :1.50,"b":{ },"c":[ 1,{"d\u0041":"x y"}]} "#).unwrap(),
            "{\n  \"a\": 1.50,\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\\u0041\": \"x y\"\n    }\n  ]\n}"
        );
        assert_eq!(indent("{"), None);
        assert_eq!(
            indent(&format!("{}{}{}", "[".repeat(100), "1,".repeat(5000) + "1", "]".repeat(100))),
            None
        );
    }
}
