//! Scenes of the Problems tab.

use std::time::Duration;

use super::{NOW, browse, empty, entry, load};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::screens::Tab;
use crate::console::screens::browse::ListContext;
use crate::console::screens::problems::update as problems_tab;
use crate::console::shell::layout::Size;
use crate::console::update::checks;
use crate::console::widgets::ListSource;
use crate::domain::*;
use crate::inventory::scan_event;
use crate::provider::WatchEvent;

/// What is wrong with all documents, with an error of a chain's step in the detail.
pub(super) fn worst(size: Size) -> Model {
    let mut model = browse(size);
    let text = r#"{"chain": [{"module": "log"}, {"module": "kafka", "connection": "kafka_eu", "x-error": 1}],
        "jwt": {"secret": "{$JWT}"}, "x-warning": true}"#;
    let change = Change {
        revision: Revision(48_215),
        kind: ChangeKind::Put { entry: entry("staging/fanout", text, 48_215) },
    };
    let batch = WatchEvent::Batch { at: Revision(48_215), changes: vec![change] };
    let delta = model.inventory.apply(scan_event(batch, &model.context.secret_names), NOW);
    checks::note(&mut model, &delta);
    checks::finish(&mut model);
    model.tab = Tab::Problems;
    problems_tab::follow(&mut model);
    let rows = (&model.problems.rows, ListContext::from(&model));
    let at = (0..rows.len()).find(|at| rows.id_at(*at).is_some_and(|id| id.rule == "X01")).unwrap();
    model.problems.list.selected = rows.id_at(at);
    model.problems.list.cursor = at;
    model
}

pub(super) fn filtered(size: Size) -> Model {
    let mut model = worst(size);
    model.problems.list.filter.set("severity:warnin ns:stag");
    model.problems.list.typing = Some(String::new());
    problems_tab::refilter(&mut model);
    model
}

pub(super) fn unknown_word(size: Size) -> Model {
    let mut model = worst(size);
    model.problems.list.filter.set("severity:fatal");
    model.problems.list.typing = Some(String::new());
    problems_tab::refilter(&mut model);
    model
}

/// Nothing is wrong with a small store.
pub(super) fn none(size: Size) -> Model {
    let mut model = empty(size);
    let text = r#"{"module": "log", "jwt": {"secret": "{$JWT}"}}"#;
    load(&mut model.inventory, vec![entry("default/good", text, 3), entry("default/well", text, 4)]);
    checks::finish(&mut model);
    model.checks.finished = Some(NOW - Duration::from_secs(75));
    model.tab = Tab::Problems;
    problems_tab::follow(&mut model);
    model
}

/// The first documents of many are checked.
pub(super) fn partial(size: Size) -> Model {
    let mut model = empty(size);
    let text = |at: u64| {
        if at == 7 {
            r#"{"x-error": 1, "jwt": {"secret": "{$JWT}"}}"#
        } else {
            r#"{"jwt": {"secret": "{$JWT}"}}"#
        }
    };
    load(
        &mut model.inventory,
        (0..2_400).map(|at| entry(&format!("default/hook-{at:04}"), text(at), at + 1)).collect(),
    );
    for effect in checks::follow(&mut model) {
        if let Effect::Compute(request, job) = effect {
            job.run().apply(&mut model, request);
        }
    }
    model.tab = Tab::Problems;
    problems_tab::follow(&mut model);
    model
}
