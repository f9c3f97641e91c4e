//! `settings check`: all that is wrong with an application file and the values of its layers, for pipelines.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::SettingsContext;
use super::args::SettingCheckArgs;
use crate::application::{
    Application, ApplicationFileError, ApplicationSpec, EtcdShape, HardcodedCredential, LayerCondition,
    LayerContents, LayerKind, LayerSpec, Load, LocalSources, OpenApplicationError, RuleViolation,
    SettingFault, SettingSpec, SourceError, SourceFault, StartError,
};
use crate::check::rules::severity_word;
use crate::cli::error::{Exit, Result};
use crate::cli::output::{Printer, table, whole};
use crate::domain::json::Severity;
use crate::text::Safe;

/// What is wrong.
#[derive(Serialize)]
struct SettingFinding {
    rule: String,
    #[serde(serialize_with = "word")]
    severity: Severity,
    /// The path of a setting, or what else it is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
    message: String,
    /// Whether only a layer does not answer.
    #[serde(skip)]
    is_absence: bool,
}

#[derive(Serialize)]
struct SettingCheckReport {
    application: String,
    settings: usize,
    errors: usize,
    warnings: usize,
    hints: usize,
    findings: Vec<SettingFinding>,
}

fn word<S: Serializer>(severity: &Severity, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(severity_word(*severity))
}

pub(super) async fn run(
    context: &SettingsContext<'_>,
    check: SettingCheckArgs,
    out: &mut Printer<'_>,
) -> Result<Exit> {
    let mut report = SettingCheckReport::of(context, check.offline).await?;
    report.findings.sort_by_key(|finding| finding.severity);
    let count = |severity| report.findings.iter().filter(|it| it.severity == severity).count();
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(count);
    [report.errors, report.warnings, report.hints] = counts;
    let failing: Vec<_> = report.findings.iter().filter(|it| check.fail_on.includes(it.severity)).collect();
    let exit = match failing.as_slice() {
        [] => Exit::DONE,
        found if found.iter().all(|it| it.is_absence) => Exit::UNAVAILABLE,
        _ => Exit::INVALID,
    };
    out.result(check.output.format, &report, SettingCheckReport::lines)?;
    Ok(exit)
}

impl SettingCheckReport {
    async fn of(context: &SettingsContext<'_>, offline: bool) -> Result<Self> {
        let variables = context.session.settings.secrets.variables();
        let mut report = Self {
            application: context.path.display().to_string(),
            settings: 0,
            errors: 0,
            warnings: 0,
            hints: 0,
            findings: Vec::new(),
        };
        let mut spec = match ApplicationSpec::open(&context.path, &*variables) {
            Ok(spec) => spec,
            Err(ApplicationFileError::Mistakes(mistakes)) => {
                report.findings = mistakes
                    .into_iter()
                    .map(|mistake| SettingFinding {
                        place: mistake.place.to_string(),
                        ..SettingFinding::error("application-file", mistake.problem)
                    })
                    .collect();
                return Ok(report);
            }
            Err(error) => return Err(super::refused(error.into())),
        };
        report.application = spec.name.to_string();
        let mut options = context.options.clone();
        if offline {
            report.waive_what_is_elsewhere(&mut spec);
            options = options.offline();
        }
        report.add_credentials(&spec, &LocalSources::new(variables)).await;
        let builder = match options.builder(spec.clone()) {
            Ok(builder) => builder,
            Err(OpenApplicationError::Layer(error)) => {
                report.findings.push(SettingFinding::of_source("layer", Severity::Error, &error));
                return Ok(report);
            }
            Err(error) => return Err(super::refused(error)),
        };
        match builder.start().await {
            Ok(application) => report.add_application(&spec, &application),
            Err(StartError::Refused { faults, unavailable }) => {
                report
                    .findings
                    .extend(faults.iter().map(|fault| SettingFinding::of_fault(fault, Severity::Error)));
                for (layer, error) in &unavailable {
                    let required = spec.layers.iter().any(|it| it.name == *layer && it.required);
                    report.add_failure(required, error);
                }
            }
            Err(error) => report.findings.push(SettingFinding::error("layer", error.to_string())),
        }
        Ok(report)
    }

    /// What a layer could have that is not reached is not missing.
    fn waive_what_is_elsewhere(&mut self, spec: &mut ApplicationSpec) {
        let mut waived = Vec::new();
        for (path, setting) in spec.settings.iter_mut().filter(|(_, setting)| setting.required) {
            if spec.layers.iter().any(|layer| may_have(layer, setting)) {
                setting.required = false;
                waived.push(path.to_string());
            }
        }
        if !waived.is_empty() {
            let message = format!("whether these have a value is not known offline: {}", waived.join(", "));
            self.findings.push(SettingFinding {
                severity: Severity::Info,
                ..SettingFinding::error("offline", message)
            });
        }
    }

    async fn add_credentials(&mut self, spec: &ApplicationSpec, local: &LocalSources) {
        let mut loaded: BTreeMap<&str, LayerContents> = BTreeMap::new();
        for layer in spec.layers.iter().filter(|it| matches!(it.kind, LayerKind::File { .. })) {
            // What cannot be read is told where the layers are loaded.
            let Ok(Some(source)) = local.source(spec, layer) else { continue };
            if let Ok(Load::Contents(contents)) = source.load(None).await {
                loaded.insert(&layer.name, contents);
            }
        }
        let loaded: Vec<_> = loaded.iter().map(|(name, contents)| (*name, contents)).collect();
        self.findings
            .extend(spec.hardcoded_credentials(&loaded).into_iter().map(SettingFinding::of_credential));
    }

    fn add_application(&mut self, spec: &ApplicationSpec, application: &Application) {
        let version = application.version();
        self.settings = version.iter().count();
        for layer in application.sources() {
            if let Some(failure) = layer.failure.filter(|_| layer.condition != LayerCondition::Current) {
                self.add_failure(layer.required, &failure.error);
            }
        }
        for path in version.iter().map(|value| value.path()) {
            // It would be in force, and refused, if those above it were removed.
            for step in application.explain(path).shadows() {
                let Some(fault) = step.fault.clone() else { continue };
                let (path, origin) = (step.path.clone(), step.origin.clone());
                let fault = SettingFault::Value { path, origin, fault };
                self.findings.push(SettingFinding::of_fault(&fault, Severity::Warning));
            }
            let is_declared = |path: &_| spec.settings.contains_key(path);
            let known = is_declared(path) || path.sections().any(|section| is_declared(&section));
            if !known && !spec.settings.is_empty() {
                let place =
                    version.iter().find(|it| it.path() == path).map(|it| it.origin().place.to_string());
                self.findings.push(SettingFinding {
                    severity: Severity::Info,
                    subject: path.to_string(),
                    place: place.unwrap_or_default(),
                    ..SettingFinding::error(
                        "undeclared",
                        "it is not declared, so nothing judges its value; declare it, or correct its name",
                    )
                });
            }
        }
    }

    /// A file that need not be there is not worth a word.
    fn add_failure(&mut self, required: bool, error: &SourceError) {
        let severity = match (required, error.fault) {
            (true, _) | (_, SourceFault::Invalid) => Severity::Error,
            (false, SourceFault::Unavailable) => Severity::Warning,
            (false, SourceFault::Missing) => return,
        };
        self.findings.push(SettingFinding::of_source("layer", severity, error));
    }

    fn lines(&self) -> Vec<Safe<'static>> {
        let row = |finding: &SettingFinding| {
            [
                Safe::literal(severity_word(finding.severity)),
                whole(&finding.rule),
                whole(&finding.place),
                whole(&finding.subject),
                whole(&finding.message),
            ]
        };
        let mut lines = match self.findings.as_slice() {
            [] => Vec::new(),
            found => table(["SEVERITY", "RULE", "PLACE", "SETTING", "FINDING"], found.iter().map(row)),
        };
        let Self { application, settings, errors, warnings, hints, .. } = self;
        lines.push(whole(&format!(
            "{errors} errors, {warnings} warnings, {hints} hints in {settings} settings of {application}"
        )));
        lines
    }
}

/// Whether a layer that is elsewhere could have a setting.
fn may_have(layer: &LayerSpec, setting: &SettingSpec) -> bool {
    match &layer.kind {
        LayerKind::Http { .. } => true,
        LayerKind::Etcd { shape: EtcdShape::KeyMap, .. } => setting.etcd_key.is_some(),
        LayerKind::Etcd { .. } => true,
        _ => false,
    }
}

impl SettingFinding {
    fn error(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            severity: Severity::Error,
            subject: String::new(),
            place: String::new(),
            message: message.into(),
            is_absence: false,
        }
    }

    fn of_source(rule: &str, severity: Severity, error: &SourceError) -> Self {
        let SourceError { fault, place, reason, remedy } = error;
        let message = format!("{reason}; {remedy}");
        let is_absence = *fault == SourceFault::Unavailable;
        Self { severity, place: place.clone(), is_absence, ..Self::error(rule, message) }
    }

    fn of_credential(found: HardcodedCredential) -> Self {
        Self {
            subject: found.subject.clone(),
            place: found.place.to_string(),
            ..Self::error(found.rule.id(), format!("{}; {}", found.words(), HardcodedCredential::REMEDY))
        }
    }

    fn of_fault(fault: &SettingFault, severity: Severity) -> Self {
        let (rule, subject, place) = match fault {
            SettingFault::Value { path, origin, .. } => {
                ("value".to_owned(), path, Some(origin.place.to_string()))
            }
            SettingFault::Missing { path, .. } => ("required".to_owned(), path, None),
            SettingFault::Rule(RuleViolation { rule, place, message }) => {
                return Self {
                    severity,
                    place: place.to_string(),
                    ..Self::error(rule.to_string(), format!("{message}; change one of its settings"))
                };
            }
            SettingFault::Section { path, origin, .. }
            | SettingFault::Covered { path, origin, .. }
            | SettingFault::Twice { path, origin, .. }
            | SettingFault::Within { path, origin, .. }
            | SettingFault::EmptyName { path, origin } => {
                ("shape".to_owned(), path, Some(origin.place.to_string()))
            }
        };
        let subject = subject.to_string();
        let message = fault.to_string();
        let message = message.strip_prefix(&format!("{subject}: ")).map(str::to_owned).unwrap_or(message);
        Self { severity, subject, place: place.unwrap_or_default(), ..Self::error(rule, message) }
    }
}
