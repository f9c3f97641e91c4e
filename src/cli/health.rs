//! `health`: reports the backend's health, also as an exit code.

use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::error::{Exit, Result};
use super::output::{Format, Printer, cell, pairs, table, whole};
use super::session::CliSession;
use crate::domain::{
    Certificate, Condition, Fact, FactValue, Finding, Health, LatencyClass, MemberHealth, MemberRole, utc,
};
use crate::text::Safe;

pub(super) async fn run(session: &CliSession, format: Format, out: &mut Printer<'_>) -> Result<Exit> {
    let mut health = session.manager.health().await;
    let secrets = session.settings.secrets.problem().map(|problem| {
        Finding::fault(problem.to_string(), "correct it: until then no secret is looked up, shown or written")
    });
    let settings = session.settings.health();
    settings.findings().iter().cloned().chain(secrets).for_each(|finding| health.push(finding));
    let reads_only = session.settings.context.read_only.is_some();
    let health = if reads_only { health.without_writing() } else { health };
    let exit = match health.condition() {
        Condition::Healthy => Exit::DONE,
        Condition::Degraded => Exit::DEGRADED,
        Condition::Unusable => Exit::UNUSABLE,
    };
    let report = HealthReport::of(session, &health, SystemTime::now());
    out.result(format, &report, |report| report.lines(&health))?;
    Ok(exit)
}

/// The output of `-o json` and `-o yaml`. Members may be added in later versions; existing ones keep their
/// names and types.
#[derive(Serialize)]
struct HealthReport {
    context: String,
    backend: &'static str,
    condition: &'static str,
    /// `fault`, `rights`: the reasons why the condition is not better.
    causes: Vec<&'static str>,
    findings: Vec<FindingReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<&'static str>,
    /// The setting that forbids writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<String>,
    marks: Vec<String>,
    facts: Map<String, Json>,
    members: Vec<MemberReport>,
    certificates: Vec<CertificateReport>,
}

#[derive(Serialize)]
struct FindingReport {
    cause: &'static str,
    condition: &'static str,
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
}

#[derive(Serialize)]
struct MemberReport {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    endpoint: String,
    /// `unknown` if it cannot be determined from here.
    condition: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<&'static str>,
    facts: Map<String, Json>,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

#[derive(Serialize)]
struct CertificateReport {
    /// `server`, `client`, `authority`.
    owner: &'static str,
    /// An address or a path.
    of: String,
    subject: String,
    not_before: String,
    not_after: String,
    /// Whole days; negative once expired.
    days_left: i64,
}

impl HealthReport {
    fn of(session: &CliSession, health: &Health, now: SystemTime) -> Self {
        Self {
            context: session.settings.context.name.clone(),
            backend: health.backend,
            condition: health.condition().word(),
            causes: health.causes(),
            findings: health.findings().iter().map(FindingReport::of).collect(),
            latency: health.latency.map(LatencyClass::word),
            read_only: session.settings.context.read_only.as_ref().map(|origin| format!("by {origin}")),
            marks: session.settings.warnings.iter().map(ToString::to_string).collect(),
            facts: facts(&health.facts),
            members: health.members.iter().map(MemberReport::of).collect(),
            certificates: health.certificates.iter().map(|it| CertificateReport::of(it, now)).collect(),
        }
    }

    fn lines(&self, health: &Health) -> Vec<Safe<'static>> {
        let mut rows = vec![
            ("context", whole(&Safe::name(&self.context))),
            ("backend", cell(self.backend)),
            ("condition", cell(&health.verdict())),
        ];
        for finding in &self.findings {
            rows.push((finding.cause, Safe::from(finding.text.clone())));
            if !finding.remedy.is_empty() {
                rows.push(("", Safe::from(format!("-> {}", finding.remedy))));
            }
        }
        rows.extend(self.latency.map(|latency| ("latency", cell(latency))));
        rows.extend(self.read_only.iter().map(|origin| ("read-only", cell(origin))));
        rows.extend(self.marks.iter().map(|mark| ("mark", cell(mark))));
        rows.extend(health.facts.iter().map(|fact| (fact.name, cell(&fact.value.words()))));
        let members = health.members.iter().map(|member| {
            let facts = member.facts.iter().map(|fact| format!("{} {}", fact.name, fact.value.words()));
            let why = (!member.detail.is_empty()).then(|| member.detail.clone());
            let detail: Vec<_> = why.into_iter().chain(facts).collect();
            [
                cell(&member.name),
                cell(member.word()),
                cell(member.role.map_or("", MemberRole::word)),
                cell(member.latency.map_or("", LatencyClass::word)),
                cell(&member.address),
                Safe::from(detail.join(", ")),
            ]
        });
        let certificates = self.certificates.iter().map(|it| {
            let left = if it.days_left < 0 { "ended".to_owned() } else { it.days_left.to_string() };
            [cell(it.owner), cell(&it.of), cell(&it.not_after), cell(&left), cell(&it.subject)]
        });
        let mut lines = pairs(rows);
        lines.extend(section(["MEMBER", "CONDITION", "ROLE", "LATENCY", "ENDPOINT", "DETAIL"], members));
        lines.extend(section(["CERTIFICATE", "OF", "ENDS", "DAYS LEFT", "SUBJECT"], certificates));
        lines
    }
}

/// A table below an empty line; nothing if there are no rows.
fn section<const N: usize>(
    headings: [&'static str; N],
    rows: impl ExactSizeIterator<Item = [Safe<'static>; N]>,
) -> Vec<Safe<'static>> {
    if rows.len() == 0 {
        return Vec::new();
    }
    std::iter::once(Safe::literal("")).chain(table(headings, rows)).collect()
}

impl FindingReport {
    fn of(finding: &Finding) -> Self {
        Self {
            cause: finding.cause.word(),
            condition: finding.condition().word(),
            text: finding.text.clone(),
            remedy: finding.remedy.clone(),
        }
    }
}

impl MemberReport {
    fn of(member: &MemberHealth) -> Self {
        Self {
            name: member.name.clone(),
            endpoint: member.address.clone(),
            condition: member.word(),
            role: member.role.map(MemberRole::word),
            latency: member.latency.map(LatencyClass::word),
            facts: facts(&member.facts),
            detail: member.detail.clone(),
        }
    }
}

impl CertificateReport {
    fn of(certificate: &Certificate, now: SystemTime) -> Self {
        let days = |time: std::time::Duration| i64::try_from(time.as_secs() / 86_400).unwrap_or(i64::MAX);
        Self {
            owner: certificate.owner.word(),
            of: certificate.owner.place().to_owned(),
            subject: certificate.subject.clone(),
            not_before: utc(certificate.from),
            not_after: utc(certificate.until),
            days_left: match certificate.until.duration_since(now) {
                Ok(left) => days(left),
                Err(ended) => -1 - days(ended.duration()),
            },
        }
    }
}

/// Facts by name, for programs: numbers as numbers, sizes in bytes, times in UTC.
fn facts(facts: &[Fact]) -> Map<String, Json> {
    let value = |value: &FactValue| match value {
        FactValue::Text(text) => json!(text),
        FactValue::Count(number) | FactValue::Ordinal(number) | FactValue::Bytes(number) => json!(number),
        FactValue::Moment(at) => json!(utc(*at)),
        FactValue::Observed { what, at } => json!({ "observed": what, "at": utc(*at) }),
    };
    facts.iter().map(|fact| (fact.name.replace(' ', "_"), value(&fact.value))).collect()
}
