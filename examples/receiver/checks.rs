//! Whether a sender may send: the header `Authorization`, and a signature over the body.
//!
//! A check that is there and cannot be made, because it is empty or of another type, refuses.

use axum::http::HeaderMap;
use axum::http::header;
use confdeck::domain::json::{JsonObject, JsonValue};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

use crate::refusal::Refusal;

/// The field with the whole expected header, such as `Bearer x`.
pub(crate) const AUTHORIZATION: &str = "authorization";

/// The field that says how bodies are signed.
pub(crate) const HMAC: &str = "hmac";

/// Makes every check that the webhook asks for.
pub(crate) fn all(webhook: &JsonObject, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let passes = |field, check: &dyn Fn(&JsonValue) -> Option<bool>| match webhook.get(field).map(check) {
        None | Some(Some(true)) => Ok(()),
        _ => Err(Refusal::unauthorized(field)),
    };
    passes(AUTHORIZATION, &|expected| authorized(expected, headers))?;
    passes(HMAC, &|hmac| signed(hmac, headers, body))
}

/// Every character counts, the scheme's case and the one blank after it too. `None` if it cannot be told.
fn authorized(expected: &JsonValue, headers: &HeaderMap) -> Option<bool> {
    let expected = expected.as_str()?;
    let given = headers.get(header::AUTHORIZATION)?;
    let says_something = !matches!(expected.trim(), "" | "Bearer");
    Some(says_something && bool::from(expected.as_bytes().ct_eq(given.as_bytes())))
}

/// Whether the body carries its HMAC in hex, with or without `sha256=` before it. `None` if it cannot
/// be told.
fn signed(hmac: &JsonValue, headers: &HeaderMap, body: &[u8]) -> Option<bool> {
    let hmac = hmac.as_object()?;
    let text = |name: &str, default| hmac.get(name).map_or(Some(default), JsonValue::as_str);
    let secret = text("secret", "").filter(|secret| !secret.is_empty())?;
    let algorithm = text("algorithm", "sha256")?.to_ascii_lowercase();
    let given = headers.get(text("header", "X-HMAC-Signature")?)?.to_str().ok()?;
    let hex = match given.split_once('=') {
        Some((named, hex)) => Some(hex).filter(|_| named.eq_ignore_ascii_case(&algorithm))?,
        None => given,
    };
    let code = decoded(hex)?;
    match algorithm.as_str() {
        "sha256" => verifies::<Hmac<Sha256>>(secret, body, &code),
        "sha1" => verifies::<Hmac<Sha1>>(secret, body, &code),
        "sha512" => verifies::<Hmac<Sha512>>(secret, body, &code),
        _ => None,
    }
}

/// Takes as long for a code that is nearly right as for any other of its length.
fn verifies<M: Mac + KeyInit>(secret: &str, body: &[u8], code: &[u8]) -> Option<bool> {
    let mut mac = <M as Mac>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(mac.verify_slice(code).is_ok())
}

fn decoded(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}
