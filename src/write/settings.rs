//! Audited writes into the layers of an application.

use super::{Audited, WriteService};
use crate::application::{
    Application, AppliedPlan, LayerWriteFault, PlannedWrite, SettingWriteError, StoppedWrites, WritePlan,
    WrittenSetting,
};
use crate::audit::{AuditAction, AuditOutcome, SettingEvent};

impl WriteService {
    /// Does what was planned, and records each write.
    pub async fn apply_settings(
        &self,
        number: u64,
        application: &Application,
        plan: &WritePlan,
    ) -> Audited<Result<AppliedPlan, SettingWriteError>> {
        let event = |PlannedWrite { write, .. }: &PlannedWrite| SettingEvent {
            action: match write.value {
                Some(_) => AuditAction::WriteSetting,
                None => AuditAction::RemoveSetting,
            },
            application: application.name().to_owned(),
            layer: write.layer.to_string(),
            path: write.path.to_string(),
            reason: None,
            before: plan.revision(&write.layer).map(|revision| revision.0.to_string()),
        };
        let mut pending = self.audit.begin_settings(number, plan.writes.iter().map(event));
        let answer = application.apply(plan).await;
        pending.settings_written(outcomes(&answer));
        Audited { answer, unrecorded: self.save(pending).await }
    }

    /// Records that secrets of settings were shown; returns why that failed.
    pub async fn record_settings_reveal(
        &self,
        number: u64,
        shown: impl IntoIterator<Item = SettingEvent>,
    ) -> Option<String> {
        let mut pending = self.audit.begin_settings(number, shown);
        pending.done(&Ok(()));
        self.save(pending).await
    }
}

/// What became of the writes that were sent, in their order.
fn outcomes(answer: &Result<AppliedPlan, SettingWriteError>) -> Vec<(AuditOutcome, Option<String>)> {
    let done = |it: &WrittenSetting| (AuditOutcome::Done, Some(it.revision.0.to_string()));
    match answer {
        Ok(applied) => applied.written.iter().map(done).collect(),
        Err(SettingWriteError::Stopped(stopped)) => {
            let StoppedWrites { written, error, .. } = &**stopped;
            written.iter().map(done).chain([(outcome(error.fault), None)]).collect()
        }
        Err(SettingWriteError::Layer { error, .. }) => vec![(outcome(error.fault), None)],
        Err(_) => Vec::new(),
    }
}

fn outcome(fault: LayerWriteFault) -> AuditOutcome {
    match fault {
        LayerWriteFault::NotWritable => AuditOutcome::Refused,
        LayerWriteFault::Conflict => AuditOutcome::Conflict,
        LayerWriteFault::Denied => AuditOutcome::Denied,
        LayerWriteFault::Unavailable => AuditOutcome::Unavailable,
        LayerWriteFault::OutcomeUnknown => AuditOutcome::Unknown,
    }
}
