//! Settings of etcd, from sources: validated by the provider's own types.

use super::SettingKey as Key;
use super::error::Result;
use super::lookup::Lookup;
use super::resolve::{both, checked};
use crate::domain::Namespace;
use crate::provider::etcd::{
    Endpoint, EtcdLogin, EtcdSettings, IdentityFiles, KeyLayout, Password, Prefix, TlsFiles,
};

pub(super) fn settings(lookup: &mut Lookup<'_>) -> Result<EtcdSettings> {
    let hosts = lookup.text_or(Key::Host, "localhost")?;
    let port = lookup.number(Key::Port, 2379)?;
    let layout = match lookup.word(Key::Layout, "namespaced")?.value {
        "flat" => KeyLayout::Flat,
        _ => KeyLayout::Namespaced,
    };
    let default_prefix = layout.default_prefix();
    let prefix = lookup.text_or(Key::Prefix, default_prefix.as_str())?;
    let namespace = lookup.text_or(Key::Namespace, "default")?;
    Ok(EtcdSettings {
        endpoints: checked(&hosts, |hosts| Endpoint::parse(hosts, port.value))?,
        prefix: checked(&prefix, Prefix::new)?,
        layout,
        namespace: checked(&namespace, Namespace::new)?,
        login: login(lookup)?,
        tls: tls(lookup)?,
    })
}

fn login(lookup: &mut Lookup<'_>) -> Result<Option<EtcdLogin>> {
    let (username, password) = (lookup.text(Key::Username), lookup.secret(Key::Password)?);
    let both = both(Key::Username, username, Key::Password, password)?;
    Ok(both.map(|(username, password)| EtcdLogin {
        username: username.value,
        password: Password::new(password.value),
    }))
}

fn tls(lookup: &mut Lookup<'_>) -> Result<TlsFiles> {
    let ca_cert = lookup.path(Key::CaCert).map(|path| path.value);
    let both = both(Key::Cert, lookup.path(Key::Cert), Key::Key, lookup.path(Key::Key))?;
    let identity = both.map(|(cert, key)| IdentityFiles { cert: cert.value, key: key.value });
    Ok(TlsFiles { ca_cert, identity })
}
