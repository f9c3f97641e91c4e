//! An etcd that asks who one is, and somebody who may change what others may.

use std::io::Write;
use std::process::{Command, Stdio};

use confdeck::provider::etcd::{EtcdLogin, EtcdProvider, EtcdSettings, KeyLayout, Password};

use super::{EtcdServer, Launch, binaries};

/// An etcd with authentication. `root` may do everything and has the password `rootpw`; every other
/// user has a role of their own name, and a password that ends in `pw` as well.
pub struct Guarded {
    pub server: EtcdServer,
}

impl Guarded {
    /// With simple tokens; quick at logins, which etcd makes slow on purpose.
    pub fn start() -> Self {
        Self::launch(Launch::default())
    }

    /// In its own way.
    pub fn launch(launch: Launch) -> Self {
        let server = launch.flags(&["--bcrypt-cost", "4"]).start();
        for arguments in [
            &["user", "add", "root:rootpw"][..],
            &["user", "grant-role", "root", "root"],
            &["auth", "enable"],
        ] {
            let output = server.etcdctl(arguments);
            assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
        }
        Self { server }
    }

    /// With JSON web tokens, which every change of users or roles makes invalid.
    pub fn with_jwt() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, "for these tests alone").unwrap();
        let token = format!("jwt,priv-key={},sign-method=HS256,ttl=5m", key.display());
        // The key is read while it starts.
        Self::launch(Launch::default().flags(&["--auth-token", &token]))
    }

    /// Runs etcdctl as root; returns what it prints.
    pub fn root(&self, arguments: &[&str]) -> String {
        let output = self.server.etcdctl(&[&["--user", "root:rootpw"], arguments].concat());
        assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Adds a user with these permissions: `read`, `write` or `readwrite`, and a key, or a range's
    /// first key and the first after it.
    pub fn user(&self, name: &str, permissions: &[&[&str]]) {
        self.root(&["user", "add", &format!("{name}:{name}pw")]);
        self.root(&["role", "add", name]);
        self.root(&["user", "grant-role", name, name]);
        for permission in permissions {
            self.grant(name, permission);
        }
    }

    pub fn grant(&self, name: &str, permission: &[&str]) {
        self.root(&[&["role", "grant-permission", name], permission].concat());
    }

    /// Takes back what was granted for a key or a range.
    pub fn revoke(&self, name: &str, keys: &[&str]) {
        self.root(&[&["role", "revoke-permission", name], keys].concat());
    }

    /// Gives a user another password.
    pub fn password(&self, name: &str, password: &str) {
        let endpoints = format!("--endpoints={}", self.server.address());
        let arguments = ["--user", "root:rootpw", "user", "passwd", name, "--interactive=false"];
        let mut etcdctl = Command::new(binaries().join("etcdctl"))
            .env("ETCDCTL_API", "3")
            .arg(endpoints)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        writeln!(etcdctl.stdin.take().unwrap(), "{password}").unwrap();
        assert!(etcdctl.wait().unwrap().success());
    }

    /// Writes as root: keys after the prefix `/cwm/`.
    pub fn put(&self, key: &str, value: &str) {
        self.root(&["put", &format!("/cwm/{key}"), value]);
    }

    pub fn settings(&self, name: &str) -> EtcdSettings {
        let mut settings = self.server.settings(KeyLayout::Namespaced, "/cwm/");
        settings.login =
            Some(EtcdLogin { username: name.into(), password: Password::new(format!("{name}pw")) });
        settings
    }

    pub fn provider(&self, name: &str) -> EtcdProvider {
        EtcdProvider::new(self.settings(name))
    }

    /// A client of root's, for what is too much for etcdctl.
    pub async fn client(&self) -> etcd_client::Client {
        let login = etcd_client::ConnectOptions::new().with_user("root", "rootpw");
        etcd_client::Client::connect([self.server.address()], Some(login)).await.unwrap()
    }

    /// How many logins were asked for since it started.
    pub fn logins(&self) -> f64 {
        let labels = r#"grpc_method="Authenticate",grpc_service="etcdserverpb.Auth",grpc_type="unary""#;
        self.server.metric(&format!("grpc_server_started_total{{{labels}}}"))
    }
}
