//! `watch`: what is there, then every change, a line each.

use std::collections::HashMap;

use futures::StreamExt;
use serde::Serialize;

use super::args::{Watch as Arguments, WatchFormat};
use super::failure::{Exit, Failure};
use super::output::{Out, cell};
use super::{Session, pipe};
use crate::domain::{
    ChangeKind, Coverage, Document, DocumentKind, Entry, KeyPrefix, LinkState, ResourceKey, Revision,
    StoreId, Token,
};
use crate::provider::WatchEvent;
use crate::text::{Masked, Safe};

/// The longest value of a JSON line that hides secrets, in characters; with `--raw` it is whole.
const VALUE_MAX: usize = 4_000;

pub(super) async fn run(session: &Session, arguments: Arguments, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let prefix = arguments.prefix.clone().unwrap_or(KeyPrefix::All);
    // The provider's own watch: one process, one reader, no second picture.
    let mut watch = session.manager.reader().watch(prefix);
    let mut narrator = Narrator { raw: arguments.raw, ..Narrator::default() };
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut closed = std::pin::pin!(pipe::closed());
    loop {
        let event = tokio::select! {
            event = watch.events.next() => event,
            _ = &mut interrupted => return Ok(Exit::DONE),
            () = &mut closed => return Err(Failure::ClosedPipe),
        };
        let Some(event) = event else {
            return Err(Failure::Failed("the store has ended the watch; start it again".into()));
        };
        for line in narrator.tell(event) {
            match arguments.format {
                WatchFormat::Json => out.exact(line.json()?.as_bytes())?,
                WatchFormat::Table => out.line(&line.text())?,
            }
        }
        out.flush()?;
    }
}

/// One line. Values are JSON strings that hold the document's text: as an embedded object it would
/// lose its white space, its number spellings and its duplicate members.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Line {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Line {
    fn json(&self) -> Result<String, Failure> {
        let mut text = serde_json::to_string(self)
            .map_err(|_| Failure::Failed("a change cannot be written as JSON".into()))?;
        text.push('\n');
        Ok(text)
    }

    fn text(&self) -> Safe<'static> {
        let what = self.key.as_deref().or(self.state).unwrap_or_default();
        let token = self.token.as_deref().unwrap_or_default();
        let detail = self.value.as_deref().or(self.reason.as_deref()).unwrap_or_default();
        let line = format!("{:<8} {:<32} {token:>12}  {}", self.kind, cell(what), cell(detail));
        Safe::from(line.trim_end().to_owned())
    }
}

/// Turns watch events into lines. It remembers keys and tokens, never values, so that after a resync
/// only the differences are told.
#[derive(Default)]
struct Narrator {
    raw: bool,
    store: Option<StoreId>,
    /// What the present load shows.
    coverage: Coverage,
    /// What the last complete one showed: a key beyond it is no news of the store.
    showed: Coverage,
    known: HashMap<ResourceKey, (Token, u32)>,
    /// Counts loads, to tell what a load did not name.
    load: u32,
    /// Whether a load has come to its end; what follows is then a difference to it.
    complete: bool,
    /// Whether tokens from before the present load mean anything in it.
    comparable: bool,
}

impl Narrator {
    fn tell(&mut self, event: WatchEvent) -> Vec<Line> {
        match event {
            WatchEvent::State(LinkState::Loading { .. }) | WatchEvent::Progress { .. } => Vec::new(),
            WatchEvent::State(state) => vec![tell_state(&state)],
            WatchEvent::Load { store, at, coverage, .. } => self.begin(store, at, coverage),
            WatchEvent::Page(entries) => {
                entries.into_iter().filter_map(|entry| self.tell_loaded(&entry)).collect()
            }
            WatchEvent::Loaded { at } => self.sweep(at),
            WatchEvent::Batch { changes, .. } => changes
                .into_iter()
                .filter_map(|change| match change.kind {
                    ChangeKind::Put { entry } => Some(self.tell_put(&entry)),
                    ChangeKind::Deleted { key } => self.tell_deleted(&key, change.revision),
                })
                .collect(),
        }
    }

    fn begin(&mut self, store: StoreId, at: Revision, coverage: Coverage) -> Vec<Line> {
        self.load += 1;
        self.comparable = self.store.as_ref() == Some(&store);
        self.store = Some(store);
        let mut lines = Vec::new();
        if self.complete {
            lines.push(Line { kind: "resync", revision: Some(at.0), ..Line::default() });
        }
        if coverage != self.coverage {
            let kind = if coverage.is_partial() { "partial" } else { "whole" };
            lines.push(Line { kind, reason: coverage.words(), ..Line::default() });
            self.coverage = coverage;
        }
        lines
    }

    fn tell_loaded(&mut self, entry: &Entry) -> Option<Line> {
        let before = self.known.insert(entry.key.clone(), (entry.token, self.load));
        let kind = match before {
            Some((token, _)) if self.comparable && token == entry.token => return None,
            _ if !self.complete => "load",
            None if !self.showed.sees(&entry.key) => "load",
            None => "created",
            Some(_) => "updated",
        };
        Some(self.line(kind, entry))
    }

    fn sweep(&mut self, at: Revision) -> Vec<Line> {
        self.complete = true;
        self.showed = self.coverage.clone();
        let load = self.load;
        let mut gone: Vec<_> =
            self.known.extract_if(|_, (_, seen)| *seen != load).map(|(key, _)| key).collect();
        gone.sort_unstable();
        gone.iter().map(|key| self.gone(key, at)).collect()
    }

    /// A key that a load did not name: deleted, if the load would have named it.
    fn gone(&self, key: &ResourceKey, at: Revision) -> Line {
        let line = deleted(key, at);
        if self.coverage.sees(key) { line } else { Line { kind: "hidden", ..line } }
    }

    fn tell_put(&mut self, entry: &Entry) -> Line {
        let before = self.known.insert(entry.key.clone(), (entry.token, self.load));
        self.line(if before.is_some() { "updated" } else { "created" }, entry)
    }

    fn tell_deleted(&mut self, key: &ResourceKey, at: Revision) -> Option<Line> {
        self.known.remove(key).map(|_| deleted(key, at))
    }

    fn line(&self, kind: &'static str, entry: &Entry) -> Line {
        Line {
            kind,
            key: Some(entry.key.to_string()),
            revision: Some(entry.revision.0),
            token: Some(entry.token.to_string()),
            value: self.value(DocumentKind::of(&entry.key), &entry.document),
            ..Line::default()
        }
    }

    /// `None` for bytes that no JSON string can hold.
    fn value(&self, kind: DocumentKind, document: &Document) -> Option<String> {
        if self.raw {
            return document.text().ok().map(str::to_owned);
        }
        Some(Masked::one_line(kind, document, VALUE_MAX).into_string())
    }
}

fn deleted(key: &ResourceKey, at: Revision) -> Line {
    Line { kind: "deleted", key: Some(key.to_string()), revision: Some(at.0), ..Line::default() }
}

fn tell_state(state: &LinkState) -> Line {
    let reason = match state {
        LinkState::Connecting { error, .. } => error.clone(),
        LinkState::Stale { reason, .. } => Some(reason.clone()),
        LinkState::Denied { permission, .. } => Some(permission.clone()),
        LinkState::Loading { .. } | LinkState::Synced | LinkState::CatchingUp => None,
    };
    Line { kind: "state", state: Some(state.word()), reason, ..Line::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, Namespace, Permitted, WebhookId};

    fn key(id: &str) -> ResourceKey {
        ResourceKey::webhook(Namespace::default(), WebhookId::new(id).unwrap())
    }

    fn entry(id: &str, at: u64) -> Entry {
        Entry {
            key: key(id),
            document: Document::from(r#"{"authorization":"Bearer hunter2"}"#),
            revision: Revision(at),
            created: None,
            version: None,
            token: Token::counter(at),
            lease: None,
        }
    }

    fn load(store: &str, at: u64, entries: Vec<Entry>) -> [WatchEvent; 3] {
        let at = Revision(at);
        let begin =
            WatchEvent::Load { store: StoreId::new(store), at, resync: false, coverage: Coverage::Whole };
        [begin, WatchEvent::Page(entries), WatchEvent::Loaded { at }]
    }

    fn told(narrator: &mut Narrator, events: impl IntoIterator<Item = WatchEvent>) -> Vec<String> {
        let lines = events.into_iter().flat_map(|event| narrator.tell(event));
        lines
            .map(|line| {
                format!("{} {}", line.kind, line.key.or(line.revision.map(|r| r.to_string())).unwrap())
            })
            .collect()
    }

    #[test]
    fn after_a_resync_only_differences_are_told() {
        let mut narrator = Narrator::default();
        let first = load("a", 5, vec![entry("gone", 1), entry("kept", 2), entry("moved", 3)]);
        assert_eq!(
            told(&mut narrator, first),
            ["load default/gone", "load default/kept", "load default/moved"]
        );
        let again = load("a", 9, vec![entry("kept", 2), entry("moved", 7), entry("new", 8)]);
        assert_eq!(
            told(&mut narrator, again),
            ["resync 9", "updated default/moved", "created default/new", "deleted default/gone"]
        );
        let replaced = load("b", 2, vec![entry("kept", 2)]);
        assert_eq!(
            told(&mut narrator, replaced),
            ["resync 2", "updated default/kept", "deleted default/moved", "deleted default/new"]
        );
    }

    #[test]
    fn a_first_load_that_broke_off_is_no_resync() {
        let mut narrator = Narrator::default();
        let [begin, page, _] = load("a", 5, vec![entry("seen", 1), entry("gone", 2)]);
        assert_eq!(told(&mut narrator, [begin, page]), ["load default/seen", "load default/gone"]);
        let again = load("a", 9, vec![entry("seen", 1), entry("new", 8)]);
        assert_eq!(told(&mut narrator, again), ["load default/new", "deleted default/gone"]);
    }

    #[test]
    fn a_key_out_of_sight_is_hidden_and_not_deleted() {
        let mut narrator = Narrator::default();
        told(&mut narrator, load("a", 5, vec![entry("kept", 1), entry("gone", 2), entry("lost", 3)]));
        let permitted = Permitted::new(vec!["/cwm/*".into()], |seen| *seen != key("lost"));
        let mut narrower = load("a", 9, vec![entry("kept", 1)]);
        if let [WatchEvent::Load { coverage, .. }, ..] = &mut narrower {
            *coverage = Coverage::Partial(permitted);
        }
        let mut tell = |events: [WatchEvent; 3]| {
            let lines = events.into_iter().flat_map(|event| narrator.tell(event));
            let words =
                |line: Line| format!("{} {}", line.kind, line.key.or(line.reason).unwrap_or_default());
            lines.map(words).collect::<Vec<_>>()
        };
        let partial = "partial this user may read only /cwm/*";
        assert_eq!(tell(narrower), ["resync ", partial, "deleted default/gone", "hidden default/lost"]);
        let wider = load("a", 9, vec![entry("kept", 1), entry("lost", 3)]);
        assert_eq!(tell(wider), ["resync ", "whole ", "load default/lost"]);
    }

    #[test]
    fn a_change_is_created_or_updated_by_what_was_known() {
        let mut narrator = Narrator::default();
        told(&mut narrator, load("a", 1, vec![entry("x", 1)]));
        let change = |at, kind| Change { revision: Revision(at), kind };
        let changes = vec![
            change(2, ChangeKind::Put { entry: entry("x", 2) }),
            change(2, ChangeKind::Put { entry: entry("y", 2) }),
            change(2, ChangeKind::Deleted { key: key("never-seen") }),
        ];
        let batch = WatchEvent::Batch { at: Revision(2), changes };
        assert_eq!(told(&mut narrator, [batch]), ["updated default/x", "created default/y"]);
    }

    #[test]
    fn secrets_are_hidden_unless_raw() {
        for (raw, shown) in [(false, false), (true, true)] {
            let mut narrator = Narrator { raw, ..Narrator::default() };
            let lines: Vec<_> = load("a", 1, vec![entry("x", 1)])
                .into_iter()
                .flat_map(|event| narrator.tell(event))
                .collect();
            let [line] = &lines[..] else { panic!("one line") };
            assert_eq!(line.json().unwrap().contains("hunter2"), shown);
            assert_eq!(line.text().as_str().contains("hunter2"), shown);
        }
    }
}
