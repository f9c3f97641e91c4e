//! State of the page: which webhook, what its lines were made of, and where in them the user is.

use super::content::{EffectiveContent, ShownRow};
use crate::console::request::{Pending, RequestId};
use crate::console::screens::browse::{DetailSearch, SearchedText};
use crate::domain::{Presence, ResourceKey, SecretPath, Token};

#[derive(Debug)]
pub struct EffectivePage {
    pub key: ResourceKey,
    pub(super) content: EffectiveContent,
    /// What the content was made of; `None` before there is any.
    basis: Option<EffectiveBasis>,
    /// The content that is being made.
    preparing: Pending<EffectiveBasis>,
    /// The secrets that the document needs, as it was at this token.
    secrets: Option<(Token, Vec<SecretPath>)>,
    /// The first row shown.
    pub scroll: usize,
    pub search: DetailSearch,
}

/// What a page is made of: if anything of it is another, the page is made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EffectiveBasis {
    pub(super) token: Token,
    pub(super) columns: u16,
    pub(super) presences: Vec<(SecretPath, Presence)>,
}

impl EffectivePage {
    /// A page that nothing was made for yet.
    pub(super) fn new(key: ResourceKey) -> Self {
        Self {
            key,
            content: EffectiveContent::default(),
            basis: None,
            preparing: Pending::default(),
            secrets: None,
            scroll: 0,
            search: DetailSearch::default(),
        }
    }

    pub(super) fn rows(&self) -> &[ShownRow] {
        &self.content.rows
    }

    pub(super) fn row_count(&self) -> usize {
        self.content.rows.len()
    }

    /// Whether its text is made from what is known now, and not of something earlier.
    pub(super) fn is_ready(&self) -> bool {
        self.basis.is_some()
    }

    /// The secrets that the document needs at a token, found once.
    pub(super) fn secrets_at(
        &mut self,
        token: Token,
        find: impl FnOnce() -> Vec<SecretPath>,
    ) -> &[SecretPath] {
        let known = self.secrets.take().filter(|(of, _)| *of == token);
        let (_, paths) = self.secrets.insert(known.unwrap_or_else(|| (token, find())));
        paths
    }

    /// The secrets that are looked at while the page is in front.
    pub(crate) fn secret_paths(&self) -> &[SecretPath] {
        self.secrets.as_ref().map(|(_, paths)| paths.as_slice()).unwrap_or_default()
    }

    /// Whether nothing is made, or being made, of this.
    pub(super) fn wants(&self, basis: &EffectiveBasis) -> bool {
        let made = self.preparing.get().or(self.basis.as_ref());
        made != Some(basis)
    }

    pub(super) fn begin(&mut self, request: RequestId, basis: EffectiveBasis) {
        self.preparing.begin(request, basis);
    }

    /// Takes content if it was asked for. The line at the top stays there.
    pub(super) fn accept(&mut self, request: RequestId, content: EffectiveContent) -> bool {
        let Some(basis) = self.preparing.accept(request) else { return false };
        let top = self.content.rows.get(self.scroll).map_or(0, |row| row.line);
        self.content = content;
        self.basis = Some(basis);
        self.scroll = self.first_row_of(top);
        self.search.restart();
        true
    }

    /// The first row of a line.
    pub(super) fn first_row_of(&self, line: usize) -> usize {
        self.content.rows.partition_point(|row| row.line < line)
    }
}

impl SearchedText for EffectiveContent {
    fn line_count(&self) -> usize {
        self.texts.len()
    }

    fn line_text(&self, line: usize) -> &str {
        self.texts.get(line).map(String::as_str).unwrap_or_default()
    }
}
