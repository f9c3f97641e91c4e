//! Audit of settings of applications: layer, path, revisions; never a value.

use std::sync::Arc;

use super::record::recorded_name;
use super::secret::reason;
use super::{Audit, AuditAction, AuditOutcome, AuditRecord, PendingRecords};

/// An operation on a setting that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingEvent {
    /// [`AuditAction::WriteSetting`], [`AuditAction::RemoveSetting`] or [`AuditAction::RevealSetting`].
    pub action: AuditAction,
    /// The name of the application.
    pub application: String,
    pub layer: String,
    pub path: String,
    /// The revision of the layer that a write is conditional on.
    pub before: Option<String>,
    /// The reason the user gave.
    pub reason: Option<String>,
}

impl Audit {
    /// Starts the records of writes into layers, before they are sent; like a commit's, `number` is unique
    /// within this process. Until a result is set, the outcome is unknown, and this is recorded if the
    /// records are dropped.
    pub fn begin_settings(
        self: &Arc<Self>,
        number: u64,
        events: impl IntoIterator<Item = SettingEvent>,
    ) -> PendingRecords {
        let record = |event: SettingEvent| AuditRecord {
            store: format!("application {}, layer {}", event.application, event.layer),
            commit: format!("{}-{number}", self.run),
            action: event.action,
            key: recorded_name(&event.path),
            before: event.before,
            reason: event.reason.as_deref().and_then(reason),
            ..self.blank()
        };
        let records = events.into_iter().map(record).collect();
        PendingRecords { records, audit: Arc::clone(self), appended: false }
    }
}

impl PendingRecords {
    /// Sets what became of each write, with the revision of its layer after it, in their order. Those behind
    /// the last one were not sent.
    pub fn settings_written(&mut self, outcomes: impl IntoIterator<Item = (AuditOutcome, Option<String>)>) {
        self.refused();
        for (record, (outcome, after)) in self.records.iter_mut().zip(outcomes) {
            record.outcome = outcome;
            record.after = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::AuditAction;
    use super::super::secret::tests::kept;
    use super::*;

    #[test]
    fn a_plan_that_stopped_tells_of_each_write_what_became_of_it() {
        let event = |path: &str| SettingEvent {
            action: AuditAction::WriteSetting,
            application: "billing".into(),
            layer: "runtime".into(),
            path: path.into(),
            before: Some("r1".into()),
            reason: None,
        };
        let records = kept(|audit| {
            let mut pending = audit.begin_settings(7, ["a.b", "c", "d"].map(event));
            pending
                .settings_written([(AuditOutcome::Done, Some("r2".into())), (AuditOutcome::Conflict, None)]);
            pending.append().unwrap();
        });
        let told: Vec<_> =
            records.iter().map(|it| (it.key.as_str(), it.after.as_deref(), it.outcome.words())).collect();
        assert_eq!(told, [("a.b", Some("r2"), "done"), ("c", None, "conflict"), ("d", None, "refused")]);
        assert_eq!(records[0].store, "application billing, layer runtime");
        assert_eq!((records[0].action.word(), records[0].before.as_deref()), ("write_setting", Some("r1")));
        assert!(!records[0].action.is_of_secret());
    }
}
