//! Missing rights, queried for many secrets at once by `sys/capabilities-self`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::{KvLocation, VaultSecrets};
use crate::domain::{MissingRights, SecretPath, SecretRight, escape};
use crate::provider::vault::request::VaultRequest;
use crate::provider::vault::settings::KvVersion;
use crate::provider::{Error, Result};

const ASKED: &str = "sys/capabilities-self";

/// A right with the capability and the path that it needs. `None` for what the engine does not support.
fn needed(
    right: SecretRight,
    at: KvLocation<'_>,
    version: KvVersion,
) -> Option<(SecretRight, &'static str, String)> {
    let (capability, endpoint) = right.in_kv_2();
    match (version, right) {
        (KvVersion::V2, _) => Some((right, capability, at.endpoint_path(endpoint))),
        (
            KvVersion::V1,
            SecretRight::Reveal | SecretRight::Create | SecretRight::Update | SecretRight::DestroyAll,
        ) => Some((right, capability, at.plain_path())),
        (KvVersion::V1, _) => None,
    }
}

/// A list of capabilities, or anything else that a server may put beside the paths.
#[derive(Deserialize)]
#[serde(untagged)]
enum CapabilityList {
    List(Vec<String>),
    Other(IgnoredAny),
}

impl VaultSecrets {
    pub(super) async fn lacking(&self, paths: &[SecretPath]) -> Result<Vec<MissingRights>> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let needs = |path| {
            let at = KvLocation::of(path)?;
            let need = |right| needed(right, at, self.version());
            Ok(SecretRight::ALL.into_iter().filter_map(need).collect())
        };
        let needs: Vec<Vec<_>> = paths.iter().map(needs).collect::<Result<_>>()?;
        let mut asked: Vec<_> = needs.iter().flatten().map(|(_, _, path)| path.as_str()).collect();
        asked.sort_unstable();
        asked.dedup();
        let body = serde_json::json!({ "paths": asked }).to_string().into_bytes();
        let reply = self.send(&VaultRequest::post(ASKED, Zeroizing::new(body))).await?;
        // The response has further members beside the paths.
        let granted: BTreeMap<String, CapabilityList> = match reply.status {
            200 => reply.data().map_err(|failure| self.failed(failure))?,
            403 => return Err(Error::denied(format!("update on {ASKED}"))),
            _ => return Err(Error::unavailable(self.unexpected_status(&reply))),
        };
        let lacks = |(right, capability, path): (SecretRight, &str, String)| {
            let Some(CapabilityList::List(held)) = granted.get(&path) else { return None };
            let permitted = held.iter().any(|held| held == capability || held == "root");
            (!permitted).then(|| (right, format!("{capability} on {}", escape(path.as_bytes()))))
        };
        Ok(needs.into_iter().map(|needs| needs.into_iter().filter_map(lacks).collect()).collect())
    }
}
