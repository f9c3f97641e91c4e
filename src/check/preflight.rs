//! What a write does to the receiver, judged before it is sent: by `put`, and by the reviews of the console.

use super::rules::{INVALID_SYNTAX, UNUSABLE_DOCUMENT, diagnose, diagnose_by, diagnose_counting, rule_of};
use super::{Diagnosis, Diagnostic, DocumentInput, DraftInput, Reach, Subject};
use crate::domain::json::{BYTE_ORDER_MARK, Severity};

/// What the rules whose errors reach beyond a document find in what is about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    pub found: Vec<Diagnostic>,
    pub verdict: PreflightVerdict,
}

/// Whether a write may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreflightVerdict {
    /// Nothing is known that reaches beyond the document.
    Clear,
    /// It has errors that reach further, and what is stored has as many.
    NoWorse,
    /// It has more such errors than what is stored.
    Worse,
}

impl Preflight {
    /// The errors that stop the write; none of one that is no worse than what is stored.
    pub fn stops(&self) -> impl Iterator<Item = &Diagnostic> {
        let is_worse = self.verdict == PreflightVerdict::Worse;
        self.found.iter().filter(move |found| is_worse && reaches(found))
    }

    pub fn is_stopped(&self) -> bool {
        self.verdict == PreflightVerdict::Worse
    }
}

/// Judges a write by what it replaces. Errors come of positive knowledge alone, so that what may not be seen,
/// or cannot be, never stops a write.
pub fn preflight(new: &DocumentInput<'_>, stored: Option<&DocumentInput<'_>>) -> Preflight {
    let found = reaching(new);
    let verdict = if !found.iter().any(reaches) {
        PreflightVerdict::Clear
    } else if is_worse(&found, &stored.map(reaching).unwrap_or_default()) {
        PreflightVerdict::Worse
    } else {
        PreflightVerdict::NoWorse
    };
    Preflight { found, verdict }
}

fn reaching(input: &DocumentInput<'_>) -> Vec<Diagnostic> {
    diagnose_by(Subject::Document(input), |rule| rule.reach != Reach::Document).found
}

/// Whether it is an error that reaches beyond the document.
fn reaches(found: &Diagnostic) -> bool {
    found.severity == Severity::Error && rule_of(found).is_some_and(|rule| rule.reach != Reach::Document)
}

/// By the number of errors of each rule, and not by their places: a repair moves what it does not mend, and the
/// receiver's next reason shows only once the first is gone.
fn is_worse(new: &[Diagnostic], stored: &[Diagnostic]) -> bool {
    let errors = |found: &[Diagnostic], rule| {
        found.iter().filter(|found| found.rule == rule && reaches(found)).count()
    };
    new.iter().any(|found| errors(new, found.rule) > errors(stored, found.rule))
}

/// All that is found in a document that is stored or about to be, and in its text.
pub fn diagnose_document(input: &DocumentInput<'_>) -> Diagnosis {
    let mut diagnosis = diagnose_counting(Subject::Document(input));
    let text = input.text();
    let byte_order_mark = text.starts_with(BYTE_ORDER_MARK);
    let mut of_text = diagnose(Subject::Draft(DraftInput { text, concealed: None, byte_order_mark }));
    if input.facts.error.is_some() {
        // Told once, with its place.
        let place = of_text.iter().find(|found| found.rule == INVALID_SYNTAX.id).cloned();
        of_text.retain(|found| found.rule != INVALID_SYNTAX.id);
        let unusable = diagnosis.found.iter_mut().filter(|found| found.rule == UNUSABLE_DOCUMENT.id);
        for (unusable, at) in unusable.zip(place) {
            (unusable.span, unusable.place) = (at.span, at.place);
        }
    }
    diagnosis.add(input.receiver.rules.apply(of_text));
    diagnosis
}

impl Diagnostic {
    /// What to do, as a sentence says it; empty where there is nothing useful to say.
    pub fn advice(&self) -> String {
        match self.remedy {
            expected if self.rule == INVALID_SYNTAX.id && !expected.is_empty() => {
                format!("expected {expected}")
            }
            remedy => remedy.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{ReceiverProfile, RuleSetting, find_rule};
    use crate::domain::{Address, Masking, SecretNames};
    use crate::inventory::Facts;

    fn verdict_for(
        receiver: &ReceiverProfile,
        address: &str,
        new: &str,
        stored: Option<&str>,
    ) -> PreflightVerdict {
        let Address(key) = address.parse().unwrap();
        let facts = |text: &str| Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
        let (new, stored) = (facts(new), stored.map(facts));
        let input = |facts| DocumentInput::new(&key, facts, receiver, &());
        let stored = stored.as_ref().map(input);
        let preflight = preflight(&input(&new), stored.as_ref());
        assert_eq!(preflight.is_stopped(), preflight.stops().next().is_some());
        preflight.verdict
    }

    fn verdict(address: &str, new: &str, stored: Option<&str>) -> PreflightVerdict {
        verdict_for(&ReceiverProfile::default(), address, new, stored)
    }

    const GOOD: &str = r#"{"module": "log"}"#;
    const BAD: &str = r#"{"module": "kafkXX"}"#;

    #[test]
    fn a_write_that_darkens_the_receiver_is_stopped_and_one_that_is_no_worse_is_not() {
        use PreflightVerdict::{Clear, NoWorse, Worse};
        let two = r#"{"type": "redis-rq"}"#;
        let one = r#"{"type": "redis-rq", "host": "redis"}"#;
        let other = r#"{"type": "redis-rq", "port": 6379}"#;
        let table = [
            ("default/w", GOOD, None, Clear),
            ("default/w", BAD, None, Worse),
            ("default/w", BAD, Some(GOOD), Worse),
            ("default/w", GOOD, Some(BAD), Clear),
            ("default/w", BAD, Some(BAD), NoWorse),
            ("default/w", r#"{"chain": ["kafkXX"]}"#, Some(BAD), NoWorse),
            ("default/w", r#"{"chain": ["kafkXX", "no"]}"#, Some(BAD), Worse),
            // It is validated in one namespace only.
            ("other/w", BAD, None, Clear),
            ("connections/c", two, Some(one), Worse),
            ("connections/c", one, Some(two), NoWorse),
            ("connections/c", one, Some(other), NoWorse),
            ("connections/c", two, Some("{"), Worse),
            // What the document alone suffers from is no reason.
            ("other/health", "{", None, Clear),
        ];
        for (address, new, stored, expected) in table {
            assert_eq!(verdict(address, new, stored), expected, "{address} {new} over {stored:?}");
        }
    }

    #[test]
    fn what_is_not_known_warns_and_does_not_stop() {
        let other = ReceiverProfile { version: "9.9".into(), ..ReceiverProfile::default() };
        assert_eq!(verdict_for(&other, "default/w", BAD, None), PreflightVerdict::Clear);
        let private = r#"{"type": "redis-rq", "host": "10.0.0.1", "port": 6379}"#;
        assert_eq!(verdict("connections/c", private, None), PreflightVerdict::Clear);
    }

    #[test]
    fn what_a_context_silences_or_lowers_stops_no_write() {
        for setting in [RuleSetting::Silenced("ours".into()), RuleSetting::Severity(Severity::Warning)] {
            let mut receiver = ReceiverProfile::default();
            receiver.rules.add(find_rule("L01").unwrap(), setting);
            assert_eq!(verdict_for(&receiver, "default/w", BAD, None), PreflightVerdict::Clear);
        }
    }

    #[test]
    fn a_document_has_the_findings_of_its_text_too_and_each_once() {
        let Address(key) = "a/w".parse().unwrap();
        let found = |text: &str| {
            let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
            let receiver = ReceiverProfile::default();
            let found = diagnose_document(&DocumentInput::new(&key, &facts, &receiver, &())).found;
            found.iter().map(|found| (found.rule, found.place)).collect::<Vec<_>>()
        };
        assert_eq!(found("{\n\"module\": log}"), [("L29", Some((2, 11)))]);
        let twice = found("{\"authorization\": \"Bearer x\", \"module\": \"log\",\n\"module\": \"log\"}");
        assert_eq!(twice, [("L20", Some((1, 19))), ("D02", Some((2, 1)))]);
    }
}
