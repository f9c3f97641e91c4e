//! Merges a webhook's own secrets into its document. Pure.
//!
//! The document takes precedence: the receiver knows no own secrets and checks what is written, so a
//! reader that merges them must agree with it. A secret is used where the receiver would find nothing to
//! check, and let everybody in (domain.md section 4). `check::needs` lists these places by the same rule.

use serde_json::{Map, Value};

use crate::domain::{SecretField, SecretText};
use crate::provider::SecretFields;

/// The default signature header.
const HMAC_HEADER: &str = "X-Signature";
/// The default signature algorithm.
const HMAC_ALGORITHM: &str = "sha256";

/// A required secret is empty: merging it would let everybody in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EmptySecret(pub(super) SecretField);

/// Merges own secrets into a webhook whose references are resolved.
pub(super) fn merge(webhook: &mut Map<String, Value>, own: &SecretFields) -> Result<(), EmptySecret> {
    if let Some(token) = own.field_text(SecretField::BEARER_TOKEN)
        && !webhook.get("authorization").is_some_and(authorizes)
    {
        let token = usable(SecretField::BEARER_TOKEN, &token)?;
        webhook.insert("authorization".into(), Value::String(["Bearer ", token].concat()));
    }
    if let Some(secret) = own.field_text(SecretField::HMAC_SECRET)
        && let Some(block) = open_hmac(webhook)
    {
        let secret = usable(SecretField::HMAC_SECRET, &secret)?;
        block.insert("secret".into(), Value::String(secret.to_owned()));
        fill(block, "header", own.field_text(SecretField::HMAC_HEADER), HMAC_HEADER);
        fill(block, "algorithm", own.field_text(SecretField::HMAC_ALGORITHM), HMAC_ALGORITHM);
    }
    if let Some(token) = own.field_text(SecretField::CHANNEL_TOKEN)
        && let Some(Value::Object(config)) = webhook.get_mut("module-config")
        && !config.get("channel_token").is_some_and(is_filled)
    {
        let token = usable(SecretField::CHANNEL_TOKEN, &token)?;
        config.insert("channel_token".into(), Value::String(token.to_owned()));
    }
    Ok(())
}

fn usable(field: SecretField, value: &SecretText) -> Result<&str, EmptySecret> {
    Some(value.expose()).filter(|text| !text.trim().is_empty()).ok_or(EmptySecret(field))
}

/// Whether an `authorization` has credentials, not only the scheme.
fn authorizes(value: &Value) -> bool {
    is_filled(value) && value.as_str().is_some_and(|text| text.trim() != "Bearer")
}

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// The `hmac` block if it lacks a secret; created where it is missing or falsy, which the receiver treats
/// as missing. `None` where the block has a secret, or is of a type with which the receiver rejects
/// every request.
fn open_hmac(webhook: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    let block = webhook.entry("hmac").or_insert(Value::Null);
    if is_falsy(block) {
        *block = Value::Object(Map::new());
    }
    block.as_object_mut().filter(|block| !block.get("secret").is_some_and(is_filled))
}

/// Whether a value is falsy in Python, the receiver's language.
fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// Sets a member of `hmac` that the document leaves empty.
fn fill(block: &mut Map<String, Value>, name: &str, own: Option<SecretText>, default: &str) {
    if !block.get(name).is_some_and(is_filled) {
        let own = own.as_ref().map(SecretText::expose).filter(|text| !text.trim().is_empty());
        block.insert(name.into(), Value::String(own.unwrap_or(default).to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::check::own_fields;

    const TOKEN: SecretField = SecretField::BEARER_TOKEN;
    const HMAC: SecretField = SecretField::HMAC_SECRET;
    const CHANNEL: SecretField = SecretField::CHANNEL_TOKEN;

    fn merged(document: Value, own: &[(SecretField, &str)]) -> Result<Value, EmptySecret> {
        let mut document = document.as_object().unwrap().clone();
        let own = own.iter().map(|(field, text)| (*field, SecretText::new((*text).into()))).collect();
        merge(&mut document, &own).map(|()| Value::Object(document))
    }

    #[test]
    fn secrets_fill_what_is_missing() {
        let own = [(TOKEN, "t"), (HMAC, "h"), (CHANNEL, "c")];
        assert_eq!(
            merged(json!({"module": "log", "module-config": {"channel": "x"}}), &own).unwrap(),
            json!({
                "module": "log",
                "module-config": {"channel": "x", "channel_token": "c"},
                "authorization": "Bearer t",
                "hmac": {"secret": "h", "header": "X-Signature", "algorithm": "sha256"},
            })
        );
        let named =
            [(HMAC, "h"), (SecretField::HMAC_HEADER, "X-Hub"), (SecretField::HMAC_ALGORITHM, "sha512")];
        assert_eq!(
            merged(json!({}), &named).unwrap(),
            json!({"hmac": {"secret": "h", "header": "X-Hub", "algorithm": "sha512"}})
        );
        for closed in [json!({}), json!({"module-config": null}), json!({"module-config": "x"})] {
            assert_eq!(merged(closed.clone(), &[(CHANNEL, "c")]).unwrap(), closed);
        }
        let only_header = [(SecretField::HMAC_HEADER, "X")];
        assert_eq!(merged(json!({}), &only_header).unwrap(), json!({}));
    }

    #[test]
    fn what_the_document_says_wins() {
        let document = json!({
            "authorization": "abc",
            "hmac": {"secret": "s", "algorithm": "sha1"},
            "module-config": {"channel_token": "c"},
        });
        let own = [(TOKEN, "T"), (HMAC, "H"), (CHANNEL, "C")];
        assert_eq!(merged(document.clone(), &own).unwrap(), document);
        // An empty secret is no error where it is not needed.
        assert_eq!(merged(document.clone(), &[(TOKEN, ""), (HMAC, ""), (CHANNEL, "")]).unwrap(), document);
        // With any other type the receiver rejects every request; a secret must not change that.
        assert_eq!(merged(json!({"hmac": "x"}), &own).unwrap()["hmac"], json!("x"));
    }

    #[test]
    fn what_the_receiver_takes_for_open_is_filled() {
        for open in [json!(null), json!(""), json!(" "), json!(5), json!({"a": 1}), json!("Bearer ")] {
            let merged = merged(json!({"authorization": open}), &[(TOKEN, "t")]).unwrap();
            assert_eq!(merged, json!({"authorization": "Bearer t"}));
        }
        for open in [json!(null), json!(""), json!(false), json!(0), json!([]), json!({})] {
            let merged = merged(json!({"hmac": open}), &[(HMAC, "h")]).unwrap();
            assert_eq!(merged["hmac"]["secret"], "h");
        }
        assert_eq!(
            merged(json!({"hmac": {"header": "X-Hub", "secret": ""}}), &[(HMAC, "h")]).unwrap(),
            json!({"hmac": {"header": "X-Hub", "secret": "h", "algorithm": "sha256"}})
        );
        let empty = merged(json!({"module-config": {"channel_token": ""}}), &[(CHANNEL, "c")]).unwrap();
        assert_eq!(empty["module-config"]["channel_token"], "c");
    }

    /// A value of each kind that the rule distinguishes.
    fn any_value() -> impl Strategy<Value = Value> {
        let values = [
            json!(null),
            json!(false),
            json!(true),
            json!(0),
            json!(0.0),
            json!(7),
            json!(""),
            json!(" "),
            json!("x"),
            json!("Bearer"),
            json!("Bearer x"),
            json!([]),
            json!([1]),
            json!({}),
            json!({"a": 1}),
        ];
        prop::sample::select(values.to_vec())
    }

    fn any_block(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
        let members = prop::collection::btree_map(prop::sample::select(names), any_value(), 0..4);
        prop_oneof![any_value(), members.prop_map(|members| json!(members))]
    }

    proptest! {
        #[test]
        fn what_fills_in_is_what_is_told_to_be_needed(
            authorization in prop::option::of(any_value()),
            hmac in prop::option::of(any_block(&["secret", "header", "algorithm", "other"])),
            config in prop::option::of(any_block(&["channel_token", "channel"])),
        ) {
            let mut document = Map::new();
            let members = [("authorization", authorization), ("hmac", hmac), ("module-config", config)];
            for (name, value) in members {
                document.extend(value.map(|value| (name.to_owned(), value)));
            }
            let own = SecretField::ALL.map(|field| (field, SecretText::new(format!("own {}", field.as_str()))));
            let mut filled = document.clone();
            merge(&mut filled, &own.into_iter().collect()).unwrap();
            let filled = Value::Object(filled).to_string();
            let used = SecretField::ALL.into_iter().filter(|f| filled.contains(&format!("own {}", f.as_str())));
            let mut told: Vec<_> =
                own_fields(&Value::Object(document).to_string().into()).into_iter().map(|(f, _)| f).collect();
            told.sort();
            let mut used: Vec<_> = used.collect();
            used.sort();
            prop_assert_eq!(told, used);
        }
    }

    #[test]
    fn an_empty_secret_is_refused_where_it_would_let_everybody_in() {
        for empty in ["", " \n"] {
            assert_eq!(merged(json!({}), &[(TOKEN, empty)]), Err(EmptySecret(TOKEN)));
            assert_eq!(merged(json!({"hmac": {"header": "X"}}), &[(HMAC, empty)]), Err(EmptySecret(HMAC)));
            assert_eq!(merged(json!({"module-config": {}}), &[(CHANNEL, empty)]), Err(EmptySecret(CHANNEL)));
        }
    }
}
