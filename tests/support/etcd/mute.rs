//! A way to a server on which watches fall silent while everything else is answered: what no real
//! server can be made to do, and what a broken middle box does.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::EtcdServer;

/// HTTP/2's first words of a client.
const PREFACE: usize = 24;
const HEAD: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 1;

/// A way to a server that can be muted.
pub struct Mute {
    address: SocketAddr,
    /// Connections with a lower number are muted.
    muted: Arc<AtomicUsize>,
    accepted: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Mute {
    pub async fn before(server: &EtcdServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (muted, accepted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (behind, limit, count) = (server.address(), Arc::clone(&muted), Arc::clone(&accepted));
        let task = tokio::spawn(async move {
            while let Ok((outer, _)) = listener.accept().await {
                let (limit, serial) = (Arc::clone(&limit), count.fetch_add(1, Ordering::SeqCst));
                let behind = behind.clone();
                tokio::spawn(async move {
                    let muted = move || serial < limit.load(Ordering::SeqCst);
                    pass(outer, TcpStream::connect(behind).await.unwrap(), muted).await;
                });
            }
        });
        Self { address, muted, accepted, task }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on nothing of the watches on today's connections comes through.
    pub fn mute(&self) {
        self.muted.store(self.accepted.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

impl Drop for Mute {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A stream whose client has said all it has to say is a call; one that it leaves open is a watch.
type Calls = Mutex<HashSet<[u8; 4]>>;

async fn pass(outer: TcpStream, inner: TcpStream, muted: impl Fn() -> bool) {
    let (from_client, to_client) = outer.into_split();
    let (from_server, to_server) = inner.into_split();
    let calls = Calls::default();
    // Either ends when its side does, and both with it.
    tokio::select! {
        _ = requests(from_client, to_server, &calls) => {}
        _ = answers(from_server, to_client, &calls, muted) => {}
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, calls: &Calls) -> io::Result<Infallible> {
    let mut preface = [0; PREFACE];
    from.read_exact(&mut preface).await?;
    to.write_all(&preface).await?;
    loop {
        let frame = frame(&mut from).await?;
        if matches!(frame[3], DATA | HEADERS) && frame[4] & END_STREAM != 0 {
            calls.lock().unwrap().insert(stream(&frame));
        }
        to.write_all(&frame).await?;
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    calls: &Calls,
    muted: impl Fn() -> bool,
) -> io::Result<Infallible> {
    loop {
        let frame = frame(&mut from).await?;
        let of_watch = frame[3] == DATA && !calls.lock().unwrap().contains(&stream(&frame));
        if !(of_watch && muted()) {
            to.write_all(&frame).await?;
        }
    }
}

async fn frame(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; HEAD];
    from.read_exact(&mut frame).await?;
    let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]) as usize;
    frame.resize(HEAD + length, 0);
    from.read_exact(&mut frame[HEAD..]).await?;
    Ok(frame)
}

fn stream(frame: &[u8]) -> [u8; 4] {
    frame[5..HEAD].try_into().unwrap()
}
