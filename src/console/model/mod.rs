//! Everything the screen shows, as plain data that tests can build.

mod browse;
mod chooser;
mod context;
mod done;
mod edit;
mod filter;
mod find;
mod finish;
mod flaws;
mod held;
mod in_sight;
mod input;
mod link;
mod listing;
mod marks;
mod merge;
mod needs_cache;
mod outline;
mod outside;
mod overlay;
mod pad;
mod page;
mod plan;
mod record;
mod secret_form;
mod secret_hands;
mod secret_input;
mod secret_link;
mod secret_places;
mod secrets_front;
mod secrets_page;
mod shelf;
mod sight;
mod unknown;
mod variable_clash;
mod writing;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

pub use browse::{Browse, Detail, NamespaceList, Shown};
pub use chooser::Chooser;
pub use context::{Context, Lock};
pub use done::{Touched, Writes, Written};
pub use edit::{Base, Edit, NotReady, Review, Stage, Upstream};
pub use filter::Filter;
pub use find::{Find, Needle, Tally};
pub use finish::Finish;
pub use flaws::{AT_ONCE, Check, Flaw, Flaws, MOST as MOST_FLAWS, Remedy};
pub use held::{Held, LeaseLeft, Notice, Tone};
pub use input::Input;
pub use link::{Link, Resync, Traffic};
pub use listing::{Listing, Sort};
pub use marks::{MAX_MARKS, Marks};
pub use merge::{Ask, Merging, WIDE_MERGE};
pub use needs_cache::{AT_ONCE as NEEDS_AT_ONCE, NeedsAsk, NeedsCache, NeedsRead};
pub use outline::{Here, Outline};
pub use outside::Away;
pub use overlay::{Confirm, Doomed, Overlay, Prompt, Purpose, Then};
pub use pad::{Motion, Pad, Pos, Row};
pub use page::{HealthPage, LOG_LINES, LogPage, Tab};
pub use plan::{Clash, Look, Looks, MAX_STEPS, Moved, Plan, Recipe, Sides, Step, look};
pub use record::{Comparison, Outage, Record, Steady};
pub use secret_form::{
    FieldRow, FieldThen, GenerateEntry, NewValue, SecretBase, SecretForm, SecretReview, ValueEntry, is_open,
};
pub use secret_hands::{
    Asking, Hands, PickFrom, SHOWN_FOR, SecretAct, SecretDone, SecretPick, SecretShown, SecretTarget,
    SecretUndo, SecretWrites, SecretWriting, WriteKind,
};
pub use secret_input::{MAX_VALUE, SecretInput, TooLong};
pub use secret_link::SecretLink;
pub use secrets_page::{
    Ended, Listed, MOST_FOLDERS, MOST_NAMES, NotVisible, Outlook, Past, SecretCount, SecretEntry,
    SecretFieldRow, SecretPart, SecretRows, SecretSort, SecretState, SecretsPage, Spot, Subject, Vista, Walk,
    newest,
};
pub use shelf::{DraftRow, DraftsPage, Saving, Shelf, Standing};
pub use sight::{MAX_SEEN, Seen, Sight};
pub use unknown::{Sent, Unknown};
pub use variable_clash::VariableClashes;
pub use writing::Writing;

use crate::domain::ResourceKey;
use crate::inventory::{Inventory, Scope};

use super::effect::Request;
use super::keymap::Place;
use super::layout::{Frame, Pane, Panes, Size, edit_frame, editor_gutter, frame, panes, secret_panes};
use super::message::Stamp;

/// How long the gate stays open without a key.
pub const UNLOCKED_FOR: Duration = Duration::from_secs(600);

/// How long a notice stays in the status line.
const NOTICE_FOR: Duration = Duration::from_secs(8);

/// How often health is asked for while its tab is in front, and otherwise.
const HEALTH_WATCHED: Duration = Duration::from_secs(3);
const HEALTH_UNWATCHED: Duration = Duration::from_secs(20);

/// How long a changed row keeps its mark.
pub const FRESH_FOR: Duration = Duration::from_secs(5);

/// The whole state of the console.
pub struct Model {
    /// What is connected, by name.
    pub context: Context,
    /// Whether writing is possible.
    pub lock: Lock,
    /// The link to the store.
    pub link: Link,
    /// The link to the store of secrets.
    pub secret_link: SecretLink,
    /// Changes per second.
    pub traffic: Traffic,
    /// The picture.
    pub inventory: Inventory,
    /// The tab in front.
    pub tab: Tab,
    /// The tab Webhooks.
    pub webhooks: Browse,
    /// The tab Connections.
    pub connections: Browse,
    /// The tab Secrets.
    pub secrets_page: SecretsPage,
    /// The tab Health.
    pub health: HealthPage,
    /// The tab Log.
    pub log: LogPage,
    /// The document being edited; it covers the body.
    pub edit: Option<Box<Edit>>,
    /// Several writes being reviewed as one; they cover the body too.
    pub plan: Option<Box<Plan>>,
    /// What is done with secrets on purpose.
    pub hands: Hands,
    /// What the documents on the screen need of secrets and variables.
    pub needs: NeedsCache,
    /// Which webhooks share the variables of their own secrets.
    pub clashes: VariableClashes,
    /// What the store of secrets has told of those that documents need.
    pub sight: Sight,
    /// The writes of this session that can be taken back.
    pub writes: Writes,
    /// Drafts that were left and can be taken up again.
    pub drafts: BTreeMap<ResourceKey, Box<Edit>>,
    /// Drafts on disk.
    pub shelf: Shelf,
    /// Set while another program has the open draft.
    pub away: Option<Away>,
    /// What is open above everything else.
    pub overlay: Option<Overlay>,
    /// The last thing worth saying.
    pub notice: Option<Notice>,
    /// Set while the picture is held still.
    pub held: Option<Held>,
    /// The lease of the selected document, as far as it was asked.
    pub lease: Option<LeaseLeft>,
    /// The terminal.
    pub size: Size,
    /// When the last message arrived.
    pub now: Stamp,
    /// Whether the next frame is wanted, and how soon.
    pub redraw: Redraw,
    /// The write that has no answer yet.
    pub writing: Option<Writing>,
    /// What it was to do.
    pub sent: Option<Sent>,
    /// Set while nobody knows whether it was done.
    pub unknown: Option<Unknown>,
    /// The last key, for the gate's patience.
    pub last_key: Duration,
    /// Moments at which marks of fresh changes end, soonest first.
    pub fresh_ends: VecDeque<Duration>,
    /// A document that was just created here: selected once the store tells it, unless a key comes first.
    pub arriving: Option<ResourceKey>,
    /// The question the next effect asks.
    requests: u64,
}

/// The most drafts kept at once.
pub const MAX_DRAFTS: usize = 32;

/// Whether a frame is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Redraw {
    /// What is shown is current.
    #[default]
    No,
    /// A change arrived; it may wait for the next frame's turn.
    Soon,
    /// A person is waiting, or a state changed.
    Now,
}

impl Model {
    /// A console that has heard nothing yet.
    pub fn new(context: Context, size: Size) -> Self {
        let lock = match (context.read_only, context.locked) {
            (true, _) => Lock::ReadOnly,
            (_, true) => Lock::Locked,
            _ => Lock::Open(None),
        };
        Self {
            secret_link: SecretLink::new(&context),
            context,
            lock,
            link: Link::default(),
            traffic: Traffic::default(),
            inventory: Inventory::default(),
            tab: Tab::Webhooks,
            webhooks: Browse::new(Scope::AllWebhooks),
            connections: Browse::new(Scope::Connections),
            secrets_page: SecretsPage::default(),
            health: HealthPage::default(),
            log: LogPage::default(),
            edit: None,
            plan: None,
            hands: Hands::default(),
            needs: NeedsCache::default(),
            clashes: VariableClashes::default(),
            sight: Sight::default(),
            writes: Writes::default(),
            drafts: BTreeMap::new(),
            shelf: Shelf::default(),
            away: None,
            overlay: None,
            notice: None,
            held: None,
            lease: None,
            size,
            now: Stamp::start(),
            redraw: Redraw::Now,
            writing: None,
            sent: None,
            unknown: None,
            last_key: Duration::ZERO,
            fresh_ends: VecDeque::new(),
            arriving: None,
            requests: 0,
        }
    }

    /// Where the next key goes.
    pub fn place(&self) -> Place {
        match (&self.overlay, &self.edit) {
            (Some(Overlay::Help { .. }), _) => Place::Help,
            (Some(Overlay::Prompt(_)), _) => Place::Prompt,
            (Some(Overlay::Confirm(_)), _) => Place::Confirm,
            (Some(Overlay::Drafts(_)), _) => Place::Drafts,
            (Some(Overlay::Choose(_)), _) => Place::Choose,
            (Some(Overlay::Pick(_)), _) => Place::Pick,
            (Some(Overlay::Shown(_)), _) => Place::Shown,
            (Some(Overlay::Value(_)), _) => Place::Value,
            (Some(Overlay::Generate(_)), _) => Place::Generate,
            (None, Some(edit)) => edit.place(),
            (None, None) if self.plan.is_some() => Place::Plan,
            (None, None) if self.hands.reviews() => Place::SecretReview,
            (None, None) if self.hands.form.is_some() => Place::SecretForm,
            (None, None) => match self.browse() {
                Some(browse) if browse.typing.is_some() => Place::Filter,
                Some(_) => Place::Browse,
                None if self.tab != Tab::Secrets => Place::Page,
                None if self.secrets_page.typing.is_some() => Place::Filter,
                None => Place::Secrets,
            },
        }
    }

    /// The list tab in front, if it is one.
    pub fn browse(&self) -> Option<&Browse> {
        match self.tab {
            Tab::Webhooks => Some(&self.webhooks),
            Tab::Connections => Some(&self.connections),
            Tab::Secrets | Tab::Health | Tab::Log => None,
        }
    }

    /// As [`Model::browse`], to change it, with the picture it lists.
    pub fn browse_mut(&mut self) -> Option<(&mut Browse, &Inventory)> {
        match self.tab {
            Tab::Webhooks => Some((&mut self.webhooks, &self.inventory)),
            Tab::Connections => Some((&mut self.connections, &self.inventory)),
            Tab::Secrets | Tab::Health | Tab::Log => None,
        }
    }

    /// The selected document's key, if a list tab is in front.
    pub fn selected(&self) -> Option<&ResourceKey> {
        self.browse()?.selected.as_ref()
    }

    /// The parts of the screen.
    pub fn frame(&self) -> Frame {
        frame(self.size)
    }

    /// The panes of a list tab.
    pub fn panes(&self) -> Panes {
        if self.tab == Tab::Secrets {
            return secret_panes(self.frame().body, self.secrets_page.focus, self.secrets_page.zoomed);
        }
        let (focus, zoomed) =
            self.browse().map_or((Pane::Items, false), |browse| (browse.focus, browse.zoomed));
        panes(self.frame().body, focus, zoomed, self.tab == Tab::Webhooks)
    }

    /// Keeps the cursor of the editor on the screen, and finds out where in the JSON it is.
    pub fn settle_editor(&mut self) {
        let area = edit_frame(&self.frame(), false).text;
        if let Some(edit) = &mut self.edit {
            let gutter = editor_gutter(area, edit.pad.rows());
            edit.pad.settle(usize::from(area.height), usize::from(area.width.saturating_sub(gutter)));
            let Edit { pad, outline, .. } = &mut **edit;
            outline.look(pad);
        }
    }

    /// A number for the next question.
    pub fn next_request(&mut self) -> Request {
        self.requests += 1;
        Request(self.requests)
    }

    /// Takes the numbers before `next` for given out.
    pub fn skip_requests(&mut self, next: Request) {
        self.requests = self.requests.max(next.0.saturating_sub(1));
    }

    /// Says something in the status line for a while.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), tone, until: self.now.mono + NOTICE_FOR });
        self.want(Redraw::Soon);
    }

    /// Asks for a frame.
    pub fn want(&mut self, redraw: Redraw) {
        self.redraw = self.redraw.max(redraw);
    }

    /// The moment at which `update` wants to be woken, as time since the start.
    pub fn next_wake(&self) -> Option<Duration> {
        let partial = [&self.webhooks, &self.connections].iter().any(|browse| browse.listing.is_partial());
        let unlocked = match self.lock {
            Lock::Open(until) => until,
            _ => None,
        };
        [
            (partial || self.needs.is_partial()).then_some(self.now.mono),
            self.clashes.next_wake(),
            unlocked,
            self.next_save(),
            self.edit.as_ref().and_then(|edit| edit.flaws.check_at()),
            self.notice.as_ref().map(|notice| notice.until),
            self.fresh_ends.front().copied(),
            self.link.resync_ends(),
            self.traffic.next_change_at(),
            self.next_health_check(),
            self.unknown.as_ref().and_then(|unknown| unknown.next(&self.link)),
            self.lease.and_then(|lease| lease.ask_again()),
            self.hides_at(),
            self.secrets_wake(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When a secret value on the screen goes.
    pub fn hides_at(&self) -> Option<Duration> {
        match &self.overlay {
            Some(Overlay::Shown(shown)) => Some(shown.until),
            _ => None,
        }
    }

    /// When every backend is asked again how it is; `None` while a question is under way.
    pub fn next_health_check(&self) -> Option<Duration> {
        let pause = if self.tab == Tab::Health { HEALTH_WATCHED } else { HEALTH_UNWATCHED };
        match (self.health.asked, self.health.checked) {
            (Some(_), _) => None,
            (None, None) => Some(Duration::ZERO),
            // What a change of the link did to the members is asked at once for whoever looks.
            (None, Some(_)) if self.tab == Tab::Health && self.link.since > self.health.asked_at => {
                Some(self.link.since)
            }
            (None, Some(checked)) => Some(checked + pause),
        }
    }

    /// Whether the gate lets a write pass now.
    pub fn may_write(&self) -> bool {
        matches!(self.lock, Lock::Open(_))
    }
}
