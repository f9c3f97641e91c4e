//! The variables that name the etcd of an application, as the services of system B read them
//! (docs/applications.md).

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::application::{SourceError, SourceFault};
use crate::domain::reference::{Variable, Variables};

const USE_LOCAL_CONFIG: &str = "USE_LOCAL_CONFIG";
const HOST_NAME: &str = "EtcdSettings__HostName";
const USER_NAME: &str = "EtcdSettings__UserName";
const PASSWORD: &str = "EtcdSettings__Password";
const ROOT_KEY: &str = "EtcdSettings__RootKey";
const DEV: &str = "EtcdSettings__Dev";
const CA_CERT_PATH: &str = "EtcdSettings__CaCertPath";

const DEFAULT_ROOT: &str = "/APPS/ControlUnit";

/// What the variables `EtcdSettings__…` and `USE_LOCAL_CONFIG` say. An empty one counts as unset.
pub struct EtcdVariables {
    /// `USE_LOCAL_CONFIG`: etcd is not asked at all.
    pub local_only: bool,
    /// One or more addresses; `https` turns TLS on, and the port is 2379 if none is named.
    pub host: Option<String>,
    pub username: Option<String>,
    pub password: Option<Zeroizing<String>>,
    /// As [`etcd_root`] makes it of `EtcdSettings__RootKey` and `EtcdSettings__Dev`; `/APPS/ControlUnit` if
    /// neither is set.
    pub root: String,
    /// The trusted authorities, as PEM; `None` for those of the system.
    pub ca_cert: Option<PathBuf>,
}

impl EtcdVariables {
    /// # Errors
    /// [`SourceFault::Invalid`] for a switch that is neither on nor off, and for a value that is not UTF-8.
    pub fn read(variables: &dyn Variables) -> Result<Self, SourceError> {
        let text = |name| text(variables, name);
        let root = text(ROOT_KEY)?;
        Ok(Self {
            local_only: switch(USE_LOCAL_CONFIG, text(USE_LOCAL_CONFIG)?)?,
            host: text(HOST_NAME)?.map(|host| host.to_string()),
            username: text(USER_NAME)?.map(|name| name.to_string()),
            password: text(PASSWORD)?,
            root: etcd_root(root.as_ref().map_or(DEFAULT_ROOT, |root| root), switch(DEV, text(DEV)?)?),
            ca_cert: text(CA_CERT_PATH)?.map(|path| PathBuf::from(path.as_str())),
        })
    }
}

/// The root of an application's keys: with a leading slash and without one at the end, under `/dev` if `dev`.
///
/// ```
/// use confdeck::application::etcd_root;
///
/// assert_eq!(etcd_root("APPS/ControlUnit/", false), "/APPS/ControlUnit");
/// assert_eq!(etcd_root("/APPS/ControlUnit", true), "/dev/APPS/ControlUnit");
/// ```
pub fn etcd_root(text: &str, dev: bool) -> String {
    let text = text.trim_end_matches('/');
    let slash = if text.is_empty() || text.starts_with('/') { "" } else { "/" };
    let root = [if dev { "/dev" } else { "" }, slash, text].concat();
    if root.is_empty() { "/".into() } else { root }
}

fn text(variables: &dyn Variables, name: &str) -> Result<Option<Zeroizing<String>>, SourceError> {
    match variables.variable(name) {
        Variable::Text(text) if !text.expose().is_empty() => {
            Ok(Some(Zeroizing::new(text.expose().to_owned())))
        }
        Variable::Text(_) | Variable::Unset | Variable::NotVisible => Ok(None),
        Variable::NotText => Err(invalid(name, "the variable is not UTF-8", "set it to a text, or unset it")),
    }
}

/// The booleans that system B reads, where all else is an error instead of off.
fn switch(name: &str, text: Option<Zeroizing<String>>) -> Result<bool, SourceError> {
    let Some(text) = text else { return Ok(false) };
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "on" => Ok(true),
        "0" | "false" | "no" | "n" | "off" => Ok(false),
        _ => Err(invalid(name, "the variable is neither on nor off", "set it to true or to false")),
    }
}

fn invalid(name: &str, reason: &str, remedy: &str) -> SourceError {
    SourceError {
        fault: SourceFault::Invalid,
        place: name.to_owned(),
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::env::EnvVariables;

    fn read(set: &[(&str, &str)]) -> Result<EtcdVariables, SourceError> {
        EtcdVariables::read(&EnvVariables::of(set.iter().copied()))
    }

    #[test]
    fn the_root_key_gets_a_leading_slash_and_loses_trailing_ones() {
        for (key, root) in [
            ("/APPS/ControlUnit", "/APPS/ControlUnit"),
            ("APPS/ControlUnit", "/APPS/ControlUnit"),
            ("/APPS/ControlUnit///", "/APPS/ControlUnit"),
            ("APPS/", "/APPS"),
        ] {
            assert_eq!(read(&[(ROOT_KEY, key)]).ok().unwrap().root, root, "{key}");
        }
        assert_eq!((etcd_root("/", false), etcd_root("", true)), ("/".into(), "/dev".into()));
        assert_eq!(read(&[]).ok().unwrap().root, "/APPS/ControlUnit");
        assert_eq!(read(&[(ROOT_KEY, "")]).ok().unwrap().root, "/APPS/ControlUnit");
    }

    #[test]
    fn dev_puts_dev_before_the_root() {
        assert_eq!(read(&[(DEV, "true")]).ok().unwrap().root, "/dev/APPS/ControlUnit");
        assert_eq!(read(&[(DEV, "Yes"), (ROOT_KEY, "x/")]).ok().unwrap().root, "/dev/x");
        assert_eq!(read(&[(DEV, "off")]).ok().unwrap().root, "/APPS/ControlUnit");
    }

    #[test]
    fn a_switch_that_is_neither_on_nor_off_is_an_error_and_not_off() {
        assert!(read(&[(USE_LOCAL_CONFIG, "1")]).ok().unwrap().local_only);
        assert!(!read(&[(USE_LOCAL_CONFIG, "")]).ok().unwrap().local_only);
        let said = read(&[(USE_LOCAL_CONFIG, "planted-maybe")]).err().unwrap().to_string();
        assert!(said.starts_with("USE_LOCAL_CONFIG: ") && !said.contains("planted"), "{said}");
    }
}
