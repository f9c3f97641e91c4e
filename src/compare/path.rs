//! Paths into a document: how members and items are named and displayed.

use crate::domain::escape;
use crate::domain::json::{LexemeKind, Lexer, quote};
use crate::text::Safe;

/// The longest name displayed in full, in characters.
const MAX_NAME: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathStep {
    /// A member: its name, and its number among members of that name, from 1.
    Name(String, usize),
    /// An item of an array, from 0.
    Item(usize),
}

/// The path from a document to one of its values; without steps, the whole document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JsonPath(pub Vec<PathStep>);

impl JsonPath {
    /// The names in the path, by which secrets are recognised.
    pub fn names(&self) -> Vec<&str> {
        let names = self.0.iter().filter_map(|step| match step {
            PathStep::Name(name, _) => Some(name.as_str()),
            PathStep::Item(_) => None,
        });
        names.collect()
    }

    /// As displayed, such as `chain[1].module`; a second member of the same name is `name (2)`.
    pub fn display(&self) -> Safe<'static> {
        if self.0.is_empty() {
            return Safe::literal("(document)");
        }
        let mut path = String::new();
        for step in &self.0 {
            match step {
                PathStep::Item(at) => path.push_str(&format!("[{at}]")),
                PathStep::Name(name, number) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
                    let quoted = name.is_empty() || !name.chars().all(plain);
                    let shown = escape(name.as_bytes());
                    let name = match quoted {
                        // What JSON's own escapes leave as it is may still not be seen, or be composed
                        // otherwise.
                        true if !name.is_ascii() && shown != name.as_str() => {
                            format!("\"{}\"", shown.replace('"', "\\\""))
                        }
                        true => quote(name),
                        false => shown.into_owned(),
                    };
                    path.push_str(Safe::prefix(&name, MAX_NAME).as_str());
                    if *number > 1 {
                        path.push_str(&format!(" ({number})"));
                    }
                }
            }
        }
        Safe::from(path)
    }
}

/// The texts of the tokens, without white space.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    Lexer::new(text).filter(|lexeme| lexeme.kind != LexemeKind::Space).map(move |lexeme| lexeme.span.of(text))
}
