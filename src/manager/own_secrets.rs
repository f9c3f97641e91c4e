//! Merges a webhook's own secrets into its document. Pure.
//!
//! The document takes precedence, because the receiver checks only what the document says, without own
//! secrets; a reader that merges them must agree with it. [`OwnMembers`] has the rule.

use zeroize::Zeroizing;

use crate::domain::json::{JsonObject, JsonValue};
use crate::domain::{OwnMembers, SecretField, SecretText};
use crate::provider::SecretFields;

/// The default signature header.
const HMAC_HEADER: &str = "X-Signature";
/// The default signature algorithm.
const HMAC_ALGORITHM: &str = "sha256";

/// A required secret is empty: merging it would accept unauthenticated requests.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EmptySecret(pub(super) SecretField);

/// Merges own secrets into a webhook whose references are resolved; returns those that were used.
pub(super) fn merge(webhook: &mut JsonObject, own: &SecretFields) -> Result<Vec<SecretField>, EmptySecret> {
    let open = OwnMembers::of(webhook).fields();
    let mut used = Vec::new();
    let usable = |field| match own.field_text(field).filter(|_| open.contains(field)) {
        Some(value) if value.expose().trim().is_empty() => Err(EmptySecret(field)),
        value => Ok(value),
    };
    if let Some(token) = usable(SecretField::BEARER_TOKEN)? {
        let header = Zeroizing::new(["Bearer ", token.expose()].concat());
        webhook.insert("authorization", header.as_str().into());
        used.push(SecretField::BEARER_TOKEN);
    }
    if let Some(secret) = usable(SecretField::HMAC_SECRET)? {
        if webhook.get("hmac").and_then(JsonValue::as_object).is_none() {
            webhook.insert("hmac", JsonValue::Object(JsonObject::default()));
        }
        let mut block = webhook.get_mut("hmac").and_then(JsonValue::as_object_mut);
        let mut fill = |name: &str, value: &str| {
            if let Some(members) = &mut block {
                members.insert(name, value.into());
            }
        };
        fill("secret", secret.expose());
        used.push(SecretField::HMAC_SECRET);
        for (field, name, default) in [
            (SecretField::HMAC_HEADER, "header", HMAC_HEADER),
            (SecretField::HMAC_ALGORITHM, "algorithm", HMAC_ALGORITHM),
        ] {
            if open.contains(field) {
                let own = own.field_text(field).filter(|text| !text.expose().trim().is_empty());
                used.extend(own.is_some().then_some(field));
                fill(name, own.as_ref().map_or(default, SecretText::expose));
            }
        }
    }
    if let Some(token) = usable(SecretField::CHANNEL_TOKEN)?
        && let Some(JsonValue::Object(config)) = webhook.get_mut("module-config")
    {
        config.insert("channel_token", token.expose().into());
        used.push(SecretField::CHANNEL_TOKEN);
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::domain::{DocumentKind, Masking};
    use crate::inventory::Facts;

    const TOKEN: SecretField = SecretField::BEARER_TOKEN;
    const HMAC: SecretField = SecretField::HMAC_SECRET;
    const CHANNEL: SecretField = SecretField::CHANNEL_TOKEN;

    fn merged(document: Value, own: &[(SecretField, &str)]) -> Result<Value, EmptySecret> {
        let JsonValue::Object(mut document) = JsonValue::from(document) else { panic!("an object") };
        let own = own.iter().map(|(field, text)| (*field, SecretText::new((*text).into()))).collect();
        merge(&mut document, &own)?;
        Ok(serde_json::from_str(&JsonValue::Object(document).to_string()).unwrap())
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
        // An empty secret is not an error where it is not needed.
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
            let JsonValue::Object(mut filled) = Value::Object(document.clone()).into() else { panic!("an object") };
            let mut reported = merge(&mut filled, &own.into_iter().collect()).unwrap();
            let filled = JsonValue::Object(filled).to_string();
            let used = SecretField::ALL.into_iter().filter(|f| filled.contains(&format!("own {}", f.as_str())));
            let document = Value::Object(document).to_string().into();
            let own = Facts::scan(&Masking::built_in(DocumentKind::Webhook), &document).own;
            let mut told: Vec<_> = own.iter().map(|(f, _)| f).collect();
            told.sort();
            let mut used: Vec<_> = used.collect();
            used.sort();
            reported.sort();
            prop_assert_eq!(&told, &used);
            prop_assert_eq!(reported, used);
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
