//! The facts of the detail that lead somewhere: to a document, or to all webhooks that depend on the same
//! thing.

use std::ops::Range;

use super::detail;
use super::state::DetailPosition;
use super::update::{enter, go_to, refilter, show};
use crate::console::model::{Model, Tone};
use crate::console::screens::tab::Tab;
use crate::console::shell::layout::Pane;
use crate::console::widgets::Movement;
use crate::domain::{ResourceKey, escape};
use crate::inventory::Scope;

/// Where a fact leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    Document(ResourceKey),
    /// The webhooks that depend on this, named as a filter takes it after `uses:`.
    Users(String),
}

/// A fact that leads somewhere, and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DetailLink {
    pub(super) lines: Range<usize>,
    pub(super) to: LinkTarget,
}

/// The first row to show and the selected fact after a movement: the next fact in view that leads somewhere
/// is selected; if there is none, the detail is scrolled.
pub(super) fn step(model: &Model, by: Movement) -> Option<(DetailPosition, Option<LinkTarget>)> {
    let selected = model.browse()?.detail.link.as_ref();
    let (rows, links) = detail::rows_and_links(model)?;
    let (top, height) = (rows.first(), rows.height());
    let is_in_view =
        |link: &DetailLink, top: DetailPosition| (top.item..top.item + height).contains(&link.lines.start);
    let at = links.iter().position(|link| Some(&link.to) == selected && is_in_view(link, top));
    let next = match (by, at) {
        (Movement::Lines(by), None) if by > 0 => links.iter().position(|link| is_in_view(link, top)),
        (Movement::Lines(by), Some(at)) => at.checked_add_signed(by.signum()),
        _ => None,
    };
    if let Some(link) = next.and_then(|at| links.get(at)).filter(|link| is_in_view(link, top)) {
        return Some((top, Some(link.to.clone())));
    }
    let to = rows.step(by);
    // Upwards from the first one there is nothing to select.
    let leaves = to == top && matches!(by, Movement::Lines(by) if by < 0);
    let kept = at.and_then(|at| links.get(at)).filter(|link| !leaves && is_in_view(link, to));
    Some((to, kept.map(|link| link.to.clone())))
}

/// Goes where the selected fact leads.
pub(super) fn follow(model: &mut Model) {
    match model.browse().and_then(|browse| browse.detail.link.clone()) {
        Some(LinkTarget::Users(name)) => show_users(model, &name),
        Some(LinkTarget::Document(key)) if !go_to(model, &key) => {
            model.notify(Tone::Bad, format!("{key} is gone"));
        }
        Some(LinkTarget::Document(_)) | None => {}
    }
}

/// Lists the webhooks of all namespaces that depend on something.
fn show_users(model: &mut Model, name: &str) {
    show(model, Tab::Webhooks);
    enter(model, Scope::AllWebhooks);
    // A blank would begin another word.
    let word = escape(name.as_bytes()).replace(' ', r"\x20");
    if let Some((browse, _)) = model.browse_mut() {
        browse.focus = Pane::Items;
        browse.list.filter.set(format!("uses:{word}"));
    }
    refilter(model);
}
