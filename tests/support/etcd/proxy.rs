//! A proxy that hands on what is asked and answered, until it gives a write's answer in words of its own:
//! as one does that reaches a limit or restarts after the request has gone through.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use h2::client::SendRequest;
use h2::server::SendResponse;
use h2::{RecvStream, client, server};
use http::{HeaderMap, Request, Response};
use tokio::net::{TcpListener, TcpStream};

use super::EtcdServer;

/// A way to a server through a proxy; calls only, no watches.
pub struct Proxy {
    address: SocketAddr,
    /// The gRPC status of the next write's answer, if it is not the server's.
    status: Arc<Mutex<Option<u8>>>,
}

impl Proxy {
    pub async fn before(server: &EtcdServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let status = Arc::new(Mutex::new(None));
        let (behind, weak) = (server.address(), Arc::downgrade(&status));
        tokio::spawn(async move {
            while let (Ok((outer, _)), Some(status)) = (listener.accept().await, weak.upgrade()) {
                tokio::spawn(connection(outer, behind.clone(), status));
            }
        });
        Self { address, status }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The next write goes through, and is answered with this status.
    pub fn answer_next_write(&self, status: u8) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
    }
}

async fn connection(outer: TcpStream, behind: String, status: Arc<Mutex<Option<u8>>>) {
    let inner = TcpStream::connect(behind).await.unwrap();
    let (to_server, server_side) = client::handshake(inner).await.unwrap();
    tokio::spawn(server_side);
    let Ok(mut client_side) = server::handshake(outer).await else { return };
    while let Some(Ok((request, respond))) = client_side.accept().await {
        tokio::spawn(call(request, respond, to_server.clone(), Arc::clone(&status)));
    }
}

async fn call(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    to_server: SendRequest<Bytes>,
    status: Arc<Mutex<Option<u8>>>,
) -> Result<(), h2::Error> {
    let (head, body) = request.into_parts();
    let writes = ["/etcdserverpb.KV/Txn", "/etcdserverpb.KV/DeleteRange"].contains(&head.uri.path());
    let (body, _) = whole(body).await?;
    let (answer, mut sender) = to_server.ready().await?.send_request(Request::from_parts(head, ()), false)?;
    sender.send_data(body, true)?;
    let (head, body) = answer.await?.into_parts();
    let (body, trailers) = whole(body).await?;

    let own = status.lock().unwrap_or_else(PoisonError::into_inner).take_if(|_| writes);
    if let Some(status) = own {
        let answer = Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", status.to_string())
            .header("grpc-message", "upstream says no");
        respond.send_response(answer.body(()).unwrap(), true)?;
        return Ok(());
    }
    let Some(trailers) = trailers else {
        respond.send_response(Response::from_parts(head, ()), true)?;
        return Ok(());
    };
    let mut sender = respond.send_response(Response::from_parts(head, ()), false)?;
    sender.send_data(body, false)?;
    sender.send_trailers(trailers)
}

async fn whole(mut body: RecvStream) -> Result<(Bytes, Option<HeaderMap>), h2::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes.into(), body.trailers().await?))
}
