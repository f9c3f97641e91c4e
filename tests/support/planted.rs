//! The mark in every value that a test puts into a store of secrets, and the search for it.
//!
//! A value is written `planted-` and what it is for. What a program prints and draws, and every file in
//! its home, is searched when the test lets go of it: nothing needs to be asked. A test that reveals a
//! value on purpose says so, by `reveals(value)`; then this value may be seen there, and no other.
//! `tests/run` searches what the test programs themselves print: errors, panics, failed assertions.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Stands in each value, and nowhere else.
pub(crate) const MARK: &str = "planted-";

/// That of the demo's values, which people see in the program.
const DEMO: &str = "demo-";

/// The mark as bytes that were not printed as text: in base64 wherever it begins, in `Debug`, in hex.
pub(crate) const DISGUISES: [&str; 5] =
    ["cGxhbnRlZC", "BsYW50ZWQt", "wbGFudGVkL", "112, 108, 97, 110, 116, 101, 100, 45", "706c616e7465642d"];

/// Begins the planted value that has no room for the mark: an access key has capitals only.
const CAPITALS: &str = "AKIAPLANTED";

/// A webhook with a planted value in every place where a secret is told by its name, its look or the name beside
/// it, in each of the ways that one is found.
pub(crate) fn document_of_secrets() -> String {
    let names = [
        "ssl_key",
        "clientKey",
        "PRIVKEY",
        "pem",
        "signing-key",
        "EncryptionKey",
        "access.key",
        "shared_key",
        "accountkey",
        "sas",
        "Signature",
        "otp",
        "userPin",
        "SALT",
        "license",
        "oauth_code",
    ];
    let named = names.map(|name| format!("\"{name}\": \"{MARK}{}\"", name.to_lowercase().replace('.', "-")));
    // `planted-` in base64.
    let base64 = ["dXNlcjpwbGFudGVkLXNlY3JldA==", "eyJhIjoicGxhbnRlZC1qd3QifQ"];
    let shapes = [
        format!("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl", base64[1]),
        format!("-----BEGIN PRIVATE KEY-----\\n{MARK}pem\\n-----END PRIVATE KEY-----"),
        format!("ghp_{MARK}0123456789abcdef"),
        format!("xoxb-1234567890-{MARK}slack"),
        format!("{CAPITALS}4PLANTED4"),
        format!("https://hooks.slack.com/services/T0/B0/{MARK}hook"),
        format!("https://discord.com/api/webhooks/1/{MARK}hook"),
        format!("https://user:{MARK}url@example.com/x"),
        format!("Basic {}", base64[0]),
        format!("{MARK}Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB"),
    ];
    let shapes: Vec<_> =
        shapes.iter().enumerate().map(|(at, shape)| format!("\"note{at}\": \"{shape}\"")).collect();
    let pairs = format!(
        "[{{\"name\": \"password\", \"value\": \"{MARK}pair\"}}, {{\"Value\": \"{MARK}pair\", \"Key\": \"X-Api-Key\"}}]"
    );
    let headers = format!("[[\"Authorization\", \"{MARK}item\"], \"X-Api-Key: {MARK}line\"]");
    let members = [named.join(",\n  "), shapes.join(",\n  ")].join(",\n  ");
    format!("{{\n  \"module\": \"log\",\n  {members},\n  \"env\": {pairs},\n  \"lines\": {headers}\n}}")
}

/// So much of a value tells it from others, where a window has no room for the rest.
const ENOUGH: usize = 24;

/// The values that a test revealed on purpose.
#[derive(Default)]
pub(crate) struct Revealed(Mutex<Vec<String>>);

impl Revealed {
    /// From now on, and in what was there before, this one may be seen.
    pub(crate) fn add(&self, value: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value.to_owned());
    }

    /// What is there of a planted value that was not revealed.
    pub(crate) fn leak_in(&self, bytes: &[u8]) -> Option<String> {
        let revealed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(bytes);
        let allowed = |rest: &str, mark: &str| revealed.iter().any(|value| is_at(rest, value, mark));
        let leaks =
            |mark: &&str| text.match_indices(*mark).map(|(at, _)| at).find(|at| !allowed(&text[*at..], mark));
        let at = [MARK, DEMO, CAPITALS].iter().chain(&DISGUISES).find_map(leaks)?;
        Some(text[at..].chars().take(60).collect())
    }
}

impl Clone for Revealed {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

/// Whether `rest` begins as `value` does from its mark on. A terminal is not sent the cells that are right already: it
/// may be told to go on behind them.
fn is_at(rest: &str, value: &str, mark: &str) -> bool {
    let tails = value.match_indices(mark).map(|(at, _)| &value.as_bytes()[at..]);
    let sent = rest.split_once('\u{1b}').map(|(sent, _)| sent.as_bytes());
    tails
        .map(|tail| &tail[..tail.len().min(ENOUGH)])
        .any(|tail| rest.as_bytes().starts_with(tail) || sent.is_some_and(|sent| tail.starts_with(sent)))
}

/// Panics if a text in this JSON does not carry the mark; one too short to be recognised need not.
#[track_caller]
pub(crate) fn assert_all(json: &Value) {
    match json {
        Value::String(text) => {
            let odd = text.chars().count() < MARK.len();
            assert!(odd || text.contains(MARK), "a secret of a test begins with {MARK:?}, unlike {text:?}");
        }
        Value::Array(list) => list.iter().for_each(assert_all),
        Value::Object(members) => members.values().for_each(assert_all),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Panics if a planted value is in what a test lets go of; not while another panic is on its way.
#[track_caller]
pub(crate) fn search(what: &str, bytes: &[u8], revealed: &Revealed) {
    if std::thread::panicking() {
        return;
    }
    if let Some(leak) = revealed.leak_in(bytes) {
        let told = format!("a planted value that nobody revealed is in {what}: {leak:?}");
        // A test that expects this panic prints no value with it.
        panic!("{}", told.replace(MARK, "planted_"));
    }
}
