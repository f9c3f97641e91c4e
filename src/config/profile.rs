//! The receiver of a context, as the rules for documents judge by it.

use super::{Receiver, ReceiverView, Settings};
use crate::check::ReceiverProfile;
use crate::domain::reference::{Variable, Variables};
use crate::provider::env::EnvVariables;

impl Settings {
    /// The receiver as rules judge by it; without a view, as if nothing of its variables could be seen.
    pub fn receiver_profile(&self, view: Option<&ReceiverView>) -> ReceiverProfile {
        let variables = view.and_then(|view| view.variables.as_deref());
        let lookup = view.map(|view| view.lookup.clone());
        let Receiver { version, allows_localhost, allows_private, .. } = &self.receiver;
        ReceiverProfile {
            version: version.clone(),
            reads_files: !self.target.backend().remote,
            default_namespace: self.target.namespace(),
            allows_localhost: allows(variables, "ALLOW_LOCALHOST_FOR_TESTS", *allows_localhost),
            allows_private: allows(variables, "ALLOW_PRIVATE_IP_CONNECTIONS", *allows_private),
            lookup: lookup.unwrap_or_else(|| self.receiver.secret_lookup(&self.secrets)),
            rules: self.rules.clone(),
            own_rules: self.own_rules.clone(),
        }
    }
}

/// What a variable of the receiver says, which takes `true` alone for yes; else the setting.
fn allows(variables: Option<&EnvVariables>, name: &str, setting: Option<bool>) -> Option<bool> {
    match variables.map(|variables| variables.variable(name)) {
        Some(Variable::Text(text)) => Some(text.expose().eq_ignore_ascii_case("true")),
        Some(Variable::Unset | Variable::NotText) => setting.or(Some(false)),
        Some(Variable::NotVisible) | None => setting,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::{ConfigText, Environment, Overrides, SettingSources};
    use super::*;

    fn resolve(file: &str, variables: &[(&str, &str)]) -> super::super::error::Result<Settings> {
        let text = ConfigText { path: PathBuf::from("/etc/c.toml"), text: file.into(), private: true };
        let environment = Environment::of(variables.iter().copied());
        Settings::resolve(&SettingSources { file: Some(text), environment, flags: Overrides::default() })
    }

    #[test]
    fn what_the_receiver_allows_is_read_from_its_variables_else_from_the_settings() {
        let profile = |file: &str, variables: &[(&str, &str)]| {
            let settings = resolve(file, variables).unwrap();
            settings.receiver_profile(settings.receiver_view().ok().as_ref())
        };
        let allows = |file: &str, variables: &[(&str, &str)]| {
            let profile = profile(file, variables);
            (profile.allows_localhost, profile.allows_private)
        };
        let (etcd, yes) =
            (("CONFIG_BACKEND", "etcd"), "[receiver]\nallow_localhost = true\nallow_private_ips = true\n");
        assert_eq!(allows("", &[etcd]), (None, None), "its variables cannot be seen");
        assert_eq!(allows(yes, &[etcd]), (Some(true), Some(true)));
        assert_eq!(allows("", &[]), (Some(false), Some(false)), "files are read beside the receiver");
        assert_eq!(allows("", &[("ALLOW_LOCALHOST_FOR_TESTS", "True")]), (Some(true), Some(false)));
        assert_eq!(allows(yes, &[("ALLOW_PRIVATE_IP_CONNECTIONS", "no")]), (Some(true), Some(false)));

        let profile = profile("[receiver]\nversion = \"0.3.0\"\n", &[etcd, ("ETCD_NAMESPACE", "live")]);
        assert_eq!((profile.default_namespace.as_str(), profile.reads_files), ("live", false));
        assert!(!profile.is_known_version());
    }
}
