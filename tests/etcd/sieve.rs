//! A line to a server on which single answers can be held back or lost, which no real server can be
//! made to do: it takes HTTP/2 apart into frames and looks into those that carry data.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::etcd::EtcdServer;

/// What happens to the next answer that holds some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Pass,
    /// It waits, and everything after it.
    Hold(Vec<u8>),
    /// It waits now.
    Held,
    /// It is lost.
    Lose(Vec<u8>),
}

/// A line to one server.
pub(crate) struct Sieve {
    address: SocketAddr,
    rule: Arc<watch::Sender<Rule>>,
    open: watch::Sender<bool>,
}

impl Sieve {
    pub(crate) async fn before(server: &EtcdServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (rule, open) = (Arc::new(watch::Sender::new(Rule::Pass)), watch::Sender::new(true));
        let (behind, rules, state) = (server.address(), Arc::clone(&rule), open.subscribe());
        tokio::spawn(async move {
            // Ends with the sieve, which is what `has_changed` fails for.
            while let (Ok((outer, _)), Ok(_)) = (listener.accept().await, state.has_changed()) {
                tokio::spawn(line(outer, behind.clone(), Arc::clone(&rules), state.clone()));
            }
        });
        Self { address, rule, open }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts every connection; new ones are made at once.
    pub(crate) fn cut(&self) {
        self.open.send_replace(false);
        self.open.send_replace(true);
    }

    /// Holds the next answer back that holds these bytes.
    pub(crate) fn hold(&self, bytes: &[u8]) {
        self.rule.send_replace(Rule::Hold(bytes.to_vec()));
    }

    /// Waits until it is held.
    pub(crate) async fn held(&self) {
        let mut held = self.rule.subscribe();
        held.wait_for(|rule| *rule == Rule::Held).await.unwrap();
    }

    /// Loses the next answer that holds these bytes.
    pub(crate) fn lose(&self, bytes: &[u8]) {
        self.rule.send_replace(Rule::Lose(bytes.to_vec()));
    }

    /// Whether it has been lost.
    pub(crate) fn has_lost(&self) -> bool {
        *self.rule.borrow() == Rule::Pass
    }

    /// Lets everything pass again.
    pub(crate) fn release(&self) {
        self.rule.send_replace(Rule::Pass);
    }
}

async fn line(outer: TcpStream, behind: String, rule: Arc<watch::Sender<Rule>>, open: watch::Receiver<bool>) {
    let Ok(inner) = TcpStream::connect(behind).await else { return };
    let (mut from_client, to_client) = outer.into_split();
    let (from_server, mut to_server) = inner.into_split();
    let mut open = open;
    open.mark_unchanged();
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        _ = frames(from_server, to_client, &rule) => {}
        _ = open.changed() => {}
    }
}

/// Hands frames on, one by one: three bytes of length, type, flags, four of stream; then the payload.
async fn frames(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    rule: &watch::Sender<Rule>,
) -> std::io::Result<()> {
    const DATA: u8 = 0;
    loop {
        let mut head = [0; 9];
        from.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        from.read_exact(&mut payload).await?;
        if head[3] == DATA && is_lost(&payload, rule).await {
            continue;
        }
        to.write_all(&head).await?;
        to.write_all(&payload).await?;
    }
}

async fn is_lost(payload: &[u8], rule: &watch::Sender<Rule>) -> bool {
    let now = rule.borrow().clone();
    let found = |bytes: &[u8]| payload.windows(bytes.len()).any(|window| window == bytes);
    match now {
        Rule::Hold(bytes) if found(&bytes) => {
            rule.send_replace(Rule::Held);
            let _ = rule.subscribe().wait_for(|rule| *rule == Rule::Pass).await;
            false
        }
        Rule::Lose(bytes) if found(&bytes) => {
            rule.send_replace(Rule::Pass);
            true
        }
        _ => false,
    }
}
