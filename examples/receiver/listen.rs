//! A listener that moves when its address does: connections that are open go on, and no request is cut.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::settings::{ListenAddress, ReceiverSettings};

/// How long it waits where it can listen at neither the old address nor the new one.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes connections at the address of the settings.
pub(crate) struct MovingListener {
    /// `None` while it can listen nowhere.
    listener: Option<TcpListener>,
    address: ListenAddress,
    settings: watch::Receiver<ReceiverSettings>,
}

impl MovingListener {
    pub(crate) async fn bind(mut settings: watch::Receiver<ReceiverSettings>) -> io::Result<Self> {
        let address = settings.borrow_and_update().listen.clone();
        let listener = Some(listen(&address).await?);
        Ok(Self { listener, address, settings })
    }

    /// Where the address cannot be had it stays where it is.
    async fn move_to(&mut self, address: ListenAddress) {
        let bound = match listen(&address).await {
            // An address and all addresses exclude each other on one port, so the old one goes first.
            Err(error) if error.kind() == ErrorKind::AddrInUse && address.port == self.address.port => {
                self.listener = None;
                listen(&address).await
            }
            bound => bound,
        };
        match bound {
            Ok(listener) => (self.listener, self.address) = (Some(listener), address),
            Err(error) => {
                let ListenAddress { host, port } = &address;
                tracing::error!("cannot listen on {host:?}, port {port}: {error}; it stays where it is");
            }
        }
    }
}

impl Listener for MovingListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let Some(listener) = &mut self.listener else {
                self.listener = listen(&self.address).await.ok();
                if self.listener.is_none() {
                    sleep(PAUSE).await;
                }
                continue;
            };
            tokio::select! {
                accepted = Listener::accept(listener) => return accepted,
                Ok(()) = self.settings.changed() => {
                    let address = self.settings.borrow_and_update().listen.clone();
                    if address != self.address {
                        self.move_to(address).await;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        let none = || io::Error::from(ErrorKind::NotConnected);
        self.listener.as_ref().ok_or_else(none)?.local_addr()
    }
}

/// Listens, and says where.
async fn listen(ListenAddress { host, port }: &ListenAddress) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((host.as_str(), *port)).await?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    Ok(listener)
}
