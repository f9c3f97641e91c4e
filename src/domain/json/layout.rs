//! The white space that makes a JSON text readable, put between its tokens and nowhere else.

use super::{Lexer, Shape, walk};

const INDENT: &str = "  ";

/// Deep nesting makes indented text far longer than its tokens; past this factor it helps nobody.
const MAX_GROWTH: usize = 8;

/// The same tokens with one member or item a line and two blanks a level; nothing before the first
/// token or after the last. None if the text is not JSON, or would grow out of proportion.
pub fn indent(text: &str) -> Option<String> {
    walk(text, |_| ()).ok()?;
    let limit = text.len().saturating_mul(MAX_GROWTH).saturating_add(4096);
    let mut out = String::with_capacity(text.len().saturating_mul(3) / 2);
    let mut depth = 0usize;
    let mut previous = None;
    for lexeme in Lexer::new(text).filter(|lexeme| lexeme.shape != Shape::Space) {
        if closes(lexeme.shape) {
            depth = depth.saturating_sub(1);
        }
        if let Some(previous) = previous {
            match gap(previous, lexeme.shape) {
                Gap::None => (),
                Gap::Blank => out.push(' '),
                Gap::Line => {
                    out.push('\n');
                    (0..depth).for_each(|_| out.push_str(INDENT));
                }
            }
        }
        if opens(lexeme.shape) {
            depth += 1;
        }
        out.push_str(lexeme.span.of(text));
        if out.len() > limit {
            return None;
        }
        previous = Some(lexeme.shape);
    }
    Some(out)
}

enum Gap {
    None,
    Blank,
    Line,
}

fn gap(previous: Shape, next: Shape) -> Gap {
    match (previous, next) {
        (_, Shape::Colon | Shape::Comma) => Gap::None,
        (Shape::Colon, _) => Gap::Blank,
        (open, close) if opens(open) && closes(close) => Gap::None,
        _ => Gap::Line,
    }
}

fn opens(shape: Shape) -> bool {
    matches!(shape, Shape::OpenObject | Shape::OpenArray)
}

fn closes(shape: Shape) -> bool {
    matches!(shape, Shape::CloseObject | Shape::CloseArray)
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
