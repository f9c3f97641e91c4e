//! Filters of lists: words that must, or must not, occur in a row, and states that it must, or must not, be in.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::list_context::{ListContext, NO_AUTH, SECRETS};
use crate::check::rules::severity_word;
use crate::check::{OwnRules, Problem, UsedName, rules};
use crate::domain::json::Severity;
use crate::domain::unescape;
use crate::inventory::{Auth, RowRef};

/// A parsed filter line: words separated by blanks, all of which must match. `!word` must not
/// occur; `id:`, `ns:`, `module:` and `conn:` search that column only; `uses:` takes what a document depends
/// on, and `is:`, `auth:`, `sec:`, `problem:` and `severity:` take the words that the list shows, or their beginning. A name is found as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<FilterTerm>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FilterTerm {
    field: Option<FilterField>,
    /// Lower case.
    needle: Vec<u8>,
    negated: bool,
    /// The words of the field that are meant; empty where it has none.
    words: Vec<&'static str>,
    /// What documents are to depend on.
    used: Option<UsedName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FilterField {
    Id,
    Namespace,
    Module,
    Connection,
    Uses,
    State,
    Auth,
    Secrets,
    Problem,
    Severity,
}

/// The fields by their names; the first name of a field is the one that is offered.
const FIELDS: [(&str, FilterField); 11] = [
    ("id", FilterField::Id),
    ("ns", FilterField::Namespace),
    ("module", FilterField::Module),
    ("type", FilterField::Module),
    ("conn", FilterField::Connection),
    ("uses", FilterField::Uses),
    ("is", FilterField::State),
    ("auth", FilterField::Auth),
    ("sec", FilterField::Secrets),
    ("problem", FilterField::Problem),
    ("severity", FilterField::Severity),
];

impl FilterField {
    fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    fn name(self) -> &'static str {
        FIELDS.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    /// Whether it takes certain words, and not any text.
    fn takes_words(self) -> bool {
        !matches!(self, Self::Id | Self::Namespace | Self::Module | Self::Connection | Self::Uses)
    }

    /// The words that it takes; none if it takes any text.
    fn words(self, own: Option<&OwnRules>) -> Vec<&'static str> {
        match self {
            Self::Id | Self::Namespace | Self::Module | Self::Connection | Self::Uses => Vec::new(),
            Self::State => vec!["broken", "open"],
            Self::Auth => [NO_AUTH].into_iter().chain(Auth::ALL.iter().map(|auth| auth.word)).collect(),
            Self::Secrets => SECRETS.iter().map(|(word, _)| *word).collect(),
            Self::Problem => {
                let of_all = rules::all().flat_map(|rule| [rule.id, rule.name]);
                of_all.chain(own.into_iter().flat_map(OwnRules::rules).map(|rule| rule.id)).collect()
            }
            Self::Severity => {
                [Severity::Error, Severity::Warning, Severity::Info].map(severity_word).to_vec()
            }
        }
    }

    /// The words that a value means: it, or all that begin with it while it is typed.
    fn words_of(self, value: &[u8], own: Option<&OwnRules>) -> Vec<&'static str> {
        let begins = |word: &&str| {
            word.as_bytes().get(..value.len()).is_some_and(|start| start.eq_ignore_ascii_case(value))
        };
        let found: Vec<_> = self.words(own).into_iter().filter(begins).collect();
        match found.iter().find(|word| word.len() == value.len()) {
            Some(exact) => vec![exact],
            None => found,
        }
    }
}

/// Rows whose needs are read in one turn, which takes a few milliseconds.
const SLOW_SLICE: usize = 1_000;

/// The most words that a completion offers.
const MOST_OFFERED: usize = 12;

impl Filter {
    /// Parses a filter line; every text is a valid filter, but see [`Filter::error`]. Problems are named by the rules
    /// of all contexts, and by the own rules of this one.
    pub fn parse(text: &str, own: Option<&OwnRules>) -> Self {
        Self::from_words(text, own, |word| {
            let field = word.split_once(':').and_then(|(name, rest)| Some((FilterField::named(name)?, rest)));
            let (field, needle) = field.map_or((None, word), |(field, rest)| (Some(field), rest));
            // Rows are compared as they are stored.
            (field, unescape(needle))
        })
    }

    /// Parses a filter line for texts without columns: words are matched as they are.
    pub fn words(text: &str) -> Self {
        Self::from_words(text, None, |word| (None, word.as_bytes().into()))
    }

    fn from_words(
        text: &str,
        own: Option<&OwnRules>,
        parse: impl Fn(&str) -> (Option<FilterField>, Cow<'_, [u8]>),
    ) -> Self {
        let term = |word: &str| {
            let bare = word.strip_prefix('!');
            let (field, needle) = parse(bare.unwrap_or(word));
            let used =
                (field == Some(FilterField::Uses)).then(|| UsedName::new(&String::from_utf8_lossy(&needle)));
            let needle = needle.to_ascii_lowercase();
            let words = field.map_or_else(Vec::new, |field| field.words_of(&needle, own));
            let negated = bare.is_some();
            (!needle.is_empty()).then_some(FilterTerm { field, needle, negated, words, used })
        };
        Self { terms: text.split_whitespace().filter_map(term).collect() }
    }

    /// Looks whether anything is called just as documents are to depend on; otherwise a part of a name is
    /// enough.
    pub(crate) fn settle(&mut self, context: &ListContext<'_>) {
        for term in &mut self.terms {
            term.used = term.used.take().map(|used| context.settle(used));
        }
    }

    /// Whether a row matches by what is behind its connections.
    pub(crate) fn reads_connections(&self) -> bool {
        self.terms.iter().any(|term| term.used.is_some())
    }

    /// Whether every row matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The first word that its field does not know, with those that it does; nothing matches such a filter.
    pub fn error(&self) -> Option<String> {
        let term = self.terms.iter().find(|term| term.is_unknown())?;
        let field = term.field?;
        let (name, value) = (field.name(), String::from_utf8_lossy(&term.needle));
        let takes = match field {
            FilterField::Problem => "the id or the name of a rule".to_owned(),
            _ => field.words(None).join(", "),
        };
        Some(format!("{name}:{value} is not known; {name}: takes {takes}"))
    }

    /// Whether it depends on more than the documents themselves.
    pub fn reads_checks(&self) -> bool {
        use FilterField::{Auth, Problem, Secrets, Severity, State};
        self.terms.iter().any(|term| matches!(term.field, Some(State | Auth | Secrets | Problem | Severity)))
    }

    /// How many rows are tested in one turn of the event loop: what a document needs of secrets is not kept.
    pub(crate) fn slice(&self) -> usize {
        use FilterField::{Auth, Secrets, State, Uses};
        let is_slow = |term: &FilterTerm| matches!(term.field, Some(State | Auth | Secrets | Uses));
        let is_slow = self.terms.iter().any(is_slow);
        if is_slow { SLOW_SLICE } else { usize::MAX }
    }

    /// Whether it depends on what is known of secrets.
    pub fn reads_secrets(&self) -> bool {
        self.terms.iter().any(|term| term.field == Some(FilterField::Secrets))
    }

    /// How the last word of a line can go on: a field, or a word that its field takes.
    pub fn completions(text: &str, own: &OwnRules) -> Vec<String> {
        let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
        let (not, bare) = word.strip_prefix('!').map_or(("", word), |bare| ("!", bare));
        if bare.is_empty() {
            return Vec::new();
        }
        let offered: Vec<String> = match bare.split_once(':') {
            Some((name, value)) => {
                let field = FilterField::named(name);
                let words = field.map_or_else(Vec::new, |field| field.words_of(value.as_bytes(), Some(own)));
                words.into_iter().map(|word| format!("{not}{name}:{word}")).collect()
            }
            None => {
                let fields = FIELDS.iter().filter(|(name, _)| name.starts_with(bare));
                fields.map(|(name, _)| format!("{not}{name}:")).collect()
            }
        };
        offered.into_iter().filter(|offer| offer != word).take(MOST_OFFERED).collect()
    }

    /// The line with its last word completed as far as all completions agree.
    pub fn complete(text: &str, own: &OwnRules) -> Option<String> {
        let offered = Self::completions(text, own);
        let first = offered.first()?;
        let agreed = offered.iter().fold(first.len(), |agreed, other| {
            let same =
                first.bytes().zip(other.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
            agreed.min(same)
        });
        let start = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let completed = format!("{}{}", text.get(..start)?, first.get(..agreed)?);
        (completed.len() > text.len()).then_some(completed)
    }

    /// Whether a text matches.
    pub fn accepts_text(&self, text: &str) -> bool {
        self.terms.iter().all(|term| contains(text.as_bytes(), &term.needle) != term.negated)
    }

    /// Whether a row matches.
    pub fn accepts<'m>(&self, row: RowRef<'m>, context: impl Into<ListContext<'m>>) -> bool {
        let context = context.into();
        let accepts = |term: &FilterTerm| !term.is_unknown() && term.found_in(row, &context) != term.negated;
        self.terms.iter().all(accepts) && self.has_one_problem(row, &context)
    }

    /// Whether all that is asked of problems is true of one of them, where they are known.
    fn has_one_problem(&self, row: RowRef<'_>, context: &ListContext<'_>) -> bool {
        let is_asked = |term: &&FilterTerm| {
            !term.negated && matches!(term.field, Some(FilterField::Problem | FilterField::Severity))
        };
        let asked: SmallVec<[&FilterTerm; 2]> = self.terms.iter().filter(is_asked).collect();
        asked.len() < 2
            || context.found(row).is_none_or(|found| {
                found.iter().any(|found| asked.iter().all(|term| term.found_in_problem(row, found, context)))
            })
    }

    /// Whether a problem of a row's document matches.
    pub fn accepts_problem(&self, row: RowRef<'_>, problem: &Problem, context: &ListContext<'_>) -> bool {
        self.terms
            .iter()
            .all(|term| !term.is_unknown() && term.found_in_problem(row, problem, context) != term.negated)
    }
}

impl FilterTerm {
    /// Whether its field does not know its word.
    fn is_unknown(&self) -> bool {
        self.words.is_empty() && self.field.is_some_and(FilterField::takes_words)
    }

    fn means(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(word))
    }

    fn found_in(&self, row: RowRef<'_>, context: &ListContext<'_>) -> bool {
        match self.field {
            Some(FilterField::State) => self.words.iter().any(|word| match *word {
                "open" => context.is_open(row),
                _ => row.is_invalid(),
            }),
            Some(FilterField::Auth) => self.words.iter().any(|word| context.has_auth(row, word)),
            Some(FilterField::Secrets) => {
                let shown = context.need_mark(row);
                SECRETS.iter().any(|(word, mark)| self.means(&[word]) && Some(*mark) == shown)
            }
            Some(FilterField::Uses) => self.used.as_ref().is_some_and(|used| context.uses(row, used)),
            Some(FilterField::Severity) => self.words.iter().any(|word| context.has_severity(row, word)),
            Some(FilterField::Problem) => {
                let mut found = context.found(row).unwrap_or_default().iter();
                found.any(|found| self.means_rule(found.rule))
            }
            _ => self.occurs_in(row),
        }
    }

    fn found_in_problem(&self, row: RowRef<'_>, problem: &Problem, context: &ListContext<'_>) -> bool {
        match self.field {
            Some(FilterField::Problem) => self.means_rule(problem.rule),
            Some(FilterField::Severity) => self.means(&[severity_word(problem.severity)]),
            Some(_) => self.found_in(row, context),
            None => {
                let name = rules::rule(problem.rule).map_or("", |rule| rule.name);
                let texts = [problem.rule, name, &problem.message, &problem.pointer];
                self.occurs_in(row) || texts.iter().any(|text| contains(text.as_bytes(), &self.needle))
            }
        }
    }

    fn means_rule(&self, id: &str) -> bool {
        self.means(&[id]) || rules::rule(id).is_some_and(|rule| self.means(&[rule.name]))
    }

    fn occurs_in(&self, row: RowRef<'_>) -> bool {
        let wanted = |field| self.field.is_none_or(|only| only == field);
        let holds = |text: Option<&[u8]>| text.is_some_and(|text| contains(text, &self.needle));
        wanted(FilterField::Id) && holds(Some(row.short()))
            || wanted(FilterField::Namespace)
                && holds(row.namespace().map(|namespace| namespace.as_str().as_bytes()))
            || wanted(FilterField::Module) && holds(row.module().map(str::as_bytes))
            || wanted(FilterField::Connection) && holds(row.connection().map(str::as_bytes))
    }
}

/// Whether `text` contains `needle`, which is lower case; ASCII letters match in either case.
fn contains(text: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text)
        .any(|at| text.get(at + 1..at + 1 + rest.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(rest)))
}

#[cfg(test)]
mod tests;
