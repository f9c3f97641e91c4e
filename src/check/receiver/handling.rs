//! What the receiver does with a request that has passed the checks: by `data_type`, `chain` or `module`, and `retry`
//! (docs/receiver.md, section 3).

use super::auth::IgnoredPart;
use super::host::is_near;
use super::validation::Validation;
use crate::check::ReceiverProfile;
use crate::check::schema::SchemaNodes;
use crate::check::spelling::nearest;
use crate::domain::json::Node;
use crate::domain::{DocumentKind, escape};
use crate::inventory::{Auth, BlockMembers, BlockValue, is_unknown};

/// Why a request that has passed all checks gets an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub status: u16,
    /// The member of the document.
    pub by: &'static str,
    /// What is wrong, without values.
    pub reason: String,
    /// Whether the receiver's validation at its start stumbles over it, too.
    pub stops_a_start: bool,
}

impl Failure {
    fn new(status: u16, by: &'static str, reason: impl Into<String>) -> Self {
        Self { status, by, reason: reason.into(), stops_a_start: false }
    }

    fn at_start(self) -> Self {
        Self { stops_a_start: true, ..self }
    }
}

fn value<'a>(document: &'a Node, text: &'a str, name: &str) -> Option<BlockValue<'a>> {
    Some(BlockValue::of(&document.member(name)?.value, text))
}

/// Why every request fails that has passed the checks.
pub(super) fn failure(document: &Node, text: &str, receiver: &ReceiverProfile) -> Option<Failure> {
    let refused = || Validation { text, lookup: &receiver.lookup }.webhook(document).into_iter().next();
    data_type(value(document, text, "data_type")).or_else(|| {
        let has_chain = document.member("chain").is_some_and(|chain| !chain.value.is_null());
        match refused() {
            Some(refusal) if has_chain => {
                Some(Failure::new(400, "chain", format!("the chain is invalid: {}", refusal.what)).at_start())
            }
            Some(refusal) if refusal.is_unknown_module => {
                Some(Failure::new(501, "module", "the receiver has no module of this name").at_start())
            }
            Some(refusal) => Some(Failure::new(400, "module", refusal.what).at_start()),
            None if has_chain => None,
            None => module(document, text).or_else(|| retry(value(document, text, "retry"))),
        }
    })
}

fn data_type(value: Option<BlockValue<'_>>) -> Option<Failure> {
    match value? {
        BlockValue::Text(name) if is_unknown(&name) || matches!(&*name, "json" | "blob") => None,
        BlockValue::Text(_) => Some(Failure::new(415, "data_type", "data_type is neither json nor blob")),
        _ => Some(Failure::new(400, "data_type", "data_type is not a text")),
    }
}

fn module(document: &Node, text: &str) -> Option<Failure> {
    let named = value(document, text, "module");
    let reason = module_error(named.as_ref()?.text()?.trim(), document, text)?;
    Some(Failure::new(500, "module", reason))
}

/// Why a module cannot be set up for any request.
fn module_error(module: &str, document: &Node, text: &str) -> Option<&'static str> {
    let config = match value(document, text, "module-config") {
        Some(BlockValue::Object(config)) => Some(config),
        _ => None,
    };
    let setting = |name: &str| config.and_then(|config| config.get(name));
    let holds = |name: &str, is: &dyn Fn(&str) -> bool| {
        setting(name).is_some_and(|value| value.text().is_some_and(|text| !is_unknown(text) && is(text)))
    };
    match module {
        "http_webhook" | "websocket" | "zeromq" => {
            Some("this module cannot be set up in the receiver's version")
        }
        "redis_publish" => redis_error(value(document, text, "redis")),
        "s3" if holds("prefix", &|prefix| prefix.ends_with('/')) => {
            Some("the prefix for s3 ends with a slash")
        }
        "s3" if holds("filename_pattern", &|pattern| pattern.contains("{webhook_id}")) => {
            Some("filename_pattern holds {webhook_id}, which s3 does not know")
        }
        "gcp_pubsub" if document.member("connection").or(document.member("connection_details")).is_none() => {
            Some("gcp_pubsub takes project_id from a connection, and none is named")
        }
        _ => None,
    }
}

fn redis_error(redis: Option<BlockValue<'_>>) -> Option<&'static str> {
    let redis = match redis {
        Some(BlockValue::Object(redis)) => Some(redis),
        None => None,
        Some(_) => return Some("redis is not an object"),
    };
    let member = |name: &str| redis.and_then(|redis: BlockMembers<'_>| redis.get(name));
    let host = member("host");
    let host = host.as_ref().map_or(Some("localhost"), BlockValue::text)?;
    let is_allowed = match member("allowed_hosts") {
        Some(BlockValue::Array(hosts, text)) => hosts.iter().any(|known| {
            BlockValue::of(known, text).text().is_some_and(|known| is_unknown(known) || known == host)
        }),
        _ => false,
    };
    if !is_unknown(host) && !is_allowed && is_near(host) {
        return Some(
            "redis_publish refuses loopback and private hosts, unless redis.allowed_hosts names them",
        );
    }
    let channel = member("channel");
    let channel = channel.as_ref().map_or(Some("webhook_events"), BlockValue::text)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let is_legal = (1..=255).contains(&channel.len()) && channel.chars().all(legal);
    (!is_unknown(channel) && !is_legal).then_some("redis.channel is not the name of a channel")
}

fn retry(value: Option<BlockValue<'_>>) -> Option<Failure> {
    match value? {
        BlockValue::Object(_) => None,
        _ => Some(Failure::new(500, "retry", "retry is not an object")),
    }
}

/// Parts that do nothing, because of what else the document says.
pub(super) fn ignored(document: &Node, text: &str) -> Vec<IgnoredPart> {
    let has =
        |name: &str| value(document, text, name).is_some_and(|value| !matches!(value, BlockValue::Null));
    let mut ignored = Vec::new();
    let mut add = |member: &str, why: &str, is_check| {
        ignored.push(IgnoredPart { member: member.into(), why: why.into(), is_check });
    };
    if has("chain") {
        let beside = [
            ("module", "a chain takes its place"),
            ("connection", "steps of a chain do not inherit it"),
            ("retry", "steps of a chain have their own"),
        ];
        beside.into_iter().filter(|(name, _)| has(name)).for_each(|(name, why)| add(name, why, false));
    } else if has("chain-config") {
        add("chain-config", "there is no chain", false);
    }
    if has("trusted_proxies") && !has("ip_whitelist") {
        add("trusted_proxies", "only ip_whitelist uses it", true);
    }
    match value(document, text, "module-config") {
        None | Some(BlockValue::Object(_) | BlockValue::Null) => {}
        Some(_) => add("module-config", "it is not an object, and counts as empty", false),
    }
    let nodes = SchemaNodes::of_document(DocumentKind::Webhook, text, document);
    let suspicious = nodes.annotation("x-suspicious-keys");
    for member in document.last_members().into_iter().filter(|member| !nodes.knows(&member.name)) {
        let listed = suspicious.and_then(|names| names.get(&member.name)?.as_str());
        let meant = listed.or_else(|| nearest(&member.name, nodes.properties().map(|(name, _)| name)));
        let why = match meant {
            Some(meant) => format!("the receiver does not know it; {meant} is probably meant"),
            None => "the receiver does not know it".into(),
        };
        let is_check = meant.is_some_and(|meant| Auth::of_member(meant).is_some());
        add(&escape(member.name.as_bytes()), &why, is_check);
    }
    ignored
}
