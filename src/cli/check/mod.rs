//! `check`: what the receiver will do with documents: in files, without any store, or in the store of the
//! context.

mod collection;
mod input;
mod place;
mod report;
mod sarif;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::input::{DocumentGroup, of_context, of_paths};
use self::report::{CheckReport, ReportedFinding};
use super::document_arg::DocumentArg;
use super::error::{Exit, Result};
use super::output::Printer;
use super::session::CliSession;
use super::stderr::print_note;
use crate::check::{DocumentInput, Overrun, OwnRules, diagnose_document};
use crate::config::Settings;
use crate::domain::json::Severity;

/// Check documents by what the receiver does with them.
///
/// A FILE is one document, or a webhooks.json or connections.json; of a FOLDER both are read. No store is asked
/// then, and connections are looked up in the file beside. Without either, the documents of the context are
/// checked. The rules are those of the context in any case. The exit code is 8 if anything is found that is as
/// severe as --fail-on says.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// What to check, - for a document on standard input; without it, the documents of the context
    #[arg(value_name = "FILE|FOLDER")]
    pub(super) paths: Vec<PathBuf>,

    /// The address of the document in FILE; without it, its namespace is the context's, and its name the file's
    #[arg(long = "as", value_name = "ADDRESS", requires = "paths")]
    pub(super) address: Option<DocumentArg>,

    /// The least severity that makes the command fail
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "error")]
    pub(super) fail_on: FailOn,

    /// How to print; github are annotations of a workflow
    #[arg(short = 'o', long = "output", value_enum, value_name = "FORMAT", default_value = "table")]
    pub(super) format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    Table,
    Json,
    Sarif,
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Hint,
    Never,
}

impl FailOn {
    pub(super) fn includes(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity == Severity::Error,
            Self::Warning => severity != Severity::Info,
            Self::Hint => true,
            Self::Never => false,
        }
    }
}

pub(super) async fn run(session: &CliSession, check: CheckArgs, out: &mut Printer<'_>) -> Result<Exit> {
    session.note_findings();
    let groups = if check.paths.is_empty() {
        vec![of_context(session).await?]
    } else {
        of_paths(session, &check.paths, check.address.as_ref())?
    };
    let mut report = CheckReport::default();
    let Settings { rules, own_rules, .. } = &*session.settings;
    let mut own = own_rules.clone();
    groups.into_iter().for_each(|group| add(&mut report, group, &mut own));
    // A check that left them out without a word would pass.
    let disabled = rules.apply(own.diagnostics().collect());
    report.silenced += disabled.silenced;
    report.findings.extend(disabled.found.into_iter().filter_map(ReportedFinding::of_settings));
    let fails = report.findings.iter().any(|finding| check.fail_on.includes(finding.severity));
    match check.format {
        CheckFormat::Table => out.lines(report.table())?,
        CheckFormat::Json => out.json(&report.json())?,
        CheckFormat::Sarif => out.json(&sarif::log(&report))?,
        CheckFormat::Github => out.lines(report.annotations())?,
    }
    if matches!(check.format, CheckFormat::Sarif | CheckFormat::Github) {
        print_note(&report.summary());
    }
    Ok(if fails { Exit::INVALID } else { Exit::DONE })
}

/// Adds what is found in documents. Own rules that cost too much for one of them judge none from then on.
fn add(report: &mut CheckReport, group: DocumentGroup, own: &mut OwnRules) {
    let DocumentGroup { receiver, known, documents, of_files, of_store } = group;
    report.silenced += of_store.silenced;
    let of_store = of_store.found.into_iter().filter_map(|found| ReportedFinding::of_store(&receiver, found));
    report.findings.extend(of_store);
    for found in of_files {
        let diagnosis = receiver.rules.apply(vec![found.diagnostic]);
        report.silenced += diagnosis.silenced;
        let finding = |diagnostic| ReportedFinding::of_file(&receiver, &found.file, found.end, diagnostic);
        report.findings.extend(diagnosis.found.into_iter().filter_map(finding));
    }
    let texts: Vec<_> = documents.iter().map(|document| (&document.key, document.text())).collect();
    let judged = own.judge(&texts);
    for Overrun { rule, .. } in &judged.overruns {
        report.findings.retain(|finding| finding.rule.id != *rule);
    }
    *own = own.without(&judged.overruns);
    for (document, found) in documents.iter().zip(judged.found) {
        let around = known.around(&document.key);
        let input = DocumentInput::new(&document.key, &document.facts, &receiver, &around);
        let mut diagnosis = diagnose_document(&input);
        diagnosis.add(receiver.rules.apply(found));
        diagnosis.found.sort_by_key(|found| found.place);
        report.documents += 1;
        report.silenced += diagnosis.silenced;
        let text = input.text();
        let finding = |diagnostic| ReportedFinding::of_document(&receiver, document, text, diagnostic);
        report.findings.extend(diagnosis.found.into_iter().filter_map(finding));
    }
}
