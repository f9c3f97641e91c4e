//! State of the console, as plain data that tests can build.

mod checks;
mod context;
mod drafts;
mod link;
mod moments;
mod needs_cache;
mod notice;
mod offers;
mod paused_events;
mod pending_write;
mod presence_cache;
mod secret_dependents;
mod secret_link;
mod secrets_summary;
mod surroundings;
mod variable_conflicts;
mod visibility;
mod wake;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::keymap::KeyMap;
use super::place::Place;
use super::request::{Pending, RequestId};
use super::stamp::Stamp;
use super::view_settings::ViewState;
use crate::console::overlays::Overlay;
use crate::console::screens::browse::BrowsePage;
use crate::console::screens::drafts::SavedDrafts;
use crate::console::screens::editor::{Draft, DraftStage, ExternalEdit};
use crate::console::screens::effective::EffectivePage;
use crate::console::screens::health::HealthPage;
use crate::console::screens::log::LogPage;
use crate::console::screens::plan::{Plan, UndoLog};
use crate::console::screens::problems::ProblemsPage;
use crate::console::screens::secrets::SecretsPage;
use crate::console::screens::secrets::actions::SecretActions;
use crate::console::screens::settings::SettingsPage;
use crate::console::screens::tab::Tab;
use crate::console::shell::layout::{
    Pane, PaneLayout, ScreenLayout, Size, edit_layout, editor_gutter, identity_room, pane_layout,
    screen_layout, secret_panes,
};
use crate::console::theme::Glyphs;
use crate::domain::ResourceKey;
use crate::inventory::{Inventory, Scope};

#[cfg(test)]
pub(crate) use checks::CHECKED;
pub use checks::{CheckSlice, CheckedSlice, Checks};
pub use context::{ConsoleContext, WriteAccess};
pub use link::{ConsistencyCheck, DebouncedLatency, LinkHistory, LinkOutage, Resync, StoreLink, Traffic};
pub use needs_cache::NeedsCache;
pub(crate) use needs_cache::needs_of;
pub use notice::{LeaseExpiry, MAX_MESSAGES, Notice, NoticeOrigin, Notices, Tone};
pub use paused_events::PausedEvents;
pub use pending_write::{PendingWrite, SentCommit, UnknownOutcome};
pub use presence_cache::{MAX_SEEN, PresenceCache};
pub use secret_link::SecretLink;
pub use secrets_summary::SecretsSummary;
pub(crate) use secrets_summary::lacks_own_field;
pub use surroundings::Surroundings;
pub use variable_conflicts::VariableConflicts;
pub(crate) use visibility::denied_if_hidden;

/// How long writing stays unlocked without a key press.
pub const UNLOCKED_FOR: Duration = Duration::from_secs(600);

/// How long a changed row stays highlighted.
pub const FRESH_FOR: Duration = Duration::from_secs(5);

/// The whole state of the console.
pub struct Model {
    pub keymap: KeyMap,
    pub context: ConsoleContext,
    /// The names of the contexts that can be gone to.
    pub contexts: Vec<String>,
    /// The context that is being gone to, and whether drafts that cannot be saved may be lost.
    pub context_switch: Pending<(String, bool)>,
    pub lock: WriteAccess,
    pub link: StoreLink,
    pub secret_link: SecretLink,
    pub traffic: Traffic,
    pub inventory: Inventory,
    pub checks: Checks,
    /// The visible tab.
    pub tab: Tab,
    pub webhooks: BrowsePage,
    pub connections: BrowsePage,
    pub secrets_page: SecretsPage,
    pub problems: ProblemsPage,
    pub settings: SettingsPage,
    pub health: HealthPage,
    pub log: LogPage,
    /// The document being edited; its editor covers the body.
    pub edit: Option<Box<Draft>>,
    /// Several writes reviewed as one; the review covers the body too.
    pub plan: Option<Box<Plan>>,
    pub secret_actions: SecretActions,
    /// The effective view of a webhook; its page covers the body.
    pub effective: Option<Box<EffectivePage>>,
    pub needs: NeedsCache,
    /// Webhooks whose own secrets come from the same environment variables, and those with the same id.
    pub variable_conflicts: VariableConflicts,
    pub presence_cache: PresenceCache,
    pub undo_log: UndoLog,
    /// Drafts of this session that are not open.
    pub drafts: BTreeMap<ResourceKey, Box<Draft>>,
    pub saved_drafts: SavedDrafts,
    /// Set while an external editor has the open draft.
    pub external_edit: Option<ExternalEdit>,
    pub overlay: Option<Overlay>,
    /// How lists and panes are shown.
    pub view: ViewState,
    /// What the terminal can draw: lines are broken where they end once names are spelled in it.
    pub glyphs: Glyphs,
    /// What the user was told.
    pub notices: Notices,
    /// Set while the display is paused.
    pub paused: Option<PausedEvents>,
    /// The lease of the selected document.
    pub lease: Option<LeaseExpiry>,
    /// The size of the terminal.
    pub size: Size,
    /// When the last message arrived.
    pub now: Stamp,
    /// Whether dates and times are shown where otherwise ages are.
    pub absolute_times: bool,
    /// Whether a frame is needed, and how soon.
    pub redraw: Redraw,
    /// The document write that has no answer yet.
    pub pending_write: Option<PendingWrite>,
    /// The operations of the last commit, until it is answered.
    pub sent_commit: Option<SentCommit>,
    /// Set while the outcome of a commit is unknown.
    pub unknown_outcome: Option<UnknownOutcome>,
    /// The time of the last key press, used to lock writing after a pause.
    pub last_key: Duration,
    /// When the highlights of changed rows end, soonest first.
    pub fresh_ends: VecDeque<Duration>,
    /// A document just created here. It is selected when it arrives, unless a key is pressed first.
    pub select_on_arrival: Option<ResourceKey>,
    /// The last request number.
    requests: u64,
}

/// The most drafts in one session.
pub const MAX_DRAFTS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Redraw {
    /// The screen is current.
    #[default]
    No,
    /// A change arrived; it may wait for the next scheduled frame.
    Soon,
    /// A user is waiting, or a state changed.
    Now,
}

impl Model {
    /// A console before any data has arrived.
    pub fn new(context: ConsoleContext, size: Size) -> Self {
        let lock = match (context.read_only, context.locked) {
            (true, _) => WriteAccess::ReadOnly,
            (_, true) => WriteAccess::Locked,
            _ => WriteAccess::Open(None),
        };
        Self {
            keymap: KeyMap::default(),
            secret_link: SecretLink::new(&context),
            webhooks: BrowsePage::new(Scope::AllWebhooks, &context),
            connections: BrowsePage::new(Scope::Connections, &context),
            context,
            contexts: Vec::new(),
            context_switch: Pending::default(),
            lock,
            link: StoreLink::default(),
            traffic: Traffic::default(),
            inventory: Inventory::default(),
            checks: Checks::default(),
            tab: Tab::Webhooks,
            secrets_page: SecretsPage::default(),
            problems: ProblemsPage::default(),
            settings: SettingsPage::default(),
            health: HealthPage::default(),
            log: LogPage::default(),
            edit: None,
            plan: None,
            secret_actions: SecretActions::default(),
            effective: None,
            needs: NeedsCache::default(),
            variable_conflicts: VariableConflicts::default(),
            presence_cache: PresenceCache::default(),
            undo_log: UndoLog::default(),
            drafts: BTreeMap::new(),
            saved_drafts: SavedDrafts::default(),
            external_edit: None,
            overlay: None,
            view: ViewState::default(),
            glyphs: Glyphs::Unicode,
            notices: Notices::default(),
            paused: None,
            lease: None,
            size,
            now: Stamp::start(),
            absolute_times: false,
            redraw: Redraw::Now,
            pending_write: None,
            sent_commit: None,
            unknown_outcome: None,
            last_key: Duration::ZERO,
            fresh_ends: VecDeque::new(),
            select_on_arrival: None,
            requests: 0,
        }
    }

    /// Which keys are live: those of the overlay, else of the screen.
    pub fn place(&self) -> Place {
        self.overlay.as_ref().map_or_else(|| self.screen_place(), Overlay::place)
    }

    /// The place below an overlay: what covers the tabs, else the tab.
    pub fn screen_place(&self) -> Place {
        self.covering().unwrap_or_else(|| match self.tab {
            Tab::Secrets if self.secrets_page.list.typing.is_some() => Place::Filter,
            Tab::Problems if self.problems.list.typing.is_some() => Place::Filter,
            Tab::Settings if self.settings.list.typing.is_some() => Place::Filter,
            Tab::Webhooks | Tab::Connections => match self.browse() {
                Some(browse) if browse.is_typing() => Place::Filter,
                Some(browse) if browse.focus == Pane::Detail => Place::Detail,
                _ => Place::Browse,
            },
            Tab::Secrets => Place::Secrets,
            Tab::Problems => Place::Problems,
            Tab::Settings => Place::Settings,
            Tab::Health | Tab::Log => Place::Page,
        })
    }

    /// What covers the tabs, if anything does.
    pub fn covering(&self) -> Option<Place> {
        Some(match &self.edit {
            Some(edit) => match edit.stage {
                DraftStage::Editing if edit.find.typing => Place::Find,
                DraftStage::Editing if edit.completion.is_some() => Place::Completion,
                DraftStage::Editing => Place::Editor,
                DraftStage::Review(_) => Place::Review,
                DraftStage::Merge(_) => Place::Merge,
            },
            None if self.plan.is_some() => Place::Plan,
            None if self.secret_actions.review().is_some() => Place::SecretReview,
            None if self.secret_actions.covers_body() => Place::SecretForm,
            None if self.secret_actions.stale_dependents.page.is_some() => Place::StaleDependents,
            None => match &self.effective {
                Some(page) if page.search.typing.is_some() => Place::EffectiveFind,
                page => {
                    page.as_ref()?;
                    Place::Effective
                }
            },
        })
    }

    pub fn is_covered(&self) -> bool {
        self.covering().is_some()
    }

    /// The list tab, if one is visible.
    pub fn browse(&self) -> Option<&BrowsePage> {
        match self.tab {
            Tab::Webhooks => Some(&self.webhooks),
            Tab::Connections => Some(&self.connections),
            Tab::Secrets | Tab::Problems | Tab::Health | Tab::Log | Tab::Settings => None,
        }
    }

    /// As [`Model::browse`], mutably, with the inventory.
    pub fn browse_mut(&mut self) -> Option<(&mut BrowsePage, &Inventory)> {
        match self.tab {
            Tab::Webhooks => Some((&mut self.webhooks, &self.inventory)),
            Tab::Connections => Some((&mut self.connections, &self.inventory)),
            Tab::Secrets | Tab::Problems | Tab::Health | Tab::Log | Tab::Settings => None,
        }
    }

    /// The selected document's key, if a list tab is visible.
    pub fn selected(&self) -> Option<&ResourceKey> {
        self.browse()?.list.selected.as_ref()
    }

    /// The document that keys act on: the selected one, unless a namespace has the focus, or that of the
    /// selected problem.
    pub fn focused(&self) -> Option<&ResourceKey> {
        if self.tab == Tab::Problems {
            return self.problems.list.selected.as_ref().map(|problem| &problem.key);
        }
        let browse = self.browse().filter(|browse| browse.focus != Pane::Namespaces)?;
        browse.list.selected.as_ref()
    }

    /// Whether keys go to a pane of the visible tab.
    pub fn has_focus(&self, pane: Pane) -> bool {
        let focus = match self.tab {
            Tab::Secrets => Some(self.secrets_page.focus),
            Tab::Problems => Some(self.problems.focus),
            Tab::Settings => Some(self.settings.focus),
            _ => self.browse().map(|browse| browse.focus),
        };
        focus == Some(pane) && self.overlay.is_none()
    }

    pub fn frame(&self) -> ScreenLayout {
        screen_layout(self.size)
    }

    /// The panes of the visible tab.
    pub fn panes(&self) -> PaneLayout {
        self.panes_within(self.frame().body)
    }

    fn panes_within(&self, body: Rect) -> PaneLayout {
        let sizes = &self.view.settings.panes;
        if self.tab == Tab::Secrets {
            return secret_panes(body, self.secrets_page.focus, self.secrets_page.zoomed, sizes);
        }
        if self.tab == Tab::Problems {
            return secret_panes(body, self.problems.focus, self.problems.zoomed, sizes);
        }
        if self.tab == Tab::Settings {
            return secret_panes(body, self.settings.focus, self.settings.zoomed, sizes);
        }
        let (focus, zoomed) =
            self.browse().map_or((Pane::Items, false), |browse| (browse.focus, browse.zoomed));
        pane_layout(body, focus, zoomed, self.tab == Tab::Webhooks, sizes)
    }

    /// The columns for the names in the list of the visible tab.
    pub fn identity_room(&self) -> u16 {
        identity_room(self.frame().body, |body| self.panes_within(body).items)
    }

    /// Scrolls the editor's cursor into view, and updates its JSON path.
    pub fn update_editor_view(&mut self) {
        let area = edit_layout(&self.frame(), false).text;
        if let Some(edit) = &mut self.edit {
            let gutter = editor_gutter(area, edit.buffer.rows());
            edit.buffer
                .scroll_into_view(usize::from(area.height), usize::from(area.width.saturating_sub(gutter)));
            let Draft { buffer: text_buffer, outline, .. } = &mut **edit;
            outline.update(text_buffer);
        }
    }

    /// Whether a key has no action here: a character that is text, if text is typed here.
    pub fn is_text(&self, key: KeyEvent) -> bool {
        let is_plain = !key.modifiers.intersects(!KeyModifiers::SHIFT);
        matches!(key.code, KeyCode::Char(_)) && is_plain && self.keymap.action(self.place(), key).is_none()
    }

    pub fn next_request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    /// Marks the numbers below `next` as used.
    pub fn skip_requests(&mut self, next: RequestId) {
        self.requests = self.requests.max(next.0.saturating_sub(1));
    }

    /// Tells a result of what the user did; it stays in the status line until the user does something else.
    pub fn notify(&mut self, tone: Tone, text: impl AsRef<str>) {
        self.notices.add_result(tone, text.as_ref(), self.now.mono);
        self.request_redraw(Redraw::Soon);
    }

    /// Tells what somebody else did, or time; it has its own place, and replaces no result.
    pub fn announce(&mut self, text: impl AsRef<str>) {
        self.notices.add_news(Tone::Plain, text.as_ref(), self.now.mono);
        self.request_redraw(Redraw::Soon);
    }

    /// Requests a frame.
    pub fn request_redraw(&mut self, redraw: Redraw) {
        self.redraw = self.redraw.max(redraw);
    }
}
