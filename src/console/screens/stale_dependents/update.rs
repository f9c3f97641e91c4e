//! After a secret changed: which documents the receiver has to read again, and the plan that rewrites them
//! unchanged.

use std::collections::BTreeSet;

use super::state::ChangedSecret;
use super::view::time_utc;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};
use crate::console::screens::plan::{Plan, PlanKind, builder};
use crate::domain::ResourceKey;
use crate::text::grouped;

/// Records a change, shows the stale documents if nothing else is open, and returns a text that says how many
/// there are.
pub(crate) fn on_secret_changed(model: &mut Model, changed: ChangedSecret) -> Option<String> {
    let path = changed.path.clone();
    model.secret_actions.stale_dependents.record(changed);
    let page = model.stale_dependents();
    let left = page.parts.iter().find(|part| part.change.path == path).map(|part| part.dependents.total)?;
    let is_free = model.edit.is_none() && model.plan.is_none() && !model.secret_actions.covers_body();
    if is_free && model.overlay.is_none() {
        model.secret_actions.stale_dependents.page = Some(Box::new(page));
        return Some(format!("; {}", stale_count(left)));
    }
    Some(format!("; {}: :reread", stale_count(left)))
}

fn stale_count(count: usize) -> String {
    match count {
        1 => "1 document must be read again".into(),
        count => format!("{} documents must be read again", grouped(count)),
    }
}

pub(crate) fn show(model: &mut Model) {
    let page = model.stale_dependents();
    if page.parts.is_empty() {
        let words = empty_reason(model);
        return model.notify(Tone::Plain, words);
    }
    model.secret_actions.stale_dependents.page = Some(Box::new(page));
}

fn empty_reason(model: &Model) -> &'static str {
    if model.secret_actions.stale_dependents.is_empty() {
        "no secret was changed in this session"
    } else {
        "no document is left that has to be read again"
    }
}

/// Plans to rewrite them unchanged.
pub(crate) fn plan_rewrite(model: &mut Model) -> Vec<Effect> {
    let page = model.stale_dependents();
    let (gone, there): (Vec<_>, Vec<_>) =
        page.parts.iter().partition(|part| model.is_known_missing(&part.change.path));
    let broken: BTreeSet<_> = gone.iter().flat_map(|part| &part.dependents.documents).collect();
    let keys: BTreeSet<_> = there.iter().flat_map(|part| &part.dependents.documents).collect();
    let keys: Vec<ResourceKey> = keys.difference(&broken).map(|key| (*key).clone()).collect();
    if keys.is_empty() {
        let words = if broken.is_empty() {
            empty_reason(model)
        } else {
            "nothing is planned: the secret is not there any more, and its documents could not be loaded"
        };
        model.notify(Tone::Plain, words);
        return Vec::new();
    }
    let made = builder::build(model, PlanKind::Rewrite(keys), None);
    builder::or_say(model, made)
}

/// Handles a written plan. If it rewrote stale documents, reports how many are left and returns `true`.
pub(crate) fn on_plan_written(model: &mut Model, plan: &Plan) -> bool {
    if !matches!(plan.kind, PlanKind::Rewrite(_)) {
        return false;
    }
    let written = plan.steps.iter().map(|step| &step.key).filter(|key| !plan.left_out.contains(*key));
    model.secret_actions.stale_dependents.record_rewrites(written, model.now.wall);
    let page = model.stale_dependents();
    let left = page.total();
    let open = model.secret_actions.stale_dependents.page.take();
    model.secret_actions.stale_dependents.page = open.filter(|_| left > 0).map(|_| Box::new(page));
    if left > 0 {
        let words = format!(
            "done: {}; {} left to be read again: :reread",
            plan.describe(&model.inventory),
            grouped(left)
        );
        model.notify(Tone::Good, words);
    } else if let Some(certain) = model.receiver_cache_expiry() {
        let words = format!(
            "done: {}; before {} the receiver may read the old value once more: look at :reread then",
            plan.describe(&model.inventory),
            time_utc(certain)
        );
        model.notify(Tone::Good, words);
    }
    true
}
