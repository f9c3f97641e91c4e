//! A new version of a secret in the making: which fields change, and to what. What was typed stays in
//! here, masked, until a write of it was acknowledged or the form is left.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Holders, Input, SecretInput};
use crate::console::effect::Request;
use crate::console::secret_jobs::{How, SecretWrite};
use crate::domain::{
    Alphabet, Contents, FieldName, FieldState, Generate, Hidden, Lacking, Presence, SecretField, SecretPath,
    SecretRight, SecretValue, SecretVersion,
};
use crate::provider::{SecretCapabilities, SecretExpect, SecretFields};

/// What is there before the write: its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretBase {
    /// There is none.
    Absent,
    /// This is its newest version.
    At(SecretVersion),
    /// This is its newest version, and it was deleted or destroyed: nothing of it is carried over.
    Ended(SecretVersion),
    /// Its store keeps no versions, so that no condition can be set.
    Unversioned,
}

/// A new version in the making.
pub struct SecretForm {
    /// Which secret.
    pub path: SecretPath,
    /// What is there before.
    pub base: SecretBase,
    /// Whether which fields it has could be told.
    pub is_known: bool,
    /// Its fields, and those that are added.
    pub rows: Vec<FieldRow>,
    /// The selected row.
    pub cursor: usize,
    /// Whether it began with one field, whose value leads to the review at once.
    pub single: bool,
    /// What the store can do.
    pub can: SecretCapabilities,
    /// What this user may not do.
    pub lacking: Lacking,
    /// The store refused to change single fields.
    pub patch_refused: bool,
    /// While it is being looked at before it is written: since when, and the first line shown.
    pub review: Option<SecretReview>,
    /// Set where the store had something else than was expected: its newest version, where that could
    /// be told.
    pub clash: Option<Option<SecretVersion>>,
    /// The last write of it.
    pub sent: Option<Request>,
    /// Who depends on the fields that change, as it was when the review was opened.
    pub holders: Holders,
    /// Whether another look at the store is under way, to base it on what is there now.
    pub rebasing: bool,
}

/// A look at what will be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecretReview {
    /// When it was opened; keys of the first 300 ms do not write.
    pub opened: Duration,
    /// First line shown.
    pub scroll: usize,
}

/// One field of the form.
pub struct FieldRow {
    /// Its name.
    pub name: FieldName,
    /// What is there now; `None` if it is not.
    pub now: Option<FieldState>,
    /// What becomes of it.
    pub then: FieldThen,
}

/// What becomes of a field.
#[derive(Default)]
pub enum FieldThen {
    /// It stays, or stays away.
    #[default]
    Stay,
    /// It gets this value.
    Set(NewValue),
    /// It goes.
    Remove,
}

/// A value that was typed, pasted or made at random.
#[derive(Default)]
pub struct NewValue {
    /// The value.
    pub value: SecretInput,
    /// What it was made by, if nobody typed it.
    pub generated: Option<Generate>,
}

/// A value being typed for one field.
pub struct ValueEntry {
    /// The field.
    pub field: FieldName,
    /// What was typed, pasted or made.
    pub new: NewValue,
    /// The same again, once it is asked for.
    pub again: Option<SecretInput>,
    /// Why the last try was not taken.
    pub error: Option<String>,
    /// The value to be made for it that has not come yet.
    pub awaited: Option<Request>,
}

impl ValueEntry {
    /// Nothing typed yet.
    pub fn new(field: FieldName) -> Self {
        Self { field, new: NewValue::default(), again: None, error: None, awaited: None }
    }

    /// Whether what is typed may be seen: what stands with the secrets and is none.
    pub fn is_open(&self) -> bool {
        is_open(&self.field)
    }

    /// The line that keys go to.
    pub fn line(&mut self) -> &mut SecretInput {
        self.again.as_mut().unwrap_or(&mut self.new.value)
    }
}

/// Whether a field is no secret although it stands with them.
pub fn is_open(field: &FieldName) -> bool {
    [SecretField::HMAC_HEADER, SecretField::HMAC_ALGORITHM].iter().any(|open| open.as_str() == field.as_str())
}

impl SecretBase {
    /// What a presence says of it.
    ///
    /// # Errors
    /// Why nothing can be written where nobody can tell.
    pub fn of(presence: &Presence, can: SecretCapabilities) -> Result<Self, String> {
        match presence {
            _ if !can.versions => Ok(Self::Unversioned),
            Presence::Missing => Ok(Self::Absent),
            Presence::Present(Contents { version: Some(version), .. }) => Ok(Self::At(*version)),
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

    /// The condition of the write.
    pub fn expect(self) -> SecretExpect {
        match self {
            Self::Absent => SecretExpect::Absent,
            Self::At(version) | Self::Ended(version) => SecretExpect::Version(version),
            Self::Unversioned => SecretExpect::Anything,
        }
    }

    /// The version that is there.
    pub fn version(self) -> Option<SecretVersion> {
        match self {
            Self::At(version) | Self::Ended(version) => Some(version),
            Self::Absent | Self::Unversioned => None,
        }
    }
}

impl SecretForm {
    /// A form over what is there; `offered` fields are in it although they are not there.
    ///
    /// # Errors
    /// Why nothing can be written.
    pub fn new(
        path: SecretPath,
        presence: &Presence,
        (can, lacking): (SecretCapabilities, Lacking),
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
            can,
            lacking,
            patch_refused: false,
            review: None,
            clash: None,
            sent: None,
            holders: Holders::default(),
            rebasing: false,
        };
        form.take_fields(presence);
        for name in offered {
            form.row_of(name);
        }
        form.cursor = 0;
        Ok(form)
    }

    /// Takes in what is there; what was typed stays.
    fn take_fields(&mut self, presence: &Presence) {
        self.is_known = !matches!(presence, Presence::Unknown { .. });
        for row in &mut self.rows {
            row.now = None;
        }
        let Presence::Present(contents) = presence else { return };
        for (name, state) in &contents.fields {
            let at = self.row_of(name);
            if let Some(row) = self.rows.get_mut(at) {
                row.now = Some(*state);
            }
        }
    }

    /// Bases it on what is there now.
    ///
    /// # Errors
    /// Why nothing can be written.
    pub fn rebase(&mut self, presence: &Presence) -> Result<(), String> {
        self.base = SecretBase::of(presence, self.can)?;
        self.take_fields(presence);
        self.rows.retain(|row| row.now.is_some() || !matches!(row.then, FieldThen::Remove));
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.clash = None;
        self.rebasing = false;
        Ok(())
    }

    /// The place of a field, which is added where it has none.
    pub fn row_of(&mut self, name: &FieldName) -> usize {
        if let Some(at) = self.rows.iter().position(|row| row.name == *name) {
            return at;
        }
        self.rows.push(FieldRow { name: name.clone(), now: None, then: FieldThen::Stay });
        self.rows.len() - 1
    }

    /// The selected row.
    pub fn selected(&mut self) -> Option<&mut FieldRow> {
        self.rows.get_mut(self.cursor)
    }

    /// The fields that change.
    pub fn changes(&self) -> impl Iterator<Item = &FieldRow> {
        self.rows.iter().filter(|row| !matches!(row.then, FieldThen::Stay))
    }

    /// Whether anything was typed or marked to go.
    pub fn is_changed(&self) -> bool {
        self.changes().next().is_some()
    }

    /// Whether a field goes.
    pub fn removes(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.then, FieldThen::Remove))
    }

    /// How many fields are there that stay as they are.
    pub fn stays(&self) -> usize {
        self.rows.iter().filter(|row| row.now.is_some() && matches!(row.then, FieldThen::Stay)).count()
    }

    /// How the write is made: without reading where that is possible.
    pub fn how(&self) -> How {
        let nothing_else = match self.base {
            SecretBase::Absent | SecretBase::Ended(_) => true,
            SecretBase::At(_) | SecretBase::Unversioned => self.is_known && self.stays() == 0,
        };
        let patches = self.can.patch
            && !self.patch_refused
            && !self.removes()
            && self.lacking.for_right(SecretRight::Patch).is_none();
        match nothing_else {
            true => How::Whole,
            false if patches => How::Patch,
            false => How::ReadFirst,
        }
    }

    /// The permission without which nothing at all can be written; `None` where there is a way.
    pub fn barred_by(&self) -> Option<&str> {
        let (write, exists) = match self.base {
            SecretBase::Absent => (SecretRight::Create, false),
            SecretBase::Ended(_) => (SecretRight::Update, false),
            SecretBase::At(_) | SecretBase::Unversioned => (SecretRight::Update, true),
        };
        let barred = self.lacking.for_right(write)?;
        if self.can.patch && exists { self.lacking.for_right(SecretRight::Patch) } else { Some(barred) }
    }

    /// The permission that is missing for it, and what for.
    pub fn missing_right(&self) -> Option<(SecretRight, &str)> {
        let write = match self.base {
            SecretBase::Absent => SecretRight::Create,
            _ => SecretRight::Update,
        };
        let needed: &[SecretRight] = match self.how() {
            How::Whole => &[write],
            How::Patch => &[SecretRight::Patch],
            How::ReadFirst => &[SecretRight::Reveal, write],
        };
        needed.iter().find_map(|right| Some((*right, self.lacking.for_right(*right)?)))
    }

    /// What is to be done; the values are copied and stay here too.
    pub fn write(&self) -> SecretWrite {
        let set: SecretFields = self
            .rows
            .iter()
            .filter_map(|row| match &row.then {
                FieldThen::Set(new) => Some((row.name.clone(), SecretValue::text(&new.value.value()))),
                FieldThen::Stay | FieldThen::Remove => None,
            })
            .collect();
        let gone = self.rows.iter().filter(|row| matches!(row.then, FieldThen::Remove));
        SecretWrite {
            path: self.path.clone(),
            how: self.how(),
            expect: self.base.expect(),
            set: Hidden(set),
            remove: gone.map(|row| row.name.clone()).collect(),
        }
    }

    /// The names of the fields that change, for people.
    pub fn changed_names(&self) -> BTreeSet<FieldName> {
        self.changes().map(|row| row.name.clone()).collect()
    }

    /// What it does, in words: `create kv/orders/secrets`, `set bearer-token of kv/orders/secrets`.
    pub fn what(&self) -> String {
        let path = &self.path;
        let changed: Vec<_> = self.changes().collect();
        match (self.base, changed.as_slice()) {
            (SecretBase::Absent, _) => format!("create {path}"),
            (_, [FieldRow { name, then: FieldThen::Remove, .. }]) => {
                format!("remove {} of {path}", name.as_str())
            }
            (_, [row]) => format!("set {} of {path}", row.name.as_str()),
            (_, rows) => format!("set {} fields of {path}", rows.len()),
        }
    }
}

/// What is to be made at random, for a value being typed.
pub struct GenerateEntry {
    /// The value it is for.
    pub entry: Hidden<Box<ValueEntry>>,
    /// How many characters, as typed.
    pub length: Input,
    /// Of which.
    pub alphabet: Alphabet,
    /// Why the last try was not taken.
    pub error: Option<String>,
}

impl std::fmt::Debug for GenerateEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GenerateEntry({:?})", self.alphabet)
    }
}
