//! The thread that writes drafts: one order after the other, so that a draft thrown away is not
//! written again by a save that came before. The loop waits for it only when the console is left.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout_at;

use super::{Folder, Listed, Saved, SavedId, Unsaved};
use crate::console::effect::Request;
use crate::console::outside;
use crate::domain::ResourceKey;

/// How many orders wait; a draft has one save under way at a time.
const ORDERS: usize = 256;

/// What the thread is asked.
#[derive(Debug)]
pub(in crate::console) enum Order {
    /// Save this.
    Save(Request, Box<Unsaved>),
    /// Remove the saved form of a draft of this session.
    Remove(ResourceKey),
    /// Tell what ended sessions left.
    List(Request),
    /// Make one of those a draft of this session.
    TakeUp(Request, SavedId),
    /// Remove one of those.
    ThrowAway(Request, SavedId),
    /// Say that everything before is done.
    Settle(oneshot::Sender<Option<String>>),
}

/// What came of an order.
#[derive(Debug)]
pub(in crate::console) enum Outcome {
    /// How many secrets were left out, or why nothing was saved.
    Saved(Result<usize, String>),
    /// What ended sessions left.
    Listed(Vec<Listed>),
    /// A draft, or why there is none.
    TakenUp(Result<Box<Saved>, String>),
    /// Why one is still there.
    ThrownAway(Result<(), String>),
}

/// The thread, as the loop sees it.
#[derive(Debug)]
pub(in crate::console) struct Worker {
    orders: mpsc::Sender<Order>,
    /// Set once the console is being left: what matters then is to be done before the process ends.
    leaving: Arc<AtomicBool>,
}

impl Worker {
    /// Starts it on a state folder, or on none; `tell` is called on its thread.
    pub(in crate::console) fn start(
        state: Option<PathBuf>,
        tell: impl Fn(Request, Outcome) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (orders, received) = mpsc::channel(ORDERS);
        let leaving = Arc::new(AtomicBool::new(false));
        let desk = Desk {
            folder: state.as_ref().map(|state| Folder::new(state.join(super::FOLDER))),
            state,
            failed: BTreeMap::new(),
            leaving: Arc::clone(&leaving),
        };
        thread::Builder::new().name("drafts".into()).spawn(move || desk.run(received, tell))?;
        Ok(Self { orders, leaving })
    }

    /// Hands an order over; gives it back where the thread is far behind, or gone.
    pub(in crate::console) fn order(&self, order: Order) -> Result<(), Order> {
        self.orders.try_send(order).map_err(mpsc::error::TrySendError::into_inner)
    }

    /// From now on saving is quick rather than proof against a power cut.
    pub(in crate::console) fn hurry(&self) {
        self.leaving.store(true, Ordering::SeqCst);
    }

    /// Waits until all is done, but not longer than `until`; answers why the last text of a draft is
    /// not saved.
    pub(in crate::console) async fn settle(&self, until: Instant) -> Option<String> {
        let (sender, settled) = oneshot::channel();
        if self.order(Order::Settle(sender)).is_err() {
            return Some("the disk takes nothing".into());
        }
        match timeout_at(until.into(), settled).await {
            Ok(Ok(failed)) => failed,
            _ => Some("the disk took longer than leaving may take".into()),
        }
    }
}

struct Desk {
    state: Option<PathBuf>,
    folder: Option<Folder>,
    /// Drafts whose last text is not saved, and why.
    failed: BTreeMap<ResourceKey, String>,
    leaving: Arc<AtomicBool>,
}

impl Desk {
    fn run(mut self, mut orders: mpsc::Receiver<Order>, tell: impl Fn(Request, Outcome)) {
        while let Some(order) = orders.blocking_recv() {
            match order {
                Order::Save(request, unsaved) => {
                    let saved = self.save(&unsaved);
                    self.failed.remove(&unsaved.key);
                    if let Err(reason) = &saved {
                        self.failed.insert(unsaved.key.clone(), reason.clone());
                    }
                    tell(request, Outcome::Saved(saved));
                }
                Order::Remove(key) => {
                    self.failed.remove(&key);
                    if let Some(folder) = &mut self.folder {
                        folder.remove(&key);
                    }
                }
                Order::List(request) => {
                    if let Some(state) = &self.state {
                        outside::sweep(&state.join(outside::FOLDER));
                    }
                    let listed = self.folder.as_ref().map(Folder::list).unwrap_or_default();
                    tell(request, Outcome::Listed(listed));
                }
                Order::TakeUp(request, id) => {
                    let taken = self.with(|folder| folder.take_up(&id).map(Box::new));
                    tell(request, Outcome::TakenUp(taken));
                }
                Order::ThrowAway(request, id) => {
                    tell(request, Outcome::ThrownAway(self.with(|folder| folder.throw_away(&id))));
                }
                Order::Settle(settled) => {
                    let first = self.failed.iter().next();
                    drop(settled.send(first.map(|(key, reason)| format!("the draft of {key}: {reason}"))));
                }
            }
        }
    }

    fn save(&mut self, unsaved: &Unsaved) -> Result<usize, String> {
        let durable = !self.leaving.load(Ordering::SeqCst);
        self.with(|folder| folder.save(unsaved, durable))
    }

    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Folder) -> Result<T, super::FolderError>,
    ) -> Result<T, String> {
        match &mut self.folder {
            Some(folder) => work(folder).map_err(|error| error.to_string()),
            None => Err("there is no folder for it: set HOME or XDG_STATE_HOME".into()),
        }
    }
}
