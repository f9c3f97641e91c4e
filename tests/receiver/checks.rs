//! Who may send: `authorization`, `hmac`, and nobody where a check is asked for that is none of these.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::SECRET;
use crate::started::Started;

/// The hexadecimal HMAC of a body.
fn signature<M: Mac + KeyInit>(secret: &str, body: &[u8]) -> String {
    let mut mac = <M as Mac>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_bearer_is_compared_to_the_last_character() {
    let receiver = Started::on_files(
        &json!({
            "bearer": {"module": "log", "authorization": format!("Bearer {SECRET}")},
            "whole": {"module": "log", "authorization": SECRET},
        }),
        &[],
    );
    let with = |id: &str, value: &str| {
        receiver.post(&format!("/webhook/{id}"), &[("Authorization", value)], b"{}").status
    };
    assert_eq!(with("bearer", &format!("Bearer {SECRET}")), 200);
    assert_eq!(with("whole", SECRET), 200);
    for wrong in [
        format!("bearer {SECRET}"),
        format!("Bearer  {SECRET}"),
        format!("Bearer {SECRET}x"),
        format!("Bearer {}", SECRET.to_uppercase()),
        SECRET.to_owned(),
        "Bearer".to_owned(),
        String::new(),
    ] {
        assert_eq!(with("bearer", &wrong), 401, "{wrong}");
    }
    assert_eq!(with("whole", &format!("Bearer {SECRET}")), 401);
    assert_eq!(receiver.status("/webhook/bearer"), 401);
    assert!(!receiver.said().contains(SECRET), "{}", receiver.said());
}

#[test]
fn a_body_is_taken_with_its_signature_and_with_no_other() {
    let hmac = |algorithm: &str| json!({"secret": SECRET, "algorithm": algorithm, "header": "X-Sig"});
    let receiver = Started::on_files(
        &json!({
            "plain": {"module": "log", "hmac": {"secret": SECRET}},
            "sha1": {"module": "log", "hmac": hmac("sha1")},
            "sha512": {"module": "log", "hmac": hmac("SHA512")},
            "md5": {"module": "log", "hmac": hmac("md5")},
        }),
        &[],
    );
    let body = br#"{"order":1}"#;
    let post = |id: &str, header: &str, value: &str, body: &[u8]| {
        receiver.post(&format!("/webhook/{id}"), &[(header, value)], body).status
    };
    let [sha256, sha1, sha512] = [
        signature::<Hmac<Sha256>>(SECRET, body),
        signature::<Hmac<Sha1>>(SECRET, body),
        signature::<Hmac<Sha512>>(SECRET, body),
    ];
    let own = "X-HMAC-Signature";
    for good in [sha256.clone(), sha256.to_uppercase(), format!("sha256={sha256}")] {
        assert_eq!(post("plain", own, &good, body), 200, "{good}");
    }
    assert_eq!(post("sha1", "X-Sig", &format!("sha1={sha1}"), body), 200);
    assert_eq!(post("sha512", "X-Sig", &sha512, body), 200);

    let other = signature::<Hmac<Sha256>>("another", body);
    for wrong in [&other, &format!("sha1={sha256}"), &sha1, &sha256[1..], &sha256[2..], "zz", "", "sha256="] {
        assert_eq!(post("plain", own, wrong, body), 401, "{wrong}");
    }
    assert_eq!(post("plain", own, &sha256, br#"{"order":2}"#), 401);
    assert_eq!(post("plain", "X-Sig", &sha256, body), 401);
    assert_eq!(post("md5", "X-Sig", &sha256, body), 401);
    assert_eq!(receiver.status("/webhook/plain"), 401);
    assert!(!receiver.said().contains(SECRET), "{}", receiver.said());
}

#[test]
fn both_checks_must_pass() {
    let both =
        json!({"module": "log", "authorization": format!("Bearer {SECRET}"), "hmac": {"secret": SECRET}});
    let receiver = Started::on_files(&json!({ "both": both }), &[]);
    let bearer = ("Authorization", format!("Bearer {SECRET}"));
    let signed = ("X-HMAC-Signature", signature::<Hmac<Sha256>>(SECRET, b"{}"));
    let [bearer, signed] = [&bearer, &signed].map(|(name, value)| (*name, value.as_str()));
    assert_eq!(receiver.post("/webhook/both", &[bearer, signed], b"{}").status, 200);
    assert_eq!(receiver.post("/webhook/both", &[bearer], b"{}").status, 401);
    assert_eq!(receiver.post("/webhook/both", &[signed], b"{}").status, 401);
}

#[test]
fn a_check_that_cannot_be_made_lets_nobody_in() {
    let empty = [
        ("authorization", json!("")),
        ("authorization", json!(null)),
        ("authorization", json!(7)),
        ("authorization", json!("Bearer ")),
        ("hmac", json!({})),
        ("hmac", json!(null)),
        ("hmac", json!({"secret": ""})),
        ("hmac", json!("sha256")),
    ];
    let unknown = [
        ("jwt", json!({"secret": SECRET})),
        ("basic_auth", json!({"username": "u", "password": SECRET})),
        ("ip_whitelist", json!([])),
        ("rate_limit", json!({"max_requests": 0})),
        ("json_schema", json!({"type": "array"})),
        ("authorisation", json!("Bearer x")),
        ("chain", json!(["log"])),
    ];
    let webhook = |(field, value): &(&str, serde_json::Value)| json!({"module": "log", *field: value});
    let cases: Vec<_> =
        empty.iter().map(|case| (case, 401)).chain(unknown.iter().map(|c| (c, 501))).collect();
    let named = cases.iter().enumerate().map(|(number, (case, _))| (format!("w{number}"), webhook(case)));
    let receiver = Started::on_files(&named.collect(), &[]);
    for (number, (case, status)) in cases.iter().enumerate() {
        for header in ["", "Bearer", "Bearer "] {
            let answer = receiver.post(&format!("/webhook/w{number}"), &[("Authorization", header)], b"{}");
            assert_eq!(answer.status, *status, "{case:?} {header:?}");
        }
    }
    assert!(!receiver.said().contains(SECRET), "{}", receiver.said());
}
