//! What was found: in a table, as JSON, or as annotations of a GitHub workflow.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::collection::CheckedDocument;
use super::place::{Place, within};
use crate::check::rules::severity_word;
use crate::check::{Diagnostic, ReceiverProfile, Rule};
use crate::cli::output::{cell, table, whole};
use crate::domain::json::{Severity, line_column};
use crate::text::Safe;

const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

#[derive(Default)]
pub(super) struct CheckReport {
    pub(super) documents: usize,
    pub(super) silenced: usize,
    pub(super) findings: Vec<ReportedFinding>,
}

/// As programs get it.
#[derive(Serialize)]
pub(super) struct JsonReport<'r> {
    documents: usize,
    errors: usize,
    warnings: usize,
    hints: usize,
    silenced: usize,
    findings: &'r [ReportedFinding],
}

#[derive(Serialize)]
pub(super) struct ReportedFinding {
    #[serde(serialize_with = "rule_id")]
    pub(super) rule: Rule,
    name: &'static str,
    #[serde(serialize_with = "severity_name")]
    pub(super) severity: Severity,
    /// The address of the document; nothing for what is wrong with a file as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    #[serde(flatten)]
    pub(super) region: Option<Region>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) pointer: Box<str>,
    pub(super) message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
    /// What its correction in the editor does.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
}

/// Of the file, or of the document where there is no file; from 1, the end not included.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Region {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl Region {
    fn new((line, column): Place, (end_line, end_column): Place) -> Self {
        Self { line, column, end_line, end_column }
    }
}

fn rule_id<S: Serializer>(rule: &Rule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.id)
}

fn severity_name<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity_word(*severity))
}

impl ReportedFinding {
    fn new(receiver: &ReceiverProfile, diagnostic: Diagnostic, region: Option<Region>) -> Option<Self> {
        let rule = *receiver.rule(diagnostic.rule)?;
        let remedy = diagnostic.advice();
        Some(Self {
            rule,
            name: rule.name,
            severity: diagnostic.severity,
            key: None,
            file: None,
            region,
            pointer: diagnostic.pointer.into(),
            remedy,
            message: diagnostic.message,
            fix: diagnostic.fix.map(|fix| fix.words),
        })
    }

    /// Of the settings.
    pub(super) fn of_settings(diagnostic: Diagnostic) -> Option<Self> {
        Self::new(&ReceiverProfile::default(), diagnostic, None)
    }

    /// Of the store that the documents are in.
    pub(super) fn of_store(receiver: &ReceiverProfile, diagnostic: Diagnostic) -> Option<Self> {
        Self::new(receiver, diagnostic, None)
    }

    /// Of a file as a whole.
    pub(super) fn of_file(
        receiver: &ReceiverProfile,
        file: &Arc<str>,
        end: Option<Place>,
        diagnostic: Diagnostic,
    ) -> Option<Self> {
        let region = diagnostic.place.map(|start| Region::new(start, end.unwrap_or(start)));
        Some(Self { file: Some(file.to_string()), ..Self::new(receiver, diagnostic, region)? })
    }

    /// Of a document with this text.
    pub(super) fn of_document(
        receiver: &ReceiverProfile,
        document: &CheckedDocument,
        text: &str,
        diagnostic: Diagnostic,
    ) -> Option<Self> {
        let origin = document.origin.as_ref();
        let of_place = diagnostic.place.map(|start| {
            let end = line_column(text, diagnostic.span.end).max(start);
            let file_start = origin.map_or((1, 1), |origin| origin.start);
            Region::new(within(file_start, start), within(file_start, end))
        });
        let of_name = || origin.map(|origin| Region::new(origin.name.0, origin.name.1));
        Some(Self {
            key: Some(document.key.to_string()),
            file: origin.map(|origin| origin.file.to_string()),
            ..Self::new(receiver, diagnostic, of_place.or_else(of_name))?
        })
    }

    /// What is wrong, and what to do.
    pub(super) fn words(&self) -> String {
        let remedy = if self.remedy.is_empty() { "" } else { "; " };
        format!("{}{remedy}{}", self.message, self.remedy)
    }

    /// `webhooks.json:3:5`
    fn place(&self) -> String {
        let file = self.file.as_deref().map(|file| Safe::name(file).into_string());
        let region = self.region.map(|region| format!("{}:{}", region.line, region.column));
        file.into_iter().chain(region).collect::<Vec<_>>().join(":")
    }

    /// `::error file=webhooks.json,line=3,col=5,title=L09 suspicious-key::…`
    fn annotation(&self) -> Safe<'static> {
        let command = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let title = format!("title={}", self.rule.title());
        let place = self.file.as_deref().zip(self.region).map(|(file, Region { line, column, .. })| {
            format!("file={},line={line},col={column},", property(file))
        });
        let subject = self.key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
        let message = data(&format!("{subject}{}", self.words()));
        whole(&format!("::{command} {}{title}::{message}", place.unwrap_or_default()))
    }
}

/// Text of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

impl CheckReport {
    pub(super) fn table(&self) -> Vec<Safe<'static>> {
        let row = |finding: &ReportedFinding| {
            [
                Safe::literal(severity_word(finding.severity)),
                whole(&finding.rule.title()),
                whole(&finding.place()),
                finding.key.as_ref().map_or(Safe::literal(""), cell),
                whole(&finding.words()),
            ]
        };
        let mut lines = match self.findings.as_slice() {
            [] => Vec::new(),
            found => table(["SEVERITY", "RULE", "PLACE", "DOCUMENT", "FINDING"], found.iter().map(row)),
        };
        lines.push(whole(&self.summary()));
        lines
    }

    pub(super) fn annotations(&self) -> Vec<Safe<'static>> {
        self.findings.iter().map(ReportedFinding::annotation).collect()
    }

    pub(super) fn json(&self) -> JsonReport<'_> {
        let [errors, warnings, hints] = SEVERITIES.map(|severity| self.count(severity));
        let Self { documents, silenced, findings } = self;
        JsonReport { documents: *documents, errors, warnings, hints, silenced: *silenced, findings }
    }

    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// `2 errors, 1 warning, 0 hints in 12 documents; 3 silenced by the context`
    pub(super) fn summary(&self) -> String {
        let plural =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let counts =
            SEVERITIES.map(|severity| plural(self.count(severity), severity_word(severity))).join(", ");
        let silenced = match self.silenced {
            0 => String::new(),
            count => format!("; {count} silenced by the context"),
        };
        format!("{counts} in {}{silenced}", plural(self.documents, "document"))
    }
}
