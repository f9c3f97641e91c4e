//! The Secrets tab as part of the model: its view of secrets, the target of actions, its deadlines.

use std::borrow::Cow;
use std::time::Duration;

use super::index::SecretSubject;
use super::secret_state::SecretsView;
use super::state::SecretsPage;
use crate::check::OwnSecrets;
use crate::console::model::Model;
use crate::console::screens::secrets::actions::SecretTarget;
use crate::console::screens::tab::Tab;
use crate::domain::{FieldName, Mount, Presence, SecretField, SecretPath};
use crate::inventory::Inventory;

impl Model {
    /// The Secrets tab, mutably, with everything it needs to update itself; `None` if this console has no
    /// secret store.
    pub fn secrets_parts(&mut self) -> Option<(&mut SecretsPage, &Inventory, SecretsView<'_>)> {
        let Self { secrets_page, inventory, presence_cache, context, .. } = self;
        let view = SecretsView { lookup: context.secrets.as_ref()?, presence_cache, aged: false };
        Some((secrets_page, inventory, view))
    }

    /// What is known of secrets; `None` if this console has no secret store.
    pub fn secrets_view(&self) -> Option<SecretsView<'_>> {
        let lookup = self.context.secrets.as_ref()?;
        Some(SecretsView { lookup, presence_cache: &self.presence_cache, aged: false })
    }

    /// What is known of the secret selected in the Secrets tab.
    pub fn selected_presence(&self) -> Option<Cow<'_, Presence>> {
        self.secrets_view()?.look(self.secrets_page.list.selected.as_ref()?.path()?).ok()?
    }

    /// Whether the Secrets tab is visible, ignoring overlays.
    pub fn shows_secrets(&self) -> bool {
        self.tab == Tab::Secrets && !self.is_covered() && self.context.secrets.is_some()
    }

    /// The secrets visible in the Secrets tab whose presence the store can report.
    pub(crate) fn visible_page_secrets(&self) -> Vec<SecretPath> {
        let Some(view) = self.secrets_view().filter(|_| self.shows_secrets()) else { return Vec::new() };
        let mut paths = self.secrets_page.visible_paths();
        paths.retain(|path| matches!(path, SecretPath::Kv { .. }) && view.look(path).is_ok());
        paths
    }

    /// The secret selected in the Secrets tab, if actions on it are possible.
    pub fn secret_target(&self) -> Option<SecretTarget> {
        let view = self.secrets_view().filter(|_| self.tab == Tab::Secrets)?;
        self.secrets_page.target().filter(|target| view.look(&target.path).is_ok())
    }

    /// Whether a variable is selected in the Secrets tab; no action is possible on it.
    pub fn is_variable_selected(&self) -> bool {
        let variable = matches!(
            self.secrets_page.list.selected,
            Some(SecretSubject::Variable(_) | SecretSubject::Path(SecretPath::Variables(_)))
        );
        self.tab == Tab::Secrets && variable
    }

    /// The fields that the secret selected in the Secrets tab can have, according to the references to it.
    pub(crate) fn secrets_page_fields(&self, path: &SecretPath) -> Vec<FieldName> {
        let entry = self.secrets_page.entry().filter(|entry| entry.subject.path() == Some(path));
        let Some(entry) = entry else { return Vec::new() };
        let own = if entry.own.all > 0 { &SecretField::ALL[..] } else { &[] };
        let mut names: Vec<_> = entry.fields.keys().cloned().collect();
        names.extend(own.iter().map(|field| field.name()).filter(|name| !entry.fields.contains_key(name)));
        names
    }

    /// The mounts to list: those of references and of own secrets.
    pub fn secret_mounts(&self) -> Vec<Mount> {
        let Some(lookup) = self.context.secrets.as_ref().filter(|lookup| lookup.can_read_kv) else {
            return Vec::new();
        };
        let mut mounts: Vec<Mount> = lookup.references.iter().cloned().collect();
        for own in [&lookup.own, &lookup.stored] {
            if let OwnSecrets::Kv { mount, .. } = own
                && !mounts.contains(mount)
            {
                mounts.push(mount.clone());
            }
        }
        mounts
    }

    /// When the Secrets tab must be updated without an event.
    pub(crate) fn secrets_wake(&self) -> Option<Duration> {
        let page = &self.secrets_page;
        let partial = page.rows.is_partial().then_some(self.now.mono);
        let seen = self.shows_secrets();
        let past = page.version_history.as_ref().filter(|_| seen).and_then(|past| past.due());
        let again = page.listing.retry_at.filter(|_| seen);
        [partial, past, again].into_iter().flatten().min()
    }
}
