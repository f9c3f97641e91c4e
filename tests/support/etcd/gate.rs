//! A way to a server that can be cut, or that is thin: with a bandwidth and a delay.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::EtcdServer;

/// A way to a server that can be cut: the server lives on, and nobody behind the gate reaches it.
pub struct Gate {
    address: SocketAddr,
    open: watch::Sender<bool>,
    back: Option<Arc<Direction>>,
}

/// What a line bears, in bytes a second over all of its connections, and how long each byte takes.
#[derive(Clone, Copy)]
pub struct Bandwidth {
    pub bytes_per_second: u64,
    pub delay: Duration,
}

const LATE: Duration = Duration::from_millis(20);

/// One direction of a line.
struct Direction {
    bandwidth: Bandwidth,
    /// When the last byte so far has left.
    busy_until: Mutex<Instant>,
    carried: AtomicUsize,
}

impl Gate {
    /// An open gate before a server. Its task ends with the gate.
    pub async fn before(server: &EtcdServer) -> Self {
        Self::over(server, None).await
    }

    /// A gate at the end of a thin line.
    pub async fn thin(server: &EtcdServer, bandwidth: Bandwidth) -> Self {
        Self::over(server, Some(bandwidth)).await
    }

    async fn over(server: &EtcdServer, bandwidth: Option<Bandwidth>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = watch::Sender::new(true);
        let (behind, state) = (server.address(), open.subscribe());
        let direction = || bandwidth.map(|bandwidth| Arc::new(Direction::new(bandwidth)));
        let lines = (direction(), direction());
        let back = lines.1.clone();
        tokio::spawn(async move {
            // Ends with the gate, which is what `has_changed` fails for.
            while let (Ok((outer, _)), Ok(_)) = (listener.accept().await, state.has_changed()) {
                tokio::spawn(pass(outer, behind.clone(), state.clone(), lines.clone()));
            }
        });
        Self { address, open, back }
    }

    /// How many bytes a thin line has carried from the server.
    pub fn carried(&self) -> usize {
        self.back.as_ref().expect("a thin line").carried.load(Ordering::Relaxed)
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    pub fn shut(&self) {
        self.open.send_replace(false);
    }

    pub fn reopen(&self) {
        self.open.send_replace(true);
    }
}

impl Direction {
    fn new(bandwidth: Bandwidth) -> Self {
        Self { bandwidth, busy_until: Mutex::new(Instant::now()), carried: AtomicUsize::new(0) }
    }

    /// Takes the line for some bytes; returns when they have left, and when they arrive.
    fn reserve(&self, bytes: usize) -> (Instant, Instant) {
        self.carried.fetch_add(bytes, Ordering::Relaxed);
        let takes = Duration::from_secs_f64(bytes as f64 / self.bandwidth.bytes_per_second as f64);
        let mut busy_until = self.busy_until.lock().unwrap();
        // A timer is late by a millisecond or two, for which the line is not to bear less.
        *busy_until = (Instant::now() - LATE).max(*busy_until) + takes;
        (*busy_until, *busy_until + self.bandwidth.delay)
    }

    async fn carry(&self, mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin) {
        let (sender, mut under_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
        let send = async move {
            let mut buffer = vec![0; 4096];
            while let Ok(count @ 1..) = from.read(&mut buffer).await {
                let (left, arrives) = self.reserve(count);
                if sender.send((arrives, buffer[..count].to_vec())).is_err() {
                    return;
                }
                sleep_until(left).await;
            }
        };
        let arrive = async move {
            while let Some((at, bytes)) = under_way.recv().await {
                sleep_until(at).await;
                if to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        };
        tokio::join!(send, arrive);
    }
}

type Lines = (Option<Arc<Direction>>, Option<Arc<Direction>>);

async fn pass(mut outer: TcpStream, behind: String, mut open: watch::Receiver<bool>, lines: Lines) {
    if !*open.borrow() {
        return;
    }
    let Ok(mut inner) = TcpStream::connect(behind).await else { return };
    let carry = async {
        let (Some(there), Some(back)) = lines else {
            _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            return;
        };
        let ((from_client, to_client), (from_server, to_server)) = (outer.split(), inner.split());
        tokio::select! {
            () = there.carry(from_client, to_server) => {}
            () = back.carry(from_server, to_client) => {}
        }
    };
    tokio::select! {
        () = carry => {}
        _ = open.wait_for(|open| !open) => {}
    }
}
