//! What a block that is not empty does, one function for each check: the members that the receiver needs of it.

use std::net::IpAddr;

use super::{BlockMembers, BlockValue, CheckState, Scheme, is_unknown};

const NOT_AN_OBJECT: CheckState = CheckState::RefusesAll("it is not an object");

fn object<'a>(value: &BlockValue<'a>) -> Option<BlockMembers<'a>> {
    match value {
        BlockValue::Object(block) => Some(*block),
        _ => None,
    }
}

/// Refuses everybody for the first of these reasons that holds.
fn unless(reasons: &[(bool, &'static str)], otherwise: CheckState) -> CheckState {
    let found = reasons.iter().find(|(holds, _)| *holds);
    found.map_or(otherwise, |(_, reason)| CheckState::RefusesAll(reason))
}

pub(super) fn rate_limit(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    let most = block.get("max_requests").map_or(Some(100.0), |most| most.number());
    let window = block.get("window_seconds").map_or(Some(60.0), |window| window.number());
    unless(
        &[
            (most.is_none(), "max_requests is not a number"),
            (most.is_some_and(|most| most <= 0.0), "max_requests allows none"),
            (window.is_none(), "window_seconds is not a number"),
        ],
        CheckState::Passes,
    )
}

pub(super) fn recaptcha(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return CheckState::Breaks("it is not an object") };
    let of_header = block.text_or_default("token_source", |source| source == "header");
    let names_header = block.text_or_default("token_field", |_| true);
    unless(
        &[
            (!block.has("secret_key"), "secret_key is missing or empty"),
            (of_header && !names_header, "token_field is not a text"),
        ],
        CheckState::Asks(Scheme::NotRead),
    )
}

pub(super) fn basic_auth(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    unless(
        &[
            (!block.has_any_text("username"), "username is missing, empty or no text"),
            (!block.has_any_text("password"), "password is missing, empty or no text"),
        ],
        CheckState::Asks(Scheme::Basic),
    )
}

pub(super) fn digest_auth(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    let no_password = match block.get("password") {
        None | Some(BlockValue::Null) => true,
        Some(value) => value.text() == Some(""),
    };
    unless(
        &[
            (!block.has_any_text("username"), "username is missing, empty or no text"),
            (no_password, "password is missing or empty"),
            (!block.text_or_default("realm", |realm| !realm.is_empty()), "realm is empty or no text"),
        ],
        CheckState::Asks(Scheme::Other),
    )
}

/// Whether a name is that of an algorithm that the receiver takes for JSON web tokens.
fn is_jwt_algorithm(name: &str) -> bool {
    let name = name.trim().to_ascii_uppercase();
    let digits = ["HS", "RS", "ES", "PS"].iter().find_map(|family| name.strip_prefix(family));
    is_unknown(&name) || digits.is_some_and(|digits| matches!(digits, "256" | "384" | "512"))
}

pub(super) fn jwt(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    unless(
        &[
            (!block.has_text("secret"), "secret is missing, blank or no text"),
            (!block.text_or_default("algorithm", is_jwt_algorithm), "algorithm is not known"),
        ],
        CheckState::Asks(Scheme::Jwt),
    )
}

pub(super) fn oauth1(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    let is_method = |method: &str| ["HMAC-SHA1", "PLAINTEXT"].iter().any(|m| m.eq_ignore_ascii_case(method));
    unless(
        &[
            (!block.has_any_text("consumer_key"), "consumer_key is missing, empty or no text"),
            (!block.has_any_text("consumer_secret"), "consumer_secret is missing, empty or no text"),
            (!block.text_or_default("signature_method", is_method), "signature_method is not known"),
            (!block.text_or_default("token_secret", |_| true), "token_secret is not a text"),
        ],
        CheckState::Asks(Scheme::Other),
    )
}

/// Whether an introspection endpoint has a form that the receiver takes.
fn is_endpoint(url: &str) -> bool {
    const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "0.0.0.0"];
    let url = url.trim().to_ascii_lowercase();
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    !rest.starts_with(['/', '?', '#'])
        && !rest.is_empty()
        && !LOCAL.contains(&host)
        && !rest.starts_with("[::1]")
}

pub(super) fn oauth2(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    let (remote, local) = (block.has("introspection_endpoint"), block.has("jwt_secret"));
    let validates = block.get("validate_token").is_none_or(|value| !value.is_falsy());
    let checks_jwt = local && !remote;
    let algorithms = match block.get("jwt_algorithms") {
        None => true,
        Some(BlockValue::Array(items, text)) => {
            let known = |item| BlockValue::of(item, text).text().is_some_and(is_jwt_algorithm);
            !items.is_empty() && items.iter().all(known)
        }
        Some(_) => false,
    };
    // A text is taken apart into letters, none of which is a scope.
    let scope = match block.get("required_scope") {
        Some(BlockValue::Text(scope)) => scope.chars().count() > 1,
        Some(BlockValue::Number(_) | BlockValue::Bool(true)) => true,
        _ => false,
    };
    unless(
        &[
            (
                remote && !block.text_or_default("introspection_endpoint", is_endpoint),
                "introspection_endpoint is not one that the receiver asks",
            ),
            (checks_jwt && !block.has_text("jwt_secret"), "jwt_secret is blank or no text"),
            (checks_jwt && !algorithms, "jwt_algorithms names none, or one that is not known"),
            (!remote && !local && validates, "neither introspection_endpoint nor jwt_secret is set"),
            (scope && (checks_jwt || remote && validates), "required_scope is not an array"),
        ],
        CheckState::Asks(Scheme::Other),
    )
}

pub(super) fn authorization(value: &BlockValue<'_>) -> CheckState {
    let Some(text) = value.text() else { return CheckState::Ignored(value.kind()) };
    let expected = text.trim();
    if expected.is_empty() {
        return CheckState::Ignored("there are only blanks in it");
    }
    let token = expected.strip_prefix("Bearer ");
    let scheme = match token {
        Some(token) if is_unknown(token) || token.matches('.').count() == 2 => Scheme::Jwt,
        None if is_unknown(expected) => Scheme::Jwt,
        None if expected.starts_with("Basic ") => Scheme::Basic,
        _ => Scheme::Other,
    };
    unless(
        &[
            (token.is_some_and(|token| token.starts_with(' ')), "there is more than one blank after Bearer"),
            (expected.contains(['\n', '\r', '\0']), "no header can hold its characters"),
        ],
        CheckState::Asks(scheme),
    )
}

pub(super) fn hmac(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    let is_hash =
        |name: &str| ["sha256", "sha1", "sha512"].iter().any(|hash| hash.eq_ignore_ascii_case(name));
    unless(
        &[
            (!block.has_any_text("secret"), "secret is missing, empty or no text"),
            (!block.text_or_default("algorithm", is_hash), "algorithm is not known"),
            (!block.text_or_default("header", |header| !header.is_empty()), "header is empty or no text"),
        ],
        CheckState::Asks(Scheme::NotRead),
    )
}

/// Whether a text is an exact address, as Python's `ipaddress` reads it.
pub fn is_exact_address(text: &str) -> bool {
    let text = text.trim();
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    match (address.parse(), zone) {
        (Ok(IpAddr::V6(_)), Some(zone)) => !zone.is_empty() && !zone.contains('%'),
        (Ok(_), None) => true,
        _ => false,
    }
}

pub(super) fn ip_whitelist(value: &BlockValue<'_>) -> CheckState {
    let is_usable = |text: &str| is_unknown(text) || is_exact_address(text);
    let has_address = match value {
        BlockValue::Array(items, text) => {
            items.iter().any(|item| BlockValue::of(item, text).text().is_some_and(is_usable))
        }
        // The receiver goes through its names as through an array.
        BlockValue::Object(block) => block.members.iter().any(|member| is_exact_address(&member.name)),
        _ => return CheckState::RefusesAll("it is not an array"),
    };
    unless(
        &[(!has_address, "there is no exact address in it; networks and names are skipped")],
        CheckState::Asks(Scheme::NotRead),
    )
}

pub(super) fn json_schema(value: &BlockValue<'_>) -> CheckState {
    match value {
        BlockValue::Object(_) | BlockValue::Bool(true) => CheckState::Passes,
        _ => CheckState::RefusesAll("it is not a JSON Schema"),
    }
}

pub(super) fn query_auth(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    let is_name = |name: &str| {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        (1..=100).contains(&name.len()) && name.chars().all(legal)
    };
    unless(
        &[
            (!block.has_text("api_key"), "api_key is missing, blank or no text"),
            (!block.text_or_default("parameter_name", is_name), "parameter_name is not a name"),
        ],
        CheckState::Asks(Scheme::NotRead),
    )
}

pub(super) fn header_auth(value: &BlockValue<'_>) -> CheckState {
    let Some(block) = object(value) else { return NOT_AN_OBJECT };
    unless(
        &[
            (!block.has_text("api_key"), "api_key is missing, blank or no text"),
            (
                !block.text_or_default("header_name", |name| !name.is_empty()),
                "header_name is empty or no text",
            ),
        ],
        CheckState::Asks(Scheme::NotRead),
    )
}
