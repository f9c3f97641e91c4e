//! Rules about how callers are authenticated: what opens a webhook, shuts it for everybody, or makes it weak
//! (docs/receiver.md, section 4).

use std::borrow::Cow;

use super::{MAX_DIAGNOSTICS, RuleCheck};
use crate::check::receiver::{CATCH_ALL, JudgedCheck, judge};
use crate::check::{Diagnostic, DocumentInput, OwnSecrets, Reach, Rule};
use crate::domain::json::{Member, Node, NodeValue, Severity, Span, SyntaxFix};
use crate::domain::{ResourceKey, SecretField};
use crate::inventory::{
    Auth, BlockMembers, BlockValue, CheckState, CheckStates, is_exact_address, is_unknown,
};

const fn rule(
    (id, name): (&'static str, &'static str),
    severity: Severity,
    summary: &'static str,
    check: RuleCheck,
) -> Rule {
    Rule { id, name, severity, reach: Reach::Document, summary, check }
}

/// A block that lets everybody in, or nobody.
pub const INEFFECTIVE_CHECK: Rule = rule(
    ("L10", "ineffective-check"),
    Severity::Error,
    "an authentication block that is ignored, refuses everybody or breaks every request",
    RuleCheck::Document(ineffective_check),
);

/// The webhook accepts requests without authentication.
pub const OPEN_TO_ANYONE: Rule = rule(
    ("L11", "open-to-anyone"),
    Severity::Warning,
    "a webhook that accepts requests without authentication",
    RuleCheck::Facts(open_to_anyone),
);

/// Two blocks want different things in one header.
pub const COMPETING_CHECKS: Rule = rule(
    ("L12", "competing-checks"),
    Severity::Error,
    "two blocks that compete for the header Authorization",
    RuleCheck::Document(competing_checks),
);

/// An address list holds more than addresses.
pub const INEXACT_ADDRESS: Rule = rule(
    ("L13", "inexact-address"),
    Severity::Error,
    "a network or a host name where the receiver compares exact addresses",
    RuleCheck::Document(inexact_address),
);

/// The webhook serves every unknown id of its namespace.
pub const CATCH_ALL_WEBHOOK: Rule = rule(
    ("L14", "catch-all"),
    Severity::Warning,
    "a webhook that serves every unknown id of its namespace",
    RuleCheck::Facts(catch_all),
);

/// A signature that is weak, or that no sender makes.
pub const WEAK_SIGNATURE: Rule = rule(
    ("L24", "weak-signature"),
    Severity::Warning,
    "hmac with sha1, its default header, or a provider's format that cannot match",
    RuleCheck::Document(weak_signature),
);

/// A token that is not verified, or never matches.
pub const UNVERIFIED_TOKEN: Rule = rule(
    ("L25", "unverified-token"),
    Severity::Error,
    "oauth2 that accepts any token, or whose scope never matches",
    RuleCheck::Document(unverified_token),
);

/// A key that is compared without regard to case.
pub const CASELESS_KEY: Rule = rule(
    ("L26", "caseless-key"),
    Severity::Warning,
    "an API key that is compared without regard to case",
    RuleCheck::Document(caseless_key),
);

/// The document of a webhook that the receiver can use.
fn webhook<'i>(input: &'i DocumentInput<'_>) -> Option<(&'i Node, &'i str)> {
    let root = input.root().filter(|_| matches!(input.key, ResourceKey::Webhook { .. }))?;
    Some((root, input.text()))
}

/// The block of a check, if it is an object; with its own member.
fn block<'i>(input: &'i DocumentInput<'_>, name: &str) -> Option<(&'i Member, BlockMembers<'i>)> {
    let (root, text) = webhook(input)?;
    let member = root.member(name)?;
    match BlockValue::of(&member.value, text) {
        BlockValue::Object(members) if !members.is_empty() => Some((member, members)),
        _ => None,
    }
}

fn ineffective_check(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some((root, text)) = webhook(input) else { return };
    // What a secret of its own may complete is not known to be wrong.
    let merges = input.receiver.lookup.own != OwnSecrets::NotMerged;
    let may_be_completed = |auth: &Auth| {
        let field = match auth.member {
            "authorization" => SecretField::BEARER_TOKEN,
            "hmac" => SecretField::HMAC_SECRET,
            _ => return false,
        };
        merges && input.facts.own.contains(field)
    };
    let mut add = |auth: &Auth, span, message: String, remedy| {
        found.push(Diagnostic {
            remedy,
            ..rule.diagnostic(message).at(input.text(), span, auth.member.to_owned())
        });
    };
    for (auth, state) in CheckStates::of(root, text).iter() {
        let Some(member) = root.member(auth.member).filter(|_| !may_be_completed(auth)) else { continue };
        if let CheckState::Ignored(why) = state
            && auth.authenticates
        {
            let message = format!("{} is ignored, because {why}: requests pass without it", auth.member);
            add(auth, member.value.span, message, "complete it, or remove it");
        }
        let is_bare = |text: Cow<'_, str>| text.trim().eq_ignore_ascii_case("bearer");
        if auth.member == "authorization" && member.value.string(text).is_some_and(is_bare) {
            let message = "authorization has no token: the header Bearer alone gets in".into();
            add(auth, member.value.span, message, "write the token after \"Bearer \"");
        }
    }
    let judgement = judge(None, None, input.receiver, (Some(root), text));
    for check in &judgement.checks {
        let (status, remedy) = match check.state {
            // Other rules tell these with their places.
            CheckState::RefusesAll(_)
                if has_other_rule(check, root, text) || may_be_completed(check.auth) =>
            {
                continue;
            }
            CheckState::RefusesAll(_) => (401, "write what it needs"),
            CheckState::Breaks(_) => (500, "make it an object, or remove it"),
            _ => continue,
        };
        let message = format!("{} {}; callers get {status}", check.auth.member, check.words());
        add(check.auth, check.span, message, remedy);
    }
}

fn has_other_rule(check: &JudgedCheck, root: &Node, text: &str) -> bool {
    let Some(member) = root.member(check.auth.member) else { return false };
    match (check.auth.member, BlockValue::of(&member.value, text)) {
        ("ip_whitelist", BlockValue::Array(..)) => true,
        ("oauth2", BlockValue::Object(members)) => is_scope_text(members),
        _ => false,
    }
}

fn open_to_anyone(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let is_webhook = matches!(input.key, ResourceKey::Webhook { .. });
    if is_webhook && input.facts.error.is_none() && input.facts.auth.is_open() && !input.around.has_own_auth()
    {
        let remedy = "add a block that asks for credentials, such as authorization or hmac";
        found.push(Diagnostic { remedy, ..rule.diagnostic("none: open to anyone".into()) });
    }
}

fn competing_checks(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some((root, text)) = webhook(input) else { return };
    let Some((one, other)) = CheckStates::of(root, text).conflict() else { return };
    let Some(member) = root.member(other.member) else { return };
    let message = format!(
        "{} and {} both want the header Authorization, which holds one: every request gets 401",
        one.member, other.member
    );
    let remedy = "keep one of them, or one that reads another header";
    found.push(Diagnostic {
        remedy,
        ..rule.diagnostic(message).at(input.text(), member.key, other.member.to_owned())
    });
}

fn inexact_address(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some((root, text)) = webhook(input) else { return };
    for name in ["ip_whitelist", "trusted_proxies"] {
        let Some(Node { value: NodeValue::Array(items), .. }) = root.member(name).map(|it| &it.value) else {
            continue;
        };
        let is_exact = |item: &Node| {
            item.string(text).is_some_and(|address| is_unknown(&address) || is_exact_address(&address))
        };
        let nobody = name == "ip_whitelist" && !items.iter().any(is_exact);
        for (index, item) in
            items.iter().enumerate().filter(|(_, item)| !is_exact(item)).take(MAX_DIAGNOSTICS)
        {
            let is_network = item.string(text).is_some_and(|address| address.contains('/'));
            let what = if is_network { "a network" } else { "no exact address" };
            let rest = if nobody { "; with no address left, every request gets 401" } else { "" };
            let message = format!("{name}[{index}] is {what}, which the receiver skips{rest}");
            let remedy = "write each address by itself";
            found.push(Diagnostic {
                remedy,
                ..rule.diagnostic(message).at(text, item.span, format!("{name}[{index}]"))
            });
        }
    }
}

fn catch_all(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let ResourceKey::Webhook { id, .. } = input.key else { return };
    if id.as_str() != CATCH_ALL || input.facts.error.is_some() {
        return;
    }
    let is_open = input.facts.auth.is_open() && !input.around.has_own_auth();
    let how = if is_open { ", without credentials" } else { "" };
    let message = format!("it serves every unknown id of its namespace{how}");
    found.push(Diagnostic { remedy: "give it another id, unless that is meant", ..rule.diagnostic(message) });
}

/// Headers of providers whose signatures are not the hexadecimal digest of the body.
const OTHER_FORMATS: [(&str, &str); 3] = [
    ("stripe-signature", "Stripe signs a time stamp with the body"),
    ("x-shopify-hmac-sha256", "Shopify signs in base64"),
    ("x-slack-signature", "Slack signs a time stamp with the body"),
];

fn weak_signature(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some((member, members)) = block(input, "hmac") else { return };
    let mut add = |name: &str, message: &str, remedy| {
        let span = member.value.member(name).map_or(member.key, |inner| inner.value.span);
        let pointer =
            if member.value.member(name).is_some() { format!("hmac.{name}") } else { "hmac".into() };
        found.push(Diagnostic { remedy, ..rule.diagnostic(message.into()).at(input.text(), span, pointer) });
    };
    if members
        .get("algorithm")
        .is_some_and(|name| name.text().is_some_and(|name| name.eq_ignore_ascii_case("sha1")))
    {
        add("algorithm", "sha1 is a weak hash for signatures", "use sha256, if the sender can");
    }
    match members.get("header") {
        None => add(
            "header",
            "the signature is read from X-HMAC-Signature, because no header is named",
            "name the sender's header, such as X-Hub-Signature-256",
        ),
        Some(header) => {
            let header = header.text().unwrap_or_default().to_ascii_lowercase();
            if let Some((_, why)) = OTHER_FORMATS.iter().find(|(name, _)| *name == header) {
                let message =
                    format!("{why}, and the receiver compares the digest of the body in hexadecimal: 401");
                add("header", &message, "put something in between that verifies it");
            }
        }
    }
}

fn is_scope_text(members: BlockMembers<'_>) -> bool {
    members
        .get("required_scope")
        .is_some_and(|scope| scope.text().is_some_and(|scope| scope.chars().count() > 1))
}

fn unverified_token(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some((member, members)) = block(input, "oauth2") else { return };
    let mut add = |name: &str, message: &str, remedy| {
        let Some(inner) = member.value.member(name) else { return };
        let pointer = format!("oauth2.{name}");
        found.push(Diagnostic {
            remedy,
            ..rule.diagnostic(message.into()).at(input.text(), inner.value.span, pointer)
        });
    };
    let is_off = members.get("validate_token").is_some_and(|value| value.is_falsy());
    let checks_jwt = members.has("jwt_secret") && !members.has("introspection_endpoint");
    if is_off && !checks_jwt {
        let message = "validate_token is off, so that any token gets in";
        add("validate_token", message, "remove it");
    }
    if is_scope_text(members) {
        let message =
            "required_scope is a text, which the receiver takes apart into letters: it never matches";
        add("required_scope", message, "write an array of scopes");
    }
}

fn caseless_key(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    for name in ["query_auth", "header_auth"] {
        let Some((member, members)) = block(input, name) else { continue };
        let Some(auth) = Auth::of_member(name) else { continue };
        let is_used = matches!(auth.judge(&member.value, input.text()), CheckState::Asks(_));
        if !is_used || members.has("case_sensitive") {
            continue;
        }
        let named = member.value.member("case_sensitive");
        let after_brace = Span { start: member.value.span.start + 1, end: member.value.span.start + 1 };
        let words = "set case_sensitive to true";
        let fix = match named {
            Some(inner) => SyntaxFix { span: inner.value.span, replacement: "true".into(), words },
            None => SyntaxFix { span: after_brace, replacement: "\"case_sensitive\": true, ".into(), words },
        };
        let message =
            format!("the key of {name} is compared without regard to case, so that it is easier to guess");
        let span = named.map_or(member.key, |inner| inner.value.span);
        found.push(Diagnostic {
            remedy: words,
            fix: Some(fix),
            ..rule.diagnostic(message).at(input.text(), span, name.to_owned())
        });
    }
}

#[cfg(test)]
mod tests;
