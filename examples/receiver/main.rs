//! A small webhook receiver on the library alone, and an introduction to it.
//!
//! ```text
//! CONFIG_BACKEND=etcd ETCD_HOST=127.0.0.1 cargo run --no-default-features --example receiver
//! ```
//!
//! The library does three things for it, all in this file: it opens the store that the environment
//! names, keeps a live picture of it while a watch is held, and gives out documents with their
//! references and secrets filled in. `webhook` answers one request, `checks` says whether its sender may
//! send it, `deliver` is the module `log`.
//!
//! It is an example: what it cannot check it refuses, and it delivers to its standard output only.

mod checks;
mod deliver;
mod refusal;
mod webhook;

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use confdeck::domain::{KeyPrefix, LinkState, Namespace};
use confdeck::manager::UnifiedConfigManager;
use confdeck::settings::{Overrides, Settings, Sources, Target};
use futures::FutureExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The longest body that is taken, in bytes.
const BODY_MAX: usize = 10 * 1024 * 1024;

/// How long requests that have begun may go on after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// What every request sees.
struct Receiver {
    manager: Arc<UnifiedConfigManager>,
    /// Which store that is.
    target: Target,
}

impl Receiver {
    /// The namespace of the plain route.
    fn namespace(&self) -> Namespace {
        match &self.target {
            Target::Etcd(etcd) => etcd.namespace.clone(),
            Target::Files(_) => Namespace::default(),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::resolve(&Sources::gather(Overrides::default())?)?;
    let manager = UnifiedConfigManager::global()?;
    // While this is held, requests are answered from memory, and go on being while the store is down.
    let picture = manager.watch(KeyPrefix::All);

    let receiver = Arc::new(Receiver { manager: Arc::clone(&manager), target: settings.target });

    let listener = TcpListener::bind(address()?).await?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
    }
    .shared();
    tokio::select! {
        served = axum::serve(listener, routes(receiver)).with_graceful_shutdown(stop.clone()) => served?,
        // A sender that stalls does not hold the receiver up.
        () = async { stop.await; tokio::time::sleep(GRACE).await } => {}
    }

    drop(picture);
    manager.shutdown().await;
    Ok(())
}

fn routes(receiver: Arc<Receiver>) -> Router {
    Router::new()
        .route("/webhook/{id}", post(webhook::by_id))
        .route("/webhook/{namespace}/{id}", post(webhook::by_namespace_and_id))
        .route("/health", get(health))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(receiver)
}

/// `HOST` and `PORT`; port 0 takes a free one.
fn address() -> Result<(String, u16), String> {
    let port = variable("PORT", "8000").parse().map_err(|_| "PORT is not a number from 0 to 65535")?;
    Ok((variable("HOST", "127.0.0.1"), port))
}

fn variable(name: &str, default: &str) -> String {
    env::var(name).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned())
}

/// Healthy as long as it answers; whether the store does is said beside it.
async fn health(State(receiver): State<Arc<Receiver>>) -> Json<Value> {
    let timestamp = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64();
    let mut components = json!({
        "config_manager": "healthy",
        "redis_stats": "unavailable",
        "clickhouse": "not_configured",
        "webhook_connect": "not_configured",
    });
    let (name, state) = match &receiver.target {
        Target::Etcd(_) => ("etcd", link_word(receiver.manager.link().as_ref())),
        Target::Files(_) => ("config_backend", "file"),
    };
    if let Value::Object(components) = &mut components {
        components.insert(name.into(), state.into());
    }
    Json(json!({
        "status": "healthy",
        "service": "webhook-service",
        "timestamp": timestamp,
        "components": components,
    }))
}

fn link_word(link: Option<&LinkState>) -> &'static str {
    match link {
        Some(LinkState::Synced | LinkState::CatchingUp | LinkState::Loading { .. }) => "healthy",
        _ => "disconnected",
    }
}
