//! The rule about a secret that is about to be written: fields that nothing reads.

use crate::check::spelling::nearest;
use crate::check::trail::shown_name;
use crate::check::{Diagnostic, Reach, Rule, RuleCheck, SecretFieldsInput};
use crate::domain::json::Severity;
use crate::domain::reference::{ReferenceLookup, lookups};
use crate::domain::{FieldName, Reference, SecretField};

/// A field that is written, and that the receiver never reads.
pub const UNREAD_FIELD: Rule = Rule {
    id: "S02",
    name: "unread-field",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a field of a secret that is written and that the receiver does not read: misspelt, of a name that no \
              reference can have, or of an own secret whose document says otherwise",
    check: RuleCheck::Secret(unread_field),
};

fn unread_field(rule: &Rule, secret: &SecretFieldsInput<'_>, found: &mut Vec<Diagnostic>) {
    for field in secret.fields {
        let is_read = secret.read.is_some_and(|read| read.contains(field));
        if let Some(diagnostic) = Some(()).filter(|()| !is_read).and_then(|()| judge(rule, secret, field)) {
            found.push(Diagnostic { pointer: shown_name(field.as_str()), ..diagnostic });
        }
    }
}

fn judge(rule: &Rule, secret: &SecretFieldsInput<'_>, field: &FieldName) -> Option<Diagnostic> {
    let name = shown_name(field.as_str());
    let own = SecretField::ALL.into_iter().find(|own| own.as_str() == field.as_str());
    match (secret.own, own) {
        (Some(_), None) => {
            let known = SecretField::ALL.into_iter().map(SecretField::as_str);
            let meant = nearest(field.as_str(), known.clone());
            let (what, remedy) = match meant.or_else(|| meant_by(field.as_str())) {
                Some(meant) => (format!("; {meant} is meant"), "write it under the name that it reads"),
                None => (String::new(), "leave it out, unless something else reads it"),
            };
            let known: Vec<_> = known.collect();
            let message = format!(
                "the receiver merges no field {name} into a webhook{what}: it reads {}",
                known.join(", ")
            );
            Some(Diagnostic { remedy, ..rule.diagnostic(message) })
        }
        (Some((key, Some(facts))), Some(own)) if facts.error.is_none() && !facts.own.contains(own) => {
            let message =
                format!("{key} says otherwise, and wins: the receiver does not use {name} of this secret");
            let remedy = "take it out of the document, if the secret is to count";
            Some(Diagnostic { remedy, ..rule.diagnostic(message) })
        }
        (Some(_), Some(_)) => None,
        (None, _) if !can_be_named(field.as_str()) => {
            let message = format!("no reference can name the field {name}: the receiver never reads it");
            let remedy = "name it with letters, digits, _ - and . alone";
            Some(Diagnostic { remedy, ..rule.diagnostic(message) })
        }
        (None, _) => {
            let read = secret.read.filter(|read| !read.is_empty())?;
            let meant = nearest(field.as_str(), read.iter().map(FieldName::as_str));
            let (severity, meant) = match meant {
                Some(meant) => (rule.severity, format!("; {} is one", shown_name(meant))),
                // It may be for later.
                None => (Severity::Info, String::new()),
            };
            let message =
                format!("no document reads the field {name} of this secret, and some read others{meant}");
            let remedy = "make sure that the name is right";
            Some(Diagnostic { severity, remedy, ..rule.diagnostic(message) })
        }
    }
}

/// What people call own secrets that have other names.
fn meant_by(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let field = match plain.as_str() {
        "authorization" | "authorisation" | "auth" | "token" | "bearer" | "authtoken" => {
            SecretField::BEARER_TOKEN
        }
        "hmac" | "secret" | "hmackey" | "signature" | "signingkey" => SecretField::HMAC_SECRET,
        "header" | "signatureheader" => SecretField::HMAC_HEADER,
        "algorithm" | "hash" => SecretField::HMAC_ALGORITHM,
        "channel" => SecretField::CHANNEL_TOKEN,
        _ => return None,
    };
    Some(field.as_str())
}

/// Whether a reference `{$vault:path#field}` can lead to it.
fn can_be_named(field: &str) -> bool {
    let text = format!("{{$vault:a#{field}}}");
    let is_it = |lookup: &ReferenceLookup<'_>| {
        let named =
            matches!(&lookup.reference, Some(Reference::Vault { field: named, .. }) if named == field);
        named && lookup.default.is_none()
    };
    matches!(lookups(&text).as_slice(), [lookup] if is_it(lookup))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::{ReceiverProfile, Subject, diagnose};
    use crate::domain::{Address, Masking, SecretNames};
    use crate::inventory::Facts;

    fn found(document: Option<&str>, is_own: bool, fields: &[&str], read: Option<&[&str]>) -> Vec<String> {
        let Address(key) = "prod/orders".parse().unwrap();
        let masking = Masking::of(&key, &SecretNames::default());
        let facts = document.map(|text| Facts::scan(&masking, &text.into()));
        let fields: Vec<_> = fields.iter().map(|name| FieldName::new(name)).collect();
        let read: Option<BTreeSet<_>> =
            read.map(|read| read.iter().map(|name| FieldName::new(name)).collect());
        let receiver = ReceiverProfile::default();
        let own = is_own.then_some((&key, facts.as_ref()));
        let secret = SecretFieldsInput { receiver: &receiver, fields: &fields, own, read: read.as_ref() };
        let found = diagnose(Subject::Secret(&secret));
        found.iter().map(|found| format!("{} {:?} {found}", found.rule, found.severity)).collect()
    }

    #[test]
    fn a_field_that_nothing_reads_is_told_with_what_was_meant() {
        let open = Some(r#"{"module": "log"}"#);
        let own = |fields: &[&str]| found(open, true, fields, Some(&[])).join("\n");
        for (field, meant) in [
            ("authorisation", "bearer-token is meant"),
            ("bearer_token", "bearer-token is meant"),
            ("hmac-secrt", "hmac-secret is meant"),
        ] {
            let told = own(&[field]);
            assert!(told.starts_with("S02 Warning") && told.contains(meant), "{told}");
        }
        assert_eq!(own(&["bearer-token", "hmac-secret"]), "");
        assert!(own(&["note"]).contains("merges no field note"));
        let shut = Some(r#"{"module": "log", "authorization": "Bearer {$T}"}"#);
        let told = found(shut, true, &["bearer-token"], None).join("\n");
        assert!(told.contains("prod/orders says otherwise, and wins"), "{told}");
        assert!(found(None, true, &["bearer-token"], None).is_empty(), "its document is not known");
        assert!(found(open, true, &["token"], Some(&["token"])).is_empty(), "a reference reads it");
    }

    #[test]
    fn a_field_of_any_secret_is_told_if_no_reference_can_lead_to_it_or_all_lead_to_others() {
        let of = |fields: &[&str], read: Option<&[&str]>| found(None, false, fields, read).join("\n");
        for field in ["a b", "a/b", "a:b", "a}b", "..", ""] {
            let told = of(&[field], None);
            assert!(told.contains("no reference can name"), "{field}: {told}");
        }
        assert_eq!(of(&["a.b-c_D"], None), "", "which documents read is not known");
        assert_eq!(of(&["token"], Some(&[])), "", "nothing reads it at all so far");
        assert_eq!(of(&["token"], Some(&["token", "key"])), "");
        assert!(of(&["tokn"], Some(&["token"])).contains("S02 Warning no document reads the field tokn"));
        assert!(of(&["other"], Some(&["token"])).starts_with("S02 Info"));
    }
}
