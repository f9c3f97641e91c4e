//! The variables that name the etcd of an application, as the services of system B read them
//! (docs/applications.md).

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::application::spec::boolean;
use crate::application::{SourceError, SourceFault};
use crate::domain::reference::{Variable, Variables};

const USE_LOCAL_CONFIG: &str = "USE_LOCAL_CONFIG";
const HOST_NAME: &str = "EtcdSettings__HostName";
const USER_NAME: &str = "EtcdSettings__UserName";
const PASSWORD: &str = "EtcdSettings__Password";
const CA_CERT_PATH: &str = "EtcdSettings__CaCertPath";

/// What the variables `EtcdSettings__…` and `USE_LOCAL_CONFIG` say, the root aside, which is an option of the layer. An empty one counts as unset.
pub struct EtcdVariables {
    /// `USE_LOCAL_CONFIG`: etcd is not asked at all.
    pub local_only: bool,
    /// One or more addresses; `https` turns TLS on, and the port is 2379 if none is named.
    pub host: Option<String>,
    pub username: Option<String>,
    pub password: Option<Zeroizing<String>>,
    /// The trusted authorities, as PEM; `None` for those of the system.
    pub ca_cert: Option<PathBuf>,
}

impl EtcdVariables {
    /// # Errors
    /// [`SourceFault::Invalid`] for a switch that is neither on nor off, and for a value that is not UTF-8.
    pub fn read(variables: &dyn Variables) -> Result<Self, SourceError> {
        let text = |name| text(variables, name);
        Ok(Self {
            local_only: switch(USE_LOCAL_CONFIG, text(USE_LOCAL_CONFIG)?)?,
            host: text(HOST_NAME)?.map(|host| host.to_string()),
            username: text(USER_NAME)?.map(|name| name.to_string()),
            password: text(PASSWORD)?,
            ca_cert: text(CA_CERT_PATH)?.map(|path| PathBuf::from(path.as_str())),
        })
    }
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
    let neither = || invalid(name, "the variable is neither on nor off", "set it to true or to false");
    boolean(&text).ok_or_else(neither)
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
    fn a_switch_that_is_neither_on_nor_off_is_an_error_and_not_off() {
        assert!(read(&[(USE_LOCAL_CONFIG, "1")]).ok().unwrap().local_only);
        assert!(!read(&[(USE_LOCAL_CONFIG, "")]).ok().unwrap().local_only);
        let said = read(&[(USE_LOCAL_CONFIG, "planted-maybe")]).err().unwrap().to_string();
        assert!(said.starts_with("USE_LOCAL_CONFIG: ") && !said.contains("planted"), "{said}");
    }
}
