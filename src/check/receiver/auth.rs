//! How the receiver judges a request without credentials: what its checks do in their order, and which of them
//! answers (docs/receiver.md, sections 2 to 4).

use super::EffectiveDocument;
use super::body_schema::{BodySchema, body_schema};
use super::handling::{self, Failure};
use crate::check::ReceiverProfile;
use crate::domain::ResourceKey;
use crate::domain::json::{Node, Span, parse};
use crate::inventory::{Auth, CheckState, CheckStates, DocumentError, Facts};

/// What becomes of requests to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Anybody gets in, without credentials.
    Open,
    /// Only who has the credentials gets in.
    Refused,
    /// Nobody gets in, whatever the credentials.
    RefusesAll,
    /// Whoever gets in gets an error of the receiver.
    Broken,
    /// The receiver does not serve this document.
    NotServed,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::RefusesAll => "always refused",
            Self::Broken => "broken",
            Self::NotServed => "not served",
        }
    }
}

/// What a request gets, and from what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnonymousAnswer {
    pub status: u16,
    /// The check, or the part of the document, that gives it; `None` for a request that is served.
    pub by: Option<&'static str>,
}

/// One check that the receiver makes for a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedCheck {
    pub auth: &'static Auth,
    pub state: CheckState,
    /// The block.
    pub span: Span,
}

impl JudgedCheck {
    /// `hmac` asks for credentials; `ip_whitelist` refuses everybody: there is no exact address in it.
    pub fn words(&self) -> String {
        match self.state {
            CheckState::Ignored(why) => format!("is ignored: {why}"),
            CheckState::Passes if self.auth.member == "json_schema" => {
                "refuses bodies that do not match".into()
            }
            CheckState::Passes => "counts every request, also those without credentials".into(),
            CheckState::Asks(_) if self.auth.member == "ip_whitelist" => "refuses all other addresses".into(),
            CheckState::Asks(_) => "refuses requests without credentials".into(),
            CheckState::RefusesAll(why) => format!("refuses every request: {why}"),
            CheckState::Breaks(why) => format!("breaks every request: {why}"),
        }
    }
}

/// A part of a document that the receiver does not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredPart {
    pub member: String,
    pub why: String,
    /// Whether it was to be a check, or a part of one.
    pub is_check: bool,
}

/// What the receiver makes of requests to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// What a `POST` of a small JSON body gets, without credentials and from a foreign address.
    pub anonymous: AnonymousAnswer,
    /// Why, in a sentence without values.
    pub reason: String,
    /// The checks that it makes, in its order.
    pub checks: Vec<JudgedCheck>,
    pub ignored: Vec<IgnoredPart>,
    /// What every webhook gets after the receiver's next start, if that stumbles over this document.
    pub after_restart: Option<AnonymousAnswer>,
}

impl Judgement {
    fn not_served(status: u16, by: &'static str, reason: String) -> Self {
        Self {
            verdict: Verdict::NotServed,
            anonymous: AnonymousAnswer { status, by: Some(by) },
            reason,
            checks: Vec::new(),
            ignored: Vec::new(),
            after_restart: None,
        }
    }
}

/// The status of every webhook once the receiver has stumbled at its start, and the rule that names it.
const DARK: AnonymousAnswer = AnonymousAnswer { status: 404, by: Some("L01") };

/// Judges a document whose references have been replaced as far as they are known.
pub fn explain(
    key: Option<&ResourceKey>,
    facts: &Facts,
    document: &EffectiveDocument,
    receiver: &ReceiverProfile,
) -> Judgement {
    let text = document.judged();
    let root = if facts.error.is_none() { parse(text).ok() } else { None };
    let judgement = judge(key, facts.error.as_ref(), receiver, (root.as_ref(), text));
    match &document.unloadable {
        Some(reason) if judgement.verdict != Verdict::NotServed => Judgement::not_served(
            404,
            "reference",
            format!("the receiver does not load this document: {reason}"),
        ),
        _ => judgement,
    }
}

/// Judges a document by its text, in which references stand only where they are not known.
pub fn judge(
    key: Option<&ResourceKey>,
    error: Option<&DocumentError>,
    receiver: &ReceiverProfile,
    (document, text): (Option<&Node>, &str),
) -> Judgement {
    if let Some(ResourceKey::Webhook { id, .. }) = key
        && let Some(rule) = id.unroutable()
    {
        return Judgement::not_served(400, "id", format!("no route leads to this id: {rule}"));
    }
    if matches!(key, Some(ResourceKey::Foreign { .. })) {
        return Judgement::not_served(404, "key", "the receiver ignores keys of this shape".into());
    }
    let Some(document) = document.filter(|_| error.is_none()) else {
        let what = error.map_or_else(|| "it is not JSON".to_owned(), ToString::to_string);
        return Judgement::not_served(404, "document", format!("the receiver skips this document: {what}"));
    };
    let is_default = key.and_then(ResourceKey::namespace) == Some(&receiver.default_namespace);
    let is_validated = is_default && receiver.is_known_version();
    requests(document, text, receiver, is_validated)
}

/// `is_validated`: whether the receiver validates the document at its start.
fn requests(document: &Node, text: &str, receiver: &ReceiverProfile, is_validated: bool) -> Judgement {
    let states = CheckStates::of(document, text);
    let mut takes_small_body = true;
    let (mut checks, mut ignored) = (Vec::new(), Vec::new());
    for (auth, mut state) in states.iter() {
        let Some(member) = document.member(auth.member) else { continue };
        if auth.member == "json_schema" && state == CheckState::Passes {
            match body_schema(member.value.span.of(text)) {
                BodySchema::Invalid(why) => state = CheckState::RefusesAll(why),
                BodySchema::Refuses => takes_small_body = false,
                BodySchema::Takes | BodySchema::NotKnown => {}
            }
        }
        match state {
            CheckState::Ignored(why) => {
                ignored.push(IgnoredPart {
                    member: auth.member.into(),
                    why: format!("{why}: open"),
                    is_check: true,
                });
            }
            _ => checks.push(JudgedCheck { auth, state, span: member.value.span }),
        }
    }
    ignored.extend(handling::ignored(document, text));
    let failure = handling::failure(document, text, receiver);
    let after_restart = failure.as_ref().filter(|it| it.stops_a_start && is_validated);
    let (verdict, anonymous, reason) = verdict(&states, &checks, takes_small_body, failure.as_ref());
    Judgement { verdict, anonymous, reason, checks, ignored, after_restart: after_restart.map(|_| DARK) }
}

fn verdict(
    states: &CheckStates,
    checks: &[JudgedCheck],
    takes_small_body: bool,
    failure: Option<&Failure>,
) -> (Verdict, AnonymousAnswer, String) {
    let told = |check: &JudgedCheck| format!("{} {}", check.auth.member, check.words());
    let of = |check: &JudgedCheck, status| AnonymousAnswer { status, by: Some(check.auth.check) };
    // The receiver prepares this check before it makes any.
    if let Some(check) = checks.iter().find(|check| matches!(check.state, CheckState::Breaks(_))) {
        return (Verdict::Broken, of(check, 500), told(check));
    }
    let refuses = |check: &&JudgedCheck| match check.state {
        CheckState::Asks(_) | CheckState::RefusesAll(_) => true,
        _ => check.auth.member == "json_schema" && !takes_small_body,
    };
    let first = checks.iter().find(refuses);
    let answer = match (first, failure) {
        (Some(check), _) => of(check, 401),
        (None, Some(failure)) => AnonymousAnswer { status: failure.status, by: Some(failure.by) },
        (None, None) => AnonymousAnswer { status: 200, by: None },
    };
    let shut = checks.iter().find(|check| matches!(check.state, CheckState::RefusesAll(_)));
    let conflict = states.conflict().map(|(one, other)| {
        format!("{} and {} both want the header Authorization, which holds one", one.member, other.member)
    });
    let asks = checks.iter().any(|check| matches!(check.state, CheckState::Asks(_)));
    match (shut.map(told).or(conflict), failure) {
        (Some(reason), _) => (Verdict::RefusesAll, answer, reason),
        (None, Some(failure)) => (Verdict::Broken, answer, failure.reason.clone()),
        (None, None) if asks => (Verdict::Refused, answer, first.map(told).unwrap_or_default()),
        (None, None) if first.is_some() => {
            (Verdict::Open, answer, "anybody whose body matches json_schema gets in".into())
        }
        (None, None) => (Verdict::Open, answer, "anybody gets in".into()),
    }
}
