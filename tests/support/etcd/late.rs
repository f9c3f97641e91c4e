//! A way to a server on which one request comes late: when its client has given up, as one does that
//! waits in a member that has stopped. On threads, for tests that drive programs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::EtcdServer;

const PATIENCE: Duration = Duration::from_secs(30);

/// A way to a server that can keep one request.
pub struct Late {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What the request holds that is to be kept.
    wanted: Option<Vec<u8>>,
    /// It, and the connection on which the server waits for it.
    kept: Option<(Vec<u8>, TcpStream)>,
}

impl Late {
    pub fn before(server: &EtcdServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (weak, behind) = (Arc::downgrade(&shared), server.address());
        thread::spawn(move || {
            while let (Ok((outer, _)), Some(shared)) = (listener.accept(), weak.upgrade()) {
                let Ok(inner) = TcpStream::connect(&behind) else { continue };
                let (from, to) = (inner.try_clone().unwrap(), outer.try_clone().unwrap());
                thread::spawn(move || pass(from, &to, |_| true));
                thread::spawn(move || pass(outer, &inner, |bytes| shared.asks(bytes, &inner)));
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Keeps the first request that holds these bytes, and whatever comes after it on its connection.
    pub fn keep(&self, bytes: &str) {
        self.shared.state().wanted = Some(bytes.into());
    }

    /// Waits until it has come.
    #[track_caller]
    pub fn wait_until_kept(&self) {
        let none = |state: &mut State| state.kept.is_none();
        let waited = self.shared.changed.wait_timeout_while(self.shared.state(), PATIENCE, none);
        assert!(!waited.unwrap().1.timed_out(), "the request did not come");
    }

    /// Hands it on to the server, which knows nothing of the time between.
    pub fn deliver(&self) {
        let state = self.shared.state();
        let (request, mut server) = state.kept.as_ref().map(|(bytes, to)| (bytes, to)).unwrap();
        server.write_all(request).unwrap();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether what a client sent may go on.
    fn asks(&self, bytes: &[u8], server: &TcpStream) -> bool {
        let mut state = self.state();
        let holds = |wanted: &Vec<u8>| bytes.windows(wanted.len()).any(|part| part == wanted);
        if state.wanted.take_if(|wanted| holds(wanted)).is_none() {
            return true;
        }
        state.kept = Some((bytes.to_vec(), server.try_clone().unwrap()));
        self.changed.notify_all();
        false
    }
}

/// Hands on what comes until `goes_on` says no: from then on neither it nor the end of the connection.
fn pass(mut from: TcpStream, mut to: &TcpStream, goes_on: impl Fn(&[u8]) -> bool) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut chunk) {
        if !goes_on(&chunk[..read]) {
            // The client is heard to its end, so that it is not cut off.
            while let Ok(1..) = from.read(&mut chunk) {}
            return;
        }
        if to.write_all(&chunk[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(std::net::Shutdown::Both), to.shutdown(std::net::Shutdown::Both));
}
