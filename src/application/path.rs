//! Paths of settings: names from the outermost to the innermost, written as a dotted key of TOML.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// The path of a setting. It has at least one name, and no name is empty.
///
/// It is written as a dotted key of TOML: names joined by dots, and a name with other characters than letters,
/// digits, `_` and `-` in double quotes, with JSON's escapes.
///
/// ```
/// use confdeck::application::SettingPath;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let path: SettingPath = "database.pool_size".parse()?;
/// assert_eq!(path.names().collect::<Vec<_>>(), ["database", "pool_size"]);
/// let odd: SettingPath = "hosts.\"a.example\"".parse()?;
/// assert_eq!(odd.names().last(), Some("a.example"));
/// assert_eq!(odd.to_string(), "hosts.\"a.example\"");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingPath(Arc<[Arc<str>]>);

/// Why a text is no path of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingPathError {
    #[error(
        "{0:?} is no path of a setting: a name in it is empty; write names joined by dots, as database.pool_size"
    )]
    EmptyName(String),
    #[error(
        "{0:?} is no path of a setting: put a name with other characters than letters, digits, _ and - in double quotes"
    )]
    Quote(String),
}

impl SettingPath {
    /// # Errors
    /// [`SettingPathError::EmptyName`] if there is no name, or one of them is empty.
    pub fn new<N: Into<Arc<str>>>(names: impl IntoIterator<Item = N>) -> Result<Self, SettingPathError> {
        let path = Self(names.into_iter().map(Into::into).collect());
        match path.0.is_empty() || path.0.iter().any(|name| name.is_empty()) {
            true => Err(SettingPathError::EmptyName(path.to_string())),
            false => Ok(path),
        }
    }

    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.0.iter().map(|name| &**name)
    }

    /// The JSON pointer to it in a document that has it (RFC 6901).
    ///
    /// ```
    /// # use confdeck::application::SettingPath;
    /// let path = SettingPath::new(["a", "b/c~d"])?;
    /// assert_eq!(path.pointer(), "/a/b~1c~0d");
    /// # Ok::<(), confdeck::application::SettingPathError>(())
    /// ```
    pub fn pointer(&self) -> String {
        self.names().map(|name| ["/", &name.replace('~', "~0").replace('/', "~1")].concat()).collect()
    }

    /// The path of a member of this section.
    ///
    /// # Errors
    /// [`SettingPathError::EmptyName`] if the name is empty.
    pub fn member(&self, name: &str) -> Result<Self, SettingPathError> {
        Self::new(self.0.iter().cloned().chain([Arc::from(name)]))
    }

    /// The sections that it lies in, outermost first.
    pub fn sections(&self) -> impl DoubleEndedIterator<Item = Self> {
        (1..self.0.len()).filter_map(|end| self.0.get(..end)).map(|names| Self(names.into()))
    }

    /// Whether this is the path of a section that the other one lies in.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.len() > self.0.len() && other.0.starts_with(&self.0)
    }
}

impl fmt::Display for SettingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            match is_bare(name) {
                true => f.write_str(name)?,
                false => f.write_str(&crate::domain::json::quote(name))?,
            }
        }
        Ok(())
    }
}

fn is_bare(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

impl std::str::FromStr for SettingPath {
    type Err = SettingPathError;

    fn from_str(text: &str) -> Result<Self, SettingPathError> {
        let wrong = || SettingPathError::Quote(text.into());
        let mut names = Vec::new();
        let mut rest = text;
        loop {
            let (name, after) = match rest.starts_with('"') {
                true => {
                    let end = closing_quote(rest).ok_or_else(wrong)?;
                    let (quoted, after) = rest.split_at_checked(end).ok_or_else(wrong)?;
                    (crate::domain::json::unquote(quoted).map_err(|_| wrong())?.into_owned(), after)
                }
                false => {
                    let end = rest.find('.').unwrap_or(rest.len());
                    let (name, after) = rest.split_at_checked(end).ok_or_else(wrong)?;
                    if !name.is_empty() && !is_bare(name) {
                        return Err(wrong());
                    }
                    (name.to_owned(), after)
                }
            };
            names.push(name);
            match after.strip_prefix('.') {
                Some(more) => rest = more,
                None if after.is_empty() => break,
                None => return Err(wrong()),
            }
        }
        Self::new(names).map_err(|_| SettingPathError::EmptyName(text.into()))
    }
}

/// The end of the quoted text that this one begins with.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at + 1)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(names in proptest::collection::vec("\\PC{1,6}", 1..5)) {
            let path = SettingPath::new(names).unwrap();
            prop_assert_eq!(path.to_string().parse::<SettingPath>().unwrap(), path);
        }

        #[test]
        fn any_text_is_a_path_or_an_error(text in "[a\".\\\\ é]{0,12}") {
            if let Ok(path) = text.parse::<SettingPath>() {
                prop_assert_eq!(path.to_string().parse::<SettingPath>().unwrap(), path);
            }
        }
    }

    #[test]
    fn a_path_has_a_name_and_no_empty_one() {
        for text in ["", ".", "a.", ".a", "a..b", "\"\""] {
            assert!(matches!(text.parse::<SettingPath>(), Err(SettingPathError::EmptyName(_))), "{text}");
        }
        for text in ["a b", "a\"b\"", "\"a", "\"a\"b", "é"] {
            assert!(matches!(text.parse::<SettingPath>(), Err(SettingPathError::Quote(_))), "{text}");
        }
    }

    #[test]
    fn a_section_contains_what_lies_in_it_and_not_itself() {
        let path = |text: &str| text.parse::<SettingPath>().unwrap();
        assert!(path("a").contains(&path("a.b.c")) && path("a.b").contains(&path("a.b.c")));
        let sections: Vec<_> = path("a.b.c").sections().map(|it| it.to_string()).collect();
        assert_eq!(sections, ["a", "a.b"]);
        assert_eq!(path("a").member("b.c").unwrap(), path("a.\"b.c\""));
        assert!(!path("a.b").contains(&path("a.b")) && !path("a.b").contains(&path("a.bc")));
    }
}
