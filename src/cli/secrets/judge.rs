//! What rules say of a secret before it is written: of its fields, and of the documents that it changes.

use std::collections::BTreeSet;

use super::SecretsContext;
use super::needs::{AllDocuments, all_documents};
use crate::check::{
    Diagnostic, DocumentInput, KnownDocuments, OwnSecrets, ReceiverProfile, SecretFieldsInput, Subject,
    diagnose, preflight,
};
use crate::cli::error::{Exit, Result};
use crate::cli::put::line;
use crate::cli::stderr::print_note;
use crate::domain::{
    FieldName, FieldState, Namespace, Presence, Reference, ResourceKey, SecretContents, SecretPath,
};
use crate::inventory::{Facts, ScannedEntry};

/// How the fields are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldsWritten {
    /// Beside those that are there.
    Beside,
    /// In place of all others.
    Alone,
}

/// Says what is found of a secret and of the documents that need it, once these fields are written. What cannot be
/// found out is no reason against it.
///
/// # Errors
/// If the receiver would serve nothing any more because of it, unless it is forced.
pub(super) async fn judge(
    context: &SecretsContext<'_>,
    path: &SecretPath,
    fields: &[FieldName],
    how: FieldsWritten,
    force: bool,
) -> Result<()> {
    let documents = match all_documents(context).await {
        Ok(documents) => Some(documents),
        Err(error) => {
            print_note(&format!("which documents need it could not be found out: {error}"));
            None
        }
    };
    let receiver = context.session.receiver_profile();
    for found in of_fields(context, path, fields, documents.as_ref(), &receiver) {
        print_note(&format!("{path}: {}", line(&receiver, &found)));
    }
    let before = context.reader().presence(path).await.ok();
    let (Some(documents), Some(after)) = (documents, after(before.as_ref(), fields, how)) else {
        return Ok(());
    };
    let known = |presence: Option<Presence>| {
        let mut known = KnownDocuments::default();
        presence.into_iter().for_each(|presence| known.add_presence(path.clone(), presence));
        known
    };
    let (unknown, before, after) = (known(None), known(before), known(Some(after)));
    let mut stop = None;
    for ScannedEntry { entry, facts } in documents.entries.iter().filter(|it| refers_to(context, it, path)) {
        let key = &entry.key;
        let [unknown, before, after] = [&unknown, &before, &after].map(|known| known.around(key));
        let [unknown, before, after] =
            [&unknown, &before, &after].map(|around| DocumentInput::new(key, facts, &receiver, around));
        // What is found of the document whatever the secret is, is not told of the secret.
        let usual = diagnose(Subject::Document(&unknown));
        let found = diagnose(Subject::Document(&after));
        for found in found.iter().filter(|found| !usual.contains(found)) {
            print_note(&format!("{key}: {}", line(&receiver, found)));
        }
        let flight = preflight(&after, Some(&before));
        stop = stop.or_else(|| flight.stops().next().map(|stop| format!("{key}: {}", line(&receiver, stop))));
    }
    match stop.filter(|_| !force) {
        Some(stop) => {
            Err(Exit::INVALID.because(format!("{stop}; nothing was written, --force writes it all the same")))
        }
        None => Ok(()),
    }
}

fn refers_to(context: &SecretsContext<'_>, document: &ScannedEntry, path: &SecretPath) -> bool {
    fields_read(context, &document.facts, path).next().is_some()
}

/// The fields of a secret that a document refers to.
fn fields_read(
    context: &SecretsContext<'_>,
    facts: &Facts,
    wanted: &SecretPath,
) -> impl Iterator<Item = FieldName> {
    let references = facts.sites().references().into_keys();
    references.filter_map(move |reference| match reference {
        Reference::Vault { path, field } if context.lookup.reference_path(&path).as_ref() == Some(wanted) => {
            Some(FieldName::new(&field))
        }
        _ => None,
    })
}

/// What is found of the fields themselves.
fn of_fields(
    context: &SecretsContext<'_>,
    path: &SecretPath,
    fields: &[FieldName],
    documents: Option<&AllDocuments>,
    receiver: &ReceiverProfile,
) -> Vec<Diagnostic> {
    let entries = || documents.into_iter().flat_map(|documents| &documents.entries);
    let owner = entries().find(|it| context.lookup.own_path(&it.entry.key).as_ref() == Some(path));
    let key = owner.map(|it| it.entry.key.clone()).or_else(|| owner_to_be(context, path, entries()));
    let own = key.as_ref().map(|key| (key, owner.map(|it| &it.facts)));
    // What may not be seen may read others.
    let is_whole = documents.is_some_and(|documents| documents.is_whole);
    let read: BTreeSet<_> = entries().flat_map(|it| fields_read(context, &it.facts, path)).collect();
    let read = is_whole.then_some(&read);
    diagnose(Subject::Secret(&SecretFieldsInput { receiver, fields, own, read }))
}

/// The webhook whose own secrets these are to be, although it is not there yet.
fn owner_to_be<'e>(
    context: &SecretsContext<'_>,
    path: &SecretPath,
    entries: impl Iterator<Item = &'e ScannedEntry>,
) -> Option<ResourceKey> {
    let (OwnSecrets::Kv { mount, template }, SecretPath::Kv { mount: of, path }) =
        (&context.lookup.own, path)
    else {
        return None;
    };
    let default = context.session.settings.target.namespace();
    let known = entries.filter_map(|it| it.entry.key.namespace().cloned());
    let namespaces: BTreeSet<Namespace> = known.chain([default]).collect();
    let key = |namespace: Namespace| {
        let id = template.id_at(&namespace, path)?;
        Some(ResourceKey::webhook(namespace, id))
    };
    namespaces.into_iter().filter(|_| mount == of).find_map(key)
}

/// What there is once the fields are written; `None` if that is not known.
fn after(before: Option<&Presence>, fields: &[FieldName], how: FieldsWritten) -> Option<Presence> {
    let mut all: Vec<_> = fields.iter().map(|field| (field.clone(), FieldState::Present)).collect();
    match (before, how) {
        (_, FieldsWritten::Alone) | (Some(Presence::Missing), _) => {}
        (Some(Presence::Present(contents)), FieldsWritten::Beside) => {
            let kept = contents.fields.iter().filter(|(name, _)| !fields.contains(name));
            all.extend(kept.cloned());
        }
        _ => return None,
    }
    Some(Presence::Present(SecretContents { fields: all, ..SecretContents::default() }))
}
