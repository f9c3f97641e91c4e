//! `settings set`, `unset` and `rollback`: writes into layers, planned, shown, done and audited.

use std::io::{self, IsTerminal};

use serde::Serialize;
use zeroize::Zeroizing;

use super::args::{ChangeArgs, SettingRollbackArgs, SettingSetArgs, SettingUnsetArgs};
use super::shown::{OriginReport, SecretFilter, ShownValue};
use super::{OpenedApplication, SettingsContext};
use crate::application::{
    AppliedPlan, EffectiveValue, LayerPath, LayerWriteFault, PlannedWrite, ReloadStatus, RevertError,
    SettingEffect, SettingPath, SettingValue, SettingWriteError, SourceValue, WritePlan,
};
use crate::cli::error::{CliError, Exit, Result};
use crate::cli::input::read_into;
use crate::cli::output::{Format, Printer, whole};
use crate::cli::secrets::read_twice;
use crate::cli::stderr::{confirm, print_note, require_terminal};
use crate::cli::stop::StopSignals;
use crate::cli::write::NUMBER;
use crate::domain::FieldName;
use crate::private_file::io_reason;
use crate::text::Safe;

/// The longest value, in bytes.
const LONGEST: usize = 1 << 20;

pub(super) async fn set(
    context: &SettingsContext<'_>,
    set: SettingSetArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    context.check_writable()?;
    let open = context.open_to_repair().await?;
    let filter = context.filter(false);
    let path = &set.path;
    let text = value_text(&open, &filter, set.value, path)?;
    let value = open.application.value_of_text(path, &text);
    let value =
        value.map_err(|fault| Exit::INVALID.because(format!("{path}: {fault}; nothing was written")))?;
    let change = PlannedChange::new(context, &open, &filter, &set.change);
    let plan = open.application.plan_set(path, Some(value), set.change.layer.as_deref()).await;
    change.finish(&plan.map_err(failure)?, out).await
}

/// A secret is taken from no command line, where other users of the machine can see it.
fn value_text(
    open: &OpenedApplication,
    filter: &SecretFilter,
    given: Option<String>,
    path: &SettingPath,
) -> Result<Zeroizing<String>> {
    let is_secret = filter.is_secret(path, open.spec.is_secret_path(path));
    let from_terminal = io::stdin().is_terminal();
    let bytes = match given.map(Zeroizing::new) {
        Some(_) if is_secret => {
            return Err(Exit::USAGE.because(format!(
                "{path} is a secret, and no secret is taken from the command line, where others can see it; \
                 leave the value out and type it, or pipe it"
            )));
        }
        Some(given) => return Ok(given),
        None if from_terminal && is_secret => read_twice(&FieldName::new(&path.to_string()))?,
        None if from_terminal => {
            return Err(
                Exit::USAGE.because("the value is missing: write settings set PATH VALUE, or pipe it")
            );
        }
        None => {
            let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
            read_into(&mut bytes, None, "", LONGEST)?;
            if bytes.len() > LONGEST {
                return Err(Exit::INVALID.because(format!("the value is longer than {LONGEST} bytes")));
            }
            bytes
        }
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        Exit::INVALID.because(format!("the value is not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Zeroizing::new(line.unwrap_or(text).to_owned()))
}

pub(super) async fn unset(
    context: &SettingsContext<'_>,
    unset: SettingUnsetArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    context.check_writable()?;
    if !(unset.yes || unset.change.dry_run) {
        require_terminal("--yes")?;
    }
    let open = context.open_to_repair().await?;
    let filter = context.filter(false);
    let plan = open.application.plan_set(&unset.path, None, unset.change.layer.as_deref()).await;
    let plan = plan.map_err(failure)?;
    let change = PlannedChange::new(context, &open, &filter, &unset.change);
    if !(unset.yes || unset.change.dry_run) {
        let report = ChangeReport::planned(&change, &plan);
        report.lines(&open).iter().for_each(|line| print_note(line.as_str()));
        if !confirm(&format!("remove {}?", unset.path))? {
            return Err(Exit::FAILED.because(format!("{} was not removed", unset.path)));
        }
    }
    change.finish(&plan, out).await
}

pub(super) async fn rollback(
    context: &SettingsContext<'_>,
    rollback: SettingRollbackArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    context.check_writable()?;
    let open = context.open_to_repair().await?;
    let filter = context.filter(false);
    let reversal = open.application.revert(rollback.version).await.map_err(|error| {
        let exit = if let RevertError::NotKept { .. } = error { Exit::NOT_FOUND } else { Exit::FAILED };
        exit.because(error.to_string())
    })?;
    let paths = |paths: &[LayerPath]| {
        paths.iter().map(|it| format!("{} in {}", it.path, it.layer)).collect::<Vec<_>>().join(", ")
    };
    if !reversal.secrets.is_empty() {
        let named = paths(&reversal.secrets);
        print_note(&format!("secrets are not kept in versions on disk, so these stay as they are: {named}"));
    }
    if !reversal.out_of_reach.is_empty() {
        let named = paths(&reversal.out_of_reach);
        print_note(&format!("these have another value than then in layers that cannot be written: {named}"));
    }
    if reversal.writes.is_empty() {
        print_note(&format!(
            "there is nothing to write: the layers hold what they held in version {}",
            rollback.version
        ));
    }
    let plan = open.application.plan(reversal.writes).await.map_err(failure)?;
    let args = ChangeArgs { layer: None, dry_run: !rollback.yes, output: rollback.output };
    PlannedChange::new(context, &open, &filter, &args).finish(&plan, out).await?;
    if !rollback.yes && !plan.writes.is_empty() {
        print_note("nothing was written; --yes does it");
    }
    Ok(())
}

/// A plan on its way into the layers.
struct PlannedChange<'c> {
    context: &'c SettingsContext<'c>,
    open: &'c OpenedApplication,
    filter: &'c SecretFilter,
    dry_run: bool,
    format: Format,
}

impl<'c> PlannedChange<'c> {
    fn new(
        context: &'c SettingsContext<'c>,
        open: &'c OpenedApplication,
        filter: &'c SecretFilter,
        args: &ChangeArgs,
    ) -> Self {
        Self { context, open, filter, dry_run: args.dry_run, format: args.output.format }
    }

    async fn finish(&self, plan: &WritePlan, out: &mut Printer<'_>) -> Result<()> {
        if self.dry_run || plan.writes.is_empty() {
            let report = ChangeReport::planned(self, plan);
            return out.result(self.format, &report, |report| report.lines(self.open));
        }
        let applied = self.apply(plan).await?;
        if !plan.left.is_empty() {
            let left: Vec<_> = plan.left.iter().map(ToString::to_string).collect();
            print_note(&format!(
                "it is written, and nothing is in force until this is corrected too: {}",
                left.join("; ")
            ));
        } else if applied.report.status == ReloadStatus::Failed {
            let faults: Vec<_> = applied.report.faults.iter().map(ToString::to_string).collect();
            print_note(&format!("it is written, and could not be put in force here: {}", faults.join("; ")));
        }
        let report = ChangeReport::done(self, plan, &applied);
        out.outcome(self.format, &report, "the settings are written", |report| report.lines(self.open))
    }

    async fn apply(&self, plan: &WritePlan) -> Result<AppliedPlan> {
        let mut stop = StopSignals::listen().map_err(|error| {
            Exit::FAILED.because(format!("cannot listen to signals: {}", io_reason(&error)))
        })?;
        let writes = &self.context.session.writes;
        let write = writes.apply_settings(NUMBER, &self.open.application, plan);
        let answer = stop.finish("the write of settings", write).await.ok_or_else(|| {
            Exit::OUTCOME_UNKNOWN.because(
                "what became of the write of settings is not known; \
                 confdeck settings explain shows what is there",
            )
        })?;
        answer.noted().map_err(failure)
    }
}

fn failure(error: SettingWriteError) -> CliError {
    let of_fault = |fault| match fault {
        LayerWriteFault::NotWritable => Exit::INVALID,
        LayerWriteFault::Conflict => Exit::CONFLICT,
        LayerWriteFault::Denied => Exit::DENIED,
        LayerWriteFault::Unavailable => Exit::UNAVAILABLE,
        LayerWriteFault::OutcomeUnknown => Exit::OUTCOME_UNKNOWN,
    };
    let exit = match &error {
        SettingWriteError::UnknownLayer(_) => Exit::USAGE,
        SettingWriteError::NoValue { .. } | SettingWriteError::NotThere { .. } => Exit::NOT_FOUND,
        SettingWriteError::NotRead { .. } => Exit::UNAVAILABLE,
        SettingWriteError::Layer { error, .. } => of_fault(error.fault),
        // Something was written, which other codes deny.
        SettingWriteError::Stopped(stopped) => match of_fault(stopped.error.fault) {
            Exit::OUTCOME_UNKNOWN => Exit::OUTCOME_UNKNOWN,
            _ => Exit::FAILED,
        },
        _ => Exit::INVALID,
    };
    exit.because(error.to_string())
}

/// As programs get it.
#[derive(Serialize)]
struct ChangeReport {
    /// Whether anything was written.
    written: bool,
    writes: Vec<WriteEntry>,
    /// What is in force at these paths, before and after.
    in_force: Vec<EffectEntry>,
}

#[derive(Serialize)]
struct WriteEntry {
    layer: String,
    path: String,
    before: Option<ShownValue>,
    /// `None` if it is removed.
    after: Option<ShownValue>,
    /// The revision of the layer after the write.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
}

#[derive(Serialize)]
struct EffectEntry {
    path: String,
    before: Option<InForce>,
    after: Option<InForce>,
}

#[derive(Serialize)]
struct InForce {
    value: ShownValue,
    origin: OriginReport,
}

impl ChangeReport {
    fn planned(change: &PlannedChange<'_>, plan: &WritePlan) -> Self {
        Self::new(change, plan, None, |effect| effect.after.as_deref().map(|it| change.in_force(it)))
    }

    fn done(change: &PlannedChange<'_>, plan: &WritePlan, applied: &AppliedPlan) -> Self {
        let version = change.open.application.version();
        let now =
            |path: &SettingPath| version.iter().find(|it| it.path() == path).map(|it| change.in_force(it));
        Self::new(change, plan, Some(applied), |effect| now(&effect.path))
    }

    fn new(
        change: &PlannedChange<'_>,
        plan: &WritePlan,
        applied: Option<&AppliedPlan>,
        after: impl Fn(&SettingEffect) -> Option<InForce>,
    ) -> Self {
        let revisions = applied.into_iter().flat_map(|applied| &applied.written);
        let mut revisions = revisions.map(|written| written.revision.0.to_string());
        let writes = plan.writes.iter().map(|write| change.entry(write, revisions.next())).collect();
        let effect = |effect: &SettingEffect| EffectEntry {
            path: effect.path.to_string(),
            before: effect.before.as_deref().map(|it| change.in_force(it)),
            after: after(effect),
        };
        Self { written: applied.is_some(), writes, in_force: plan.effects.iter().map(effect).collect() }
    }

    fn lines(&self, open: &OpenedApplication) -> Vec<Safe<'static>> {
        let text = |path: &str, value: &ShownValue| {
            let path = path.parse::<SettingPath>().ok();
            value.words(path.and_then(|path| open.spec.settings.get(&path)))
        };
        let done = if self.written { "written" } else { "to write" };
        let write = |it: &WriteEntry| {
            let value =
                |value: &Option<ShownValue>| value.as_ref().map_or("-".into(), |value| text(&it.path, value));
            format!("{done}: {} in {}: {} -> {}", it.path, it.layer, value(&it.before), value(&it.after))
        };
        let (now, verb) = if self.written { ("is", "in force") } else { ("would be", "in force then") };
        let effect = |it: &EffectEntry| match &it.after {
            Some(InForce { value, origin }) => {
                format!(
                    "{verb}: {} {now} {} ({}, {})",
                    it.path,
                    text(&it.path, value),
                    origin.layer,
                    origin.place
                )
            }
            None => format!("{verb}: {} {now} without a value", it.path),
        };
        let effects = self.in_force.iter().map(effect);
        self.writes.iter().map(write).chain(effects).map(|line| whole(&line)).collect()
    }
}

impl PlannedChange<'_> {
    fn in_force(&self, value: &EffectiveValue) -> InForce {
        InForce { value: self.filter.effective(value), origin: value.origin().into() }
    }

    fn entry(&self, planned: &PlannedWrite, revision: Option<String>) -> WriteEntry {
        let PlannedWrite { write, replaces, secret } = planned;
        let shown = |value: SettingValue| self.filter.shown(&write.path, *secret, || value);
        let held = |value: &SourceValue| match value {
            SourceValue::Typed(value) => value.clone(),
            SourceValue::Text(text) => SettingValue::new(text.as_str().into()),
        };
        WriteEntry {
            layer: write.layer.to_string(),
            path: write.path.to_string(),
            before: replaces.as_ref().map(|value| shown(held(value))),
            after: write.value.clone().map(shown),
            revision,
        }
    }
}
