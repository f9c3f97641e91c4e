//! The new leases of a commit: granted before it is sent, and revoked unless keys hold them in the end,
//! whether it is refused, never sent, given up by its caller, or its answer is lost.

use std::sync::Arc;
use std::time::Duration;

use etcd_client::{LeaseGrantOptions, LeaseTimeToLiveOptions};
use tokio::time::sleep;

use super::check_permission;
use super::transaction::TxnStep;
use crate::provider::etcd::connect::Connector;
use crate::provider::etcd::error::Fault;

/// How long a transaction without an answer may be on its way before its leases are looked at.
const IN_FLIGHT_WAIT: Duration = Duration::from_secs(1);

/// How often revoking is tried, and the pause in between; later they expire by themselves.
const ATTEMPTS: usize = 5;
const ATTEMPTS_APART: Duration = Duration::from_secs(1);

/// Whether keys may be attached to the leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeaseUse {
    /// No transaction has been applied, nor will be.
    Unused,
    /// A transaction may have been applied.
    Unknown,
    /// Keys are attached.
    Used,
}

/// The new leases of one commit, in the order of its steps. When dropped, those without keys are revoked in
/// the background; closing the connector waits for that.
pub(super) struct NewLeases {
    connector: Arc<Connector>,
    ids: Vec<Option<i64>>,
    pub(super) usage: LeaseUse,
}

impl NewLeases {
    /// Grants a lease for each step that needs one, if the user may write them all.
    pub(super) async fn grant(connector: &Arc<Connector>, steps: &[TxnStep]) -> Result<Self, Fault> {
        check_permission(connector, steps).await?;
        let ids = Vec::with_capacity(steps.len());
        let mut leases = Self { connector: Arc::clone(connector), ids, usage: LeaseUse::Unused };
        for step in steps {
            let Some(ttl) = step.new_lease_ttl else {
                leases.ids.push(None);
                continue;
            };
            // Chosen here and noted first, so that a lease whose grant has no answer can be revoked too.
            let id = new_id()?;
            leases.ids.push(Some(id));
            let granted = connector.read(|link| async move {
                let options = LeaseGrantOptions::new().with_id(id);
                Ok(link.client.lease_client().grant(ttl, Some(options)).await?)
            });
            match granted.await {
                // The grant was repeated, and its first answer lost.
                Ok(_) | Err(Fault::LeaseExists) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(leases)
    }

    pub(super) fn ids(&self) -> &[Option<i64>] {
        &self.ids
    }
}

impl Drop for NewLeases {
    fn drop(&mut self) {
        let ids: Vec<_> = std::mem::take(&mut self.ids).into_iter().flatten().collect();
        if ids.is_empty() || self.usage == LeaseUse::Used {
            return;
        }
        let (connector, usage) = (Arc::clone(&self.connector), self.usage);
        self.connector.in_background(async move {
            if usage == LeaseUse::Unknown {
                sleep(IN_FLIGHT_WAIT).await;
            }
            for id in ids {
                revoke(&connector, id, usage).await;
            }
        });
    }
}

/// Revokes a lease, unless keys may hold it: that would delete them. A transaction that arrives later is
/// refused by etcd, because its lease is gone.
async fn revoke(connector: &Connector, id: i64, usage: LeaseUse) {
    for _ in 0..ATTEMPTS {
        let revoked = connector.read(|link| async move {
            let mut leases = link.client.lease_client();
            if usage != LeaseUse::Unused {
                let options = LeaseTimeToLiveOptions::new().with_keys();
                let lease = leases.time_to_live(id, Some(options)).await?;
                if !lease.keys().is_empty() {
                    return Ok(());
                }
            }
            leases.revoke(id).await?;
            Ok(())
        });
        match revoked.await {
            Err(fault) if fault.retry_elsewhere() => sleep(ATTEMPTS_APART).await,
            // Done, or gone already, or refused for good.
            _ => return,
        }
    }
}

/// A number that no other lease has: 63 random bits.
fn new_id() -> Result<i64, Fault> {
    let random = getrandom::u64()
        .map_err(|_| Fault::InvalidSettings("the system gives no randomness for a lease's id".into()))?;
    Ok(i64::try_from(random >> 1).unwrap_or(i64::MAX).max(1))
}
