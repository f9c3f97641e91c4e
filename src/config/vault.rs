//! Settings of the connection to Vault or OpenBao. Variables are read by the receiver's own rules
//! (docs/receiver.md, section 10).

use std::time::Duration;

use super::error::Result;
use super::lookup::{Lookup, SwitchOrPath};
use super::resolve::{both, checked};
use super::{Origin, SettingKey, SettingsError, WithOrigin};
use crate::domain::{Mount, SecretStoreStatus};
use crate::private_file::io_reason;
use crate::provider::vault::{
    AppRole, KvVersion, RedirectHost, VaultAddress, VaultLogin, VaultNamespace, VaultSettings, VaultToken,
    VaultTokenFile, Verify,
};

/// All of them; `asked_by` is the setting that chose Vault.
pub(super) fn settings(lookup: &mut Lookup<'_>, asked_by: &Origin) -> Result<VaultSettings> {
    let Some(address) = trimmed(lookup.text(SettingKey::VaultAddr)) else {
        let problem = "vault needs VAULT_ADDR, or vault_addr in the config file: set it to where Vault or OpenBao \
                       is, as https://vault.example:8200, or choose env";
        return Err(SettingsError::of(asked_by, problem));
    };
    let mut settings = VaultSettings::new(checked(&address, VaultAddress::parse)?, login(lookup, asked_by)?);
    if let Some(hosts) = trimmed(lookup.text(SettingKey::VaultRedirectHosts)) {
        settings.redirect_hosts = checked(&hosts, RedirectHost::parse_list)?;
    }
    if let Some(namespace) = trimmed(lookup.text(SettingKey::VaultNamespace)) {
        settings.namespace = checked(&namespace, VaultNamespace::new)?;
    }
    settings.verify = verify(lookup)?;
    let mount = lookup.text(SettingKey::VaultMount);
    if let Some(mount) = mount.filter(|mount| !mount.value.trim_matches('/').is_empty()) {
        settings.mount = Some(checked(&mount, |text| Mount::new(text.trim_matches('/')))?);
    }
    if lookup.receiver_number(SettingKey::VaultKv, 2, |text| if text == "1" { 1 } else { 2 })? == 1 {
        settings.kv = KvVersion::V1;
    }
    let timeout = lookup.receiver_number(SettingKey::VaultTimeout, DEFAULT_TIMEOUT, clamped_timeout)?;
    settings.timeout = Duration::from_secs(timeout.into());
    Ok(settings)
}

/// The default of `VAULT_TIMEOUT_SECONDS`, also for what is not a number.
const DEFAULT_TIMEOUT: u16 = 10;

fn clamped_timeout(text: &str) -> u16 {
    let seconds = text.parse::<i128>().map_or(DEFAULT_TIMEOUT.into(), |seconds| seconds.clamp(1, 300));
    u16::try_from(seconds).unwrap_or(DEFAULT_TIMEOUT)
}

/// Without the blanks around it; nothing is as good as none.
fn trimmed(found: Option<WithOrigin<String>>) -> Option<WithOrigin<String>> {
    found.map(|found| found.map(|text| text.trim().to_owned())).filter(|found| !found.value.is_empty())
}

const NO_LOGIN: &str =
    "vault needs a login: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_TOKEN_FILE";

/// Which part of the settings is missing.
pub(super) fn missing(lookup: &Lookup<'_>) -> SecretStoreStatus {
    use SettingKey::{VaultAddr, VaultRoleId, VaultSecretId, VaultToken, VaultTokenFile};
    let is_set = |key| lookup.non_empty(key).is_some_and(|found| !found.value.trim().is_empty());
    if !is_set(VaultAddr) {
        SecretStoreStatus::NoAddress
    } else if [VaultToken, VaultTokenFile, VaultRoleId, VaultSecretId].into_iter().any(is_set) {
        SecretStoreStatus::Misconfigured
    } else {
        SecretStoreStatus::NoLogin
    }
}

/// Why the token of a file cannot be had now. Blocks on I/O.
pub(super) fn login_problem(login: &VaultLogin) -> Option<SettingsError> {
    let VaultLogin::TokenFile(file) = login else { return None };
    let error = file.read().err()?;
    if file.is_of_home() && error.kind() == std::io::ErrorKind::NotFound {
        let source_name = file.path().display().to_string();
        let problem = format!("{NO_LOGIN}, or run vault login, which writes this file");
        return Some(SettingsError::Of { source_name, problem });
    }
    let asked_by = if file.is_of_home() { "as no other login is set" } else { "VAULT_TOKEN_FILE" };
    let (path, reason) = (file.path().to_path_buf(), io_reason(&error));
    Some(SettingsError::Unreadable { path, asked_by: asked_by.into(), reason })
}

/// A token takes precedence over an AppRole, as in the receiver (docs/receiver.md, section 10); that of `vault
/// login` is taken where nothing else is set.
fn login(lookup: &mut Lookup<'_>, asked_by: &Origin) -> Result<VaultLogin> {
    let token = trimmed(lookup.secret(SettingKey::VaultToken)?);
    let role = trimmed(lookup.text(SettingKey::VaultRoleId));
    let secret = trimmed(lookup.secret(SettingKey::VaultSecretId)?);
    if let Some(token) = token {
        return checked(&token, |text| VaultToken::new(text.to_owned())).map(VaultLogin::Token);
    }
    if let Some(file) = lookup.path(SettingKey::VaultTokenFile) {
        return Ok(VaultLogin::TokenFile(VaultTokenFile::named(file.value)));
    }
    let Some((role, secret)) = both(SettingKey::VaultRoleId, role, SettingKey::VaultSecretId, secret)? else {
        let Some(home) = lookup.home() else { return Err(SettingsError::of(asked_by, NO_LOGIN)) };
        return Ok(VaultLogin::TokenFile(VaultTokenFile::of_home(&home)));
    };
    checked(&role, |role| AppRole::new(role.to_owned(), secret.value)).map(VaultLogin::AppRole)
}

/// A CA file is used whichever setting names it, unless verification is off.
fn verify(lookup: &mut Lookup<'_>) -> Result<Verify> {
    let named = lookup.path(SettingKey::VaultCaCert).map(|path| path.value);
    Ok(match (lookup.switch_or_path(SettingKey::VaultVerify)?, named) {
        (Some(SwitchOrPath::Switch(false)), _) => Verify::Nothing,
        (_, Some(path)) | (Some(SwitchOrPath::Path(path)), None) => Verify::Authority(path),
        (Some(SwitchOrPath::Switch(true)) | None, None) => Verify::System,
    })
}

#[cfg(test)]
mod tests {
    use crate::config::{ContextWarning, Environment, SecretSource, SettingSources, Settings};

    use super::*;

    fn resolve(variables: &[(&'static str, &str)]) -> std::result::Result<Settings, String> {
        let all = [("SECRETS_BACKEND", "vault")].into_iter().chain(variables.iter().copied());
        let environment = Environment::of(all);
        let settings = Settings::resolve(&SettingSources { environment, ..SettingSources::default() })
            .map_err(|error| error.to_string())?;
        match settings.secrets.problem() {
            Some(problem) => Err(problem.to_string()),
            None => Ok(settings),
        }
    }

    fn vault(settings: &Settings) -> &VaultSettings {
        match &settings.secrets {
            SecretSource::Vault { settings, .. } => settings,
            other => panic!("{other:?}"),
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
                &[ADDR, TOKEN, ("VAULT_REDIRECT_HOSTS", "hunter2 word")],
                "VAULT_REDIRECT_HOSTS: it names no host: write vault-2.example",
            ),
            (&[ADDR, TOKEN, ("VAULT_MOUNT_POINT", "a//b")], "VAULT_MOUNT_POINT: a segment of it is empty"),
        ] {
            let error = resolve(variables).unwrap_err();
            assert!(error.starts_with(said) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_token_file_comes_after_a_token_and_that_of_vault_login_last() {
        let folder = tempfile::tempdir().unwrap();
        let home = ("HOME", folder.path().to_str().unwrap());
        let missing = resolve(&[ADDR, home]).unwrap_err();
        let file = folder.path().join(".vault-token");
        let said = format!("{}: vault needs a login: set VAULT_TOKEN", file.display());
        assert!(missing.starts_with(&said) && missing.contains("run vault login"), "{missing}");
        let named = [ADDR, home, ("VAULT_TOKEN_FILE", "none")];
        let said = "cannot read none (VAULT_TOKEN_FILE): there is no such file";
        assert!(resolve(&named).unwrap_err().starts_with(said), "{}", resolve(&named).unwrap_err());

        std::fs::write(&file, "hunter2-token\n").unwrap();
        let others = resolve(&[ADDR, home]).unwrap_err();
        assert!(others.contains("run chmod 600") && !others.contains("hunter2"), "{others}");
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let (named, role) = (("VAULT_TOKEN_FILE", file.to_str().unwrap()), ("VAULT_ROLE_ID", "r"));
        let role = [role, ("VAULT_SECRET_ID", "s")];
        for (more, expected) in [
            (&[][..], "of home"),
            (&role[..], "role"),
            (&[named, role[0], role[1]][..], "named"),
            (&[named, TOKEN][..], "token"),
        ] {
            let login = vault(&resolve(&[&[ADDR, home], more].concat()).unwrap()).login.clone();
            let found = match login {
                VaultLogin::Token(_) => "token",
                VaultLogin::AppRole(_) => "role",
                VaultLogin::TokenFile(file) if file.is_of_home() => "of home",
                VaultLogin::TokenFile(_) => "named",
            };
            assert_eq!(found, expected);
        }
    }

    /// The badge says what is missing, not that something is wrong.
    #[test]
    fn what_is_missing_is_the_status_of_the_store() {
        let status = |variables: &[(&'static str, &str)]| {
            let all = [("SECRETS_BACKEND", "vault")].into_iter().chain(variables.iter().copied());
            let sources = SettingSources { environment: Environment::of(all), ..SettingSources::default() };
            Settings::resolve(&sources).unwrap().secrets.access(false).reader.last_status().word()
        };
        assert_eq!(status(&[TOKEN]), "no address");
        assert_eq!(status(&[ADDR, ("VAULT_TOKEN", " ")]), "no login");
        assert_eq!(status(&[ADDR, ("VAULT_ROLE_ID", "r")]), "misconfigured");
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
            ("VAULT_REDIRECT_HOSTS", "vault-2.example, vault-3.example:8200"),
        ])
        .unwrap();
        let found = vault(&settings);
        assert!(matches!(found.login, VaultLogin::Token(_)), "a token wins");
        assert_eq!(found.namespace.as_ref().unwrap().as_str(), "team");
        assert_eq!(found.mount.as_ref().unwrap().as_str(), "kv");
        assert_eq!((found.kv, found.timeout), (KvVersion::V1, Duration::from_secs(300)));
        assert_eq!(found.verify, Verify::Authority("ca.pem".into()));
        assert_eq!(found.redirect_hosts.len(), 2);
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_receiver_s_variables_are_read_as_the_receiver_reads_them() {
        for (variable, written, kv, seconds, finding) in [
            ("VAULT_KV_VERSION", " 1 ", KvVersion::V1, 10, false),
            ("VAULT_KV_VERSION", "3", KvVersion::V2, 10, true),
            ("VAULT_KV_VERSION", "v1", KvVersion::V2, 10, true),
            ("VAULT_KV_VERSION", "", KvVersion::V2, 10, false),
            ("VAULT_TIMEOUT_SECONDS", "0", KvVersion::V2, 1, true),
            ("VAULT_TIMEOUT_SECONDS", "-5", KvVersion::V2, 1, true),
            ("VAULT_TIMEOUT_SECONDS", "99999999999999999999", KvVersion::V2, 300, true),
            ("VAULT_TIMEOUT_SECONDS", "5s", KvVersion::V2, 10, true),
            ("VAULT_TIMEOUT_SECONDS", " 5 ", KvVersion::V2, 5, false),
            ("VAULT_TIMEOUT_SECONDS", "", KvVersion::V2, 10, false),
        ] {
            let settings = resolve(&[ADDR, TOKEN, (variable, written)]).unwrap();
            let found = vault(&settings);
            assert_eq!((found.kv, found.timeout.as_secs()), (kv, seconds), "{variable}={written:?}");
            let told = settings.findings.iter().any(|finding| finding.text.starts_with(variable));
            assert_eq!(told, finding, "{variable}={written:?}: {:?}", settings.findings);
        }
        let blanks = [("VAULT_ADDR", " https://vault.example:8200\n"), ("VAULT_TOKEN", " hunter2-token\n")];
        assert!(matches!(vault(&resolve(&blanks).unwrap()).login, VaultLogin::Token(_)));
        let role = [ADDR, ("VAULT_TOKEN", " "), ("VAULT_ROLE_ID", "r "), ("VAULT_SECRET_ID", " s")];
        assert!(matches!(vault(&resolve(&role).unwrap()).login, VaultLogin::AppRole(_)), "no token at all");
    }

    #[test]
    fn vault_is_enabled_by_either_variable() {
        let source = |variables: &[(&'static str, &str)]| {
            let environment = Environment::of(variables.iter().copied());
            Settings::resolve(&SettingSources { environment, ..SettingSources::default() }).unwrap()
        };
        for (backend, enabled, vault) in [
            ("", "true", true),
            ("env", " ON ", true),
            ("vault", "false", true),
            ("env", "enabled", false),
            ("", "", false),
            ("valut", "1", true),
            ("valut", "", false),
        ] {
            let settings = source(&[ADDR, TOKEN, ("SECRETS_BACKEND", backend), ("VAULT_ENABLED", enabled)]);
            assert_eq!(settings.secrets.backend().key_value, vault, "{backend:?} {enabled:?}");
            let told =
                settings.findings.iter().any(|finding| finding.text.starts_with("SECRETS_BACKEND: \"valut"));
            assert_eq!(told, backend == "valut", "{:?}", settings.findings);
        }
        let missing = source(&[("VAULT_ENABLED", "true")]);
        let problem = missing.secrets.problem().unwrap().to_string();
        assert!(problem.starts_with("VAULT_ENABLED: vault needs VAULT_ADDR"), "{problem}");
    }

    #[test]
    fn an_empty_mount_is_one_where_no_reference_resolves() {
        let settings = resolve(&[ADDR, TOKEN, ("VAULT_MOUNT_POINT", "/")]).unwrap();
        assert_eq!(settings.secret_lookup().unwrap().reference_path("a"), None);
        let [finding] = &settings.findings[..] else { panic!("{:?}", settings.findings) };
        assert!(finding.text.starts_with("VAULT_MOUNT_POINT: it is empty"), "{finding:?}");
        let unset = resolve(&[ADDR, TOKEN]).unwrap();
        assert_eq!(unset.secret_lookup().unwrap().reference_path("a").unwrap().to_string(), "secret/a");
        assert_eq!(unset.findings, []);
    }

    #[test]
    fn what_is_dangerous_is_marked() {
        let marks = |variables: &[(&'static str, &str)]| resolve(variables).unwrap().warnings;
        assert_eq!(marks(&[ADDR, TOKEN]), []);
        assert_eq!(
            marks(&[ADDR, TOKEN, ("VAULT_VERIFY", "False"), ("VAULT_CACERT", "ca.pem")]),
            [ContextWarning::Unverified { host: "vault.example".into() }]
        );
        assert_eq!(
            marks(&[("VAULT_ADDR", "http://vault.example:8200"), TOKEN]),
            [ContextWarning::PlainHttp { host: "vault.example".into() }]
        );
        assert_eq!(marks(&[("VAULT_ADDR", "http://127.0.0.1:8200"), TOKEN]), []);
    }
}
