//! A small webhook receiver on the library alone, and an introduction to it.
//!
//! ```text
//! CONFIG_BACKEND=etcd ETCD_HOST=127.0.0.1 cargo run --no-default-features \
//!     --features applications,etcd,vault --example receiver -- --app examples/applications/receiver.toml
//! ```
//!
//! The library does four things for it. It opens the store that the environment names and keeps a live
//! picture of it, both in `run` below; it gives out a document with its references and secrets filled in, in
//! `webhook`, which answers one request; and it keeps the receiver's own settings up to date, in `settings`,
//! if an application file is named. `listen` moves to another address while it runs, and `log` is the log.
//! `checks` says whether a sender may send, and `deliver` is the module `log`.
//!
//! It is an example: what it cannot check it refuses, and it delivers to its standard output only.

mod checks;
mod deliver;
mod limits;
mod listen;
mod log;
mod refusal;
mod settings;
mod webhook;

use std::error::Error;
use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use confdeck::config::{Overrides, SettingSources, Settings, Target};
use confdeck::domain::{KeyPrefix, LinkState, Namespace};
use confdeck::manager::UnifiedConfigManager;
use futures::{FutureExt, future};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use limits::RequestCount;
use listen::MovingListener;
use settings::LiveSettings;

/// What every request sees.
struct Receiver {
    manager: Arc<UnifiedConfigManager>,
    /// Which store that is.
    target: Target,
    settings: LiveSettings,
    requests: RequestCount,
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
async fn main() -> ExitCode {
    let Err(error) = run().await else { return ExitCode::SUCCESS };
    // Without standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "receiver: {error}");
    ExitCode::FAILURE
}

async fn run() -> Result<(), Box<dyn Error>> {
    let log = log::Log::start()?;
    let target = Settings::resolve(&SettingSources::gather(Overrides::default())?)?.target;
    let settings = LiveSettings::open(&target, log).await?;
    let manager = UnifiedConfigManager::global()?;
    // While this is held, requests are answered from memory, and go on being while the store is down.
    let picture = manager.watch(KeyPrefix::All);

    let listener = MovingListener::bind(settings.watch()).await?;
    let requests = RequestCount::default();
    serve(listener, Arc::new(Receiver { manager: Arc::clone(&manager), target, settings, requests })).await?;

    drop(picture);
    manager.shutdown().await;
    Ok(())
}

/// Until SIGTERM or an interrupt, and a little longer for requests that have begun. A sender that
/// stalls does not hold it up.
async fn serve(listener: MovingListener, receiver: Arc<Receiver>) -> io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let asked = async move {
        future::select(pin!(term.recv()), pin!(int.recv())).await;
    }
    .shared();
    let served = axum::serve(listener, routes(Arc::clone(&receiver))).with_graceful_shutdown(asked.clone());
    tokio::select! {
        served = served => served,
        () = async { asked.await; sleep(receiver.settings.limits().grace).await } => Ok(()),
    }
}

fn routes(receiver: Arc<Receiver>) -> Router {
    Router::new()
        .route("/webhook/{id}", post(webhook::by_id))
        .route("/webhook/{namespace}/{id}", post(webhook::by_namespace_and_id))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&receiver), limits::hold))
        .route("/health", get(health))
        .with_state(receiver)
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
        components.extend(receiver.settings.health().map(|word| ("settings".to_owned(), word.into())));
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
        Some(LinkState::Synced | LinkState::CatchingUp { .. } | LinkState::Loading { .. }) => "healthy",
        _ => "disconnected",
    }
}
