//! `settings explain`: the ladder of all layers at a path, and what is declared there.

use serde::Serialize;

use super::args::SettingExplainArgs;
use super::shown::{OriginReport, SecretFilter, ShadowReport, ShownValue};
use super::{OpenedApplication, SettingsContext};
use crate::application::{
    LadderStep, LayerCondition, LayerKind, LayerStatus, SettingExplanation, SettingPath, SettingSpec,
};
use crate::cli::error::Result;
use crate::cli::output::{Printer, cell, pairs, table, whole};
use crate::text::Safe;

/// As programs get it.
#[derive(Serialize)]
struct LadderReport {
    path: String,
    /// `None` if there is no value.
    value: Option<ShownValue>,
    origin: Option<OriginReport>,
    shadows: Vec<ShadowReport>,
    /// What each layer has there, from the winner down.
    ladder: Vec<RungReport>,
    declared: Option<DeclaredReport>,
    /// Layers whose values may not be what their sources have.
    layers: Vec<LayerReport>,
}

#[derive(Serialize)]
struct RungReport {
    #[serde(flatten)]
    origin: OriginReport,
    rank: u32,
    /// Where it is not the path that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    value: ShownValue,
    wins: bool,
    /// Why it does not fit its declaration.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

#[derive(Serialize)]
struct DeclaredReport {
    #[serde(rename = "type")]
    value_type: &'static str,
    required: bool,
    secret: bool,
    limits: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    etcd_key: Option<String>,
    place: String,
}

#[derive(Serialize)]
struct LayerReport {
    layer: String,
    condition: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(super) async fn run(
    context: &SettingsContext<'_>,
    explain: SettingExplainArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let filter = context.consented(&explain.reveal)?;
    let open = context.open_to_repair().await?;
    let explanation = open.application.explain(&explain.path);
    // A section has many ladders.
    if explanation.in_force.is_none() && explanation.spec.is_none() {
        return Err(open.absent(&explain.path));
    }
    context.note_revealed(&open, &filter, &explain.reveal, explanation.in_force.as_deref()).await;
    let report = LadderReport::new(&open, &filter, &explanation);
    out.result(explain.output.format, &report, |report| report.lines(explanation.spec.as_ref()))
}

impl LadderReport {
    fn new(open: &OpenedApplication, filter: &SecretFilter, explanation: &SettingExplanation) -> Self {
        let SettingExplanation { path, in_force, ladder, spec } = explanation;
        Self {
            path: path.to_string(),
            value: in_force.as_ref().map(|value| filter.effective(value)),
            origin: in_force.as_ref().map(|value| value.origin().into()),
            shadows: filter.shadows(explanation),
            ladder: ladder.iter().map(|step| RungReport::of(step, path, spec.as_ref(), filter)).collect(),
            declared: spec.as_ref().map(|spec| DeclaredReport::of(spec, open)),
            layers: open.application.sources().iter().filter_map(LayerReport::of).collect(),
        }
    }

    fn lines(&self, spec: Option<&SettingSpec>) -> Vec<Safe<'static>> {
        let mut facts = vec![
            ("setting", whole(&self.path)),
            ("value", self.value.as_ref().map_or(Safe::literal("none"), |it| cell(&it.words(spec)))),
        ];
        if let Some(declared) = &self.declared {
            let mut said = |name, text: &str| {
                if !text.is_empty() {
                    facts.push((name, whole(text)));
                }
            };
            said("type", declared.value_type);
            said("limits", &declared.limits);
            said("description", &declared.description);
            said("variable", declared.variable.as_deref().unwrap_or_default());
            said("etcd key", declared.etcd_key.as_deref().unwrap_or_default());
            said("declared", &declared.place);
        } else {
            facts.push(("declared", Safe::literal("no")));
        }
        let mut lines = pairs(facts);
        if !self.ladder.is_empty() {
            lines.push(Safe::literal(""));
            let row = |step: &RungReport| {
                let hidden = if self.value.is_some() { "hidden" } else { "not in force" };
                let mut said = vec![if step.wins { "in force" } else { hidden }.to_owned()];
                said.extend(step.path.as_ref().map(|path| format!("at {path}")));
                said.extend(step.fault.clone());
                [
                    cell(&step.origin.layer),
                    cell(&step.rank),
                    cell(&step.value.words(spec)),
                    whole(&step.origin.place),
                    whole(&said.join("; ")),
                ]
            };
            lines.extend(table(["LAYER", "RANK", "VALUE", "PLACE", ""], self.ladder.iter().map(row)));
        }
        lines
    }
}

impl RungReport {
    fn of(step: &LadderStep, asked: &SettingPath, spec: Option<&SettingSpec>, filter: &SecretFilter) -> Self {
        let is_here = step.path == *asked;
        Self {
            origin: (&step.origin).into(),
            rank: step.rank,
            path: (!is_here).then(|| step.path.to_string()),
            value: filter.step(step, spec.filter(|_| is_here)),
            wins: step.wins,
            fault: step.fault.as_ref().map(ToString::to_string),
        }
    }
}

impl DeclaredReport {
    fn of(spec: &SettingSpec, open: &OpenedApplication) -> Self {
        let mut roots = open.spec.layers.iter().rev().filter_map(|layer| match &layer.kind {
            LayerKind::Etcd { root, .. } => Some(root),
            _ => None,
        });
        let root = roots.next();
        let whole_key = |key: &str| root.map_or(key.to_owned(), |root| format!("{root}/{key}"));
        Self {
            value_type: spec.value_type.name(),
            required: spec.required,
            secret: spec.secret,
            limits: spec.limits_text(),
            description: spec.description.to_string(),
            variable: spec.variable.as_ref().map(ToString::to_string),
            etcd_key: spec.etcd_key.as_deref().map(whole_key),
            place: spec.place.to_string(),
        }
    }
}

impl LayerReport {
    /// `None` of a layer whose values are those of its source.
    fn of(layer: &LayerStatus) -> Option<Self> {
        let reason = || layer.failure.as_ref().map(|failure| failure.error.to_string());
        let refused = || layer.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Some(Self {
            layer: layer.name.to_string(),
            condition: layer.condition.word(),
            reason: match layer.condition {
                LayerCondition::Current => return None,
                LayerCondition::Refused => Some(refused()),
                LayerCondition::Stale { .. }
                | LayerCondition::Remembered { .. }
                | LayerCondition::Missing => reason(),
            },
        })
    }
}
