//! The receiver's checks of a request, one row each, and how each judges its block of a document: by type, emptiness
//! and required members (docs/receiver.md, section 4).

mod blocks;
mod value;

pub use blocks::is_exact_address;
pub use value::{BlockMembers, BlockValue, is_unknown};

use crate::domain::json::Node;

/// One check, with the block of a document that switches it on.
pub struct Auth {
    /// The member of the document.
    pub member: &'static str,
    /// What the check is called.
    pub check: &'static str,
    /// The short word shown in lists.
    pub word: &'static str,
    /// Whether it asks callers for something that not everybody has.
    pub authenticates: bool,
    /// Whether it reads the header `Authorization`, which has room for one scheme.
    pub reads_authorization: bool,
    empty: EmptyBlock,
    /// Judges a block that is not empty.
    block: fn(&BlockValue<'_>) -> CheckState,
}

/// What a block does that is false in Python, the receiver's language: null, false, 0, or empty.
#[derive(Clone, Copy)]
enum EmptyBlock {
    /// It is ignored.
    Opens,
    /// Null is ignored, anything else refuses everybody.
    OnlyNullOpens,
    /// An empty object is ignored, anything else breaks every request.
    OnlyObjectOpens,
}

/// What a block does to requests. The words name no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// The receiver ignores it, because of this.
    Ignored(&'static str),
    /// It lets requests without credentials pass: a limit, or a schema of the body.
    Passes,
    /// It refuses a request without credentials.
    Asks(Scheme),
    /// It refuses every request, because of this.
    RefusesAll(&'static str),
    /// Every request ends in an error of the receiver, because of this.
    Breaks(&'static str),
}

/// What a check wants in the header `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The check reads something else.
    NotRead,
    Basic,
    /// A token that may be a JSON web token.
    Jwt,
    Other,
}

impl PartialEq for Auth {
    fn eq(&self, other: &Self) -> bool {
        self.member == other.member
    }
}

impl Eq for Auth {}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.check)
    }
}

const fn check(
    (member, check): (&'static str, &'static str),
    empty: EmptyBlock,
    block: fn(&BlockValue<'_>) -> CheckState,
) -> Auth {
    Auth { member, check, word: check, authenticates: true, reads_authorization: false, empty, block }
}

const fn of_header(auth: Auth) -> Auth {
    Auth { reads_authorization: true, ..auth }
}

const fn of_anybody(auth: Auth) -> Auth {
    Auth { authenticates: false, ..auth }
}

/// How many checks there are.
pub(super) const CHECKS: usize = 13;

impl Auth {
    /// In the order in which the receiver makes them.
    pub const ALL: &'static [Self; CHECKS] = &[
        of_anybody(check(("rate_limit", "rate_limit"), EmptyBlock::Opens, blocks::rate_limit)),
        check(("recaptcha", "recaptcha"), EmptyBlock::OnlyObjectOpens, blocks::recaptcha),
        of_header(check(("basic_auth", "basic"), EmptyBlock::Opens, blocks::basic_auth)),
        of_header(check(("digest_auth", "digest"), EmptyBlock::OnlyNullOpens, blocks::digest_auth)),
        of_header(check(("jwt", "jwt"), EmptyBlock::Opens, blocks::jwt)),
        of_header(check(("oauth1", "oauth1"), EmptyBlock::OnlyNullOpens, blocks::oauth1)),
        of_header(check(("oauth2", "oauth2"), EmptyBlock::Opens, blocks::oauth2)),
        Self {
            word: "bearer",
            ..of_header(check(("authorization", "authorization"), EmptyBlock::Opens, blocks::authorization))
        },
        check(("hmac", "hmac"), EmptyBlock::Opens, blocks::hmac),
        check(("ip_whitelist", "ip"), EmptyBlock::Opens, blocks::ip_whitelist),
        of_anybody(check(("json_schema", "json_schema"), EmptyBlock::Opens, blocks::json_schema)),
        check(("query_auth", "query"), EmptyBlock::OnlyNullOpens, blocks::query_auth),
        check(("header_auth", "header"), EmptyBlock::OnlyNullOpens, blocks::header_auth),
    ];

    pub fn of_member(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|auth| auth.member == name)
    }

    /// What its block does, as it is written in this text. A text with a reference in it counts as one that the
    /// check can use.
    pub fn judge(&self, block: &Node, text: &str) -> CheckState {
        let value = BlockValue::of(block, text);
        let kind = value.kind();
        match (self.empty, &value) {
            (EmptyBlock::OnlyObjectOpens, BlockValue::Object(block)) if block.is_empty() => {
                CheckState::Ignored(kind)
            }
            (EmptyBlock::OnlyObjectOpens, BlockValue::Object(_)) => (self.block)(&value),
            (EmptyBlock::OnlyObjectOpens, _) => CheckState::Breaks("it is not an object"),
            (EmptyBlock::OnlyNullOpens, BlockValue::Null) => CheckState::Ignored(kind),
            (EmptyBlock::OnlyNullOpens, value) if value.is_falsy() => CheckState::RefusesAll("it is empty"),
            (EmptyBlock::Opens, value) if value.is_falsy() => CheckState::Ignored(kind),
            _ => (self.block)(&value),
        }
    }
}

/// What all checks of one document do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CheckStates([Option<CheckState>; CHECKS]);

impl CheckStates {
    pub fn of(document: &Node, text: &str) -> Self {
        let state = |auth: &Auth| Some(auth.judge(&document.member(auth.member)?.value, text));
        Self(std::array::from_fn(|at| Auth::ALL.get(at).and_then(state)))
    }

    /// A later member of the same name takes the place of an earlier one.
    pub(super) fn set(&mut self, auth: &Auth, state: CheckState) {
        let states = Auth::ALL.iter().zip(&mut self.0).filter(|(known, _)| *known == auth);
        states.for_each(|(_, known)| *known = Some(state));
    }

    /// The checks that have a block, in the receiver's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Auth, CheckState)> {
        Auth::ALL.iter().zip(self.0).filter_map(|(auth, state)| Some((auth, state?)))
    }

    /// The first two checks that want different things in the one header `Authorization`.
    pub fn conflict(&self) -> Option<(&'static Auth, &'static Auth)> {
        let readers: Vec<_> = self
            .iter()
            .filter_map(|(auth, state)| match state {
                CheckState::Asks(scheme) if auth.reads_authorization => Some((auth, scheme)),
                _ => None,
            })
            .collect();
        // A fixed header can hold what one other check wants as well: a token, or credentials.
        let agree = |(one, scheme): (&Auth, Scheme), (other, wanted): (&Auth, Scheme)| {
            let is_fixed = [one, other].iter().any(|auth| auth.member == "authorization");
            is_fixed && scheme == wanted && scheme != Scheme::Other
        };
        let mut pairs = readers
            .iter()
            .enumerate()
            .flat_map(|(at, one)| readers.iter().skip(at + 1).map(move |other| (*one, *other)));
        pairs.find(|(one, other)| !agree(*one, *other)).map(|(one, other)| (one.0, other.0))
    }

    pub fn kinds(&self) -> AuthKinds {
        let bits = Auth::ALL.iter().zip(self.0).zip(0..).map(|((_, state), at)| match state {
            Some(CheckState::Asks(_)) => 1 << at,
            Some(CheckState::RefusesAll(_)) => 1 << at | REFUSES_ALL,
            Some(CheckState::Breaks(_)) => BREAKS,
            Some(CheckState::Ignored(_) | CheckState::Passes) | None => 0,
        });
        let conflict = if self.conflict().is_some() { REFUSES_ALL } else { 0 };
        AuthKinds(bits.fold(conflict, |all, bit| all | bit))
    }
}

const REFUSES_ALL: u16 = 1 << CHECKS;
const BREAKS: u16 = 1 << (CHECKS + 1);

/// What the checks of a document come to, for a row of a list: the kinds of authentication that refuse requests,
/// and whether nobody gets in at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuthKinds(u16);

impl AuthKinds {
    /// Whether requests are accepted without authentication.
    pub fn is_open(self) -> bool {
        !self.refuses_all() && !self.breaks() && self.iter().next().is_none()
    }

    /// Whether every request is refused, whatever its credentials; one that breaks is not even refused.
    pub fn refuses_all(self) -> bool {
        self.0 & REFUSES_ALL != 0 && !self.breaks()
    }

    /// Whether every request ends in an error of the receiver.
    pub fn breaks(self) -> bool {
        self.0 & BREAKS != 0
    }

    /// The kinds in the set, in the receiver's order.
    pub fn iter(self) -> impl Iterator<Item = &'static Auth> {
        let all = Auth::ALL.iter().zip(0..).filter(move |(_, at)| self.0 & 1 << at != 0);
        all.map(|(auth, _)| auth).filter(|auth| auth.authenticates)
    }
}
