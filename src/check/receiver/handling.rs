//! What the receiver does with a request that has passed the checks: by `data_type`, `chain` or `module`, and `retry`
//! (docs/receiver.md, section 3).

use std::net::IpAddr;

use super::auth::IgnoredPart;
use crate::check::document_types;
use crate::check::schema::SchemaNodes;
use crate::domain::json::{Node, NodeValue};
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
pub(super) fn failure(document: &Node, text: &str) -> Option<Failure> {
    data_type(value(document, text, "data_type")).or_else(|| {
        match document.member("chain").map(|member| &member.value) {
            Some(chain) if !matches!(BlockValue::of(chain, text), BlockValue::Null) => {
                let reason = chain_error(document, chain, text)?;
                Some(Failure::new(400, "chain", format!("the chain is invalid: {reason}")).at_start())
            }
            _ => module(document, text).or_else(|| retry(value(document, text, "retry"))),
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

fn is_module(name: &str) -> bool {
    is_unknown(name) || document_types(DocumentKind::Webhook).iter().any(|known| known.name == name.trim())
}

fn module(document: &Node, text: &str) -> Option<Failure> {
    let named = value(document, text, "module");
    let Some(name) = named.as_ref().and_then(BlockValue::text).filter(|name| !name.is_empty()) else {
        let reason = if named.is_some() { "module is empty or no text" } else { "module is missing" };
        return Some(Failure::new(400, "module", reason).at_start());
    };
    if !is_module(name) {
        return Some(Failure::new(501, "module", "the receiver has no module of this name").at_start());
    }
    let reason = module_error(name.trim(), document, text)?;
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

/// Whether a host is this machine's or a private address.
fn is_near(host: &str) -> bool {
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(ip)) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

fn retry(value: Option<BlockValue<'_>>) -> Option<Failure> {
    match value? {
        BlockValue::Object(_) => None,
        _ => Some(Failure::new(500, "retry", "retry is not an object")),
    }
}

/// How many steps a chain may have.
const MAX_STEPS: usize = 20;

/// Settings that a step may have beside `module-config`; they do not reach the module.
const BESIDE_CONFIG: [&str; 3] = ["topic", "queue_name", "destination"];

fn chain_error(document: &Node, chain: &Node, text: &str) -> Option<String> {
    let NodeValue::Array(steps) = &chain.value else { return Some("it is not an array".into()) };
    if steps.is_empty() {
        return Some("it has no step".into());
    }
    if steps.len() > MAX_STEPS {
        return Some(format!("it has more than {MAX_STEPS} steps"));
    }
    for (at, step) in steps.iter().enumerate() {
        if let Some(reason) = step_error(step, text) {
            return Some(format!("chain[{at}]: {reason}"));
        }
    }
    let reason = match value(document, text, "chain-config")? {
        BlockValue::Null => None,
        BlockValue::Object(config) => execution_error(document, config),
        _ => Some("it is not an object"),
    };
    reason.map(|reason| format!("chain-config: {reason}"))
}

fn step_error(step: &Node, text: &str) -> Option<&'static str> {
    let unknown_module = "the receiver has no module of this name";
    let step_members = match BlockValue::of(step, text) {
        BlockValue::Text(name) => return (!is_module(&name)).then_some(unknown_module),
        BlockValue::Object(members) => members,
        _ => return Some("it is neither a name nor an object"),
    };
    let module = step_members.get("module");
    match module.as_ref().and_then(BlockValue::text) {
        None => return Some("module is missing or no text"),
        Some(name) if !is_module(name) => return Some(unknown_module),
        Some(_) => {}
    }
    match step_members.get("connection") {
        None | Some(BlockValue::Null | BlockValue::Text(_)) => {}
        Some(_) => return Some("connection is not a text"),
    }
    let config = match step_members.get("module-config") {
        None | Some(BlockValue::Null) => None,
        Some(BlockValue::Object(config)) => Some(config),
        Some(_) => return Some("module-config is not an object"),
    };
    let is_twice = |name: &&str| {
        step_members.get(name).is_some() && config.is_some_and(|config| config.get(name).is_some())
    };
    if BESIDE_CONFIG.iter().any(is_twice) {
        return Some("a setting stands both beside module-config and in it");
    }
    match step_members.get("retry") {
        None | Some(BlockValue::Null) => {}
        Some(BlockValue::Object(retry)) => {
            if !matches!(retry.get("enabled"), None | Some(BlockValue::Bool(_))) {
                return Some("retry.enabled is neither true nor false");
            }
            let is_count = match retry.get("max_attempts") {
                None | Some(BlockValue::Bool(true)) => true,
                Some(BlockValue::Number(digits)) => {
                    !digits.contains(['.', 'e', 'E', '-', 'N', 'I']) && digits.parse() != Ok(0.0)
                }
                Some(_) => false,
            };
            if !is_count {
                return Some("retry.max_attempts is not a whole number from 1");
            }
        }
        Some(_) => return Some("retry is not an object"),
    }
    let known = ["module", "connection", "module-config", "retry"];
    let is_known = |name: &str| known.contains(&name) || BESIDE_CONFIG.contains(&name);
    let has_unknown = step.members().iter().any(|member| !is_known(&member.name));
    has_unknown.then_some("it has a member that no step may have")
}

fn execution_error(document: &Node, config: BlockMembers<'_>) -> Option<&'static str> {
    match config.get("execution") {
        None => {}
        Some(BlockValue::Text(mode)) if is_unknown(&mode) || matches!(&*mode, "sequential" | "parallel") => {}
        Some(_) => return Some("execution is neither sequential nor parallel"),
    }
    if !matches!(config.get("continue_on_error"), None | Some(BlockValue::Bool(_))) {
        return Some("continue_on_error is neither true nor false");
    }
    if config.get("timeout").is_some_and(|timeout| timeout.number().is_none_or(|seconds| seconds <= 0.0)) {
        return Some("timeout is not a number above 0");
    }
    let known = ["execution", "continue_on_error", "timeout"];
    let members = document.member("chain-config").map(|member| member.value.members()).unwrap_or_default();
    let has_unknown = members.iter().any(|member| !known.contains(&member.name.as_str()));
    has_unknown.then_some("it has a member that chain-config may not have")
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
        let meant = suspicious.and_then(|names| names.get(&member.name)?.as_str());
        let why = match meant {
            Some(meant) => format!("the receiver does not know it; {meant} is probably meant"),
            None => "the receiver does not know it".into(),
        };
        let is_check = meant.is_some_and(|meant| Auth::of_member(meant).is_some());
        add(&escape(member.name.as_bytes()), &why, is_check);
    }
    ignored
}
