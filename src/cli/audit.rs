//! `audit`: prints the audit log of this machine and user, newest last.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::args::{AuditArgs, Since};
use super::error::{Exit, Result};
use super::output::{Printer, cell, table, whole};
use super::session::CliSession;
use super::stderr::print_note;
use crate::audit::{AuditLine, AuditRecord, read, recorded_name};
use crate::domain::{escape, unescape, utc_millis};
use crate::private_file::io_reason;
use crate::text::Safe;

pub(super) fn run(session: &CliSession, audit: &AuditArgs, out: &mut Printer<'_>) -> Result<()> {
    let Some(folder) = session.settings.console.state_dir.as_deref() else {
        return Err(Exit::FAILED.because("there is no state folder to read: set HOME, or XDG_STATE_HOME"));
    };
    let unreadable = |error: std::io::Error| {
        Exit::FAILED.because(format!("cannot read {}: {}", folder.display(), io_reason(&error)))
    };
    let since = audit.since.and_then(|since| match since {
        Since::At(at) => Some(at),
        Since::Ago(ago) => SystemTime::now().checked_sub(ago),
    });
    let key = audit.key.as_ref().map(|named| recorded_name(&session.key(named).to_string()));
    // As records have it, whatever spelling was typed.
    let secret = audit.secret.as_deref().map(|typed| recorded_name(&escape(&unescape(typed))));
    let setting = audit.setting.as_deref().map(recorded_name);
    let wanted = |record: &AuditRecord| {
        // A document, a secret and a setting may have the same name.
        let name = match record.action {
            action if action.is_of_secret() => &secret,
            action if action.is_of_setting() => &setting,
            _ => &key,
        };
        since.is_none_or(|since| record.at >= since)
            && ((key.is_none() && secret.is_none() && setting.is_none())
                || name.as_ref() == Some(&record.key))
            && audit.context.as_ref().is_none_or(|context| *context == record.context)
    };
    let mut rows = VecDeque::new();
    let (mut lines, mut more) = (0_u64, 0_u64);
    for line in read(folder).map_err(unreadable)? {
        lines += 1;
        let row = line.map_err(unreadable)?;
        // A damaged line could match anything, so it is always shown.
        if matches!(&row, AuditLine::Record(record) if !wanted(record)) {
            continue;
        }
        rows.push_back(row);
        if rows.len() > audit.limit {
            rows.pop_front();
            more += 1;
        }
    }
    if lines == 0 {
        print_note(&format!("nothing has been written yet: there is no audit in {}", folder.display()));
    } else if more > 0 {
        print_note(&format!("{more} older ones are left out: --limit, --since and --key choose"));
    }
    out.result(audit.output.format, &rows, |rows| {
        let headings = ["TIME", "USER", "CONTEXT", "ACTION", "KEY", "BEFORE", "AFTER", "OUTCOME", "DETAIL"];
        table(headings, rows.iter().map(cells))
    })
}

fn cells(row: &AuditLine) -> [Safe<'static>; 9] {
    let none = || cell("-");
    let record = match row {
        AuditLine::Record(record) => record,
        AuditLine::Damaged { damaged } => {
            let what = cell(&format!("damaged: {damaged}"));
            return [none(), none(), none(), none(), what, none(), none(), none(), none()];
        }
    };
    let user = match &record.sudo_user {
        Some(sudo) => format!("{} (sudo: {sudo})", record.user),
        None => record.user.clone(),
    };
    let token = |token: &Option<String>| token.as_ref().map_or_else(none, cell);
    let action = match record.count {
        Some(count) => format!("{} {count}", record.action.word()),
        None => record.action.word().to_owned(),
    };
    [
        cell(&utc_millis(record.at)),
        cell(&user),
        whole(&Safe::name(&record.context)),
        cell(&action),
        whole(&record.key),
        token(&record.before),
        token(&record.after),
        cell(record.outcome.words()),
        cell(&detail(record)),
    ]
}

/// The fields of a secret, and the reason given.
fn detail(record: &AuditRecord) -> String {
    let fields = (!record.fields.is_empty()).then(|| {
        let names: Vec<_> = record.fields.iter().map(|name| Safe::name(name).into_string()).collect();
        format!("fields {}", names.join(", "))
    });
    let reason = record.reason.as_ref().map(|reason| format!("reason: {reason}"));
    let all: Vec<_> = fields.into_iter().chain(reason).collect();
    if all.is_empty() { "-".into() } else { all.join("; ") }
}
