//! The form for a new version of a secret: which fields change, and to what. Values stay here, masked, until
//! a write is acknowledged or the form is closed.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::console::request::RequestId;
use crate::console::screens::stale_dependents::SecretDependents;
use crate::console::secret_jobs::{SecretWrite, SecretWriteMode};
use crate::console::widgets::TextInput;
use crate::domain::{
    Alphabet, FieldName, FieldState, MissingRights, Opaque, Presence, SecretContents, SecretField,
    SecretGenerator, SecretPath, SecretRight, SecretValue, SecretVersion,
};
use crate::provider::{SecretCapabilities, SecretExpect, SecretFields};
use crate::terminal_input::{NotTaken, SecretInput};

/// The state of a secret before the write: its precondition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretBase {
    Absent,
    /// Its newest version.
    At(SecretVersion),
    /// Its newest version, which was deleted or destroyed: no field is carried over.
    Ended(SecretVersion),
    /// Its store keeps no versions, so no precondition can be set.
    Unversioned,
}

pub struct SecretForm {
    pub path: SecretPath,
    pub base: SecretBase,
    /// Whether its fields are known.
    pub is_known: bool,
    /// Its existing fields, and the added ones.
    pub rows: Vec<SecretFormRow>,
    pub cursor: usize,
    /// Whether it was opened for one field; entering its value leads directly to the review.
    pub single: bool,
    pub capabilities: SecretCapabilities,
    /// The permissions this user lacks.
    pub lacking: MissingRights,
    /// The store refused to change single fields.
    pub patch_refused: bool,
    /// Set while the write is reviewed.
    pub review: Option<SecretReview>,
    /// Set if the store had another version than expected: that version, if known.
    pub conflict: Option<Option<SecretVersion>>,
    /// The last write sent from this form.
    pub sent: Option<RequestId>,
    /// The documents that depend on the changed fields, as of when the review was opened.
    pub dependents: SecretDependents,
    /// Whether the secret is being inspected again, to base the form on its current version.
    pub rebasing: bool,
}

/// The review of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecretReview {
    /// When it was opened; keys in the first 300 ms do not write.
    pub opened: Duration,
    pub scroll: usize,
}

pub struct SecretFormRow {
    pub name: FieldName,
    /// `None` if the field does not exist.
    pub current: Option<FieldState>,
    pub change: FieldChange,
}

pub enum FieldChange {
    Keep,
    Set(NewSecretValue),
    Remove,
}

/// A value that was typed, pasted or generated.
#[derive(Default)]
pub struct NewSecretValue {
    pub value: SecretInput,
    /// How it was generated, if it was.
    pub generated: Option<SecretGenerator>,
}

pub struct ValuePrompt {
    pub field: FieldName,
    pub new: NewSecretValue,
    /// The repeated value, once it is asked for.
    pub repeated: Option<SecretInput>,
    /// Why the last input was rejected.
    pub error: Option<String>,
    /// The pending request for a generated value.
    pub awaited: Option<RequestId>,
}

impl ValuePrompt {
    pub fn new(field: FieldName) -> Self {
        Self { field, new: NewSecretValue::default(), repeated: None, error: None, awaited: None }
    }

    /// Whether the value may be shown while it is typed, because the field is not secret.
    pub fn is_plain(&self) -> bool {
        is_plain_field(&self.field)
    }

    /// Types or pastes into the focused input; a generated value is discarded if that would change it.
    pub fn enter(&mut self, input: impl Fn(&mut SecretInput) -> Result<(), NotTaken>) {
        let before = self.focused().expose().len();
        let mut taken = input(self.focused());
        if self.new.generated.is_some() && self.focused().expose().len() != before {
            self.discard_generated();
            taken = input(self.focused());
        }
        self.error = taken.err().map(|why| format!("{why}: {}", why.next_step()));
        self.tell_loss();
    }

    /// Notes that something is missing from the focused input. It was typed or pasted: a generated value is
    /// discarded as for any text.
    pub fn lose(&mut self, why: NotTaken) {
        self.discard_generated();
        self.focused().lose(why);
        self.tell_loss();
    }

    /// Whether something is missing from the focused input; the error says so then.
    pub fn tell_loss(&mut self) -> bool {
        let Some(why) = self.focused().lost() else { return false };
        self.error = Some(format!("{why}: ctrl-u begins anew; {}", why.next_step()));
        true
    }

    fn focused(&mut self) -> &mut SecretInput {
        self.repeated.as_mut().unwrap_or(&mut self.new.value)
    }

    fn discard_generated(&mut self) {
        if self.new.generated.take().is_some() {
            self.new.value.wipe();
        }
        self.awaited = None;
    }
}

/// Whether a field is not secret, although it is stored with secrets.
pub fn is_plain_field(field: &FieldName) -> bool {
    [SecretField::HMAC_HEADER, SecretField::HMAC_ALGORITHM].iter().any(|open| open.as_str() == field.as_str())
}

impl SecretBase {
    /// # Errors
    /// Why nothing can be written, if the state is unknown.
    pub fn of(presence: &Presence, can: SecretCapabilities) -> Result<Self, String> {
        match presence {
            _ if !can.versions => Ok(Self::Unversioned),
            Presence::Missing => Ok(Self::Absent),
            Presence::Present(SecretContents { version: Some(version), .. }) => Ok(Self::At(*version)),
            Presence::Present(_) => {
                Err("its store does not tell its version, so that no write can be on a condition".into())
            }
            Presence::Deleted { version, .. } | Presence::Destroyed { version } => Ok(Self::Ended(*version)),
            Presence::Forbidden { permission } => Err(format!(
                "what is there may not be seen ({permission} is missing), so that no write can be on a condition"
            )),
            Presence::Unreachable { reason } | Presence::Unknown { reason } => Err(reason.clone()),
        }
    }

    /// The precondition of the write.
    pub fn expect(self) -> SecretExpect {
        match self {
            Self::Absent => SecretExpect::Absent,
            Self::At(version) | Self::Ended(version) => SecretExpect::Version(version),
            Self::Unversioned => SecretExpect::Anything,
        }
    }

    pub fn version(self) -> Option<SecretVersion> {
        match self {
            Self::At(version) | Self::Ended(version) => Some(version),
            Self::Absent | Self::Unversioned => None,
        }
    }

    /// Whether there may be fields that a write carries over.
    fn has_fields(self) -> bool {
        matches!(self, Self::At(_) | Self::Unversioned)
    }

    /// The right to write a whole version.
    fn right(self) -> SecretRight {
        if self == Self::Absent { SecretRight::Create } else { SecretRight::Update }
    }
}

impl SecretForm {
    /// A form for a secret; `offered` fields are added to its existing ones.
    ///
    /// # Errors
    /// A message that says why nothing can be written.
    pub fn new(
        path: SecretPath,
        presence: &Presence,
        (can, lacking): (SecretCapabilities, MissingRights),
        offered: &[FieldName],
    ) -> Result<Self, String> {
        let base = SecretBase::of(presence, can)?;
        let mut form = Self {
            path,
            base,
            is_known: true,
            rows: Vec::new(),
            cursor: 0,
            single: false,
            capabilities: can,
            lacking,
            patch_refused: false,
            review: None,
            conflict: None,
            sent: None,
            dependents: SecretDependents::default(),
            rebasing: false,
        };
        form.take_fields(presence);
        for name in offered {
            form.row_or_insert(name);
        }
        form.cursor = 0;
        Ok(form)
    }

    /// Sets the current fields; new values are kept.
    fn take_fields(&mut self, presence: &Presence) {
        self.is_known = !matches!(presence, Presence::Unknown { .. });
        for row in &mut self.rows {
            row.current = None;
        }
        let Presence::Present(contents) = presence else { return };
        for (name, state) in &contents.fields {
            let at = self.row_or_insert(name);
            if let Some(row) = self.rows.get_mut(at) {
                row.current = Some(*state);
            }
        }
    }

    /// Bases the form on the current version.
    ///
    /// # Errors
    /// A message that says why nothing can be written.
    pub fn rebase(&mut self, presence: &Presence) -> Result<(), String> {
        self.base = SecretBase::of(presence, self.capabilities)?;
        self.take_fields(presence);
        self.rows.retain(|row| row.current.is_some() || !matches!(row.change, FieldChange::Remove));
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.conflict = None;
        Ok(())
    }

    /// The index of a field, which is added if it is missing.
    pub fn row_or_insert(&mut self, name: &FieldName) -> usize {
        if let Some(at) = self.rows.iter().position(|row| row.name == *name) {
            return at;
        }
        self.rows.push(SecretFormRow { name: name.clone(), current: None, change: FieldChange::Keep });
        self.rows.len() - 1
    }

    pub fn selected(&mut self) -> Option<&mut SecretFormRow> {
        self.rows.get_mut(self.cursor)
    }

    pub fn changes(&self) -> impl Iterator<Item = &SecretFormRow> {
        self.rows.iter().filter(|row| !matches!(row.change, FieldChange::Keep))
    }

    pub fn is_changed(&self) -> bool {
        self.changes().next().is_some()
    }

    pub fn removes(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.change, FieldChange::Remove))
    }

    /// The number of existing fields that stay unchanged.
    pub fn unchanged_count(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.current.is_some() && matches!(row.change, FieldChange::Keep))
            .count()
    }

    /// How the write is done: without reading the secret if possible.
    pub fn write_mode(&self) -> SecretWriteMode {
        let nothing_else = !self.base.has_fields() || (self.is_known && self.unchanged_count() == 0);
        let patches = self.capabilities.patch
            && !self.patch_refused
            && !self.removes()
            && self.lacking.for_right(SecretRight::Patch).is_none();
        match nothing_else {
            true => SecretWriteMode::Replace,
            false if patches => SecretWriteMode::Patch,
            false => SecretWriteMode::ReadModifyWrite,
        }
    }

    /// The missing permission that prevents any write; `None` if there is a way to write.
    pub fn barred_by(&self) -> Option<&str> {
        let barred = self.lacking.for_right(self.base.right())?;
        match self.capabilities.patch && self.base.has_fields() {
            true => self.lacking.for_right(SecretRight::Patch),
            false => Some(barred),
        }
    }

    /// The missing permission for this write, and what it is needed for.
    pub fn missing_right(&self) -> Option<(SecretRight, &str)> {
        let write = self.base.right();
        let needed: &[SecretRight] = match self.write_mode() {
            SecretWriteMode::Replace => &[write],
            SecretWriteMode::Patch => &[SecretRight::Patch],
            SecretWriteMode::ReadModifyWrite => &[SecretRight::Reveal, write],
        };
        needed.iter().find_map(|right| Some((*right, self.lacking.for_right(*right)?)))
    }

    /// The write. Values are copied, and also stay in the form.
    pub fn write(&self) -> SecretWrite {
        let set: SecretFields = self
            .rows
            .iter()
            .filter_map(|row| match &row.change {
                FieldChange::Set(new) => Some((row.name.clone(), SecretValue::text(&new.value.value()))),
                FieldChange::Keep | FieldChange::Remove => None,
            })
            .collect();
        let gone = self.rows.iter().filter(|row| matches!(row.change, FieldChange::Remove));
        SecretWrite {
            path: self.path.clone(),
            mode: self.write_mode(),
            expect: self.base.expect(),
            set: Opaque(set),
            remove: gone.map(|row| row.name.clone()).collect(),
        }
    }

    pub fn changed_names(&self) -> BTreeSet<FieldName> {
        self.changes().map(|row| row.name.clone()).collect()
    }

    /// `create kv/orders/secrets`, `set bearer-token of kv/orders/secrets`
    pub fn describe(&self) -> String {
        let path = &self.path;
        let changed: Vec<_> = self.changes().collect();
        match (self.base, changed.as_slice()) {
            (SecretBase::Absent, _) => format!("create {path}"),
            (_, [SecretFormRow { name, change: FieldChange::Remove, .. }]) => {
                format!("remove {name} of {path}")
            }
            (_, [row]) => format!("set {} of {path}", row.name),
            (_, rows) => format!("set {} fields of {path}", rows.len()),
        }
    }
}

#[derive(Debug)]
pub struct GeneratePrompt {
    pub entry: Opaque<Box<ValuePrompt>>,
    /// The number of characters, as typed.
    pub length: TextInput,
    pub alphabet: Alphabet,
    /// Why the last input was rejected.
    pub error: Option<String>,
}
