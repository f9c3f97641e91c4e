//! `settings watch`: what is in force, then every change and every other state of a layer, one line each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::args::SettingWatchArgs;
use super::shown::{OriginReport, SecretFilter, ShownValue};
use super::{OpenedApplication, SettingsContext};
use crate::application::{EffectiveValue, LayerStatus, SettingChange, SettingChangeKind};
use crate::cli::args::WatchFormat;
use crate::cli::error::{CliError, Exit, Result};
use crate::cli::output::{Printer, cell, whole};
use crate::cli::watch::output_closed;
use crate::text::Safe;

/// How often the states of layers are looked at, which nothing tells.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Default, Serialize)]
struct SettingLine {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<ShownValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(super) async fn run(
    context: &SettingsContext<'_>,
    watch: SettingWatchArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let filter = context.consented(&watch.reveal)?;
    let open = context.open().await?;
    let mut updates = match &watch.path {
        Some(path) => open.application.watch_path(path),
        None => open.application.subscribe(),
    };
    let version = open.application.version();
    context.note_revealed(&open, &filter, &watch.reveal, version.iter()).await;
    let mut states = LayerStates::default();
    let mut lines = SettingLine::loaded(&open, &watch, &filter);
    lines.extend(states.news(&open.application.sources()));
    let mut look = tokio::time::interval(LOOK);
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut closed = std::pin::pin!(output_closed());
    loop {
        for line in lines {
            match watch.format {
                WatchFormat::Json => out.exact(line.json()?.as_bytes())?,
                WatchFormat::Table => out.line(&line.text(&open))?,
            }
        }
        out.flush()?;
        lines = tokio::select! {
            update = updates.next() => match update {
                Some(update) => {
                    let version = update.version.number();
                    update.changes.iter().map(|it| SettingLine::changed(it, version, &filter)).collect()
                }
                None => return Err(Exit::FAILED.because("the application has ended; start the watch again")),
            },
            _ = look.tick() => states.news(&open.application.sources()),
            _ = &mut interrupted => return Ok(()),
            () = &mut closed => return Err(CliError::ClosedPipe),
        };
    }
}

impl SettingLine {
    fn loaded(open: &OpenedApplication, watch: &SettingWatchArgs, filter: &SecretFilter) -> Vec<Self> {
        let version = open.application.version();
        let wanted = |value: &&EffectiveValue| {
            watch.path.as_ref().is_none_or(|path| path == value.path() || path.contains(value.path()))
        };
        version.iter().filter(wanted).map(|value| Self::of("load", value, version.number(), filter)).collect()
    }

    fn of(kind: &'static str, value: &EffectiveValue, version: u64, filter: &SecretFilter) -> Self {
        Self {
            kind,
            path: Some(value.path().to_string()),
            value: Some(filter.effective(value)),
            origin: Some(value.origin().into()),
            version: Some(version),
            ..Self::default()
        }
    }

    fn changed(change: &SettingChange, version: u64, filter: &SecretFilter) -> Self {
        let kind = match change.kind() {
            SettingChangeKind::Added => "created",
            SettingChangeKind::Modified => "updated",
            SettingChangeKind::Deleted => "deleted",
        };
        match &change.after {
            Some(after) => Self::of(kind, after, version, filter),
            None => {
                Self { kind, path: Some(change.path.to_string()), version: Some(version), ..Self::default() }
            }
        }
    }

    fn json(&self) -> Result<String> {
        let mut text = serde_json::to_string(self)
            .map_err(|_| Exit::FAILED.because("a change cannot be written as JSON"))?;
        text.push('\n');
        Ok(text)
    }

    fn text(&self, open: &OpenedApplication) -> Safe<'static> {
        let what = self.path.as_deref().or(self.layer.as_deref()).unwrap_or_default();
        let spec = self.path.as_deref().and_then(|path| open.spec.settings.get(&path.parse().ok()?));
        let value = self.value.as_ref().map(|value| value.words(spec));
        let detail = value.or(self.state.map(str::to_owned)).unwrap_or_default();
        let origin = self.origin.as_ref().map(|origin| format!("{} {}", origin.layer, origin.place));
        let after = origin.or(self.reason.clone()).unwrap_or_default();
        let line = format!("{:<8} {:<32} {}  {}", self.kind, whole(what), cell(&detail), whole(&after));
        Safe::from(line.trim_end().to_owned())
    }
}

/// The states of layers that were told.
#[derive(Default)]
struct LayerStates(BTreeMap<Arc<str>, &'static str>);

impl LayerStates {
    /// A line for each layer that is in another state than was told; that it is current is told only after
    /// something else.
    fn news(&mut self, layers: &[LayerStatus]) -> Vec<SettingLine> {
        let mut lines = Vec::new();
        for layer in layers {
            let state = layer.condition.word();
            let before = self.0.insert(layer.name.clone(), state);
            if before == Some(state) || (before.is_none() && state == "current") {
                continue;
            }
            let failure = layer.failure.as_ref().map(|failure| failure.error.to_string());
            let faults = layer.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let reason = failure.or(Some(faults).filter(|faults| !faults.is_empty()));
            lines.push(SettingLine {
                kind: "state",
                layer: Some(layer.name.to_string()),
                state: Some(state),
                reason,
                ..SettingLine::default()
            });
        }
        lines
    }
}
