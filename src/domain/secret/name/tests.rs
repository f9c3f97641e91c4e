//! Names in every spelling, those that only sound alike, and the documentation of the table.

use super::*;
use crate::domain::secret::table::{HOOKS, PAIR_NAMES, PAIR_VALUES, TOKENS};

/// A name in two parts, spelt in every way that documents use.
fn spellings(parts: &[&str]) -> Vec<String> {
    let capital = |part: &&str| part[..1].to_uppercase() + &part[1..];
    let title: Vec<String> = parts.iter().map(capital).collect();
    let joined = |parts: &[String], with: &str| parts.join(with);
    let lower: Vec<String> = parts.iter().map(ToString::to_string).collect();
    let camel = lower[0].clone() + &joined(&title[1..], "");
    let mut all = vec![camel];
    for with in ["_", "-", " ", ".", ""] {
        all.extend([joined(&lower, with), joined(&title, with), joined(&lower, with).to_uppercase()]);
    }
    all
}

#[test]
fn names_of_keys_and_codes_are_secret_in_every_spelling() {
    for parts in [
        ["ssl", "key"],
        ["tls", "key"],
        ["client", "key"],
        ["priv", "key"],
        ["signing", "key"],
        ["encryption", "key"],
        ["access", "key"],
        ["shared", "key"],
        ["account", "key"],
        ["license", "key"],
        ["oauth", "code"],
        ["oauth2", "code"],
        ["auth", "code"],
        ["api", "key"],
    ] {
        for name in spellings(&parts) {
            assert!(looks_secret(&name), "{name}");
            for around in
                [format!("db_{name}"), format!("{name}s"), format!("{name}_2"), format!("{name}_value")]
            {
                assert!(looks_secret(&around), "{around}");
            }
        }
    }
    for joint in
        ["awssecretaccesskey", "jwtsigningkey", "storageaccountkey", "access_key_id", "aws_access_key_id"]
    {
        assert!(looks_secret(joint), "{joint}");
    }
}

#[test]
fn short_words_are_secret_as_words_of_their_own() {
    for word in ["pem", "sas", "sig", "signature", "otp", "totp", "pin", "salt", "license", "licence"] {
        let capital = word[..1].to_uppercase() + &word[1..];
        for name in [
            word.to_owned(),
            word.to_uppercase(),
            capital.clone(),
            format!("user_{word}"),
            format!("X-{capital}"),
            format!("my{capital}"),
            format!("{word}Value"),
            format!("{}Code", word.to_uppercase()),
            format!("{word}2"),
            format!("v1.{word}"),
        ] {
            assert!(looks_secret(&name), "{name}");
            assert_ne!(
                name_secrecy(&name),
                Secrecy::All,
                "{name}: a block of this name is judged by its own names"
            );
        }
    }
    assert!(looks_secret("pIn") && looks_secret("passCODE"));
}

#[test]
fn names_that_only_sound_alike_are_shown() {
    for name in [
        "signature_header",
        "signatureHeader",
        "signature_method",
        "signature-algorithm",
        "signature_mode",
        "signature_version",
        "primary_key",
        "routing_key",
        "partition_key",
        "foreignKey",
        "sort_key",
        "cache_key",
        "upsert_key",
        "consumer_key",
        "public_key",
        "public_signing_key",
        "signing_key_id",
        "key_prefix",
        "key",
        "keyboard",
        "monkey",
        "topic",
        "topics",
        "pinned",
        "pinning",
        "spin",
        "spinner",
        "mapping",
        "shipping",
        "opinion",
        "salted",
        "basalt",
        "sasl_mechanism",
        "licensed",
        "designature",
        "stop",
        "option",
        "ssl_keystore",
        "ssl_key_file",
        "sslKeyPath",
        "tls_key_file",
        "client_key_path",
        "pem_file",
        "ca_pem",
        "certificate_pem",
        "license_type",
        "license_url",
        "otp_length",
        "otpDigits",
        "pin_required",
        "salt_rounds",
        "account_key_type",
        "signal",
        "design",
        "sigma",
    ] {
        assert_eq!(name_secrecy(name), Secrecy::Open, "{name}");
    }
}

#[test]
fn a_key_may_be_given_as_a_file() {
    for file in
        ["/etc/ssl/client.key", "certs/client.pem", "./key", "~/.ssh/id_ed25519", "C:\\tls\\client.key"]
    {
        assert!(names_file(file), "{file}");
    }
    for key in [
        "hunter2",
        "MIIE/x+y",
        "/Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB",
        "/a b",
        "-----BEGIN PRIVATE KEY-----",
        "",
        ".",
    ] {
        assert!(!names_file(key), "{key}");
    }
}

#[test]
fn the_table_is_in_alphabetical_order() {
    assert!(NAMES.is_sorted_by_key(|rule| rule.word));
}

#[test]
fn long_names_cost_one_pass() {
    for unit in ["pin_", "Pin", "signing_key_", "signature_header_", "token_"] {
        name_secrecy(&unit.repeat(1_000_000 / unit.len()));
    }
}

#[test]
fn what_people_mistype_for_a_secret_is_a_secret() {
    for name in [
        "authorisation",
        "Authorisation",
        "autorization",
        "authorizaton",
        "authroization",
        "autorisation",
        "auth",
        "pasword",
        "passwrod",
        "pass_wort",
        "secrte",
        "sercet",
        "credentals",
        "conection_string",
        "private-kye",
    ] {
        assert!(looks_secret(name), "{name}");
    }
    for name in
        ["passport", "sector", "authority", "authenticated", "decree", "credits", "auth_mode", "author"]
    {
        assert!(!looks_secret(name), "{name}");
    }
    assert_eq!(name_secrecy("auth"), Secrecy::Scalars, "a block is judged by its own names");
}

/// The receiver's page lists every row of the table with its source.
#[test]
fn the_documentation_lists_every_row_of_the_table() {
    let page = include_str!("../../../../docs/receiver.md");
    let names = NAMES.iter().map(|rule| (rule.word, rule.source));
    let tokens = TOKENS.iter().map(|rule| (rule.prefix, rule.source));
    let hooks = HOOKS.iter().map(|rule| (rule.address, rule.source));
    let mut missing: Vec<String> = Vec::new();
    for (word, source) in names.chain(tokens).chain(hooks) {
        let is_row = |line: &str| line.contains(&format!("`{word}`")) && line.contains(source);
        if !page.lines().any(is_row) {
            missing.push(format!("{word}: {source}"));
        }
    }
    for word in HARMLESS_NAMES.iter().chain(PAIR_NAMES).chain(PAIR_VALUES) {
        if !page.contains(word) {
            missing.push((*word).to_owned());
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_rule_is_about_a_usual_name() {
    let schema = include_str!("../../../check/schema/webhook.schema.json");
    let texts = [schema, "basic_auth bootstrap_servers database user"];
    let words =
        texts.into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c)));
    let usual: std::collections::BTreeSet<_> = words.filter(|word| is_usual_name(word)).collect();
    assert_eq!(usual.len(), 31, "one is in none of the texts: {usual:?}");
    for name in usual {
        assert_eq!(secrecy_by_rules(name), Secrecy::Open, "{name}");
    }
}
