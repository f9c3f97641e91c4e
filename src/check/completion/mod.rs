//! What can be written at a cursor: the members that a document may have there, and the values that they take. The
//! text need not be JSON, which it never is while it is typed.

mod edit;
mod place;
mod schema_part;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use edit::CompletionEdit;
use edit::Insertion;
use place::{CursorPlace, Slot};
use schema_part::SchemaPart;

use super::receiver::module::{is_same_type, module};
use super::schema::{SchemaNodes, document_types, schema};
use super::{KNOWN_VERSION, connection_type};
use crate::domain::DocumentKind;
use crate::domain::json::{Node, NodeValue, PathStep, Span, parse_leniently};

/// Something that can be written at a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    /// The name or the value, as the list shows it.
    pub label: String,
    /// What is known of it, in a line: whether it is needed, its type, its description.
    pub detail: String,
    insertion: Insertion,
}

/// All that can be written at a cursor, what is needed first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completions {
    /// The string or the word that is replaced, from its quote on; empty if there is none.
    pub token: Span,
    items: Vec<CompletionItem>,
    place: CursorPlace,
}

/// The names of the connections that are known, each with its type.
pub type KnownConnections<'c> = dyn Fn() -> Vec<(String, Option<String>)> + 'c;

impl Completions {
    /// Those at an offset of a text; `None` where nothing is known that could stand there.
    pub fn at(
        kind: DocumentKind,
        text: &str,
        cursor: usize,
        connections: &KnownConnections<'_>,
    ) -> Option<Self> {
        let place = CursorPlace::of(text, cursor)?;
        // What is being written is no member yet.
        let Span { start, end } = place.token;
        let around = [text.get(..start)?, text.get(end..)?].concat();
        let root = parse_leniently(&around)?;
        let context = CompletionContext { kind, text: &around, root: &root, place: &place };
        let items = match &place.slot {
            Slot::Key => context.keys(),
            Slot::Value(name) => context.values(name, connections),
            Slot::Item => context.items(),
        };
        (!items.is_empty()).then_some(Self { token: place.token, items, place })
    }

    /// The items that hold what was typed, those first that begin with it.
    pub fn matching(&self, typed: &str) -> Vec<&CompletionItem> {
        let typed = typed.to_lowercase();
        let place = |item: &CompletionItem| item.label.to_lowercase().find(&typed);
        let found = self.items.iter().filter_map(|item| Some((place(item)? > 0, item)));
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(is_within, _)| *is_within);
        found.into_iter().map(|(_, item)| item).collect()
    }

    /// The edit that writes an item, with the colon, the quotes and the commas that it needs.
    pub fn accept(&self, item: &CompletionItem) -> CompletionEdit {
        CompletionEdit::of(&self.place, &item.insertion)
    }
}

struct CompletionContext<'a> {
    kind: DocumentKind,
    /// The text without what is being written.
    text: &'a str,
    root: &'a Node,
    place: &'a CursorPlace,
}

impl CompletionContext<'_> {
    fn nodes(&self) -> SchemaNodes {
        SchemaNodes::at(self.kind, self.text, self.root, &self.place.path)
    }

    fn part(&self, schemas: impl Iterator<Item = &'static Value>) -> SchemaPart {
        let mut part = SchemaPart::default();
        if let Some(root) = schema(self.kind) {
            schemas.for_each(|schema| part.add(root, schema));
        }
        part
    }

    /// The object or the array around the cursor, and those around it, innermost first.
    fn containers(&self) -> impl Iterator<Item = &Node> {
        let path = &self.place.path;
        (0..=path.len()).rev().filter_map(|depth| descend(self.root, path.get(..depth)?))
    }

    /// The module that the settings here are of: that of the object itself, or of the one around it.
    fn module(&self) -> Option<String> {
        let module = |node: &Node| Some(node.member("module")?.value.string(self.text)?.trim().to_owned());
        self.containers().take(2).find_map(module)
    }

    fn keys(&self) -> Vec<CompletionItem> {
        let (nodes, here) = (self.nodes(), self.containers().next());
        let is_present = |name: &str| here.is_some_and(|here| here.member(name).is_some());
        let is_of_no_use = |name: &str| {
            let mut schemas =
                nodes.properties().filter(|(known, _)| *known == name).map(|(_, schema)| schema);
            schemas.any(|schema| schema.get("deprecated").or(schema.get("x-ignored")).is_some())
        };
        let mut names: Vec<&'static str> = Vec::new();
        for (name, _) in nodes.properties() {
            if !names.contains(&name) && !is_present(name) && !is_of_no_use(name) {
                names.push(name);
            }
        }
        let needed = self.needed(&nodes, is_present);
        let rank = |name: &str| needed.iter().position(|needed| needed == name).unwrap_or(needed.len());
        names.sort_by_key(|name| rank(name));
        let item = |name: &'static str| {
            let schemas = nodes.properties().filter(|(known, _)| *known == name).map(|(_, schema)| schema);
            let part = self.part(schemas);
            let detail = part.detail(rank(name) < needed.len());
            CompletionItem {
                label: name.to_owned(),
                detail,
                insertion: Insertion::key(name, part.template()),
            }
        };
        names.into_iter().map(item).collect()
    }

    /// The members that the object here needs and lacks.
    fn needed(&self, nodes: &SchemaNodes, is_present: impl Fn(&str) -> bool) -> Vec<String> {
        let lists = nodes.iter().filter_map(|node| node.get("required")?.as_array());
        let by_schema = lists.flatten().filter_map(Value::as_str).map(str::to_owned);
        if self.kind != DocumentKind::Webhook {
            return by_schema.collect();
        }
        let of_module = self.module().and_then(|name| module(&name));
        let required = of_module.map(|module| module.required).unwrap_or_default();
        let beside = || {
            let connection = of_module.and_then(|module| module.connection).map(|_| "connection".to_owned());
            let in_redis = required.iter().any(|any| any.contains(&"redis"));
            let settings = if in_redis { "redis" } else { "module-config" };
            connection.into_iter().chain((!required.is_empty()).then(|| settings.to_owned()))
        };
        match self.place.path.as_slice() {
            // The schema has alternatives there.
            [] if is_present("chain") => Vec::new(),
            [] if !is_present("module") => vec!["module".into()],
            [] => beside().collect(),
            [PathStep::Member(chain), PathStep::Item(_)] if chain == "chain" => {
                by_schema.chain(beside()).collect()
            }
            [.., PathStep::Member(name)] if name == "module-config" => {
                let lacked = required.iter().filter(|any| !any.iter().any(|name| is_present(name)));
                lacked.filter_map(|any| any.first()).map(|name| (*name).to_owned()).collect()
            }
            _ => by_schema.collect(),
        }
    }

    fn values(&self, name: &str, connections: &KnownConnections<'_>) -> Vec<CompletionItem> {
        let nodes = self.nodes();
        let is_chained =
            matches!(self.place.path.as_slice(), [PathStep::Member(chain), _] if chain == "chain");
        let is_outermost = self.place.path.is_empty() || is_chained;
        if name == "connection" && self.kind == DocumentKind::Webhook && is_outermost {
            return self.connections(connections);
        }
        self.words(
            &self.part(nodes.properties().filter(|(known, _)| *known == name).map(|(_, schema)| schema)),
        )
    }

    fn items(&self) -> Vec<CompletionItem> {
        let nodes = self.nodes();
        self.words(&self.part(nodes.iter().filter_map(|node| node.get("items"))))
    }

    fn words(&self, part: &SchemaPart) -> Vec<CompletionItem> {
        part.words()
            .into_iter()
            .map(|(value, is_default)| {
                let label = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let mut facts = Vec::new();
                if is_default {
                    facts.push("what the receiver takes without it".to_owned());
                }
                if let Some(known) = document_types(self.kind).iter().find(|known| known.name == label) {
                    let never = self.kind == DocumentKind::Webhook
                        && module(&label).is_some_and(|module| module.fault.is_some());
                    facts.extend(never.then(|| format!("does not work in version {KNOWN_VERSION}")));
                    facts.push(known.help.clone());
                }
                CompletionItem { label, detail: facts.join(" · "), insertion: Insertion::value(value) }
            })
            .collect()
    }

    /// The connections that the module here can use.
    fn connections(&self, connections: &KnownConnections<'_>) -> Vec<CompletionItem> {
        let wanted = self.module().and_then(|name| connection_type(&name));
        let fits = |kind: &Option<String>| match (wanted, kind) {
            (Some(wanted), Some(kind)) => is_same_type(wanted, kind),
            _ => true,
        };
        let fitting = connections().into_iter().filter(|(_, kind)| fits(kind));
        fitting
            .map(|(name, kind)| CompletionItem {
                insertion: Insertion::value(&Value::String(name.clone())),
                label: name,
                detail: kind.unwrap_or_default(),
            })
            .collect()
    }
}

fn descend<'n>(root: &'n Node, path: &[PathStep<'_>]) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, step| match (step, &node.value) {
        (PathStep::Member(name), _) => node.member(name).map(|member| &member.value),
        (PathStep::Item(at), NodeValue::Array(items)) => items.get(*at),
        _ => None,
    })
}
