//! The read that decides the cluster's condition: it needs a quorum and the right to read the whole
//! prefix, and is cheap for the server.

use std::slice;
use std::time::Duration;

use etcd_client::Client;
use futures::future::select_ok;
use tokio::time::{Instant, sleep};

use super::super::connect::Connector;
use super::super::error::{Fault, within};
use super::super::layout::KeyRange;
use super::super::link::Head;
use super::super::rights::readable_head;
use super::member_status::ClientPool;
use super::remaining;
use crate::domain::KeyPrefix;

/// After this time without an answer the link may hang, and the other members are queried as well.
const HEDGE: Duration = Duration::from_millis(600);

type QuorumReadResult = Result<(Head, Duration), Fault>;

/// The store's head and the latency, from the link in use or whichever member answers first.
pub(super) async fn quorum_read(
    connector: &Connector,
    contacts: &ClientPool,
    deadline: Instant,
) -> QuorumReadResult {
    let range = &connector.keyspace.range(&KeyPrefix::All);
    let own = connector.read(|link| async move { head(link.client, range).await });
    let others = async {
        sleep(HEDGE).await;
        first_of_pool(contacts, range).await
    };
    within(remaining(deadline), async {
        tokio::select! {
            // It has tried every member when it fails.
            answer = own => answer,
            Ok(answer) = others => answer,
        }
    })
    .await
}

/// The first answer that another member would not improve on; a denial counts.
async fn first_of_pool(contacts: &ClientPool, range: &KeyRange) -> Result<QuorumReadResult, Fault> {
    let ask = |client| {
        Box::pin(async move {
            match head(client, range).await {
                // Nor does the session of a pooled client tell anything, which may have ended since.
                Err(fault) if fault.retry_elsewhere() || fault == Fault::TokenExpired => Err(fault),
                answer => Ok(answer),
            }
        })
    };
    let all: Vec<_> = contacts.lock().values().cloned().map(ask).collect();
    if all.is_empty() {
        return Err(Fault::Unreachable);
    }
    select_ok(all).await.map(|(answer, _)| answer)
}

async fn head(client: Client, range: &KeyRange) -> QuorumReadResult {
    let begun = Instant::now();
    let head = readable_head(client.kv_client(), slice::from_ref(range)).await?;
    Ok((head, begun.elapsed()))
}
