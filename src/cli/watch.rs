//! `watch`: prints what is stored, then every change, one line each.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;

use futures::StreamExt;
use serde::Serialize;
use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;

use super::args::{WatchArgs, WatchFormat};
use super::error::{CliError, Exit, Result};
use super::output::{Printer, cell, whole};
use super::session::CliSession;
use crate::domain::{
    ChangeKind, Coverage, Document, Entry, KeyPrefix, LinkState, Masking, ResourceKey, Revision, SecretNames,
    StoreId, Token,
};
use crate::provider::WatchEvent;
use crate::text::{Masked, Safe};

/// The longest masked value, in characters; with `--raw` values are not truncated.
const VALUE_MAX: usize = 4_000;

pub(super) async fn run(session: &CliSession, watch: WatchArgs, out: &mut Printer<'_>) -> Result<()> {
    let WatchArgs { prefix, raw, format } = watch;
    // The provider's own watch: a single reader needs no inventory.
    let mut watch = session.manager.reader().watch(prefix.unwrap_or(KeyPrefix::All));
    let secret_names = session.settings.secret_names.clone();
    let mut narrator = EventPrinter { raw, secret_names, ..EventPrinter::default() };
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut closed = std::pin::pin!(output_closed());
    loop {
        let event = tokio::select! {
            event = watch.events.next() => event,
            _ = &mut interrupted => return Ok(()),
            () = &mut closed => return Err(CliError::ClosedPipe),
        };
        let Some(event) = event else {
            return Err(Exit::FAILED.because("the store has ended the watch; start it again"));
        };
        for line in narrator.lines_for(event) {
            match format {
                WatchFormat::Json => out.exact(line.json()?.as_bytes())?,
                WatchFormat::Table => out.line(&line.text())?,
            }
        }
        out.flush()?;
    }
}

/// Resolves once standard output is a pipe whose reader is gone; never for a file or a terminal.
pub(super) async fn output_closed() {
    // Only used for polling; the descriptor stays in blocking mode, hence unchecked. A regular file is an
    // error.
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    if let Ok(pipe) = stdout.and_then(Sender::from_owned_fd_unchecked)
        && pipe.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// One line. A value is a JSON string containing the document's text: an embedded object would lose
/// whitespace, number spellings and duplicate members.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct EventLine {
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

impl EventLine {
    fn json(&self) -> Result<String> {
        let mut text = serde_json::to_string(self)
            .map_err(|_| Exit::FAILED.because("a change cannot be written as JSON"))?;
        text.push('\n');
        Ok(text)
    }

    fn text(&self) -> Safe<'static> {
        let what = self.key.as_deref().or(self.state).unwrap_or_default();
        let token = self.token.as_deref().unwrap_or_default();
        let detail = self.value.as_deref().or(self.reason.as_deref()).unwrap_or_default();
        let line = format!("{:<8} {:<32} {token:>12}  {}", self.kind, whole(what), cell(detail));
        Safe::from(line.trim_end().to_owned())
    }
}

/// Turns watch events into lines. It remembers keys and tokens, never values, so that after a resync
/// only the differences are printed.
#[derive(Default)]
struct EventPrinter {
    raw: bool,
    /// The names of the context, for the masks of values.
    secret_names: SecretNames,
    store: Option<StoreId>,
    /// The coverage of the current load.
    coverage: Coverage,
    /// The coverage of the last complete load: a key outside it may have existed before, so it is not
    /// reported as created.
    loaded_coverage: Coverage,
    tokens: HashMap<ResourceKey, (Token, u32)>,
    /// Counts loads, to detect keys that are missing from a load.
    load: u32,
    /// Whether a load has completed; later events are differences from it.
    complete: bool,
    /// Whether tokens from before the current load can be compared with its own (same store).
    comparable: bool,
}

impl EventPrinter {
    fn lines_for(&mut self, event: WatchEvent) -> Vec<EventLine> {
        match event {
            WatchEvent::State(LinkState::Loading { .. })
            | WatchEvent::Compared { .. }
            | WatchEvent::Progress { .. } => Vec::new(),
            WatchEvent::State(state) => {
                let behind = match &state {
                    LinkState::CatchingUp { applied, store: Some(store) } => {
                        Some(format!("at {applied} of {store}"))
                    }
                    LinkState::CatchingUp { applied, store: None } => {
                        Some(format!("at {applied}, more is arriving"))
                    }
                    _ => None,
                };
                let (word, reason) = (Some(state.word()), state.reason().map(str::to_owned).or(behind));
                vec![EventLine { kind: "state", state: word, reason, ..EventLine::default() }]
            }
            WatchEvent::Load { store, at, coverage, .. } => self.begin(store, at, coverage),
            WatchEvent::Page(entries) => {
                entries.into_iter().filter_map(|entry| self.loaded_line(&entry)).collect()
            }
            WatchEvent::Loaded { at } => self.sweep(at),
            WatchEvent::Batch { changes, .. } => changes
                .into_iter()
                .filter_map(|change| match change.kind {
                    ChangeKind::Put { entry } => Some(self.put_line(&entry)),
                    ChangeKind::Deleted { key } => {
                        self.tokens.remove(&key).map(|_| gone_line("deleted", &key, change.revision))
                    }
                })
                .collect(),
        }
    }

    fn begin(&mut self, store: StoreId, at: Revision, coverage: Coverage) -> Vec<EventLine> {
        self.load += 1;
        self.comparable = self.store.as_ref() == Some(&store);
        self.store = Some(store);
        let mut lines = Vec::new();
        if self.complete {
            lines.push(EventLine { kind: "resync", revision: Some(at.0), ..EventLine::default() });
        }
        if coverage != self.coverage {
            let kind = if coverage.is_partial() { "partial" } else { "whole" };
            lines.push(EventLine { kind, reason: coverage.words(), ..EventLine::default() });
            self.coverage = coverage;
        }
        lines
    }

    fn loaded_line(&mut self, entry: &Entry) -> Option<EventLine> {
        let before = self.tokens.insert(entry.key.clone(), (entry.token, self.load));
        let kind = match before {
            Some((token, _)) if self.comparable && token == entry.token => return None,
            _ if !self.complete => "load",
            None if !self.loaded_coverage.covers(&entry.key) => "load",
            None => "created",
            Some(_) => "updated",
        };
        Some(self.line(kind, entry))
    }

    fn sweep(&mut self, at: Revision) -> Vec<EventLine> {
        self.complete = true;
        self.loaded_coverage = self.coverage.clone();
        let load = self.load;
        let mut gone: Vec<_> =
            self.tokens.extract_if(|_, (_, seen)| *seen != load).map(|(key, _)| key).collect();
        gone.sort_unstable();
        // A key missing from a load is deleted if the load covers it.
        let kind = |key: &_| if self.coverage.covers(key) { "deleted" } else { "hidden" };
        gone.iter().map(|key| gone_line(kind(key), key, at)).collect()
    }

    fn put_line(&mut self, entry: &Entry) -> EventLine {
        let before = self.tokens.insert(entry.key.clone(), (entry.token, self.load));
        self.line(if before.is_some() { "updated" } else { "created" }, entry)
    }

    fn line(&self, kind: &'static str, entry: &Entry) -> EventLine {
        EventLine {
            kind,
            key: Some(entry.key.to_string()),
            revision: Some(entry.revision.0),
            token: Some(entry.token.to_string()),
            value: self.value(&Masking::of(&entry.key, &self.secret_names), &entry.document),
            ..EventLine::default()
        }
    }

    /// `None` for bytes that are not UTF-8.
    fn value(&self, masking: &Masking, document: &Document) -> Option<String> {
        if self.raw {
            return document.text().ok().map(str::to_owned);
        }
        Some(Masked::one_line(masking, document, VALUE_MAX).into_string())
    }
}

fn gone_line(kind: &'static str, key: &ResourceKey, at: Revision) -> EventLine {
    EventLine { kind, key: Some(key.to_string()), revision: Some(at.0), ..EventLine::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, Namespace, PermittedRanges, WebhookId};

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

    fn told(narrator: &mut EventPrinter, events: impl IntoIterator<Item = WatchEvent>) -> Vec<String> {
        let lines = events.into_iter().flat_map(|event| narrator.lines_for(event));
        lines
            .map(|line| {
                format!("{} {}", line.kind, line.key.or(line.revision.map(|r| r.to_string())).unwrap())
            })
            .collect()
    }

    #[test]
    fn after_a_resync_only_differences_are_told() {
        let mut narrator = EventPrinter::default();
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
        let mut narrator = EventPrinter::default();
        let [begin, page, _] = load("a", 5, vec![entry("seen", 1), entry("gone", 2)]);
        assert_eq!(told(&mut narrator, [begin, page]), ["load default/seen", "load default/gone"]);
        let again = load("a", 9, vec![entry("seen", 1), entry("new", 8)]);
        assert_eq!(told(&mut narrator, again), ["load default/new", "deleted default/gone"]);
    }

    #[test]
    fn a_key_out_of_sight_is_hidden_and_not_deleted() {
        let mut narrator = EventPrinter::default();
        told(&mut narrator, load("a", 5, vec![entry("kept", 1), entry("gone", 2), entry("lost", 3)]));
        let permitted = PermittedRanges::new(vec!["/cwm/*".into()], |seen| *seen != key("lost"));
        let mut narrower = load("a", 9, vec![entry("kept", 1)]);
        if let [WatchEvent::Load { coverage, .. }, ..] = &mut narrower {
            *coverage = Coverage::Partial(permitted);
        }
        let mut tell = |events: [WatchEvent; 3]| {
            let lines = events.into_iter().flat_map(|event| narrator.lines_for(event));
            let words =
                |line: EventLine| format!("{} {}", line.kind, line.key.or(line.reason).unwrap_or_default());
            lines.map(words).collect::<Vec<_>>()
        };
        let partial = "partial this user may read only /cwm/*";
        assert_eq!(tell(narrower), ["resync ", partial, "deleted default/gone", "hidden default/lost"]);
        let wider = load("a", 9, vec![entry("kept", 1), entry("lost", 3)]);
        assert_eq!(tell(wider), ["resync ", "whole ", "load default/lost"]);
    }

    #[test]
    fn a_change_is_created_or_updated_by_what_was_known() {
        let mut narrator = EventPrinter::default();
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
            let mut narrator = EventPrinter { raw, ..EventPrinter::default() };
            let lines: Vec<_> = load("a", 1, vec![entry("x", 1)])
                .into_iter()
                .flat_map(|event| narrator.lines_for(event))
                .collect();
            let [line] = &lines[..] else { panic!("one line") };
            assert_eq!(line.json().unwrap().contains("hunter2"), shown);
            assert_eq!(line.text().as_str().contains("hunter2"), shown);
        }
    }
}
