//! The names that a context adds to the heuristic: those that are always secret, and those that are not.

use std::sync::Arc;

use thiserror::Error;

use super::name::{self, FoldedName, is_separator};
use super::{Secrecy, is_listed_name};

/// Longer names are refused; the longest that the receiver knows has 30 characters.
const MAX_NAME: usize = 128;

/// What stands between the names of a path such as `app.pin` or `app[pin]`.
const PATH: [char; 3] = ['.', '[', ']'];

/// The names of a context that are always secret, and those that do not make a value secret.
///
/// A name is compared as a whole, without regard to the case of ASCII letters and to `_`, `-`, `.`, `/` and
/// blanks. A hidden name makes everything under it secret. A shown one only silences the heuristic for names:
/// the receiver's own secret fields, and values that look like a secret, stay hidden. Hiding wins.
///
/// ```
/// # use confdeck::domain::{DocumentKind, Masking, SecretNames};
/// # use confdeck::text::Masked;
/// let names = SecretNames::default().hide("internal_code")?.show("license")?;
/// let masking = Masking::new(DocumentKind::Webhook, &names);
/// let masked = Masked::text(&masking, r#"{"InternalCode": "A-1", "license": "MIT"}"#);
/// assert_eq!(masked.line(1).unwrap().to_string(), r#"  "InternalCode": "••••••••","#);
/// assert_eq!(masked.line(2).unwrap().to_string(), r#"  "license": "MIT""#);
/// # Ok::<(), confdeck::domain::SecretNameError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretNames(Option<Arc<NameLists>>);

/// Folded names, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct NameLists {
    hidden: Vec<Box<str>>,
    shown: Vec<Box<str>>,
}

/// Why a text cannot be one of the [`SecretNames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretNameError {
    #[error("a name that is empty or has only separators")]
    Empty,
    #[error("a name of more than {MAX_NAME} characters")]
    TooLong,
}

impl SecretNames {
    /// Only the built-in table of names.
    pub(super) const BUILT_IN: Self = Self(None);

    /// Makes a name always secret.
    ///
    /// # Errors
    /// [`SecretNameError`] for a name that no member can have.
    pub fn hide(self, name: &str) -> Result<Self, SecretNameError> {
        self.with(name, |lists| &mut lists.hidden)
    }

    /// Makes a name one that is not secret by its sound.
    ///
    /// # Errors
    /// [`SecretNameError`] for a name that no member can have.
    pub fn show(self, name: &str) -> Result<Self, SecretNameError> {
        self.with(name, |lists| &mut lists.shown)
    }

    fn with(
        mut self,
        name: &str,
        list: fn(&mut NameLists) -> &mut Vec<Box<str>>,
    ) -> Result<Self, SecretNameError> {
        let folded: String =
            name.chars().filter(|c| !is_separator_char(*c)).map(|c| c.to_ascii_lowercase()).collect();
        if folded.is_empty() {
            return Err(SecretNameError::Empty);
        }
        if folded.chars().count() > MAX_NAME {
            return Err(SecretNameError::TooLong);
        }
        let names = list(Arc::make_mut(self.0.get_or_insert_default()));
        if let Err(at) = names.binary_search_by(|known| (**known).cmp(&folded)) {
            names.insert(at, folded.into_boxed_str());
        }
        Ok(self)
    }

    /// What a name says of the values under it.
    pub fn secrecy(&self, name: &str) -> Secrecy {
        match &self.0 {
            None => name::name_secrecy(name),
            Some(lists) if lists.hides(name) => Secrecy::All,
            Some(lists) if lists.shows(name) => Secrecy::Open,
            Some(_) => name::name_secrecy(name),
        }
    }

    /// Whether a name makes the values under it secret.
    pub fn looks_secret(&self, name: &str) -> bool {
        self.secrecy(name) != Secrecy::Open
    }

    /// Whether one of the names is always secret.
    pub(crate) fn hides_any<S: AsRef<str>>(&self, names: &[S]) -> bool {
        self.0.as_ref().is_some_and(|lists| names.iter().any(|name| lists.hides(name.as_ref())))
    }

    /// Whether a word of a text sounds like a secret: a name, or a path of names such as `app.pin` or
    /// `app[pin]`.
    pub(crate) fn sounds_secret(&self, word: &str) -> bool {
        match &self.0 {
            None => name::looks_secret(word),
            Some(lists) => {
                word.split(PATH).any(|part| lists.hides(part))
                    || lists.hides(word)
                    || name::looks_secret(word) && !lists.silences(word)
            }
        }
    }

    /// Whether a text may name a secret, by its sound or as a field of a list: for texts so broken that the
    /// place is not known.
    pub(crate) fn may_be_secret(&self, text: &str) -> bool {
        let Some(lists) = &self.0 else { return name::may_be_secret(text) };
        let bare = text.trim_matches(['"', '\'', '\\']);
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let names_hidden = lists.hides(bare) || bare.split(|c| !is_word(c)).any(|word| lists.hides(word));
        let is_silenced = || lists.silences(bare) && !bare.split(PATH).any(is_listed_name);
        names_hidden || name::may_be_secret(text) && !is_silenced()
    }
}

impl NameLists {
    fn hides(&self, name: &str) -> bool {
        contains(&self.hidden, name)
    }

    fn shows(&self, name: &str) -> bool {
        contains(&self.shown, name)
    }

    /// Whether a name, or the last of a path, is shown, and nothing above it sounds like a secret.
    fn silences(&self, word: &str) -> bool {
        self.shows(word)
            || word
                .trim_end_matches(']')
                .rsplit_once(PATH)
                .is_some_and(|(above, last)| self.shows(last) && !name::looks_secret(above))
    }
}

fn contains(names: &[Box<str>], name: &str) -> bool {
    let folded = FoldedName::of(name);
    names.binary_search_by(|known| known.bytes().cmp(folded.clone())).is_ok()
}

fn is_separator_char(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DocumentKind, Masking};

    fn names(hide: &[&str], show: &[&str]) -> SecretNames {
        let hidden = hide.iter().try_fold(SecretNames::default(), |names, name| names.hide(name)).unwrap();
        show.iter().try_fold(hidden, |names, name| names.show(name)).unwrap()
    }

    #[test]
    fn a_name_is_compared_as_a_whole_in_any_spelling() {
        let names = names(&["internal_code", "Customer Ref"], &["license", "apiKey"]);
        for name in ["internal_code", "InternalCode", "INTERNAL-CODE", "internal.code", "customer/ref"] {
            assert_eq!(names.secrecy(name), Secrecy::All, "{name}");
        }
        for name in ["license", "LICENSE", "api_key", "Api-Key", "internal_codes", "my_internal_code", "code"]
        {
            assert_eq!(names.secrecy(name), Secrecy::Open, "{name}");
        }
        for name in ["license_key", "my_license", "x-api-key", "password"] {
            assert!(names.looks_secret(name), "{name}");
        }
    }

    #[test]
    fn hiding_wins_over_showing_in_any_order() {
        for names in
            [names(&["pin"], &["pin"]), SecretNames::default().show("pin").unwrap().hide("P-I-N").unwrap()]
        {
            assert_eq!(names.secrecy("pin"), Secrecy::All);
            assert!(names.sounds_secret("pin") && names.may_be_secret("pin"));
        }
    }

    #[test]
    fn a_shown_name_silences_no_field_of_the_receiver() {
        let names = names(&[], &["authorization", "password", "headers", "X-Api-Key", "secret"]);
        let webhook = Masking::new(DocumentKind::Webhook, &names);
        for path in [
            &["authorization"][..],
            &["basic_auth", "password"],
            &["hmac", "secret"],
            &["module-config", "headers", "X-Api-Key"],
            &["chain", "module-config", "headers", "X-Api-Key"],
            &["connection_details", "password"],
        ] {
            assert!(webhook.is_secret_field(path), "{path:?}");
        }
        for path in [&["module-config", "password"][..], &["X-Api-Key"], &["note", "secret"]] {
            assert!(!webhook.is_secret_field(path), "{path:?}");
        }
        assert!(Masking::new(DocumentKind::Connection, &names).is_secret_field(&["password"]));
        // Where the place is not known, it may be one of them.
        for word in ["authorization", "\"password\"", "db.password", "headers", "client_secret"] {
            assert!(names.may_be_secret(word), "{word}");
        }
        assert!(!names.may_be_secret("X-Api-Key") && !names.sounds_secret("password"));
    }

    #[test]
    fn a_word_of_a_text_is_judged_with_the_names_of_its_path() {
        let names = names(&["internal_code"], &["pin"]);
        for word in
            ["internal_code", "app.internal_code", "app[internal-code]", "internal_code.x", "secret.pin"]
        {
            assert!(names.sounds_secret(word) && names.may_be_secret(word), "{word}");
        }
        for word in ["pin", "app.pin", "app[PIN]", "internal", "code"] {
            assert!(!names.sounds_secret(word) && !names.may_be_secret(word), "{word}");
        }
        assert!(names.may_be_secret("{\"internal_code"), "a word of a broken text");
    }

    #[test]
    fn what_no_member_can_be_called_is_no_name() {
        let hide = |name: &str| SecretNames::default().hide(name);
        assert_eq!([hide(""), hide("_ -"), hide("./")], [const { Err(SecretNameError::Empty) }; 3]);
        assert_eq!(hide(&"a".repeat(129)), Err(SecretNameError::TooLong));
        assert!(hide(&"ä_".repeat(128)).is_ok());
        assert_eq!(names(&["b", "a", "B"], &[]), names(&["A", "b"], &[]), "each once");
    }
}
