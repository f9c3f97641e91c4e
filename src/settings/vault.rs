//! Where Vault or OpenBao is, from the settings.

use std::time::Duration;

use super::lookup::{Lookup, SwitchOrPath};
use super::resolve::checked;
use super::{Origin, SettingKey as Key, SettingsError, Sourced};
use crate::domain::Mount;
use crate::provider::vault::{
    Address, AppRole, KvVersion, Login, VaultNamespace, VaultSettings, VaultToken, Verify,
};

type Result<T> = std::result::Result<T, SettingsError>;

/// Everything about it; `asked_by` is what chose it.
pub(super) fn settings(lookup: &mut Lookup<'_>, asked_by: &Origin) -> Result<VaultSettings> {
    let Some(address) = lookup.text(Key::VaultAddr) else {
        let problem = "vault needs VAULT_ADDR, or vault_addr in the config file: set it to where Vault or OpenBao \
                       is, as https://vault.example:8200, or choose env";
        return Err(SettingsError::of(asked_by, problem));
    };
    let mut settings = VaultSettings::new(checked(&address, Address::parse)?, login(lookup, asked_by)?);
    if let Some(namespace) = lookup.text(Key::VaultNamespace) {
        settings.namespace = checked(&namespace, VaultNamespace::new)?;
    }
    settings.verify = verify(lookup)?;
    if let Some(mount) = lookup.text(Key::VaultMount) {
        settings.mount = Some(checked(&mount, |text| Mount::new(text.trim_matches('/')))?);
    }
    if lookup.number(Key::VaultKv, 2)?.value == 1 {
        settings.kv = KvVersion::One;
    }
    settings.timeout = Duration::from_secs(lookup.number(Key::VaultTimeout, 10)?.value.into());
    Ok(settings)
}

/// A token wins, as it does in the receiver (domain.md section 10).
fn login(lookup: &mut Lookup<'_>, asked_by: &Origin) -> Result<Login> {
    let token = lookup.secret(Key::VaultToken)?;
    let (role, secret) = (lookup.text(Key::VaultRoleId), lookup.secret(Key::VaultSecretId)?);
    if let Some(token) = token {
        return checked(&token, |text| VaultToken::new(text.to_owned())).map(Login::Token);
    }
    match (role, secret) {
        (Some(role), Some(secret)) => {
            checked(&role, |role| AppRole::new(role.to_owned(), secret.value.clone())).map(Login::AppRole)
        }
        (Some(role), None) => Err(half(&role, Key::VaultRoleId, Key::VaultSecretId)),
        (None, Some(secret)) => Err(half(&secret, Key::VaultSecretId, Key::VaultRoleId)),
        (None, None) => {
            let problem = "vault needs a login: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID";
            Err(SettingsError::of(asked_by, problem))
        }
    }
}

/// A file of authorities counts wherever it is named, unless nothing is checked at all.
fn verify(lookup: &mut Lookup<'_>) -> Result<Verify> {
    let named = lookup.path(Key::VaultCaCert).map(|path| path.value);
    Ok(match (lookup.switch_or_path(Key::VaultVerify)?, named) {
        (Some(SwitchOrPath::Switch(false)), _) => Verify::Nothing,
        (_, Some(path)) | (Some(SwitchOrPath::Path(path)), None) => Verify::Authority(path),
        (Some(SwitchOrPath::Switch(true)) | None, None) => Verify::System,
    })
}

fn half(set: &Sourced<String>, name: Key, missing: Key) -> SettingsError {
    let variable = missing.setting().variable.unwrap_or_default();
    let problem = format!(
        "{} needs {} beside it: set {variable}, or leave both out",
        name.setting().name,
        missing.setting().name
    );
    SettingsError::of(&set.origin, problem)
}

#[cfg(test)]
mod tests {
    use crate::settings::{Environment, Mark, SecretSource, Settings, Sources};

    use super::*;

    fn resolve(variables: &[(&'static str, &str)]) -> std::result::Result<Settings, String> {
        let all = [("SECRETS_BACKEND", "vault")].into_iter().chain(variables.iter().copied());
        let environment = Environment::of(all);
        Settings::resolve(&Sources { environment, ..Sources::default() }).map_err(|error| error.to_string())
    }

    fn vault(settings: &Settings) -> &VaultSettings {
        match &settings.secrets {
            SecretSource::Vault { settings, .. } => settings,
            SecretSource::Env(_) => panic!("env"),
        }
    }

    const ADDR: (&str, &str) = ("VAULT_ADDR", "https://vault.example:8200");
    const TOKEN: (&str, &str) = ("VAULT_TOKEN", "hunter2-token");

    #[test]
    fn what_is_missing_is_named() {
        let role = ("VAULT_ROLE_ID", "r");
        for (variables, said) in [
            (&[][..], "SECRETS_BACKEND: vault needs VAULT_ADDR"),
            (&[ADDR], "SECRETS_BACKEND: vault needs a login: set VAULT_TOKEN, or VAULT_ROLE_ID"),
            (
                &[ADDR, role],
                "VAULT_ROLE_ID: vault_role_id needs vault_secret_id beside it: set VAULT_SECRET_ID",
            ),
            (&[ADDR, ("VAULT_SECRET_ID", "s")], "VAULT_SECRET_ID: vault_secret_id needs vault_role_id"),
            (
                &[("VAULT_ADDR", "vault:8200"), TOKEN],
                "VAULT_ADDR: an address begins with https:// or http://",
            ),
            (&[ADDR, ("VAULT_TOKEN", "hunter2 token")], "VAULT_TOKEN: it is not a token"),
            (
                &[ADDR, TOKEN, ("VAULT_KV_VERSION", "3")],
                "VAULT_KV_VERSION: vault_kv_version must be a number from 1 to 2",
            ),
            (
                &[ADDR, TOKEN, ("VAULT_TIMEOUT_SECONDS", "0")],
                "VAULT_TIMEOUT_SECONDS: vault_timeout_seconds must be a number from 1 to 300",
            ),
            (&[ADDR, TOKEN, ("VAULT_MOUNT_POINT", "a//b")], "VAULT_MOUNT_POINT: a segment of it is empty"),
        ] {
            let error = resolve(variables).unwrap_err();
            assert!(error.starts_with(said) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn each_variable_means_what_it_means_to_the_receiver() {
        let settings = resolve(&[
            ADDR,
            TOKEN,
            ("VAULT_ROLE_ID", "r"),
            ("VAULT_NAMESPACE", "/team/"),
            ("VAULT_MOUNT_POINT", "/kv/"),
            ("VAULT_KV_VERSION", "1"),
            ("VAULT_TIMEOUT_SECONDS", "300"),
            ("VAULT_VERIFY", "ca.pem"),
        ])
        .unwrap();
        let found = vault(&settings);
        assert!(matches!(found.login, Login::Token(_)), "a token wins");
        assert_eq!(found.namespace.as_ref().unwrap().as_str(), "team");
        assert_eq!(found.mount.as_ref().unwrap().as_str(), "kv");
        assert_eq!((found.kv, found.timeout), (KvVersion::One, Duration::from_secs(300)));
        assert_eq!(found.verify, Verify::Authority("ca.pem".into()));
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn what_is_dangerous_is_marked() {
        let marks = |variables: &[(&'static str, &str)]| resolve(variables).unwrap().marks;
        assert_eq!(marks(&[ADDR, TOKEN]), []);
        assert_eq!(
            marks(&[ADDR, TOKEN, ("VAULT_VERIFY", "False"), ("VAULT_CACERT", "ca.pem")]),
            [Mark::Unverified { host: "vault.example".into() }]
        );
        assert_eq!(
            marks(&[("VAULT_ADDR", "http://vault.example:8200"), TOKEN]),
            [Mark::PlainHttp { host: "vault.example".into() }]
        );
        assert_eq!(marks(&[("VAULT_ADDR", "http://127.0.0.1:8200"), TOKEN]), []);
    }
}
