//! A layer of a running application: its source, what of it is in force, and how it stands.

use std::sync::Arc;
use std::time::SystemTime;

use super::super::layer::Layer;
use super::super::{LayerRevision, LayerSpec, LayerWriter, SettingFault, Source, SourceError};

/// A layer with its source.
pub(super) struct RunningLayer {
    pub(super) spec: LayerSpec,
    pub(super) source: Arc<dyn Source>,
    /// What writes into it, if anything does.
    pub(super) writer: Option<Arc<dyn LayerWriter>>,
    /// Held from the beginning of a load until what it gave is judged, so that an older answer cannot come
    /// last.
    pub(super) gate: Arc<tokio::sync::Mutex<()>>,
    pub(super) in_force: Option<Arc<Layer>>,
    /// Newer contents that were refused. They are tried again when another layer changes.
    pub(super) refused: Option<Arc<Layer>>,
    pub(super) faults: Vec<SettingFault>,
    /// The revision that was loaded last, in force or not.
    pub(super) known: Option<LayerRevision>,
    /// When the source last answered.
    pub(super) answered: Option<SystemTime>,
    pub(super) failure: Option<LayerFailure>,
    /// Since when its values are kept, where they are those of an earlier process.
    pub(super) remembered: Option<SystemTime>,
}

/// Loads that failed, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerFailure {
    pub since: SystemTime,
    /// How many failed since then.
    pub count: u64,
    /// That of the last one.
    pub error: SourceError,
}

/// How a layer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerStatus {
    pub name: Arc<str>,
    pub rank: u32,
    pub required: bool,
    pub condition: LayerCondition,
    /// How many values of it are merged.
    pub values: usize,
    /// The revision that was loaded last, in force or not.
    pub revision: Option<LayerRevision>,
    /// When the source last answered.
    pub answered: Option<SystemTime>,
    /// Why the last load failed.
    pub failure: Option<LayerFailure>,
    /// Why newer contents are not in force.
    pub faults: Vec<SettingFault>,
    /// What the source tells of itself: label and words.
    pub facts: Vec<(&'static str, String)>,
}

/// What the values of a layer are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerCondition {
    /// They are what the source has.
    Current,
    /// The source has newer ones, which were refused.
    Refused,
    /// The source does not answer: they are its last good ones.
    Stale { since: SystemTime },
    /// The source has not answered this process: they are what an earlier one kept at this time, without
    /// secrets.
    Remembered { at: SystemTime },
    /// It was never loaded, so it has none.
    Missing,
}

impl LayerCondition {
    /// The word shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Refused => "refused",
            Self::Stale { .. } => "stale",
            Self::Remembered { .. } => "remembered",
            Self::Missing => "missing",
        }
    }
}

impl RunningLayer {
    pub(super) fn new(spec: LayerSpec, source: Arc<dyn Source>) -> Self {
        Self {
            spec,
            source,
            writer: None,
            gate: Arc::default(),
            in_force: None,
            refused: None,
            faults: Vec::new(),
            known: None,
            answered: None,
            failure: None,
            remembered: None,
        }
    }

    pub(super) fn answered(&mut self, now: SystemTime) {
        self.answered = Some(now);
        self.failure = None;
    }

    /// Whether this is the first of the failures in a row.
    pub(super) fn failed(&mut self, error: SourceError, now: SystemTime) -> bool {
        let first = self.failure.is_none();
        let (since, count) = self.failure.take().map_or((now, 0), |before| (before.since, before.count));
        self.failure = Some(LayerFailure { since, count: count + 1, error });
        first
    }

    pub(super) fn status(&self) -> LayerStatus {
        let condition = match (&self.in_force, self.remembered, &self.failure) {
            (Some(_), Some(at), _) => LayerCondition::Remembered { at },
            (Some(_), None, Some(failure)) => LayerCondition::Stale { since: failure.since },
            (_, _, None) if !self.faults.is_empty() => LayerCondition::Refused,
            (Some(_), None, None) => LayerCondition::Current,
            (None, ..) => LayerCondition::Missing,
        };
        LayerStatus {
            name: self.spec.name.clone(),
            rank: self.spec.rank,
            required: self.spec.required,
            condition,
            values: self.in_force.as_ref().map_or(0, |layer| layer.values.len()),
            revision: self.known.clone(),
            answered: self.answered,
            failure: self.failure.clone(),
            faults: self.faults.clone(),
            facts: self.source.facts(),
        }
    }
}
