//! Missing rights, queried for many secrets at once by `sys/capabilities-self`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::{KvLocation, VaultSecrets};
use crate::domain::{MissingRights, SecretPath, SecretRight};
use crate::provider::vault::request::VaultRequest;
use crate::provider::vault::settings::KvVersion;
use crate::provider::{Error, Result};

const ASKED: &str = "sys/capabilities-self";

/// The capability and path that a right needs. `None` for what the engine does not support.
fn needed(right: SecretRight, at: KvLocation<'_>, version: KvVersion) -> Option<(&'static str, String)> {
    let (capability, endpoint) = right.in_kv_2();
    match (version, right) {
        (KvVersion::V2, _) => Some((capability, at.endpoint_path(endpoint))),
        (
            KvVersion::V1,
            SecretRight::Reveal | SecretRight::Create | SecretRight::Update | SecretRight::DestroyAll,
        ) => Some((capability, at.secret_path.to_string())),
        (KvVersion::V1, _) => None,
    }
}

/// Capabilities by path; the response has further members beside the paths.
#[derive(Deserialize)]
struct GrantedCapabilities(BTreeMap<String, CapabilityList>);

/// A list of capabilities, or anything else that a server may put beside the paths.
#[derive(Deserialize)]
#[serde(untagged)]
enum CapabilityList {
    List(Vec<String>),
    Other(IgnoredAny),
}

impl GrantedCapabilities {
    fn permits(&self, capability: &str, path: &str) -> bool {
        let Some(CapabilityList::List(held)) = self.0.get(path) else { return true };
        held.iter().any(|held| held == capability || held == "root")
    }
}

impl VaultSecrets {
    pub(super) async fn lacking(&self, paths: &[SecretPath]) -> Result<Vec<MissingRights>> {
        let version = self.version();
        let places: Vec<_> = paths.iter().map(KvLocation::of).collect::<Result<_>>()?;
        let needs = |at: &KvLocation<'_>| -> Vec<_> {
            let need =
                |right| needed(right, *at, version).map(|(capability, path)| (right, capability, path));
            SecretRight::ALL.into_iter().filter_map(need).collect()
        };
        let needs: Vec<_> = places.iter().map(needs).collect();
        if needs.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked: Vec<_> = needs.iter().flatten().map(|(_, _, path)| path.as_str()).collect();
        asked.sort_unstable();
        asked.dedup();
        let body = serde_json::json!({ "paths": asked }).to_string().into_bytes();
        let reply = self.send(&VaultRequest::post(ASKED, Zeroizing::new(body))).await?;
        let permitted: GrantedCapabilities = match reply.status {
            200 => reply.data().map_err(|failure| self.failed(failure))?,
            403 => return Err(Error::denied(format!("update on {ASKED}"))),
            _ => return Err(Error::unavailable(self.unexpected_status(&reply))),
        };
        let lacks = |needs: &Vec<(SecretRight, &'static str, String)>| {
            let missing = needs.iter().filter(|(_, capability, path)| !permitted.permits(capability, path));
            missing.map(|(right, capability, path)| (*right, format!("{capability} on {path}"))).collect()
        };
        Ok(needs.iter().map(lacks).collect())
    }
}
