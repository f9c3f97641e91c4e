//! A way to a server that can be cut.

use std::net::SocketAddr;

use tokio::sync::watch;

use super::EtcdServer;

/// A way to a server that can be cut: the server lives on, and nobody behind the gate reaches it.
pub struct Gate {
    address: SocketAddr,
    open: watch::Sender<bool>,
}

impl Gate {
    /// An open gate before a server. Its task ends with the gate.
    pub async fn before(server: &EtcdServer) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = watch::Sender::new(true);
        let (behind, state) = (server.address(), open.subscribe());
        tokio::spawn(async move {
            // Ends with the gate, which is what `has_changed` fails for.
            while let (Ok((outer, _)), Ok(_)) = (listener.accept().await, state.has_changed()) {
                tokio::spawn(pass(outer, behind.clone(), state.clone()));
            }
        });
        Self { address, open }
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

async fn pass(mut outer: tokio::net::TcpStream, behind: String, mut open: watch::Receiver<bool>) {
    if !*open.borrow() {
        return;
    }
    let Ok(mut inner) = tokio::net::TcpStream::connect(behind).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut outer, &mut inner) => {}
        _ = open.wait_for(|open| !open) => {}
    }
}
