//! Facts of one document, scanned once: module, connections, kinds of authentication, references, secrets.

mod auth;
mod scan;
mod sites;

use thiserror::Error;

pub use auth::{
    Auth, AuthKinds, BlockMembers, BlockValue, CheckState, CheckStates, is_exact_address, is_unknown,
};
pub use sites::{ValueSite, ValueSites};

use crate::domain::json::{SyntaxError, is_object, walk};
use crate::domain::{Document, Masking, OwnFields};
use scan::FactScanner;
use sites::SiteBytes;

/// The facts of a document; never a JSON tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub document: Document,
    /// Why the receiver cannot use it at all.
    pub error: Option<DocumentError>,
    /// A webhook's module (`chain` where steps replace it), or a connection's type.
    pub module: Option<Box<str>>,
    /// The connections a webhook names, its own first, then those of its chain's steps.
    pub connections: Vec<Box<str>>,
    /// How a webhook authenticates its callers.
    pub auth: AuthKinds,
    /// Which of its own secrets a webhook leaves open.
    pub own: OwnFields,
    /// See [`ValueSites`].
    pub(super) sites: SiteBytes,
}

/// Why a value is not a document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// No bytes at all.
    #[error("empty value")]
    Empty,
    /// Not text; the offset of the first invalid byte.
    #[error("not text: byte {0} is not UTF-8")]
    NotUtf8(usize),
    #[error("not JSON: {0}")]
    NotJson(SyntaxError),
    #[error("JSON, but not an object")]
    NotObject,
}

impl DocumentError {
    /// Where a document stops being JSON; `None` if all of it is JSON.
    pub fn broken_at(&self) -> Option<usize> {
        match self {
            Self::NotJson(error) => Some(error.offset),
            Self::NotUtf8(offset) => Some(*offset),
            Self::Empty => Some(0),
            Self::NotObject => None,
        }
    }
}

impl Facts {
    /// Scans one document. Never fails: an error is a fact, too.
    pub fn scan(masking: &Masking, document: &Document) -> Self {
        let mut facts = Self { document: document.clone(), ..Self::default() };
        let error = match document.text() {
            Ok("") => Some(DocumentError::Empty),
            Err(error) => Some(DocumentError::NotUtf8(error.valid_up_to())),
            Ok(text) => {
                let mut scanner = FactScanner::new(masking, text, &mut facts);
                let walked = walk(text, |event| scanner.take(event));
                scanner.finish();
                match walked {
                    Err(error) => Some(DocumentError::NotJson(error)),
                    Ok(()) if !is_object(text) => Some(DocumentError::NotObject),
                    Ok(()) => None,
                }
            }
        };
        if error.is_some() {
            facts.own = OwnFields::default();
        }
        facts.error = error;
        facts
    }

    /// Where it stops being JSON; `None` if all of it is JSON.
    pub fn broken_at(&self) -> Option<usize> {
        self.error.as_ref()?.broken_at()
    }

    /// Where it refers to something, or contains a plaintext secret.
    pub fn sites(&self) -> ValueSites<'_> {
        sites_of(&self.document, &self.sites)
    }
}

pub(super) fn sites_of<'a>(document: &'a Document, sites: &'a [u8]) -> ValueSites<'a> {
    // Most documents have none, so their text is not needed.
    let text = if sites.is_empty() { "" } else { document.text().unwrap_or_default() };
    ValueSites { text, sites }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::DocumentKind;
    use crate::domain::plaintext::holds_plaintext;
    use crate::domain::reference::lookups;

    fn webhook(text: &str) -> Facts {
        Facts::scan(&Masking::built_in(DocumentKind::Webhook), &text.into())
    }

    #[test]
    fn reads_what_a_list_shows() {
        let facts = webhook(
            r#"{"module": "kafka", "connection": "kafka_main",
                "hmac": {"secret": "{$vault:app/github#hmac}", "nested": {"module": "no"}},
                "ip_whitelist": ["10.0.0.1"], "module-config": {"connection": "no", "hmac": {"a": 1}}}"#,
        );
        assert_eq!(facts.error, None);
        assert_eq!(facts.module.as_deref(), Some("kafka"));
        assert_eq!(facts.connections, ["kafka_main".into()]);
        assert_eq!(facts.auth.iter().map(|auth| auth.word).collect::<Vec<_>>(), ["hmac", "ip"]);
        assert_eq!(facts.sites().references().len(), 1);
    }

    #[test]
    fn a_chain_stands_for_its_steps() {
        let facts = webhook(
            r#"{"module": "log", "connection": "own", "chain": ["log", {"module": "kafka", "connection": "k1"},
                {"module": "mqtt", "connection": "m1", "module-config": {"connection": "no"}}]}"#,
        );
        assert_eq!(facts.module.as_deref(), Some("chain"));
        assert_eq!(facts.connections, ["own".into(), "k1".into(), "m1".into()]);
    }

    #[test]
    fn empty_blocks_open_a_webhook_as_the_receiver_does() {
        for open in [
            r#"{"hmac": {}}"#,
            r#"{"authorization": " "}"#,
            r#"{"jwt": null}"#,
            r#"{"ip_whitelist": []}"#,
            r#"{"authorization": {"a": 1}}"#,
        ] {
            assert!(webhook(open).auth.is_open(), "{open}");
        }
        for closed in [r#"{"digest_auth": {}}"#, r#"{"authorization": "Bearer x"}"#, r#"{"jwt": "text"}"#] {
            assert!(!webhook(closed).auth.is_open(), "{closed}");
        }
    }

    #[test]
    fn what_the_receiver_serves_is_never_called_broken() {
        let deep = format!(r#"{{"a": {}"{{$DEEP}}"{}, "b": "{{$B}}"}}"#, "[".repeat(990), "]".repeat(990));
        for (text, references) in [
            (r#"{"module": "log", "a": [NaN, Infinity, -Infinity, 1e999], "b": "{$B}"}"#, 1),
            (r#"{"module": "log", "a": 1, "b": "{$B}", "a": "\ud800{$A}"}"#, 2),
            (&deep, 1),
        ] {
            let facts = webhook(text);
            assert_eq!(facts.error, None);
            assert_eq!(facts.sites().references().len(), references, "{text}");
        }
        assert_eq!(webhook(r#"{"pin": NaN}"#).sites().filter(|site| site.is_plaintext()).count(), 1);
        let many = format!(
            r#"{{"a": {}{}{}}}"#,
            "[".repeat(990),
            "\"Bearer hunter2\",".repeat(9) + "1",
            "]".repeat(990)
        );
        assert!(
            webhook(&many.replace("\"a\"", "\"password\"")).sites.len() < 9 * 300,
            "a bounded part of each way"
        );
        assert!(matches!(webhook(r#"{"n": nan}"#).error, Some(DocumentError::NotJson(_))));
    }

    #[test]
    fn trouble_is_a_fact() {
        assert_eq!(webhook("").error, Some(DocumentError::Empty));
        assert_eq!(webhook("[1]").error, Some(DocumentError::NotObject));
        assert!(matches!(webhook("{\"a\": }").error, Some(DocumentError::NotJson(e)) if e.column == 7));
        let binary = Document::new(vec![b'{', 0xff]);
        assert_eq!(
            Facts::scan(&Masking::built_in(DocumentKind::Unknown), &binary).error,
            Some(DocumentError::NotUtf8(1))
        );
    }

    #[test]
    fn secrets_by_name_by_shape_and_by_pair_are_plaintext_wherever_they_are_masked() {
        let facts = webhook(
            r#"{"ssl_key": "MIIE", "tls": {"key": "MIIE"}, "pin": 12, "signature": {"header": "X"}, "otp": true,
                "note": "ghp_0123456789abcdefABCD", "commit": "Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB",
                "env": [{"value": "x", "name": "PASSWORD"}, {"name": "REGION", "value": "x"}, {"Key": "PIN", "Value": {"a": "x"}}],
                "h": [["X-Api-Key", "x"], ["Host", "x"]], "list": ["password", "x"],
                "signing_key": {"old": ["x"], "file": "/etc/ssl/x.key"}, "client_key": "/etc/ssl/x.key", "salt": "{$A}"}"#,
        );
        let plaintext: Vec<_> =
            facts.sites().filter(|site| site.is_plaintext()).map(ValueSite::path).collect();
        assert_eq!(
            plaintext,
            ["ssl_key", "tls.key", "pin", "note", "env[0].value", "h[0][1]", "signing_key.old[0]"]
        );
        let secret: Vec<_> = facts.sites().filter(|site| site.is_secret()).map(ValueSite::path).collect();
        assert!(secret.contains(&"salt".to_owned()), "{secret:?}");
    }

    #[test]
    fn the_last_of_two_members_counts_among_few_and_among_many() {
        for count in [2, 1_000] {
            let members: Vec<_> = (0..count).map(|n| format!("\"m{n}\": \"{{$A{n}}}\"")).collect();
            let members = members.join(", ");
            let facts =
                webhook(&format!(r#"{{{members}, "in": {{"m0": "{{$B}}"}}, "m1": 1, "m0": "{{$C}}"}}"#));
            let found: Vec<_> = facts.sites().references().into_keys().collect();
            let has = |name: &str| found.contains(&crate::domain::Reference::Env { name: name.into() });
            assert_eq!(found.len(), count, "all but two, and two others");
            assert!(has("B") && has("C") && !has("A0") && !has("A1"), "{found:?}");
        }
        let facts = webhook(
            r#"{"chain": [{"connection": "a", "connection": "b"}, {"connection": "c", "connection": 1}]}"#,
        );
        assert_eq!(facts.connections, ["b".into()]);
    }

    #[test]
    fn a_connection_shows_its_type() {
        let facts = Facts::scan(
            &Masking::built_in(DocumentKind::Connection),
            &r#"{"module": "x", "type": "redis-rq"}"#.into(),
        );
        assert_eq!(facts.module.as_deref(), Some("redis-rq"));
    }

    #[test]
    fn a_row_tells_open_from_shut_and_from_broken_and_the_last_of_two_counts() {
        let told = |text: &str| {
            let auth = webhook(text).auth;
            let words: Vec<_> = auth.iter().map(|auth| auth.word).collect();
            format!("{} {} {} {words:?}", auth.is_open(), auth.refuses_all(), auth.breaks())
        };
        for (text, expected) in [
            (r#"{"authorization": ["Bearer x"]}"#, "true false false []"),
            (r#"{"authorization": "Bearer x", "authorization": null}"#, "true false false []"),
            (r#"{"authorization": null, "authorization": "Bearer x"}"#, r#"false false false ["bearer"]"#),
            (r#"{"ip_whitelist": ["10.0.0.0/8"]}"#, r#"false true false ["ip"]"#),
            (r#"{"ip_whitelist": ["10.0.0.1"]}"#, r#"false false false ["ip"]"#),
            (r#"{"rate_limit": {"max_requests": "abc"}}"#, "false true false []"),
            (r#"{"rate_limit": {"max_requests": 5}}"#, "true false false []"),
            (r#"{"recaptcha": null}"#, "false false true []"),
            (
                r#"{"jwt": {"secret": "x"}, "basic_auth": {"username": "u", "password": "x"}}"#,
                r#"false true false ["basic", "jwt"]"#,
            ),
            (r#"{"module-config": {"hmac": {"secret": "x"}}}"#, "true false false []"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn of_two_chains_the_last_counts() {
        assert_eq!(
            webhook(r#"{"module": "log", "chain": ["x"], "chain": null}"#).module.as_deref(),
            Some("log")
        );
    }

    /// Documents with blocks of all kinds of values, some of them twice.
    fn any_blocks() -> impl Strategy<Value = String> {
        let names: Vec<_> = Auth::ALL.iter().map(|auth| auth.member).chain(["module-config", "x"]).collect();
        let values = [
            "null",
            "false",
            "true",
            "0",
            "-0.0",
            "7",
            r#""""#,
            r#"" ""#,
            r#""Bearer x""#,
            r#""Basic eA==""#,
            r#""Bearer {$T}""#,
            "[]",
            r#"["10.0.0.1"]"#,
            r#"["10.0.0.0/8", 1]"#,
            r#"[["x"]]"#,
            "{}",
            r#"{"secret": "x"}"#,
            r#"{"secret": {"secret": "x"}}"#,
            r#"{"secret": "x", "secret": ""}"#,
            r#"{"username": "u", "password": "x"}"#,
            r#"{"api_key": "x", "secret_key": "x"}"#,
            r#"{"consumer_key": "k", "consumer_secret": "x", "jwt_secret": "x"}"#,
            r#"{"max_requests": "a"}"#,
        ];
        let member = (prop::sample::select(names), prop::sample::select(values.to_vec()));
        let member = member.prop_map(|(name, value)| format!("\"{name}\": {value}"));
        prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(", ")))
    }

    /// A value at names that the rule tells apart, as JSON.
    fn any_member() -> impl Strategy<Value = (String, String)> {
        let names = ["hmac", "secret", "password", "headers", "accept", "X-Key", "topic", "authorization"];
        let scalars = [
            r#""hunter2""#,
            r#""Bearer {$TOK}""#,
            r#""Bearer {$TOK:}""#,
            r#""{$A:hunter2}""#,
            r#""{$vault:a#b}""#,
            r#""{$vault:a#b: }""#,
            r#""${A}""#,
            r#""Bearer ""#,
            r#""amqp://u:hunter2@h""#,
            r#""amqp://u:{$P}@h""#,
            r#""""#,
            "12345",
            "true",
        ];
        let value = prop::sample::select(scalars.to_vec()).prop_map(str::to_owned);
        let value = value.prop_recursive(3, 16, 3, move |inner| {
            let member = (prop::sample::select(names.to_vec()), inner.clone());
            let object = member.prop_map(|(name, value)| format!("{{\"{name}\": {value}}}"));
            let array = prop::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(",")));
            prop_oneof![object, array]
        });
        (prop::sample::select(names.to_vec()).prop_map(str::to_owned), value)
    }

    proptest! {
        #[test]
        fn the_pass_over_a_text_judges_blocks_as_its_tree_does(text in any_blocks()) {
            let root = crate::domain::json::parse(&text).unwrap();
            prop_assert_eq!(webhook(&text).auth, CheckStates::of(&root, &text).kinds(), "{}", text);
        }

        #[test]
        fn health_and_the_list_call_the_same_values_plaintext(
            members in prop::collection::btree_map(
                any_member().prop_map(|(name, _)| name), any_member().prop_map(|(_, value)| value), 0..4),
            kind in prop::sample::select(vec![DocumentKind::Webhook, DocumentKind::Connection]),
        ) {
            let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
            let text = format!("{{\"module-config\": {{{0}}}, {0}}}", members.join(", "));
            let text = text.replace(", }", "}");
            let masking = Masking::built_in(kind);
            let facts = Facts::scan(&masking, &text.as_str().into());
            let blank = |default: Option<&str>| default.is_none_or(|text| text.trim().is_empty());
            let default =
                |site: ValueSite<'_>| lookups(&site.value()).iter().any(|found| !blank(found.default));
            let told = facts.sites().any(|site| site.is_plaintext() || site.is_secret() && default(site));
            prop_assert_eq!(holds_plaintext(&masking, &text), told, "{}", text);
        }
    }
}
