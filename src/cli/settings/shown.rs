//! Settings as commands show them: value, origin, and what lower layers have, with secrets hidden.

use serde::{Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroizing;

use super::OpenedApplication;
use crate::application::{
    EffectiveValue, LadderStep, SettingExplanation, SettingPath, SettingSpec, SettingValue, SourceValue,
    ValueOrigin,
};
use crate::domain::{DocumentKind, Masking, SecretNames};

/// In place of a secret.
pub(super) const HIDDEN: &str = "***";

/// Which values are hidden.
pub(super) struct SecretFilter {
    pub(super) reveals: bool,
    /// With the names that the context hides.
    masking: Masking,
}

/// A setting in force. The members are those that programs rely on (docs/commands.md).
#[derive(Serialize)]
pub(super) struct SettingReport {
    pub(super) path: String,
    pub(super) value: ShownValue,
    pub(super) origin: OriginReport,
    /// From the next lower layer down.
    pub(super) shadows: Vec<ShadowReport>,
}

#[derive(Serialize)]
pub(super) struct OriginReport {
    pub(super) layer: String,
    pub(super) place: String,
}

/// A value that a higher layer hides.
#[derive(Serialize)]
pub(super) struct ShadowReport {
    #[serde(flatten)]
    pub(super) origin: OriginReport,
    pub(super) value: ShownValue,
}

/// A value that may be shown.
pub(super) struct ShownValue(SettingValue);

impl Serialize for ShownValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.expose().serialize(serializer)
    }
}

impl SecretFilter {
    pub(super) fn new(reveals: bool, names: &SecretNames) -> Self {
        Self { reveals, masking: Masking::new(DocumentKind::Unknown, names) }
    }

    /// Whether a value is hidden, or would be without `--reveal`.
    pub(super) fn is_secret(&self, path: &SettingPath, known: bool) -> bool {
        known || self.masking.is_secret_field(&path.names().collect::<Vec<_>>())
    }

    pub(super) fn hides(&self, path: &SettingPath, known: bool) -> bool {
        !self.reveals && self.is_secret(path, known)
    }

    /// A value in force, or what stands for it.
    pub(super) fn effective(&self, value: &EffectiveValue) -> ShownValue {
        self.shown(value.path(), value.is_secret(), || value.value().clone())
    }

    /// The value of a layer with the type of its setting, where it fits that, or what stands for it.
    pub(super) fn step(&self, step: &LadderStep, spec: Option<&SettingSpec>) -> ShownValue {
        self.shown(&step.path, step.secret, || {
            let fit = spec.and_then(|spec| spec.coerce(&step.value).ok());
            fit.unwrap_or_else(|| match &step.value {
                SourceValue::Typed(value) => value.clone(),
                SourceValue::Text(text) => SettingValue::new(text.as_str().into()),
            })
        })
    }

    /// Any other value at a path, which is known to be a secret or not.
    pub(super) fn shown(
        &self,
        path: &SettingPath,
        known: bool,
        value: impl FnOnce() -> SettingValue,
    ) -> ShownValue {
        ShownValue(if self.hides(path, known) { SettingValue::new(HIDDEN.into()) } else { value() })
    }

    /// A setting in force with what it hides.
    pub(super) fn report(&self, open: &OpenedApplication, value: &EffectiveValue) -> SettingReport {
        let explanation = open.application.explain(value.path());
        SettingReport {
            path: value.path().to_string(),
            value: self.effective(value),
            origin: value.origin().into(),
            shadows: self.shadows(&explanation),
        }
    }

    pub(super) fn shadows(&self, explanation: &SettingExplanation) -> Vec<ShadowReport> {
        let spec = |step: &LadderStep| explanation.spec.as_ref().filter(|_| step.path == explanation.path);
        let shadow = |step: &LadderStep| ShadowReport {
            origin: (&step.origin).into(),
            value: self.step(step, spec(step)),
        };
        explanation.shadows().map(shadow).collect()
    }
}

impl From<&ValueOrigin> for OriginReport {
    fn from(origin: &ValueOrigin) -> Self {
        Self { layer: origin.layer.to_string(), place: origin.place.to_string() }
    }
}

impl ShownValue {
    /// As people write it: with its unit where its type has one.
    pub(super) fn words(&self, spec: Option<&SettingSpec>) -> String {
        match (self.0.expose(), spec) {
            (Value::String(text), _) => text.clone(),
            (value, Some(spec)) => spec.value_text(value),
            (value, None) => value.to_string(),
        }
    }

    /// As an application that reads a text gets it.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(match self.0.expose() {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        })
    }
}
