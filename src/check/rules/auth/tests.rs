use super::*;
use crate::check::{ReceiverProfile, Subject, diagnose};
use crate::domain::{Address, Masking, SecretNames};
use crate::inventory::Facts;

fn diagnostics(address: &str, text: &str) -> Vec<Diagnostic> {
    let Address(key) = address.parse().unwrap();
    let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
    let receiver = ReceiverProfile::default();
    let mut found = diagnose(Subject::Document(&DocumentInput::new(&key, &facts, &receiver, &())));
    found.retain(|found| ["L10", "L11", "L12", "L13", "L14", "L24", "L25", "L26"].contains(&found.rule));
    found
}

/// Each rule with a document that it is about, and one that is nearly the same and right.
const TABLE: [(&str, &str); 33] = [
    (r#"{"basic_auth": {}}"#, "L10 L11"),
    (r#"{"basic_auth": {"username": "u", "password": "x"}}"#, ""),
    (r#"{"authorization": null}"#, "L10 L11"),
    (r#"{"authorization": " "}"#, "L10 L11"),
    (r#"{"authorization": ["Bearer x"]}"#, "L10 L11"),
    (r#"{"authorization": "Bearer "}"#, "L10"),
    (r#"{"authorization": "Bearer x"}"#, ""),
    (r#"{"ip_whitelist": []}"#, "L10 L11"),
    (r#"{"digest_auth": {}}"#, "L10"),
    (r#"{"jwt": "x"}"#, "L10"),
    (r#"{"recaptcha": null}"#, "L10"),
    (r#"{"recaptcha": {"secret_key": "x"}}"#, ""),
    (r#"{"hmac": {"secret": "x", "header": "X-Sig"}, "json_schema": {"type": "no"}}"#, "L10"),
    (r#"{"hmac": {"secret": "x", "header": "X-Sig"}, "json_schema": {"type": "object"}}"#, ""),
    (r#"{"rate_limit": {}, "authorization": "Bearer x"}"#, ""),
    ("{}", "L11"),
    (r#"{"rate_limit": {"max_requests": 5}}"#, "L11"),
    (r#"{"basic_auth": {"username": "u", "password": "x"}, "authorization": "Bearer x"}"#, "L12"),
    (r#"{"basic_auth": null, "authorization": "Bearer x"}"#, "L10"),
    (r#"{"ip_whitelist": ["10.0.0.0/8"]}"#, "L13"),
    (r#"{"ip_whitelist": ["10.0.0.1", "gateway"]}"#, "L13"),
    (r#"{"ip_whitelist": ["10.0.0.1", "{$GATEWAY}"]}"#, ""),
    (r#"{"ip_whitelist": ["10.0.0.1"], "trusted_proxies": ["10.0.0.0/8"]}"#, "L13"),
    (r#"{"hmac": {"secret": "x", "header": "X-Sig", "algorithm": "SHA1"}}"#, "L24"),
    (r#"{"hmac": {"secret": "x", "header": "X-Sig", "algorithm": "sha256"}}"#, ""),
    (r#"{"hmac": {"secret": "x"}}"#, "L24"),
    (r#"{"hmac": {"secret": "x", "header": "Stripe-Signature"}}"#, "L24"),
    (r#"{"oauth2": {"validate_token": false}}"#, "L25"),
    (r#"{"oauth2": {"validate_token": false, "jwt_secret": "x"}}"#, ""),
    (r#"{"oauth2": {"jwt_secret": "x", "required_scope": "read"}}"#, "L25"),
    (r#"{"oauth2": {"jwt_secret": "x", "required_scope": ["read"]}}"#, ""),
    (r#"{"header_auth": {"api_key": "x"}}"#, "L26"),
    (r#"{"query_auth": {"api_key": "x", "case_sensitive": true}}"#, ""),
];

#[test]
fn each_rule_is_about_its_documents_and_about_no_other() {
    for (text, expected) in TABLE {
        let found: Vec<_> = diagnostics("prod/a", text).into_iter().map(|found| found.rule).collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }
    assert!(diagnostics("connections/a", r#"{"basic_auth": {}}"#).is_empty());
}

#[test]
fn a_catch_all_is_told_and_more_so_without_credentials() {
    let told = |text: &str| {
        let found = diagnostics("prod/default", text);
        found.into_iter().find(|found| found.rule == "L14").unwrap().message
    };
    assert_eq!(told("{}"), "it serves every unknown id of its namespace, without credentials");
    assert_eq!(told(r#"{"authorization": "Bearer x"}"#), "it serves every unknown id of its namespace");
}

#[test]
fn a_diagnostic_has_its_place_its_status_and_no_value() {
    let text = "{\n  \"ip_whitelist\": [\"planted-x/8\"],\n  \"jwt\": {\"secret\": 7}\n}";
    let found = diagnostics("prod/a", text);
    let told: Vec<_> = found.iter().map(|it| format!("{} {it}", it.pointer)).collect();
    assert_eq!(
        told,
        [
            "jwt line 3, column 10: jwt refuses every request: secret is missing, blank or no text; callers get 401",
            "ip_whitelist[0] line 2, column 20: ip_whitelist[0] is a network, which the receiver skips; with no \
             address left, every request gets 401",
        ]
    );
}

#[test]
fn the_fix_of_a_caseless_key_makes_it_exact() {
    for text in [
        r#"{"module": "log", "header_auth": {"api_key": "x"}}"#,
        r#"{"module": "log", "query_auth": {"case_sensitive": "", "api_key": "x"}}"#,
    ] {
        let fix = diagnostics("prod/a", text).remove(0).fix.unwrap();
        let mut mended = text.to_owned();
        mended.replace_range(fix.span.start..fix.span.end, &fix.replacement);
        assert!(diagnostics("prod/a", &mended).is_empty(), "{mended}");
    }
}

#[test]
fn what_a_secret_of_its_own_completes_is_not_told_to_be_wrong() {
    let Address(key) = "prod/a".parse().unwrap();
    let text = r#"{"hmac": {"header": "X-Sig"}, "authorization": null}"#;
    let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
    let told = |own| {
        let mut receiver = ReceiverProfile::default();
        receiver.lookup.own = own;
        let found = diagnose(Subject::Document(&DocumentInput::new(&key, &facts, &receiver, &())));
        found.iter().filter(|found| found.rule == "L10").count()
    };
    assert_eq!(told(OwnSecrets::NotMerged), 2);
    assert_eq!(told(OwnSecrets::Variables), 0);
}
