//! The layers of an application file: what each reads, and which of them wins.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::coerce::boolean;
use super::file::tables;
use super::members::{LAYER, LAYERS, LayerMembers};
use super::reader::{Members, SpecReader};
use super::{EtcdShape, FileFormat, LayerKind, LayerSpec};
use crate::application::substitute::Substituted;
use crate::config::TomlValue;
use crate::domain::reference::Variable;

const DEBOUNCE: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(10);
const REFRESH: Duration = Duration::from_secs(30);

/// The variables of system B that name the root, and what it is without them (docs/applications.md).
const ROOT_KEY: &str = "EtcdSettings__RootKey";
const DEV: &str = "EtcdSettings__Dev";
const DEFAULT_ROOT: &str = "/APPS/ControlUnit";

const FORMATS: [(&str, FileFormat); 4] = [
    ("json", FileFormat::Json),
    ("yaml", FileFormat::Yaml),
    ("toml", FileFormat::Toml),
    ("env", FileFormat::Env),
];

const SHAPES: [(&str, EtcdShape); 3] =
    [("keys", EtcdShape::KeyMap), ("document", EtcdShape::Document), ("tree", EtcdShape::Tree)];

/// The layers in use, from the lowest to the highest. The defaults are one of them, named or not.
pub(super) fn read(reader: &mut SpecReader<'_>, top: &Members<'_, '_>, folder: &Path) -> Vec<LayerSpec> {
    let in_use = InUse::read(reader, top);
    let tables = top.get("layers").map_or(&[][..], |value| tables(reader, value, "[[layers]]"));
    let (mut layers, mut declares_defaults) = (Vec::new(), false);
    let mut known: Vec<String> = Vec::new();
    for table in tables {
        let written = table.get_ref().get("kind").and_then(|kind| kind.get_ref().as_str());
        let kind = LAYERS.iter().find(|layer| Some(layer.kind) == written);
        let Some(kind) = kind else {
            tell_kind(reader, table);
            continue;
        };
        let label = format!("a layer of kind {}", kind.kind);
        declares_defaults |= kind.kind == "defaults";
        let Some(members) = reader.members(table, &label, &[LAYER, kind.members]) else { continue };
        let name = reader.plain(&members, "name");
        known.extend(name.iter().map(|name| name.text.to_owned()).chain([kind.kind.to_owned()]));
        let is_off = reader.switch(&members, "disabled").unwrap_or_default();
        // What is not in use may name variables that are not set.
        if !is_off && in_use.holds(name.as_ref().map(|name| name.text), kind) {
            layers.extend(one(reader, &members, kind, folder));
        }
    }
    in_use.tell_unknown(reader, &known);
    if !declares_defaults {
        let place = reader.place(&(0..0));
        let spec =
            LayerSpec { name: "defaults".into(), rank: 0, required: false, kind: LayerKind::Defaults, place };
        layers.push(RankedLayer { spec, shares_rank: false });
    }
    in_order(reader, layers)
}

/// Without a kind it is not known what a layer may say.
fn tell_kind(reader: &mut SpecReader<'_>, table: &TomlValue<'_>) {
    let kinds = LAYERS.each_ref().map(|layer| layer.kind).join(", ");
    match table.get_ref().get("kind") {
        None => reader.mistake(&table.span(), format!("a layer needs kind = \"…\", one of {kinds}")),
        Some(kind) if kind.get_ref().is_str() => {
            reader.mistake(&kind.span(), format!("kind must be one of {kinds}"));
        }
        Some(kind) => reader.mistyped("kind", "a text in quotes", kind),
    }
}

/// The layers that the file says are in use.
struct InUse {
    names: Vec<String>,
    span: std::ops::Range<usize>,
}

impl InUse {
    fn read(reader: &mut SpecReader<'_>, top: &Members<'_, '_>) -> Self {
        let span = top.get("sources").map(toml::Spanned::span).unwrap_or_default();
        Self { names: reader.list(top, "sources").unwrap_or_default(), span }
    }

    fn holds(&self, name: Option<&str>, kind: &LayerMembers) -> bool {
        let is = |known: &String| known == kind.kind || Some(known.as_str()) == name;
        self.names.is_empty() || kind.kind == "defaults" || self.names.iter().any(is)
    }

    fn tell_unknown(&self, reader: &mut SpecReader<'_>, known: &[String]) {
        // What it is called may come from a variable, so it is no text of the file.
        for (at, _) in self.names.iter().enumerate().filter(|(_, name)| !known.contains(name)) {
            let problem = format!(
                "item {} of sources is neither the name nor the kind of a layer; there are {}",
                at + 1,
                known.join(", ")
            );
            reader.mistake(&self.span, problem);
        }
    }
}

struct RankedLayer {
    spec: LayerSpec,
    /// Whether it is one of the files that are ordered by where they stand.
    shares_rank: bool,
}

fn one(
    reader: &mut SpecReader<'_>,
    members: &Members<'_, '_>,
    layer: &LayerMembers,
    folder: &Path,
) -> Option<RankedLayer> {
    // All of it is read before it is given up, so that all mistakes are told.
    let priority = reader.count(members, "priority");
    let required = reader.flag(members, "required").unwrap_or_default();
    let written = reader.plain(members, "name");
    if let Some(name) =
        written.as_ref().filter(|name| name.text.trim().is_empty() || name.text.chars().any(char::is_control))
    {
        reader.mistake(&name.span, "a layer's name is a text in one line");
    }
    let (own_name, kind) = kind(reader, members, layer, folder)?;
    let name: Arc<str> = written.map_or(own_name, |name| name.text.into());
    let shares_rank = priority.is_none() && matches!(kind, LayerKind::File { .. });
    let place = reader.place(&members.span);
    let spec = LayerSpec { name, rank: priority.unwrap_or(layer.rank), required, kind, place };
    Some(RankedLayer { spec, shares_rank })
}

/// What it reads, and what it is called where it has no name.
fn kind(
    reader: &mut SpecReader<'_>,
    members: &Members<'_, '_>,
    layer: &LayerMembers,
    folder: &Path,
) -> Option<(Arc<str>, LayerKind)> {
    let text = |reader: &mut SpecReader<'_>, name| reader.text(members, name).map(|made| made.text);
    let kind = match layer.kind {
        "defaults" => LayerKind::Defaults,
        "file" => {
            let path = reader.needed_text(members, "path");
            let format = reader.word(members, "format", FORMATS.into_iter());
            let watch = reader.switch(members, "watch").unwrap_or(true);
            let debounce = reader.duration(members, "debounce").unwrap_or(DEBOUNCE);
            let path = path?;
            let Some(format) = format.or_else(|| format_of(&path.text)) else {
                let span = members.get("path").map(toml::Spanned::span).unwrap_or_default();
                let problem = "the name of this file does not say what it holds: give it a format, \
                               json, yaml, toml or env";
                reader.mistake(&span, problem);
                return None;
            };
            let Substituted { text, variables, .. } = path;
            let (name, path) = (text.as_str().into(), folder.join(text.as_str()));
            return Some((name, LayerKind::File { path, format, variables, watch, debounce }));
        }
        "environment" => {
            LayerKind::Environment { prefix: text(reader, "prefix").map(|prefix| prefix.as_str().into()) }
        }
        "etcd" => {
            let root = etcd_root_of(reader, members);
            let shape = reader.word(members, "shape", SHAPES.into_iter()).unwrap_or(EtcdShape::KeyMap);
            let (username, password) = (text(reader, "username"), text(reader, "password"));
            let (host, ca_cert) = (text(reader, "host"), text(reader, "ca_cert"));
            LayerKind::Etcd {
                host: host.map(|host| host.to_string()),
                root: root?,
                shape,
                username: username.map(|username| username.to_string()),
                password,
                ca_cert: ca_cert.map(|path| folder.join(path.as_str())),
            }
        }
        "http" => {
            let url = reader.needed_text(members, "url");
            let headers = reader.texts(members, "headers").unwrap_or_default();
            let ca_cert = text(reader, "ca_cert");
            let timeout = reader.duration(members, "timeout").unwrap_or(TIMEOUT);
            let refresh = reader.duration(members, "refresh").unwrap_or(REFRESH);
            let url = url?.text;
            let is_http = |url: &Url| matches!(url.scheme(), "http" | "https");
            if !Url::parse(&url).is_ok_and(|url| is_http(&url)) {
                let span = members.get("url").map(toml::Spanned::span).unwrap_or_default();
                reader.mistake(&span, "url must be a URL that begins with http:// or https://");
                return None;
            }
            let ca_cert = ca_cert.map(|path| folder.join(path.as_str()));
            LayerKind::Http { url: url.to_string(), headers, timeout, refresh, ca_cert }
        }
        "arguments" => LayerKind::Arguments,
        "runtime" => {
            LayerKind::Runtime { path: folder.join(reader.needed_text(members, "path")?.text.as_str()) }
        }
        _ => return None,
    };
    Some((layer.kind.into(), kind))
}

/// By the ending of a file's name; `.env` and `.env.production` hold variables.
fn format_of(path: &str) -> Option<FileFormat> {
    let path = Path::new(path);
    let name = path.file_name()?.to_str()?;
    if name == ".env" || name.starts_with(".env.") {
        return Some(FileFormat::Env);
    }
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let ending = if ending == "yml" { "yaml" } else { ending.as_str() };
    FORMATS.iter().find(|(name, _)| *name == ending).map(|(_, format)| *format)
}

/// The root of a layer in etcd; of system B's variables where the file says nothing.
fn etcd_root_of(reader: &mut SpecReader<'_>, members: &Members<'_, '_>) -> Option<String> {
    let root = reader.text(members, "root").map(|made| made.text);
    let dev = reader.switch(members, "dev");
    let variable = |name| match reader.variables.variable(name) {
        Variable::Text(text) if !text.expose().trim().is_empty() => Some(Ok(text.expose().trim().to_owned())),
        Variable::Text(_) | Variable::Unset | Variable::NotVisible => None,
        Variable::NotText => Some(Err(format!("the variable {name} is not UTF-8"))),
    };
    let root = root.map(|root| Ok(root.trim().to_owned())).or_else(|| variable(ROOT_KEY));
    let root = root.unwrap_or_else(|| Ok(DEFAULT_ROOT.to_owned()));
    let dev = dev.map(Ok).or_else(|| {
        let neither = || format!("the variable {DEV} must be true or false");
        Some(variable(DEV)?.and_then(|text| boolean(&text).ok_or_else(neither)))
    });
    match (root, dev.unwrap_or(Ok(false))) {
        (Ok(root), Ok(dev)) => Some(etcd_root(&root, dev)),
        (root, dev) => {
            let mut tell = |problem| reader.mistake(&members.span, problem);
            root.err().into_iter().chain(dev.err()).for_each(&mut tell);
            None
        }
    }
}

/// The root of an application's keys: with a leading slash and without one at the end, under `/dev` if `dev`.
///
/// ```
/// use confdeck::application::etcd_root;
///
/// assert_eq!(etcd_root("APPS/ControlUnit/", false), "/APPS/ControlUnit");
/// assert_eq!(etcd_root("/APPS/ControlUnit", true), "/dev/APPS/ControlUnit");
/// assert_eq!(etcd_root("/", false), "/");
/// ```
pub fn etcd_root(text: &str, dev: bool) -> String {
    let text = text.trim_end_matches('/');
    let slash = if text.is_empty() || text.starts_with('/') { "" } else { "/" };
    let root = [if dev { "/dev" } else { "" }, slash, text].concat();
    if root.is_empty() { "/".into() } else { root }
}

/// The layers from the lowest to the highest. No two have a name in common, nor a rank, files aside.
fn in_order(reader: &mut SpecReader<'_>, mut layers: Vec<RankedLayer>) -> Vec<LayerSpec> {
    let mut mistakes = Vec::new();
    for (at, layer) in layers.iter().enumerate() {
        let before = || layers.iter().take(at).map(|layer| &layer.spec);
        let LayerSpec { name, rank, place, .. } = &layer.spec;
        if let Some(other) = before().find(|other| other.name == *name) {
            let words = format!(
                "the layer of {}:{} is called {name:?} too: give one of them another name",
                other.place.line, other.place.column
            );
            mistakes.push((place.clone(), words));
        }
        let shares = |other: &RankedLayer| layer.shares_rank && other.shares_rank;
        let tie = layers.iter().take(at).find(|other| other.spec.rank == *rank && !shares(other));
        if let Some(other) = tie {
            let words = format!(
                "the layers {:?} and {name:?} both have rank {rank}, so neither wins: \
                 give one of them another priority",
                other.spec.name
            );
            mistakes.push((place.clone(), words));
        }
    }
    let mistakes = mistakes.into_iter().map(|(place, problem)| super::SpecMistake { place, problem });
    reader.mistakes.extend(mistakes);
    layers.sort_by_key(|layer| layer.spec.rank);
    layers.into_iter().map(|layer| layer.spec).collect()
}

#[cfg(test)]
mod tests;
