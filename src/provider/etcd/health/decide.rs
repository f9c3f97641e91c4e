//! The read that decides: it needs a quorum and the right to read the whole prefix, and costs the
//! server nothing but that.

use std::time::Duration;

use etcd_client::{Client, Compare, CompareOp, GetOptions, Txn, TxnOp};
use futures::FutureExt;
use futures::future::select_ok;
use tokio::time::{Instant, sleep};

use super::super::connect::Connector;
use super::super::error::{Fault, within};
use super::super::layout::{Keyspace, Range};
use super::super::link::Head;
use super::ask::Contacts;
use super::left;
use crate::domain::KeyPrefix;

/// A link that has not answered by then may hang; the other members are asked as well.
const HEDGE: Duration = Duration::from_millis(600);

type Decided = Result<(Head, Duration), Fault>;

/// Where the store stands and how long it took to say so, from the link in use or whichever member
/// answers first.
pub(super) async fn decide(
    connector: &Connector,
    keyspace: &Keyspace,
    contacts: &Contacts,
    deadline: Instant,
) -> Decided {
    let range = &keyspace.range(&KeyPrefix::All);
    let own = async { connector.read(|link| async move { head(link.client(), range).await }).await };
    let others = async {
        sleep(HEDGE).await;
        anyone(contacts, range).await
    };
    let first = async {
        tokio::select! {
            // It has tried every member by itself when it fails.
            answer = own => answer,
            Ok(answer) = others => answer,
        }
    };
    within(left(deadline), first).await
}

/// The first answer that no other member would better; also a no is one.
async fn anyone(contacts: &Contacts, range: &Range) -> Result<Decided, Fault> {
    let ask = |client| {
        let decided = async move {
            match head(client, range).await {
                Err(fault) if fault.elsewhere() => Err(fault),
                answer => Ok(answer),
            }
        };
        decided.boxed()
    };
    let all: Vec<_> = contacts.all().into_iter().map(ask).collect();
    if all.is_empty() {
        return Err(Fault::Unreachable);
    }
    select_ok(all).await.map(|(answer, _)| answer)
}

/// A transaction whose condition never holds: etcd checks the right to every read in it, the whole
/// prefix in the branch that is not taken, before it finds that there is nothing to do.
async fn head(client: Client, range: &Range) -> Decided {
    let begun = Instant::now();
    let never = Compare::version(range.from.clone(), CompareOp::Less, 0);
    let all = GetOptions::new().with_range(range.to.clone()).with_limit(1);
    let transaction = Txn::new().when([never]).and_then([TxnOp::get(range.from.clone(), Some(all))]);
    let head = match client.kv_client().txn(transaction).await.map_err(Fault::from) {
        // etcd 3.5.1 refuses every transaction while the database is full.
        Err(Fault::NoSpace) => Head::of(client.kv_client().get(range.from.clone(), None).await?.header())?,
        answer => Head::of(answer?.header())?,
    };
    Ok((head, begun.elapsed()))
}
