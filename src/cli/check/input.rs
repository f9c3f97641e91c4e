//! Reads what is to be checked: files and folders, or the store of the context.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;

use super::collection::{CheckedDocument, Collection, DocumentOrigin, FileFinding, is_collection};
use crate::check::{Diagnosis, KnownDocuments, ReceiverProfile};
use crate::cli::document_arg::DocumentArg;
use crate::cli::error::{Exit, Result};
use crate::cli::input::read_into;
use crate::cli::redact_usage_error::quoted;
use crate::cli::session::CliSession;
use crate::cli::stderr::print_note;
use crate::cli::surroundings::{LookLimits, look_at_secrets, note_ages};
use crate::config::Target;
use crate::domain::json::{BYTE_ORDER_MARK, parse};
use crate::domain::{ConnectionName, Coverage, Document, KeyPrefix, Namespace, ResourceKey, WebhookId};
use crate::provider::file::FileKind;

/// The largest file that is read, in bytes.
const MAX_FILE: usize = 256 * 1024 * 1024;

/// How many secrets of a whole store are looked at, and for how long.
const MOST_SECRETS: usize = 5_000;
const LOOKS_WITHIN: Duration = Duration::from_secs(60);

/// Documents that are checked in front of each other, by the same receiver.
#[derive(Default)]
pub(super) struct DocumentGroup {
    pub(super) receiver: ReceiverProfile,
    pub(super) known: KnownDocuments,
    pub(super) documents: Vec<CheckedDocument>,
    pub(super) of_files: Vec<FileFinding>,
    /// Of the store that they are in.
    pub(super) of_store: Diagnosis,
}

/// A `webhooks.json` and the `connections.json` beside it.
#[derive(Debug, Default)]
struct CheckedFiles {
    webhooks: Option<PairedFile>,
    connections: Option<PairedFile>,
    /// Whether a file of them that does not exist is known to hold nothing.
    is_whole: bool,
}

#[derive(Debug)]
struct PairedFile {
    path: PathBuf,
    /// Whether it is checked, and not only looked at.
    is_checked: bool,
}

/// The documents of the context: of its files with their places, or of its store.
pub(super) async fn of_context(session: &CliSession) -> Result<DocumentGroup> {
    if let Target::Files(files) = &session.settings.target {
        let file = |path: &PathBuf| Some(PairedFile { path: path.clone(), is_checked: true });
        let (webhooks, connections) = (file(&files.webhooks), file(&files.connections));
        let mut group = of_pair(session, CheckedFiles { webhooks, connections, is_whole: true })?;
        let tokens = group.documents.iter().map(|it| (it.key.clone(), String::new())).collect();
        look_around(session, &mut group, &tokens).await;
        return Ok(group);
    }
    let reader = session.manager.reader();
    let mut group = DocumentGroup { receiver: session.receiver_profile(), ..DocumentGroup::default() };
    let mut tokens = BTreeMap::new();
    let mut coverage = Coverage::Whole;
    let mut pages = reader.list(KeyPrefix::All);
    while let Some(page) = pages.try_next().await? {
        coverage = page.coverage;
        for entry in page.entries {
            tokens.insert(entry.key.clone(), entry.token.to_string());
            let names = &session.settings.secret_names;
            let document = CheckedDocument::new(entry.key, &entry.document, names, None);
            group.known.add(&document.key, &document.facts);
            group.documents.push(document);
        }
    }
    if let Some(words) = coverage.words() {
        print_note(&format!("partial: {words}"));
    }
    if !coverage.is_partial() {
        group.known.webhooks_are_read();
    }
    if reader.capabilities().connections {
        group.known.connections_are_read(coverage);
    }
    group.of_store = of_store(session, &group.receiver);
    look_around(session, &mut group, &tokens).await;
    Ok(group)
}

/// What is to be said of the store itself.
#[cfg_attr(not(feature = "etcd"), allow(unused_variables, reason = "files have nothing to be said of"))]
fn of_store(session: &CliSession, receiver: &ReceiverProfile) -> Diagnosis {
    match &session.settings.target {
        Target::Files(_) => Diagnosis::default(),
        #[cfg(feature = "etcd")]
        Target::Etcd(etcd) => {
            let tls = etcd.endpoints.iter().any(|endpoint| etcd.uses_tls(endpoint));
            let store = crate::check::StoreInput { receiver, tls, login: etcd.login.is_some() };
            crate::check::diagnose_counting(crate::check::Subject::Store(&store))
        }
    }
}

/// What the store cannot tell of its documents: their secrets, and since when they are as they are.
async fn look_around(
    session: &CliSession,
    group: &mut DocumentGroup,
    tokens: &BTreeMap<ResourceKey, String>,
) {
    let DocumentGroup { receiver, known, documents, .. } = group;
    note_ages(session, tokens, known);
    let documents: Vec<_> = documents.iter().map(|it| (&it.key, &it.facts)).collect();
    let limits = LookLimits { most: MOST_SECRETS, within: LOOKS_WITHIN };
    look_at_secrets(session, &documents, &receiver.lookup, known, limits).await;
}

/// The documents of files and folders.
pub(super) fn of_paths(
    session: &CliSession,
    paths: &[PathBuf],
    address: Option<&DocumentArg>,
) -> Result<Vec<DocumentGroup>> {
    if address.is_some() && !matches!(paths, [file] if !file.is_dir()) {
        return Err(Exit::USAGE.because("--as is the address of one document: name its file alone"));
    }
    let (mut pairs, mut groups) = (BTreeMap::<PathBuf, CheckedFiles>::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            let pair = pairs.entry(path.join("*.json")).or_default();
            for kind in [FileKind::Webhooks, FileKind::Connections] {
                let path = path.join(format!("{}.json", word(kind)));
                pair.set(kind, PairedFile { path, is_checked: true });
            }
            pair.is_whole = true;
            continue;
        }
        let bytes = read(path)?;
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        match paired(path)
            .filter(|(kind, _)| address.is_none() && (is_named(path, *kind) || is_collection(text)))
        {
            Some((kind, pattern)) => {
                let pair = pairs.entry(pattern).or_default();
                pair.set(kind, PairedFile { path: path.clone(), is_checked: true });
                pair.look_beside();
            }
            None => groups.push(of_document(session, path, address, bytes)),
        }
    }
    for (pattern, pair) in pairs {
        let folder = pattern.parent().unwrap_or(Path::new("."));
        if pair.is_whole && !pair.files().any(|file| file.path.exists()) {
            return Err(Exit::NOT_FOUND.because(format!(
                "{} holds neither webhooks.json nor connections.json: name a file, or another folder",
                name_of(folder)
            )));
        }
        groups.push(of_pair(session, pair)?);
    }
    Ok(groups)
}

impl CheckedFiles {
    fn slot(&mut self, kind: FileKind) -> &mut Option<PairedFile> {
        match kind {
            FileKind::Webhooks => &mut self.webhooks,
            FileKind::Connections => &mut self.connections,
        }
    }

    fn set(&mut self, kind: FileKind, file: PairedFile) {
        *self.slot(kind) = Some(file);
    }

    fn files(&self) -> impl Iterator<Item = &PairedFile> {
        self.webhooks.iter().chain(&self.connections)
    }

    /// The other file is looked at if it is there.
    fn look_beside(&mut self) {
        for (kind, other) in
            [(FileKind::Webhooks, FileKind::Connections), (FileKind::Connections, FileKind::Webhooks)]
        {
            let Some(path) = self.slot(kind).as_ref().map(|file| file.path.clone()) else { continue };
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let beside = path.with_file_name(name.replace(word(kind), word(other)));
            let slot = self.slot(other);
            if slot.is_none() && beside.is_file() {
                *slot = Some(PairedFile { path: beside, is_checked: false });
            }
        }
    }
}

fn word(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Webhooks => "webhooks",
        FileKind::Connections => "connections",
    }
}

/// Which of the two files it is by its name, and what both are called.
fn paired(path: &Path) -> Option<(FileKind, PathBuf)> {
    let name = path.file_name()?.to_str()?;
    let kind =
        [FileKind::Webhooks, FileKind::Connections].into_iter().find(|kind| name.contains(word(*kind)));
    kind.map(|kind| (kind, path.with_file_name(name.replace(word(kind), "*"))))
}

/// Whether it has the name by which the receiver looks for it.
fn is_named(path: &Path, kind: FileKind) -> bool {
    path.file_stem().is_some_and(|stem| stem == word(kind))
}

fn name_of(path: &Path) -> String {
    quoted(&path.to_string_lossy(), "what was named")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = Some(path).filter(|path| *path != Path::new("-"));
    read_into(&mut bytes, file, &name_of(path), MAX_FILE)?;
    if bytes.len() > MAX_FILE {
        return Err(Exit::INVALID.because(format!("{} has more than {MAX_FILE} bytes", name_of(path))));
    }
    Ok(bytes)
}

/// What a file is called in findings.
fn label(path: &Path) -> Arc<str> {
    path.strip_prefix(".").unwrap_or(path).to_string_lossy().into()
}

fn of_pair(session: &CliSession, pair: CheckedFiles) -> Result<DocumentGroup> {
    let profile = session.receiver_profile();
    let receiver = ReceiverProfile { reads_files: true, default_namespace: Namespace::default(), ..profile };
    let mut group = DocumentGroup { receiver, ..DocumentGroup::default() };
    let names = &session.settings.secret_names;
    for (kind, file) in [(FileKind::Webhooks, pair.webhooks), (FileKind::Connections, pair.connections)] {
        let Some(PairedFile { path, is_checked }) = file else { continue };
        if pair.is_whole && matches!(path.try_exists(), Ok(false)) {
            // Without this file the receiver has no connections, and a webhook of its own.
            if kind == FileKind::Connections {
                group.known.connections_are_read(Coverage::Whole);
            }
            continue;
        }
        let bytes = match read(&path) {
            Err(error) if !is_checked => {
                print_note(&error.to_string());
                continue;
            }
            read => read?,
        };
        let collection = Collection::read(kind, &label(&path), bytes, names);
        for document in &collection.documents {
            group.known.add(&document.key, &document.facts);
        }
        match kind {
            _ if !collection.is_readable => {}
            FileKind::Webhooks => group.known.webhooks_are_read(),
            FileKind::Connections => group.known.connections_are_read(Coverage::Whole),
        }
        if is_checked {
            group.documents.extend(collection.documents);
            group.of_files.extend(collection.findings);
        }
    }
    Ok(group)
}

fn of_document(
    session: &CliSession,
    path: &Path,
    address: Option<&DocumentArg>,
    bytes: Vec<u8>,
) -> DocumentGroup {
    let document = Document::new(bytes);
    let key = match address {
        Some(named) => session.key(named),
        None => likely_key(path, &document, session.settings.target.namespace()),
    };
    let start = (1, 1);
    let origin =
        (path != Path::new("-")).then(|| DocumentOrigin { file: label(path), start, name: (start, start) });
    let documents = vec![CheckedDocument::new(key, &document, &session.settings.secret_names, origin)];
    DocumentGroup { receiver: session.receiver_profile(), documents, ..DocumentGroup::default() }
}

/// A connection if it has a type and no module; named as its file where that can be a name.
fn likely_key(path: &Path, document: &Document, namespace: Namespace) -> ResourceKey {
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    let root = document.text().ok().and_then(|text| parse(text).ok());
    let has = |name| root.as_ref().is_some_and(|root| root.member(name).is_some());
    let names = [stem, "document"];
    let key = if has("type") && !has("module") && !has("chain") {
        names.iter().find_map(|name| ConnectionName::new(name).ok()).map(ResourceKey::connection)
    } else {
        let id = |name: &&str| WebhookId::new(name).ok().filter(|id| id.unroutable().is_none());
        names.iter().find_map(id).map(|id| ResourceKey::webhook(namespace, id))
    };
    key.unwrap_or_else(|| ResourceKey::foreign(stem.as_bytes()))
}
