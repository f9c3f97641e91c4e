//! What a user may not do, asked for many secrets at once by `sys/capabilities-self`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::answer::denied;
use super::wire::Data;
use super::{At, Kv, unavailable};
use crate::domain::{Lacking, SecretPath, SecretRight};
use crate::provider::Result;
use crate::provider::vault::call::Call;
use crate::provider::vault::settings::KvVersion;

const ASKED: &str = "sys/capabilities-self";

/// What a right takes: a capability on a path. `None` for what an engine does not have.
fn needed(right: SecretRight, at: At<'_>, version: KvVersion) -> Option<(&'static str, String)> {
    let (capability, endpoint) = right.in_kv_2();
    match (version, right) {
        (KvVersion::Two, _) => Some((capability, at.under(endpoint))),
        (
            KvVersion::One,
            SecretRight::Reveal | SecretRight::Create | SecretRight::Update | SecretRight::DestroyAll,
        ) => Some((capability, at.whole.to_string())),
        (KvVersion::One, _) => None,
    }
}

/// What the server permits, by path; it repeats one of them beside the paths.
#[derive(Deserialize)]
struct Permitted(BTreeMap<String, Capabilities>);

/// A list, or something that a later server may put beside the lists.
#[derive(Deserialize)]
#[serde(untagged)]
enum Capabilities {
    List(Vec<String>),
    Other(IgnoredAny),
}

impl Permitted {
    fn permits(&self, capability: &str, path: &str) -> bool {
        let Some(Capabilities::List(held)) = self.0.get(path) else { return true };
        held.iter().any(|held| held == capability || held == "root")
    }
}

impl Kv {
    pub(in crate::provider::vault) async fn lacking(&self, paths: &[SecretPath]) -> Result<Vec<Lacking>> {
        let version = self.version();
        let places: Vec<_> = paths.iter().map(At::of).collect::<Result<_>>()?;
        let needs = |at: &At<'_>| -> Vec<_> {
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
        let reply = self.send(&Call::post(ASKED, Zeroizing::new(body))).await?;
        let permitted = match reply.status() {
            200 => reply.parse::<Data<Permitted>>().map_err(|failure| self.failed(failure))?.data,
            403 => return Err(denied(format!("update on {ASKED}"))),
            _ => return Err(unavailable(self.odd(&reply))),
        };
        let lacks = |needs: &Vec<(SecretRight, &'static str, String)>| {
            let missing = needs.iter().filter(|(_, capability, path)| !permitted.permits(capability, path));
            missing.map(|(right, capability, path)| (*right, format!("{capability} on {path}"))).collect()
        };
        Ok(needs.iter().map(lacks).collect())
    }
}
