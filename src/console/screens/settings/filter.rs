//! The filter of the settings: words of a path, and what a setting is.

use super::picture::SettingRow;

/// A parsed filter line: words separated by blanks, all of which must match; `!word` must not. A word is searched
/// in the path, after `layer:` in the name of the layer that the value comes from, and after `secret:` in the paths
/// of secrets alone. `is:` takes the words of its table, or their beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingFilter(Vec<SettingTerm>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct SettingTerm {
    field: SettingField,
    /// Lower case.
    needle: String,
    negated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SettingField {
    Path,
    Layer,
    State,
    Secret,
}

const FIELDS: [(&str, SettingField); 3] =
    [("is:", SettingField::State), ("layer:", SettingField::Layer), ("secret:", SettingField::Secret)];

type StateTest = fn(&SettingRow) -> bool;

/// What a setting may be asked to be.
const STATES: [(&str, StateTest); 6] = [
    ("shadowed", |row| row.shadows > 0),
    ("invalid", |row| row.invalid),
    ("stale", |row| row.stale),
    ("unset", |row| row.value.is_none()),
    ("changed", |row| row.changed.is_some()),
    ("rolled-back", |row| row.rolled_back),
];

/// The most words that a completion offers.
const MOST_OFFERED: usize = 8;

impl SettingFilter {
    /// Every text is a filter, but see [`SettingFilter::error`].
    pub fn parse(text: &str) -> Self {
        let term = |word: &str| {
            let bare = word.strip_prefix('!');
            let word = bare.unwrap_or(word);
            let field = FIELDS.iter().find_map(|(name, field)| Some((*field, word.strip_prefix(name)?)));
            let (field, needle) = field.unwrap_or((SettingField::Path, word));
            SettingTerm { field, needle: needle.to_lowercase(), negated: bare.is_some() }
        };
        Self(text.split_whitespace().map(term).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn accepts(&self, row: &SettingRow) -> bool {
        self.0.iter().all(|term| term.matches(row) != term.negated)
    }

    /// The first word after `is:` that no setting can be, if there is one.
    pub fn error(&self) -> Option<String> {
        let unknown =
            |term: &&SettingTerm| term.field == SettingField::State && states(&term.needle).next().is_none();
        let term = self.0.iter().find(unknown)?;
        let known: Vec<_> = STATES.iter().map(|(word, _)| *word).collect();
        Some(format!("is:{} is none of {}", term.needle, known.join(", ")))
    }

    /// How the last word of a line can go on; `layers` are the names of the layers.
    pub fn completions<'l>(text: &str, layers: impl Iterator<Item = &'l str>) -> Vec<String> {
        let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
        let word = last.strip_prefix('!').unwrap_or(last);
        if word.is_empty() {
            return Vec::new();
        }
        let fields = FIELDS.iter().map(|(name, _)| (*name).to_owned());
        let states = STATES.iter().map(|(state, _)| format!("is:{state}"));
        let layers = layers.map(|layer| format!("layer:{layer}"));
        let all: Vec<_> = match word.contains(':') {
            true => states.chain(layers).collect(),
            false => fields.collect(),
        };
        let goes_on = |whole: &String| whole.len() > word.len() && whole.starts_with(word);
        all.into_iter().filter(goes_on).take(MOST_OFFERED).collect()
    }

    /// The line with its last word completed as far as all completions agree; `None` if they do not.
    pub fn complete<'l>(text: &str, layers: impl Iterator<Item = &'l str>) -> Option<String> {
        let common = Self::completions(text, layers)
            .into_iter()
            .reduce(|a, b| a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c).collect())?;
        let last = text.rsplit([' ', '!']).next().unwrap_or_default();
        (common.len() > last.len()).then(|| [text.strip_suffix(last).unwrap_or(text), &common].concat())
    }
}

impl SettingTerm {
    fn matches(&self, row: &SettingRow) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(&self.needle);
        match self.field {
            SettingField::Path => holds(&row.text),
            SettingField::Layer => row.layer.as_deref().is_some_and(holds),
            SettingField::Secret => row.secret && holds(&row.text),
            SettingField::State => states(&self.needle).any(|test| test(row)),
        }
    }
}

/// The tests of a word: of the state that it names, or of all that begin with it while it is typed.
fn states(needle: &str) -> impl Iterator<Item = StateTest> + '_ {
    STATES.iter().filter(move |(word, _)| word.starts_with(needle)).map(|(_, test)| *test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> SettingRow {
        SettingRow {
            path: text.parse().unwrap(),
            text: text.into(),
            value: Some("1".into()),
            layer: Some("file app.yaml".into()),
            secret: text.contains("password"),
            shadows: usize::from(text.contains("size")),
            invalid: false,
            stale: false,
            rolled_back: false,
            changed: None,
        }
    }

    #[test]
    fn words_and_states_must_all_match() {
        let accepted = |filter: &str| -> Vec<String> {
            let rows = ["database.password", "database.pool_size", "debug"].map(row);
            let filter = SettingFilter::parse(filter);
            rows.into_iter().filter(|row| filter.accepts(row)).map(|row| row.text).collect()
        };
        assert_eq!(accepted("DATABASE"), ["database.password", "database.pool_size"]);
        assert_eq!(accepted("is:shadowed"), ["database.pool_size"]);
        assert_eq!(accepted("data !is:shad"), ["database.password"]);
        assert_eq!(accepted("secret:"), ["database.password"]);
        assert_eq!(accepted("secret:pool"), Vec::<String>::new());
        assert_eq!(accepted("layer:app is:invalid"), Vec::<String>::new());
        assert_eq!(accepted("layer:APP debug"), ["debug"]);
    }

    #[test]
    fn an_unknown_state_is_told_and_words_are_completed() {
        let error = SettingFilter::parse("is:odd").error().unwrap();
        assert!(error.starts_with("is:odd is none of shadowed, invalid"), "{error}");
        assert_eq!(SettingFilter::parse("is:sha layer:x y").error(), None);
        let complete = |text| SettingFilter::complete(text, ["etcd", "environment"].into_iter());
        assert_eq!(complete("pool is:sh").as_deref(), Some("pool is:shadowed"));
        assert_eq!(complete("lay").as_deref(), Some("layer:"));
        assert_eq!(complete("!layer:en").as_deref(), Some("!layer:environment"));
        assert_eq!(complete("layer:e"), None, "two layers begin so");
        assert_eq!(complete("pool"), None);
    }
}
