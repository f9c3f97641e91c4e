//! After a secret was changed: which documents the receiver has to read again, and the plan that writes
//! them again as they are.

use std::collections::BTreeSet;

use super::super::effect::Effect;
use super::super::model::{Changed, Model, Plan, Recipe, Tone};
use super::super::view::{reread_height, time_of};
use super::browse::Step;
use super::make::{self, Known};
use crate::domain::ResourceKey;
use crate::text::grouped;

/// Takes a change in, shows what has to be read again where nothing else was opened meanwhile, and says
/// how much that is.
pub(super) fn changed(model: &mut Model, changed: Changed) -> Option<String> {
    let path = changed.path.clone();
    model.hands.rereads.take(changed);
    let page = model.rereads();
    let left = page.parts.iter().find(|part| part.changed.path == path).map(|part| part.left.total)?;
    let is_free = model.edit.is_none() && model.plan.is_none() && !model.hands.covers();
    if is_free && model.overlay.is_none() {
        model.hands.rereads.page = Some(Box::new(page));
        return Some(format!("; {}", to_be_read(left)));
    }
    Some(format!("; {}: :reread", to_be_read(left)))
}

fn to_be_read(count: usize) -> String {
    match count {
        1 => "1 document must be read again".into(),
        count => format!("{} documents must be read again", grouped(count)),
    }
}

/// Shows the list.
pub(super) fn show(model: &mut Model) {
    let page = model.rereads();
    if page.parts.is_empty() {
        let words = nothing(model);
        return model.say(Tone::Plain, words);
    }
    model.hands.rereads.page = Some(Box::new(page));
}

fn nothing(model: &Model) -> &'static str {
    if model.hands.rereads.is_empty() {
        "no secret was changed in this session"
    } else {
        "no document is left that has to be read again"
    }
}

/// Out of it; `:reread` shows it again.
pub(super) fn leave(model: &mut Model) {
    model.hands.rereads.page = None;
}

/// Scrolls it.
pub(super) fn scroll(model: &mut Model, step: Step) {
    let page = usize::from(model.frame().body.height);
    let positions = reread_height(model).saturating_sub(page) + 1;
    if let Some(list) = &mut model.hands.rereads.page {
        list.scroll = step.from(list.scroll.min(positions - 1), positions, page);
    }
}

/// Plans to write them again as they are.
pub(super) fn plan(model: &mut Model) -> Vec<Effect> {
    let page = model.rereads();
    let (gone, there): (Vec<_>, Vec<_>) =
        page.parts.iter().partition(|part| model.is_known_to_lack(&part.changed.path));
    let broken: BTreeSet<_> = gone.iter().flat_map(|part| &part.left.documents).collect();
    let keys: BTreeSet<_> = there.iter().flat_map(|part| &part.left.documents).collect();
    let keys: Vec<ResourceKey> = keys.difference(&broken).map(|key| (*key).clone()).collect();
    if keys.is_empty() {
        let words = if broken.is_empty() {
            nothing(model)
        } else {
            "nothing is planned: the secret is not there any more, and its documents could not be loaded"
        };
        model.say(Tone::Plain, words);
        return Vec::new();
    }
    let made = make::reput(model, keys, &Known::default());
    make::said(model, made)
}

/// Takes in that a plan was written; says what is left, if it was one of these.
pub(super) fn landed(model: &mut Model, plan: &Plan) -> bool {
    if !matches!(plan.recipe, Recipe::Reput(_)) {
        return false;
    }
    model.hands.rereads.put(plan.steps.iter().map(|step| &step.key), model.now.wall);
    let page = model.rereads();
    let left = page.total();
    let open = model.hands.rereads.page.take();
    model.hands.rereads.page = open.filter(|_| left > 0).map(|_| Box::new(page));
    if left > 0 {
        let words = format!("done: {}; {} left to be read again: :reread", plan.what(), grouped(left));
        model.say(Tone::Good, words);
    } else if let Some(certain) = model.rereads_are_certain_from() {
        let words = format!(
            "done: {}; before {} the receiver may read the old value once more: look at :reread then",
            plan.what(),
            time_of(certain)
        );
        model.say(Tone::Good, words);
    }
    true
}
