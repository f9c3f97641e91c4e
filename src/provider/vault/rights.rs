//! What a user may not do, from one request for many paths.

use std::collections::BTreeMap;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::call::Call;
use super::session::Session;
use super::settings::KvVersion;
use crate::domain::{Lacking, SecretPath, SecretRight};
use crate::provider::{ASK_FOR_IT, Error, Result};

/// Where the question goes, which needs a permission of its own.
const ASK: &str = "sys/capabilities-self";

/// Every right on KV 2: the endpoint below the mount, and the capability there.
const TWO: [(SecretRight, &str, &str); 10] = [
    (SecretRight::Presence, "subkeys", "read"),
    (SecretRight::Versions, "metadata", "read"),
    (SecretRight::Reveal, "data", "read"),
    (SecretRight::Create, "data", "create"),
    (SecretRight::Update, "data", "update"),
    (SecretRight::Patch, "data", "patch"),
    (SecretRight::Delete, "delete", "update"),
    (SecretRight::Undelete, "undelete", "update"),
    (SecretRight::Destroy, "destroy", "update"),
    (SecretRight::DestroyAll, "metadata", "delete"),
];

/// The rights that KV 1 knows, all on the path itself.
const ONE: [(SecretRight, &str, &str); 4] = [
    (SecretRight::Reveal, "", "read"),
    (SecretRight::Create, "", "create"),
    (SecretRight::Update, "", "update"),
    (SecretRight::DestroyAll, "", "delete"),
];

#[derive(Deserialize)]
struct Answer {
    data: BTreeMap<String, Vec<String>>,
}

/// What this user may not do with each of these, in their order.
///
/// # Errors
/// [`Error::Denied`] where not even that may be asked.
pub(super) async fn lacking(session: &Session, paths: &[SecretPath]) -> Result<Vec<Lacking>> {
    let rights = match session.settings().kv {
        KvVersion::One => &ONE[..],
        KvVersion::Two => &TWO[..],
    };
    let places: Vec<_> = paths
        .iter()
        .flat_map(|path| rights.iter().filter_map(|(_, endpoint, _)| place(path, endpoint)))
        .collect();
    if places.is_empty() {
        return Ok(paths.iter().map(|_| Lacking::default()).collect());
    }
    let body = serde_json::json!({ "paths": places }).to_string();
    let call = Call::post(ASK, Zeroizing::new(body.into_bytes()));
    let failed = |failure: super::failure::Failure| failure.into_error(&session.name());
    let reply = session.call(&call).await.map_err(failed)?;
    if !reply.is_done() {
        return Err(Error::Denied { permission: format!("update on {ASK}"), remedy: ASK_FOR_IT });
    }
    let answer: Answer = reply.parse().map_err(failed)?;
    Ok(paths.iter().map(|path| judge(path, rights, &answer.data)).collect())
}

fn judge(
    path: &SecretPath,
    rights: &[(SecretRight, &str, &str)],
    granted: &BTreeMap<String, Vec<String>>,
) -> Lacking {
    let missing = |(right, endpoint, capability): &(SecretRight, &str, &str)| {
        let place = place(path, endpoint)?;
        // What the server does not tell of is not known to be missing.
        let granted = granted.get(&place)?;
        let has = granted.iter().any(|name| name == "root" || name == capability);
        (!has).then(|| (*right, format!("{capability} on {place}")))
    };
    rights.iter().filter_map(missing).collect()
}

/// Where a right is asked for: `webhooks/undelete/orders/secrets`.
fn place(path: &SecretPath, endpoint: &str) -> Option<String> {
    match path {
        SecretPath::Kv { mount, path } if endpoint.is_empty() => Some(format!("{mount}/{path}")),
        SecretPath::Kv { mount, path } => Some(format!("{mount}/{endpoint}/{path}")),
        SecretPath::Variables(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::{KvPath, Mount};

    use super::*;

    #[test]
    fn each_missing_right_is_named_exactly() {
        let path = SecretPath::Kv {
            mount: Mount::new("webhooks").unwrap(),
            path: KvPath::new("orders/secrets").unwrap(),
        };
        let granted = |place: &str, names: &[&str]| {
            (format!("webhooks/{place}/orders/secrets"), names.iter().map(ToString::to_string).collect())
        };
        let told = BTreeMap::from([
            granted("subkeys", &["read"]),
            granted("metadata", &["list", "read"]),
            granted("data", &["deny"]),
            granted("undelete", &["root"]),
            granted("destroy", &["deny"]),
        ]);
        let lacking = judge(&path, &TWO, &told);
        for (right, missing) in [
            (SecretRight::Presence, None),
            (SecretRight::Versions, None),
            (SecretRight::Reveal, Some("read on webhooks/data/orders/secrets")),
            (SecretRight::Patch, Some("patch on webhooks/data/orders/secrets")),
            (SecretRight::Delete, None),
            (SecretRight::Undelete, None),
            (SecretRight::Destroy, Some("update on webhooks/destroy/orders/secrets")),
            (SecretRight::DestroyAll, Some("delete on webhooks/metadata/orders/secrets")),
        ] {
            assert_eq!(lacking.for_right(right), missing, "{right:?}");
        }
    }
}
