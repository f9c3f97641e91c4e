//! `get --merged`: prints a document with its references resolved and its own secrets merged in, as the
//! receiver does.

use super::args::RevealArgs;
use super::get::consent;
use crate::audit::{AuditAction, SecretEvent};
use crate::check::{OwnSecrets, SecretLookup};
use crate::cli::error::{Exit, Result};
use crate::cli::output::{Format, Printer};
use crate::cli::session::{CliSession, note_faults};
use crate::cli::stderr::print_note;
use crate::cli::write::{NUMBER, note_unrecorded};
use crate::config::{Origin, SettingKey};
use crate::domain::json::JsonValue;
use crate::domain::{Document, FieldName, Masking, OwnFields, OwnMembers, ResourceKey, escape};
use crate::manager::{MergedDocument, MergedSecret, SecretMode};
use crate::text::{Masked, Safe, SegmentRole};

/// Prints the merged document. Without `--reveal` no secret is read: references stay as written, and
/// secret fields are masked.
pub(crate) async fn print(
    session: &CliSession,
    key: &ResourceKey,
    reveal: &RevealArgs,
    format: Format,
    out: &mut Printer<'_>,
) -> Result<()> {
    if reveal.reveal {
        consent(reveal, &format!("read and print the secrets of {key}?"))?;
    }
    let secrets = if reveal.reveal { SecretMode::Include } else { SecretMode::Exclude };
    let view = session.settings.receiver_view()?;
    let (lookup, findings) = (view.lookup.clone(), view.findings.clone());
    let sees_variables = view.variables.is_some();
    let merged = session.manager.get_merged_as(view, key, secrets).await;
    if reveal.reveal {
        record_reveal(session, key, reveal, merged.as_ref().ok().and_then(Option::as_ref)).await;
    }
    let merged = merged?.ok_or_else(|| session.absent(key))?;
    session.note_findings();
    note_faults(&findings);
    note_unknown(&merged, sees_variables);
    note_filled(&merged);
    note_own_secrets(session, key, &merged, &lookup, secrets);
    let masking = session.masking(key);
    match (reveal.reveal, format) {
        (true, Format::Yaml) => out.yaml_document(merged.json()),
        (true, Format::Table | Format::Json) => out.json_document(merged.json()),
        (false, Format::Yaml) => out.yaml_document(&masked(&masking, &merged)?),
        (false, Format::Json) => out.json_document(&masked(&masking, &merged)?),
        (false, Format::Table) => {
            let masked = mask(&masking, merged.json());
            out.lines(masked.lines(0..masked.line_count()).map(|line| Safe::display(&line).into_owned()))
        }
    }
}

/// Says what of it is not known to be what the receiver uses.
fn note_unknown(merged: &MergedDocument, sees_variables: bool) {
    for field in merged.fallbacks() {
        print_note(&format!("{field} could not be read: the default stands in its place"));
    }
    let what = match listed(merged.unknown_variables()) {
        _ if sees_variables => None,
        Some(names) => Some(format!("not visible from here, and so not filled in: {names}")),
        None => Some("the receiver's variables are not known here: it may have more than is shown".into()),
    };
    if let Some(what) = what {
        let where_to =
            "receiver.env says where the receiver's variables are, as CONFDECK_RECEIVER_ENV=file:PATH";
        print_note(&format!("{what}; {where_to}"));
    }
    if let Some(mount) = merged.missing_mount() {
        print_note(&format!("there is no secrets engine at {mount}/, and so no secrets of its own"));
    }
}

/// Names, as they may be shown.
fn listed<'n>(names: impl IntoIterator<Item = &'n String>) -> Option<String> {
    let names: Vec<_> = names.into_iter().map(|name| escape(name.as_bytes()).into_owned()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Says what stands in place of its references, and where that is from.
fn note_filled(merged: &MergedDocument) {
    if let Some(names) = listed(merged.variables()) {
        print_note(&format!("filled in from the receiver's variables: {names}"));
    }
    if let Some(names) = listed(merged.unset_variables()) {
        print_note(&format!(
            "not set for the receiver: {names}; a default stands in the place of each, or what the receiver puts \
             there without one"
        ));
    }
    let own = merged.added().map(|added| &added.path);
    for MergedSecret { path, fields, version } in merged.sources() {
        if !fields.is_empty() && Some(path) != own {
            let version = version.map(|version| format!(" ({version})")).unwrap_or_default();
            let fields: Vec<_> = fields.iter().map(FieldName::as_str).collect();
            print_note(&format!("filled in from {path}{version}: {}", fields.join(", ")));
        }
    }
}

/// Says which of its own secrets were merged in, or why none were.
fn note_own_secrets(
    session: &CliSession,
    key: &ResourceKey,
    merged: &MergedDocument,
    lookup: &SecretLookup,
    secrets: SecretMode,
) {
    if let Some(added) = merged.added() {
        let names: Vec<_> = added.fields.iter().map(FieldName::as_str).collect();
        return print_note(&format!("merged in from {}: {}", added.path, names.join(", ")));
    }
    let fillable = merged.json().as_object().map(|webhook| OwnMembers::of(webhook).fields());
    if fillable.is_none_or(|own| own == OwnFields::default()) || !matches!(key, ResourceKey::Webhook { .. }) {
        return;
    }
    let unsaid = session.settings.origin(SettingKey::ReceiverMerges) == Some(&Origin::Default);
    match (&lookup.own, lookup.own_path(key)) {
        (OwnSecrets::NotMerged, _) if unsaid => print_note(
            "no secret of its own is merged in: as far as it is said, the receiver merges none \
             (receiver.merges_own_secrets, CONFDECK_RECEIVER_MERGES_OWN_SECRETS)",
        ),
        (_, Some(path)) if secrets == SecretMode::Exclude => {
            print_note(&format!(
                "left out without --reveal: {path}, where the receiver looks for its own secrets"
            ));
        }
        _ => {}
    }
}

/// Records each secret that was read, and the document it was read for.
async fn record_reveal(
    session: &CliSession,
    key: &ResourceKey,
    reveal: &RevealArgs,
    merged: Option<&MergedDocument>,
) {
    let Some(merged) = merged else { return };
    let read: Vec<_> = merged.sources().iter().filter(|source| !source.fields.is_empty()).collect();
    let count = read.iter().map(|source| source.fields.len()).sum::<usize>();
    let events = read.into_iter().map(|source| SecretEvent {
        action: AuditAction::RevealSecret,
        path: source.path.clone(),
        fields: source.fields.clone(),
        version: source.version,
        reason: reveal.reason.clone().or_else(|| Some(format!("merged into {key}"))),
    });
    note_unrecorded(session.writes.record_merge(NUMBER, events).await);
    print_note(&format!("secret values read: {count}; the audit says so"));
}

fn mask(masking: &Masking, json: &JsonValue) -> Masked {
    Masked::of(masking, &Document::from(json.indented().as_str()))
}

fn masked(masking: &Masking, merged: &MergedDocument) -> Result<JsonValue> {
    masked_json(&mask(masking, merged.json()))
}

/// A masked document as a JSON value, for programs; a number that is hidden becomes a text.
pub(crate) fn masked_json(masked: &Masked) -> Result<JsonValue> {
    let (mut text, mut before) = (String::new(), SegmentRole::Plain);
    for line in masked.lines(0..masked.line_count()) {
        for segment in &line.segments {
            let within = matches!(before, SegmentRole::String | SegmentRole::Reference | SegmentRole::Secret);
            let quote = if segment.role == SegmentRole::Secret && !within { "\"" } else { "" };
            text.extend([quote, segment.text.as_str(), quote]);
            before = segment.role;
        }
        text.push('\n');
    }
    JsonValue::read(&text).map_err(|_| {
        Exit::FAILED.because("the masked document is not JSON any more; without -o it is shown as it is")
    })
}
