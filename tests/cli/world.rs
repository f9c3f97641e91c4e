//! Commands over the secrets of a real OpenBao and documents in files.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::bao::Bao;
use crate::support::home::Home;
use crate::support::run::Program;
use crate::{confdeck, json};

/// A server that tests share, an engine of this test's own, and files of documents.
pub(crate) struct World {
    pub(crate) bao: Arc<Bao>,
    pub(crate) mount: &'static str,
    pub(crate) home: Home,
    pub(crate) token: String,
}

impl World {
    pub(crate) fn new(mount: &'static str, webhooks: &Value) -> Self {
        Self::on(Bao::shared(), mount, webhooks)
    }

    pub(crate) fn on(bao: Arc<Bao>, mount: &'static str, webhooks: &Value) -> Self {
        bao.mount(mount, 2);
        Self::over(bao, mount, webhooks)
    }

    /// Without an engine, or with one that is there already.
    pub(crate) fn over(bao: Arc<Bao>, mount: &'static str, webhooks: &Value) -> Self {
        let home = Home::new();
        home.write("work/webhooks.json", webhooks.to_string());
        home.write("config/confdeck/config.toml", "[receiver]\nmerges_own_secrets = true\n");
        let token = bao.root_token();
        Self { bao, mount, home, token }
    }

    /// As a user whose policy says this; `MOUNT` stands for the engine.
    pub(crate) fn with_policy(mut self, rules: &str) -> Self {
        self.bao.policy(self.mount, &rules.replace("MOUNT", self.mount));
        self.token = self.bao.token(&[self.mount], "1h");
        self
    }

    pub(crate) fn run(&self, words: &[&str]) -> Program {
        confdeck(&self.home, words)
            .env("SECRETS_BACKEND", "vault")
            .env("VAULT_ADDR", self.bao.address())
            .env("VAULT_TOKEN", &self.token)
            .env("VAULT_MOUNT_POINT", self.mount)
    }

    pub(crate) fn secrets(&self, words: &[&str]) -> Program {
        let path: Vec<_> = words.iter().map(|word| word.replace("MOUNT", self.mount)).collect();
        self.run(&["secrets"]).with(path)
    }

    pub(crate) fn put(&self, path: &str, fields: &Value) {
        self.bao.does("POST", &format!("{}/data/{path}", self.mount), &json!({"data": fields}));
    }

    pub(crate) fn stored(&self, path: &str) -> (u64, Value) {
        let (_, answer) = self.bao.root("GET", &format!("{}/data/{path}", self.mount), &Value::Null);
        (answer["data"]["metadata"]["version"].as_u64().unwrap_or(0), answer["data"]["data"].clone())
    }

    /// What the audit of confdeck holds of secrets.
    pub(crate) fn audited(&self) -> Vec<String> {
        let rows = confdeck(&self.home, &["audit", "-o", "json"]).run().expect_code(0).out();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
        let fields = |row: &Value| {
            let names = row["fields"].as_array().cloned().unwrap_or_default();
            names.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(",")
        };
        let line = |row: &Value| {
            let words = ["action", "before", "after", "outcome"].map(|name| text(row, name));
            format!("{} {}", words.join(" "), fields(row)).trim_end().to_owned()
        };
        json(&rows).as_array().unwrap().iter().map(line).collect()
    }

    /// Requests to the server that could have told a value.
    pub(crate) fn reads(&self) -> usize {
        let data = format!("{}/data/", self.mount);
        let read = |(operation, path): &&(String, String)| operation == "read" && path.starts_with(&data);
        self.bao.audit().iter().filter(read).count()
    }
}
