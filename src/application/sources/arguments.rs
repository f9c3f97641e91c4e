//! Settings that were given on the command line, as `--set path=value`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::application::{
    LayerContents, LayerRevision, LayerValue, Load, SettingPath, SettingPathError, Source, SourceError,
    SourceValue, ValuePlace,
};

/// What the command line sets. It never changes.
pub struct ArgumentsSource {
    values: BTreeMap<SettingPath, LayerValue>,
}

/// Why an argument sets nothing. It quotes no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArgumentError {
    #[error("argument {0}: there is no = in it; write path=value, as database.pool_size=20")]
    NoValue(usize),
    #[error("argument {0}: {1}")]
    Path(usize, #[source] SettingPathError),
}

impl ArgumentsSource {
    /// Of arguments as `database.pool_size=20`, in their order: a later one replaces what an earlier one has
    /// at its path, in it or around it.
    ///
    /// # Errors
    /// The first [`ArgumentError`].
    pub fn new(arguments: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ArgumentError> {
        let mut values = BTreeMap::<SettingPath, LayerValue>::new();
        for (position, argument) in (1..).zip(arguments) {
            let (path, value) = split(argument.as_ref()).ok_or(ArgumentError::NoValue(position))?;
            let path: SettingPath = path.parse().map_err(|error| ArgumentError::Path(position, error))?;
            values.retain(|other, _| !path.contains(other) && !other.contains(&path));
            let value = SourceValue::Text(Zeroizing::new(value.to_owned()));
            values.insert(path, LayerValue { value, place: ValuePlace::Argument(position) });
        }
        Ok(Self { values })
    }
}

/// Path and value: a name in quotes may have `=` in it.
fn split(argument: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    let at = argument.char_indices().find_map(|(at, c)| {
        let ends = c == '=' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && quoted && !escaped;
        ends.then_some(at)
    })?;
    let (path, value) = argument.split_at_checked(at)?;
    Some((path, value.strip_prefix('=')?))
}

#[async_trait]
impl Source for ArgumentsSource {
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        if known.is_some() {
            return Ok(Load::Unchanged);
        }
        let revision = LayerRevision("arguments".into());
        Ok(Load::Contents(LayerContents { revision, values: self.values.clone() }))
    }

    async fn changed(&self) {
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(arguments: &[&str]) -> Vec<(String, String, String)> {
        let values = ArgumentsSource::new(arguments).unwrap().values;
        let text = |value: &SourceValue| match value {
            SourceValue::Text(text) => text.to_string(),
            SourceValue::Typed(_) => panic!("arguments are texts"),
        };
        values.iter().map(|(path, at)| (path.to_string(), text(&at.value), at.place.to_string())).collect()
    }

    fn row(path: &str, value: &str, place: &str) -> (String, String, String) {
        (path.into(), value.into(), place.into())
    }

    #[test]
    fn an_argument_sets_a_path_and_has_its_position_as_place() {
        assert_eq!(
            values(&["database.pool_size=20", "url=a=b", "\"x=y\".z=1", "empty="]),
            [
                row("database.pool_size", "20", "argument 1"),
                row("empty", "", "argument 4"),
                row("url", "a=b", "argument 2"),
                row("\"x=y\".z", "1", "argument 3"),
            ]
        );
    }

    #[test]
    fn the_last_argument_for_a_path_wins_over_what_is_in_it_and_around_it() {
        assert_eq!(values(&["a=1", "a=2"]), [row("a", "2", "argument 2")]);
        assert_eq!(values(&["a.b=1", "a=2"]), [row("a", "2", "argument 2")]);
        assert_eq!(
            values(&["a=1", "a.b=2", "a.c=3"]),
            [row("a.b", "2", "argument 2"), row("a.c", "3", "argument 3")]
        );
    }

    #[test]
    fn an_argument_that_sets_nothing_is_named_by_its_position_and_not_quoted() {
        let error = |argument: &str| ArgumentsSource::new(["a=1", argument]).err().unwrap().to_string();
        assert_eq!(
            error("planted-secret"),
            "argument 2: there is no = in it; write path=value, as database.pool_size=20"
        );
        assert!(error("a..b=planted-secret").starts_with("argument 2: \"a..b\" is no path"));
        assert!(!error("a..b=planted-secret").contains("planted"));
    }

    #[tokio::test]
    async fn arguments_are_loaded_once_and_never_change() {
        let source = ArgumentsSource::new(["a=1"]).unwrap();
        let Load::Contents(first) = source.load(None).await.unwrap() else { panic!("contents") };
        assert!(matches!(source.load(Some(&first.revision)).await.unwrap(), Load::Unchanged));
    }
}
