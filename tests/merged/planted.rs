//! A secret that is planted in variables and documents shows in no error, no `Debug` form and no log.

use std::fmt::{Debug, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use confdeck::config::{Environment, Overrides, SecretSource, SettingSources, Settings};
use confdeck::domain::{FieldState, Presence, SecretContents, SecretField, SecretPath, WebhookId};
use confdeck::manager::SecretMode;
use confdeck::provider::env::{EnvSecrets, EnvVariables};
use confdeck::provider::{SecretReader, SecretRevealer};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::{holding, variables, webhook};

const SECRET: &str = "planted-in-variables";

/// Everything that is logged, in one text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0.lock().unwrap(), "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn no_error_and_no_log_tells_a_value() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let key = webhook("production", "orders");
    let source =
        || variables(&[("WEBHOOK_ORDERS_TOKEN", SECRET), ("A", SECRET), ("WEBHOOK_ORDERS_HMAC_SECRET", "")]);
    let hostile = format!("{{$A}}{SECRET}{{$vault:app/a#f}}");
    let mut told = String::new();
    for document in [
        format!(r#"{{"jwt":{{"secret":"{hostile}"}}}}"#),
        format!(r#"{{"jwt":{{"secret":"{{$vault:../{SECRET}#f:{SECRET}}}"}}}}"#),
        format!(r#"{{"authorization":"{SECRET}"}}"#),
        format!(r#"{{"authorization":"{SECRET}""#),
        format!(r#""{SECRET}""#),
    ] {
        let manager = holding(&key, &document, source());
        let error = manager.get_merged(&key, SecretMode::Include).await.err().expect("each is refused");
        writeln!(told, "{error} {error:?}").unwrap();
        writeln!(told, "{:?}", holding(&key, &document, source()).get(&key).await).unwrap();
    }
    for needed in [
        "app/a#f of Vault",
        "jwt.secret",
        "WEBHOOK_ORDERS_HMAC_SECRET",
        "line 1, column",
        "not a JSON object",
    ] {
        assert!(told.contains(needed), "{needed} in {told}");
    }
    tracing::warn!(seen = true, "the log is listened to");
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("seen"), "{logged}");
    for text in [told, logged] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn no_debug_form_tells_a_value() {
    let file = format!(
        "WEBHOOK_ORDERS_TOKEN='{SECRET}'\nETCD_PASSWORD={SECRET}\nETCD_USERNAME=u\nCONFIG_BACKEND=etcd\n"
    );
    let environment = Environment::of([("WEBHOOK_X_TOKEN", SECRET)]);
    let environment = environment.with_file(Path::new("vars"), &file).unwrap();
    let settings = Settings::resolve(&SettingSources { environment, ..SettingSources::default() }).unwrap();
    let shown = format!("{settings:?} {:?}", settings.secrets);
    assert!(shown.contains("SecretSource(env)") && !shown.contains(SECRET), "{shown}");
    let error = Environment::default().with_file(Path::new("vars"), format!("A='{SECRET}")).err().unwrap();
    assert!(!format!("{error} {error:?}").contains(SECRET));
}

#[tokio::test]
async fn presence_tells_what_is_there_and_no_value() {
    let own = [("WEBHOOK_ORDERS_TOKEN", SECRET), ("WEBHOOK_ORDERS_CHANNEL_TOKEN", "")];
    let secrets = EnvSecrets::new(Arc::new(EnvVariables::of(own)));
    let path = |id| SecretPath::Variables(WebhookId::new(id).unwrap());
    let presence = secrets.presence(&path("orders")).await.unwrap();
    let fields = vec![
        (SecretField::BEARER_TOKEN.name(), FieldState::Present),
        (SecretField::CHANNEL_TOKEN.name(), FieldState::Empty),
    ];
    assert_eq!(presence, Presence::Present(SecretContents { fields, ..SecretContents::default() }));
    assert!(!format!("{presence:?}").contains(SECRET));
    assert_eq!(secrets.presence(&path("other")).await.unwrap(), Presence::Missing);

    let revealed = secrets.reveal(&path("orders"), None).await.unwrap().unwrap().fields;
    assert_eq!(revealed.field_text(SecretField::BEARER_TOKEN).unwrap().expose(), SECRET);
    assert_eq!(revealed.field_text(SecretField::CHANNEL_TOKEN).unwrap().expose(), "");
    assert!(revealed.field_text(SecretField::HMAC_SECRET).is_none());
    assert!(secrets.reveal(&path("other"), None).await.unwrap().is_none());

    let refusal = secrets.refusal(&WebhookId::new("orders").unwrap()).to_string();
    assert!(refusal.contains("writing the variables of orders is not possible here"), "{refusal}");
    assert!(refusal.contains("WEBHOOK_ORDERS_TOKEN, WEBHOOK_ORDERS_CHANNEL_TOKEN"), "{refusal}");
}

#[tokio::test]
async fn left_out_secrets_are_not_read_and_own_ones_not_merged() {
    let key = webhook("production", "orders");
    let document = r#"{"authorization":"Bearer {$A}","topic":"{$T}","x":"{$vault:a#b}","module-config":{}}"#;
    let own = [
        ("WEBHOOK_ORDERS_TOKEN", SECRET),
        ("WEBHOOK_ORDERS_CHANNEL_TOKEN", ""),
        ("A", SECRET),
        ("T", "orders"),
    ];
    let manager = holding(&key, document, variables(&own));
    let merged = manager.get_merged(&key, SecretMode::Exclude).await.unwrap().unwrap();
    let expected = document.replace("{$T}", "orders");
    assert_eq!(*merged.json(), serde_json::from_str::<serde_json::Value>(&expected).unwrap());
}

#[tokio::test]
async fn a_vault_that_does_not_answer_is_said_where_a_secret_is_needed() {
    let sources = SettingSources {
        environment: Environment::of([
            ("SECRETS_BACKEND", "Vault"),
            // The port of discard, where nobody listens.
            ("VAULT_ADDR", "http://127.0.0.1:9"),
            ("VAULT_TOKEN", SECRET),
        ]),
        flags: Overrides::default(),
        file: None,
    };
    let settings = Settings::resolve(&sources).unwrap();
    assert!(matches!(settings.secrets, SecretSource::Vault { .. }));
    let key = webhook("a", "b");
    let lookup = settings.secret_lookup().unwrap();
    let document = r#"{"topic":"{$vault:app/x#y}"}"#;
    let manager = holding(&key, document, settings.secrets).with_secret_lookup(lookup);
    assert!(manager.get(&key).await.unwrap().is_some());
    let refused = manager.get_merged(&key, SecretMode::Include).await.err().unwrap();
    assert!(matches!(refused, confdeck::provider::Error::Unavailable { .. }), "{refused}");
    assert!(!refused.to_string().contains(SECRET));
}
