//! Which etcd a layer of an application file reads, as whom, and what messages call what it was named with.

use std::collections::BTreeMap;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{EtcdSource, EtcdVariables};
use crate::application::{LayerKind, LayerSpec, SettingPath, SettingSpec, SourceError};
use crate::domain::reference::Variables;
use crate::provider::etcd::{
    Endpoint, EtcdLogin, EtcdSettings, EtcdSettingsError, KeyLayout, Password, TlsFiles,
};

/// The port of etcd where an address names none.
const DEFAULT_PORT: u16 = 2379;

/// What the provider's messages call the settings of a context, and what they are called here.
pub(super) type OptionNames = &'static [(&'static str, &'static str)];

const OF_LAYER: OptionNames = &[
    ("ETCD_HOST", "the layer's host"),
    ("ETCD_USERNAME", "the layer's username"),
    ("ETCD_PASSWORD", "the layer's password"),
    ("ETCD_CACERT", "the layer's ca_cert"),
    // No layer has one of its own.
    ("ETCD_CERT", "a context's ETCD_CERT"),
];

const OF_VARIABLES: OptionNames = &[
    ("ETCD_HOST", "EtcdSettings__HostName"),
    ("ETCD_USERNAME", "EtcdSettings__UserName"),
    ("ETCD_PASSWORD", "EtcdSettings__Password"),
    ("ETCD_CACERT", "EtcdSettings__CaCertPath"),
    ("ETCD_CERT", "a context's ETCD_CERT"),
];

impl EtcdSource {
    /// The layer that an application file declares. Its etcd is the one that the layer names, else that of
    /// `EtcdSettings__HostName` ([`EtcdVariables`]), else that of the context. A user, a password and an
    /// authority go to no other etcd than they were named with.
    ///
    /// # Errors
    /// [`SourceFault::Invalid`](crate::application::SourceFault) if no etcd is named, or what is named cannot
    /// be used.
    pub fn of_layer(
        layer: &LayerSpec,
        settings: &BTreeMap<SettingPath, SettingSpec>,
        variables: &dyn Variables,
        context: Option<&EtcdSettings>,
    ) -> Result<Self, SourceError> {
        let LayerKind::Etcd { host, root, shape, username, password, ca_cert } = &layer.kind else {
            return Err(layer.invalid("this layer is not in etcd", "use the source of its kind"));
        };
        let variables = EtcdVariables::read(variables)?;
        if variables.local_only {
            return Ok(Self::local_only());
        }
        let own = EtcdAccess {
            username: username.clone().filter(|name| !name.is_empty()),
            password: password.clone().filter(|password| !password.is_empty()),
            ca_cert: ca_cert.clone(),
        };
        let (etcd, names) = match (host.as_deref().filter(|host| !host.is_empty()), variables.host, context) {
            (Some(host), _, _) => (own.to(host, layer)?, OF_LAYER),
            (None, Some(host), _) => {
                let EtcdVariables { username, password, ca_cert, .. } = variables;
                (own.or(EtcdAccess { username, password, ca_cert }).to(&host, layer)?, OF_VARIABLES)
            }
            (None, None, Some(context)) => {
                let (mut etcd, ca_cert) = (context.clone(), own.ca_cert.clone());
                etcd.login = own.login(layer)?.or(etcd.login);
                etcd.tls.ca_cert = ca_cert.or(etcd.tls.ca_cert);
                (etcd, OptionNames::default())
            }
            (None, None, None) => {
                let reason = "it names no etcd, and there is no context that does";
                return Err(layer.invalid(reason, "set host, or the variable EtcdSettings__HostName"));
            }
        };
        let source = Self::new(etcd, root, *shape, settings).map_err(|error| unusable(layer, &error))?;
        Ok(source.with_names(names))
    }
}

/// As whom an etcd is asked, and who is believed to be it.
struct EtcdAccess {
    username: Option<String>,
    password: Option<Zeroizing<String>>,
    ca_cert: Option<PathBuf>,
}

impl EtcdAccess {
    /// What is not given here is that of another; a user comes with its own password.
    fn or(self, other: Self) -> Self {
        let (username, password) = match self.username {
            Some(_) => (self.username, self.password),
            None => (other.username, self.password.or(other.password)),
        };
        Self { username, password, ca_cert: self.ca_cert.or(other.ca_cert) }
    }

    fn to(self, host: &str, layer: &LayerSpec) -> Result<EtcdSettings, SourceError> {
        let endpoints = Endpoint::parse(host, DEFAULT_PORT).map_err(|error| unusable(layer, &error))?;
        let mut etcd = EtcdSettings::new(endpoints, KeyLayout::Raw);
        etcd.tls = TlsFiles { ca_cert: self.ca_cert.clone(), identity: None };
        etcd.login = self.login(layer)?;
        Ok(etcd)
    }

    fn login(self, layer: &LayerSpec) -> Result<Option<EtcdLogin>, SourceError> {
        match (self.username, self.password) {
            (Some(username), Some(mut password)) => {
                let password = Password::new(std::mem::take(&mut *password));
                Ok(Some(EtcdLogin { username, password }))
            }
            (None, None) => Ok(None),
            (Some(_), None) => {
                Err(layer.invalid("it names a user of etcd without a password", "set password too"))
            }
            (None, Some(_)) => {
                Err(layer.invalid("it has a password of etcd without a user", "set username too"))
            }
        }
    }
}

fn unusable(layer: &LayerSpec, error: &EtcdSettingsError) -> SourceError {
    match error {
        EtcdSettingsError::UserInfo => {
            let remedy = "set username and password of the layer instead";
            layer.invalid("an etcd host holds no user name", remedy)
        }
        error => layer.invalid(error.to_string(), "correct it there"),
    }
}
