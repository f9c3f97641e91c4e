//! The tab Secrets within the whole: what it sees, what an act in it is about, when it wants to be woken.

use std::borrow::Cow;
use std::time::Duration;

use super::{Model, NotVisible, SecretTarget, SecretsPage, Subject, Tab, Vista};
use crate::check::OwnSecrets;
use crate::domain::{FieldName, Mount, Presence, SecretField, SecretPath};
use crate::inventory::Inventory;

impl Model {
    /// The tab Secrets, to change it, with the picture and what is known of secrets; `None` where this
    /// console reaches no store of secrets.
    pub fn secrets_parts(&mut self) -> Option<(&mut SecretsPage, &Inventory, Vista<'_>)> {
        let Self { secrets_page, inventory, sight, context, .. } = self;
        let vista = Vista { eyes: context.secrets.as_ref()?, sight };
        Some((secrets_page, inventory, vista))
    }

    /// What is known of secrets; `None` where this console reaches no store of secrets.
    pub fn vista(&self) -> Option<Vista<'_>> {
        Some(Vista { eyes: self.context.secrets.as_ref()?, sight: &self.sight })
    }

    /// What is known of the secret selected in the tab Secrets, if it is one that can be looked at.
    pub fn selected_presence(&self) -> Option<Result<Option<Cow<'_, Presence>>, NotVisible>> {
        Some(self.vista()?.look(self.secrets_page.selected.as_ref()?.path()?))
    }

    /// Whether the tab Secrets is what is seen, with nothing over it but a question.
    pub fn sees_secrets(&self) -> bool {
        self.tab == Tab::Secrets && !self.is_covered() && self.context.secrets.is_some()
    }

    /// The secrets on the screen of the tab Secrets that the store can be asked of.
    pub(super) fn secrets_in_sight(&self) -> Vec<SecretPath> {
        let Some(vista) = self.vista().filter(|_| self.sees_secrets()) else { return Vec::new() };
        let mut paths = self.secrets_page.visible_paths();
        paths.retain(|path| matches!(path, SecretPath::Kv { .. }) && vista.look(path).is_ok());
        paths
    }

    /// The secret selected in the tab Secrets, where something can be done with it from here.
    pub fn secret_target(&self) -> Option<SecretTarget> {
        let vista = self.vista().filter(|_| self.tab == Tab::Secrets)?;
        self.secrets_page.target().filter(|target| vista.look(&target.path).is_ok())
    }

    /// Whether the row selected in the tab Secrets is a variable, which nothing can be done with from here.
    pub fn is_variable_selected(&self) -> bool {
        let variable = matches!(
            self.secrets_page.selected,
            Some(Subject::Variable(_) | Subject::Path(SecretPath::Variables(_)))
        );
        self.tab == Tab::Secrets && variable
    }

    /// The fields that the secret selected in the tab Secrets can have by what refers to it.
    pub(super) fn front_fields(&self, path: &SecretPath) -> Vec<FieldName> {
        let entry = self.secrets_page.entry().filter(|entry| entry.subject.path() == Some(path));
        let Some(entry) = entry else { return Vec::new() };
        let own = if entry.own > 0 { &SecretField::ALL[..] } else { &[] };
        let mut names: Vec<_> = entry.fields.keys().cloned().collect();
        names.extend(own.iter().map(|field| field.name()).filter(|name| !entry.fields.contains_key(name)));
        names
    }

    /// The engines that are listed for what is stored: where references lead, where own secrets are.
    pub fn secret_mounts(&self) -> Vec<Mount> {
        let Some(eyes) = self.context.secrets.as_ref().filter(|eyes| eyes.sees_kv) else { return Vec::new() };
        let mut mounts: Vec<Mount> = eyes.references.iter().cloned().collect();
        for own in [&eyes.own, &eyes.kept] {
            if let OwnSecrets::Kv { mount, .. } = own
                && !mounts.contains(mount)
            {
                mounts.push(mount.clone());
            }
        }
        mounts
    }

    /// When the tab Secrets has something to do.
    pub(super) fn secrets_wake(&self) -> Option<Duration> {
        let page = &self.secrets_page;
        let partial = page.is_partial().then_some(self.now.mono);
        let seen = self.sees_secrets();
        let past = page.past.as_ref().filter(|_| seen).and_then(|past| past.due());
        let again = page.walk.again.filter(|_| seen);
        [partial, past, again].into_iter().flatten().min()
    }
}
