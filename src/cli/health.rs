//! `health`: the backend's own word, as an exit code too.

use serde::Serialize;

use super::Session;
use super::args::Health as Arguments;
use super::failure::{Exit, Failure};
use super::output::{Out, cell, pairs, table};
use crate::domain::{Condition, Health, LatencyClass};
use crate::text::Safe;

pub(super) async fn run(session: &Session, arguments: Arguments, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let health = session.manager.health().await;
    let exit = match health.condition {
        Condition::Healthy => Exit::DONE,
        Condition::Degraded => Exit::DEGRADED,
        Condition::Unusable => Exit::UNUSABLE,
    };
    out.result(arguments.output.format, &Report::of(session, &health), Report::lines)?;
    Ok(exit)
}

#[derive(Serialize)]
struct Report {
    context: String,
    backend: &'static str,
    condition: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<&'static str>,
    /// Who forbids writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    marks: Vec<String>,
    facts: Vec<Fact>,
    members: Vec<Member>,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Member {
    name: String,
    condition: &'static str,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<&'static str>,
    detail: String,
}

impl Report {
    fn of(session: &Session, health: &Health) -> Self {
        let class = |latency: Option<_>| latency.map(|latency| LatencyClass::of(latency).word());
        let members = health.members.iter().map(|member| Member {
            name: member.name.clone(),
            condition: member.condition.word(),
            role: member.role,
            latency: class(member.latency),
            detail: member.detail.clone(),
        });
        Self {
            context: session.settings.context.name.clone(),
            backend: health.backend,
            condition: health.condition.word(),
            summary: health.summary.clone(),
            latency: class(health.latency),
            read_only: session.settings.context.read_only.as_ref().map(|origin| format!("by {origin}")),
            marks: session.settings.marks.iter().map(ToString::to_string).collect(),
            facts: health.facts.iter().map(|(name, value)| Fact { name, value: value.clone() }).collect(),
            members: members.collect(),
        }
    }

    fn lines(&self) -> Vec<Safe<'static>> {
        let mut rows = vec![
            ("context", cell(&self.context)),
            ("backend", cell(self.backend)),
            ("condition", cell(self.condition)),
        ];
        if !self.summary.is_empty() {
            rows.push(("summary", Safe::from(self.summary.clone())));
        }
        rows.extend(self.latency.map(|latency| ("latency", cell(latency))));
        rows.extend(self.read_only.iter().map(|origin| ("read-only", cell(origin))));
        rows.extend(self.marks.iter().map(|mark| ("mark", cell(mark))));
        rows.extend(self.facts.iter().map(|fact| (fact.name, cell(&fact.value))));
        let mut lines = pairs(rows);
        if !self.members.is_empty() {
            lines.push(Safe::literal(""));
            let rows = self.members.iter().map(|member| {
                [
                    cell(&member.name),
                    cell(member.condition),
                    cell(member.role),
                    cell(member.latency.unwrap_or_default()),
                    cell(&member.detail),
                ]
            });
            lines.extend(table(["MEMBER", "CONDITION", "ROLE", "LATENCY", "DETAIL"], rows));
        }
        lines
    }
}
