//! The one pass over a document. No tree is built.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use smallvec::SmallVec;

use super::auth::CheckStates;
use super::sites::{ITEM, PLAINTEXT, SECRET, SiteBytes, add_site};
use super::{Auth, Facts};
use crate::domain::json::{JsonEvent, Scalar, Span, TreeBuilder, has_byte, string_value};
use crate::domain::reference::{MAX_DEPTH, lookups};
use crate::domain::{DocumentKind, Masking, MemberValue, OwnMembers, Secrecy, SecrecyContainer, plaintext};

/// Up to this many members of a container are compared one by one.
const MANY: usize = 32;

/// An open container.
struct ScanFrame<'a> {
    container: SecrecyContainer,
    /// How many steps, and how many names, lead to it.
    steps: usize,
    names: usize,
    /// How many members of containers further up have sites.
    members: usize,
    /// Its own members with sites, once they are many.
    many: Option<HashMap<Cow<'a, str>, Range<usize>>>,
    /// The index among the sites at which the current member began.
    began: usize,
}

pub(super) struct FactScanner<'a, 'f> {
    text: &'a str,
    kind: DocumentKind,
    masking: &'f Masking,
    facts: &'f mut Facts,
    /// Keys by their offset, and items by their number, see [`ITEM`].
    steps: SmallVec<[u32; 8]>,
    names: SmallVec<[Cow<'a, str>; 8]>,
    frames: SmallVec<[ScanFrame<'a>; 6]>,
    /// The members with sites, and their ranges, of all open containers: of duplicate names, the last one counts.
    members: Vec<(Cow<'a, str>, Range<usize>)>,
    /// See [`super::ValueSites`].
    sites: SiteBytes,
    /// The ranges of `sites` that belong to members overridden by a later duplicate: disjoint or nested.
    overridden: Vec<Range<usize>>,
    own: OwnMembers,
    /// What the checks do whose blocks have been read, and the block being read.
    checks: CheckStates,
    block: Option<(&'static Auth, TreeBuilder<'a>)>,
    chain: bool,
    connection: Option<Box<str>>,
    /// The connections of the chain's steps, by the number of the step.
    chain_connections: Vec<(u32, Box<str>)>,
}

impl<'a, 'f> FactScanner<'a, 'f> {
    pub(super) fn new(masking: &'f Masking, text: &'a str, facts: &'f mut Facts) -> Self {
        Self {
            text,
            kind: masking.kind(),
            masking,
            facts,
            steps: SmallVec::new(),
            names: SmallVec::new(),
            frames: SmallVec::new(),
            members: Vec::new(),
            sites: SiteBytes::new(),
            overridden: Vec::new(),
            own: OwnMembers::default(),
            checks: CheckStates::default(),
            block: None,
            chain: false,
            connection: None,
            chain_connections: Vec::new(),
        }
    }

    /// Writes the results to the facts.
    pub(super) fn finish(mut self) {
        if self.chain {
            self.facts.module = Some("chain".into());
        }
        let steps = self.chain_connections.into_iter().map(|(_, name)| name);
        self.facts.connections = self.connection.into_iter().chain(steps).collect();
        if self.kind == DocumentKind::Webhook {
            self.facts.own = self.own.fields();
            self.facts.auth = self.checks.kinds();
        }
        if self.overridden.is_empty() {
            self.facts.sites = self.sites;
            return;
        }
        self.overridden.sort_unstable_by_key(|range| range.start);
        let (mut kept, mut at) = (SiteBytes::new(), 0);
        for range in self.overridden {
            kept.extend_from_slice(self.sites.get(at..range.start).unwrap_or_default());
            at = at.max(range.end);
        }
        kept.extend_from_slice(self.sites.get(at..).unwrap_or_default());
        self.facts.sites = kept;
    }

    pub(super) fn take(&mut self, event: JsonEvent) {
        if let Some((_, block)) = &mut self.block {
            block.take(event);
        }
        match event {
            JsonEvent::OpenObject(_) | JsonEvent::OpenArray(_) => self.open(event),
            JsonEvent::Key(span) => self.key(span),
            JsonEvent::CloseObject(_) | JsonEvent::CloseArray(_) => {
                self.leave_member();
                if let Some(frame) = self.frames.pop() {
                    self.steps.truncate(frame.steps);
                    self.names.truncate(frame.names);
                    self.members.truncate(frame.members);
                }
                self.ended(event);
            }
            JsonEvent::Scalar(scalar, span) => {
                self.item();
                self.ended(event);
                match scalar {
                    Scalar::String => self.string(span),
                    // A number can also be a password, if its name says so.
                    Scalar::Number
                        if plaintext::is_numeric_secret(self.masking, &self.names)
                            && self.secrecy() != Secrecy::Open =>
                    {
                        add_site(&mut self.sites, span.start, SECRET | PLAINTEXT, &self.steps);
                    }
                    _ => {}
                }
            }
        }
    }

    fn open(&mut self, event: JsonEvent) {
        self.item();
        let secrecy = self.secrecy();
        self.frames.push(ScanFrame {
            container: SecrecyContainer::open(event, secrecy),
            steps: self.steps.len(),
            names: self.names.len(),
            members: self.members.len(),
            many: None,
            began: self.sites.len(),
        });
    }

    /// A value begins; in an array it is the next item.
    fn item(&mut self) {
        if let Some(top) = self.frames.last_mut().filter(|top| !top.container.object) {
            self.steps.truncate(top.steps);
            self.steps.push(top.container.items << 1 | ITEM);
            top.container.items += 1;
        }
    }

    fn key(&mut self, span: Span) {
        self.leave_member();
        let name = string_value(span.of(self.text));
        let Some(top) = self.frames.last_mut() else { return };
        top.began = self.sites.len();
        let overridden = match &mut top.many {
            Some(many) => many.remove(&name),
            None => {
                let known = self.members.iter().skip(top.members).position(|(known, _)| *known == name);
                known.map(|at| self.members.swap_remove(top.members + at).1)
            }
        };
        self.overridden.extend(overridden);
        self.steps.push(u32::try_from(span.start).unwrap_or(u32::MAX) << 1);
        self.names.push(name);
        if let ([name], DocumentKind::Webhook) = (self.names.as_slice(), self.kind) {
            self.own.begin(name);
            self.block = Auth::of_member(name).map(|auth| (auth, TreeBuilder::new(self.text)));
            match &**name {
                "connection" => self.connection = None,
                "chain" => self.chain_connections.clear(),
                _ => {}
            }
        }
        if let Some(item) = self.chain_step() {
            self.chain_connections.pop_if(|(known, _)| *known == item);
        }
    }

    /// The member being read has ended.
    fn leave_member(&mut self) {
        let end = self.sites.len();
        let Some(top) = self.frames.last_mut().filter(|top| top.container.object) else { return };
        let name = if self.names.len() > top.names { self.names.pop() } else { None };
        self.steps.truncate(top.steps);
        let Some(name) = name.filter(|_| top.began < end) else { return };
        let range = top.began..end;
        match &mut top.many {
            Some(many) => {
                many.insert(name, range);
            }
            None => self.members.push((name, range)),
        }
        if self.members.len() - top.members > MANY {
            top.many = Some(self.members.drain(top.members..).collect());
        }
    }

    /// What is known of the current value. Only asked for values that can be secrets: most names belong to
    /// others.
    fn secrecy(&mut self) -> Secrecy {
        match self.frames.last_mut() {
            Some(top) if self.kind != DocumentKind::Unknown => {
                top.container.member(self.masking, &self.names, self.text)
            }
            _ => Secrecy::Open,
        }
    }

    /// The number of the chain's step whose connection this is.
    fn chain_step(&self) -> Option<u32> {
        match (self.steps.as_slice(), self.names.as_slice()) {
            ([_, item, _], [chain, name]) if item & ITEM != 0 && chain == "chain" && name == "connection" => {
                Some(*item)
            }
            _ => None,
        }
    }

    /// A value has ended.
    fn ended(&mut self, event: JsonEvent) {
        if self.kind != DocumentKind::Webhook {
            return;
        }
        let Some((name, inner)) = names_alone(&self.steps, &self.names) else { return };
        if inner.is_none()
            && let Some((auth, block)) = self.block.take()
            && let Some(block) = block.finish()
        {
            self.checks.set(auth, auth.judge(&block, self.text));
        }
        if !matches!(name, "authorization" | "hmac" | "module" | "module-config" | "chain") {
            return;
        }
        self.own.end(name, inner, &MemberValue::of_event(event, self.text));
        let is_container = matches!(event, JsonEvent::CloseObject(_) | JsonEvent::CloseArray(_));
        if inner.is_none() && name == "chain" {
            self.chain = is_container;
        }
    }

    fn string(&mut self, span: Span) {
        let value = string_value(span.of(self.text));
        match (self.kind, names_alone(&self.steps, &self.names)) {
            (DocumentKind::Webhook, Some(("module", None)))
            | (DocumentKind::Connection, Some(("type", None))) => {
                self.facts.module = Some(value.trim().into());
            }
            (DocumentKind::Webhook, Some(("connection", None))) => self.connection = Some((*value).into()),
            (DocumentKind::Webhook, _) => {
                if let Some(item) = self.chain_step() {
                    self.chain_connections.push((item, (*value).into()));
                }
            }
            _ => {}
        }
        let secret =
            self.secrecy().hides(&value) && !plaintext::is_harmless_header(self.masking, &self.names);
        if let [.., outer, inner] = self.frames.as_mut_slice() {
            inner.container.read(self.masking, &outer.container, &value);
        }
        let is_reachable = self.frames.len().saturating_sub(1) <= MAX_DEPTH;
        let refers = is_reachable && has_byte(&value, b'$') && !lookups(&value).is_empty();
        let plain = self.kind != DocumentKind::Unknown
            && plaintext::is_plaintext(
                self.masking.names(),
                &value,
                self.names.last().map(AsRef::as_ref),
                secret,
                refers,
            );
        if refers || plain {
            let flags = if secret { SECRET } else { 0 } | if plain { PLAINTEXT } else { 0 };
            add_site(&mut self.sites, span.start, flags, &self.steps);
        }
    }
}

/// The path, if it is short and contains no array index.
fn names_alone<'n>(steps: &[u32], names: &'n [Cow<'_, str>]) -> Option<(&'n str, Option<&'n str>)> {
    match names {
        _ if steps.len() != names.len() => None,
        [name] => Some((name, None)),
        [name, inner] => Some((name, Some(inner))),
        _ => None,
    }
}
