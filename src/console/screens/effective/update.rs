//! Opening the page, keeping it true, and looking for a text in it.

use std::sync::Arc;

use super::content::{EffectiveContent, EffectiveInput};
use super::state::{EffectiveBasis, EffectivePage};
use crate::check::receiver::secrets_of;
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Redraw, Tone};
use crate::console::screens::browse::nothing_selected;
use crate::console::widgets::TextInput;
use crate::domain::{Masking, ResourceKey, SecretPath};

/// Opens the page of the focused webhook.
pub(crate) fn open(model: &mut Model) {
    match model.focused().cloned() {
        Some(key @ ResourceKey::Webhook { .. }) => {
            model.effective = Some(Box::new(EffectivePage::new(key)));
        }
        Some(ResourceKey::Connection { .. }) => {
            let words = "the effective view is of webhooks: a connection serves no request by itself";
            model.notify(Tone::Plain, words);
        }
        Some(ResourceKey::Foreign { .. }) => {
            model.notify(Tone::Plain, "the effective view is of webhooks: the receiver ignores this key");
        }
        None => nothing_selected(model),
    }
}

/// Makes the page again once anything that it tells has changed.
pub(crate) fn follow(model: &mut Model) -> Vec<Effect> {
    let columns = model.frame().body.width;
    let Model { effective, inventory, context, presence_cache, .. } = model;
    let Some(page) = effective else { return Vec::new() };
    // Of a deleted webhook the page stays, and says so.
    let Some(row) = inventory.get(&page.key) else { return Vec::new() };
    let lookup = context.secrets.as_ref().unwrap_or(&context.receiver.lookup);
    let (key, token) = (page.key.clone(), row.token());
    let paths = page.secrets_at(token, || secrets_of(Some(&key), &row.facts(), lookup));
    let known = |path: &SecretPath| Some((path.clone(), presence_cache.presence(path)?.clone()));
    let presences = paths.iter().filter_map(known).collect();
    let basis = EffectiveBasis { token, columns, presences };
    if !page.wants(&basis) {
        return Vec::new();
    }
    let input = EffectiveInput {
        masking: Masking::of(&key, &context.secret_names),
        key,
        facts: row.facts(),
        receiver: Arc::clone(&context.receiver),
        lookup: lookup.clone(),
        presences: basis.presences.clone(),
        columns,
        glyphs: model.glyphs,
    };
    let request = model.next_request();
    if let Some(page) = &mut model.effective {
        page.begin(request, basis);
    }
    let bytes = input.facts.document.len();
    let job = Compute::new(bytes, move || input.content(), EffectiveContent::failed(), on_prepared);
    vec![Effect::Compute(request, job)]
}

fn on_prepared(model: &mut Model, request: RequestId, content: EffectiveContent) -> Vec<Effect> {
    if model.effective.as_mut().is_some_and(|page| page.accept(request, content)) {
        look_again(model);
        model.request_redraw(Redraw::Now);
    }
    Vec::new()
}

/// Counts the places of what is looked for in another text.
fn look_again(model: &mut Model) {
    if let Some(page) = &mut model.effective
        && page.search.is_shown()
    {
        page.search.find(&page.content, true);
    }
}

pub(super) fn begin_typing(model: &mut Model) {
    if let Some(page) = &mut model.effective {
        let line = page.rows().get(page.scroll).map_or(0, |row| row.line);
        page.search.begin(line);
    }
}

pub(super) fn end_typing(model: &mut Model, accept: bool) {
    if let Some(page) = &mut model.effective {
        page.search.end(accept);
        look_again(model);
    }
}

pub(super) fn type_text(model: &mut Model, change: impl FnOnce(&mut TextInput) -> bool) {
    let Some(page) = model.effective.as_mut().filter(|page| page.search.typing.is_some()) else { return };
    if change(&mut page.search.input) {
        page.search.restart();
        go_to_match(model, true);
    }
}

pub(super) fn step_search(model: &mut Model, forward: bool) {
    if model.effective.as_ref().is_some_and(|page| page.search.needle().is_none()) {
        return model.notify(Tone::Plain, "nothing is looked for yet: /");
    }
    go_to_match(model, forward);
}

fn go_to_match(model: &mut Model, forward: bool) {
    let height = usize::from(model.frame().body.height);
    let Some(page) = &mut model.effective else { return };
    page.search.find(&page.content, forward);
    let Some((line, _)) = page.search.current else { return };
    let row = page.first_row_of(line);
    if row < page.scroll || row >= page.scroll + height {
        let last = page.row_count().saturating_sub(height);
        page.scroll = row.saturating_sub(height / 3).min(last);
    }
}

/// Forgets what is looked for, then closes the page.
pub(super) fn back(model: &mut Model) {
    match &mut model.effective {
        Some(page) if page.search.is_shown() => {
            page.search.input.set("");
            page.search.restart();
        }
        _ => model.effective = None,
    }
}

/// Makes the page now.
#[cfg(test)]
pub(crate) fn finish(model: &mut Model) {
    for effect in follow(model) {
        if let Effect::Compute(request, job) = effect {
            job.run().apply(model, request);
        }
    }
}
