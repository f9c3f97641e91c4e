//! A way to a server that is cut at one write: before it goes through, or after. On threads, for tests
//! that drive programs.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::EtcdServer;

const PATIENCE: Duration = Duration::from_secs(30);

/// A way to a server that can be cut.
pub struct Snip {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    rule: Rule,
    /// Answers are lost.
    deaf: bool,
    /// New connections are refused.
    shut: bool,
    /// How long requests take on their way; one whose sender leaves meanwhile is lost.
    lag: Duration,
    lines: Vec<TcpStream>,
}

/// What happens to the first request that holds some bytes.
enum Rule {
    Pass,
    /// It is lost with its connection, and so are all others.
    Lose(Vec<u8>),
    /// It goes through once this is done, and no answer comes back.
    Deafen(Vec<u8>, Box<dyn FnOnce() + Send>),
    /// It goes through once this is done, and so does its answer.
    Meet(Vec<u8>, Box<dyn FnOnce() + Send>),
    /// It has happened.
    Met,
}

impl Snip {
    pub fn before(server: &EtcdServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state =
            State { rule: Rule::Pass, deaf: false, shut: false, lag: Duration::ZERO, lines: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let (weak, behind) = (Arc::downgrade(&shared), server.address());
        thread::spawn(move || {
            while let (Ok((outer, _)), Some(shared)) = (listener.accept(), weak.upgrade()) {
                let Ok(inner) = TcpStream::connect(&behind) else { continue };
                shared.join(outer, inner);
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts every connection when a request with these bytes comes, and lets nothing of it through.
    pub fn lose(&self, bytes: &str) {
        self.shared.state().rule = Rule::Lose(bytes.into());
    }

    /// Lets the first request with these bytes through, after `then`, and no answer back.
    pub fn deafen(&self, bytes: &str, then: impl FnOnce() + Send + 'static) {
        self.shared.state().rule = Rule::Deafen(bytes.into(), Box::new(then));
    }

    /// Lets everything through, the first request with these bytes after `then`.
    pub fn meet(&self, bytes: &str, then: impl FnOnce() + Send + 'static) {
        self.shared.state().rule = Rule::Meet(bytes.into(), Box::new(then));
    }

    /// From now on requests take so long, and one whose sender leaves meanwhile is lost.
    pub fn delay(&self, lag: Duration) {
        self.shared.state().lag = lag;
    }

    /// Waits until that request has come.
    #[track_caller]
    pub fn wait_until_met(&self) {
        let state = self.shared.state();
        let waiting = |state: &mut State| !matches!(state.rule, Rule::Met);
        let (_state, late) = self.shared.changed.wait_timeout_while(state, PATIENCE, waiting).unwrap();
        assert!(!late.timed_out(), "the request did not come");
    }

    /// Cuts every connection and refuses new ones.
    pub fn shut(&self) {
        self.shared.state().cut();
    }

    /// Lets everything through again.
    pub fn reopen(&self) {
        let mut state = self.shared.state();
        state.shut = false;
        state.deaf = false;
        // What was opened while answers were lost has lost some.
        state.lines.drain(..).for_each(|line| drop(line.shutdown(Shutdown::Both)));
    }
}

impl State {
    fn cut(&mut self) {
        self.shut = true;
        self.lines.drain(..).for_each(|line| drop(line.shutdown(Shutdown::Both)));
    }

    /// Says whether what a client sent may go on.
    fn asks(&mut self, bytes: &[u8]) -> bool {
        let holds = |wanted: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
        match std::mem::replace(&mut self.rule, Rule::Met) {
            Rule::Lose(wanted) if holds(&wanted) => {
                self.cut();
                return false;
            }
            Rule::Deafen(wanted, then) if holds(&wanted) => {
                self.deaf = true;
                then();
            }
            Rule::Meet(wanted, then) if holds(&wanted) => then(),
            rule => self.rule = rule,
        }
        true
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(self: &Arc<Self>, outer: TcpStream, inner: TcpStream) {
        let mut state = self.state();
        if state.shut {
            return;
        }
        state.lines.extend([outer.try_clone().unwrap(), inner.try_clone().unwrap()]);
        let (from, to, shared) = (outer.try_clone().unwrap(), inner.try_clone().unwrap(), Arc::clone(self));
        thread::spawn(move || {
            let sender = from.try_clone().unwrap();
            pass(from, to, |bytes| {
                let lag = shared.state().lag;
                thread::sleep(lag);
                if !lag.is_zero() && has_left(&sender) {
                    return false;
                }
                let goes_on = shared.state().asks(bytes);
                shared.changed.notify_all();
                goes_on
            });
        });
        let shared = Arc::clone(self);
        thread::spawn(move || {
            pass(inner, outer, |_| !shared.state().deaf);
        });
    }
}

/// Whether the other side has closed the connection.
fn has_left(stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let left = matches!(stream.peek(&mut [0]), Ok(0));
    stream.set_read_timeout(None).unwrap();
    left
}

/// Hands on what comes, as far as `goes_on` says of it; the rest is lost.
fn pass(mut from: TcpStream, mut to: TcpStream, goes_on: impl Fn(&[u8]) -> bool) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut chunk) {
        if goes_on(&chunk[..read]) && to.write_all(&chunk[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
