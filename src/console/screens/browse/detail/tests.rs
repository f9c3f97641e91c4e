//! The facts of the detail keep to their pane.

use super::*;
use crate::console::shell::sample::{self, SCENES};

/// The facts of every document of a scene, one by one.
fn each_facts(glyphs: Glyphs, room: u16, mut check: impl FnMut(&TextRun)) {
    let (_, hostile) = SCENES.iter().find(|(name, _)| *name == "hostile").unwrap();
    let mut model = hostile(sample::size(120, 40));
    model.glyphs = glyphs;
    let keys: Vec<_> = ["team-a", "unrecognised"]
        .into_iter()
        .flat_map(|scope| {
            sample::scope(&mut model, scope, None);
            let scope = model.webhooks.listing.scope().clone();
            model.inventory.keys(&scope).collect::<Vec<_>>()
        })
        .collect();
    for key in keys {
        let scope = if key.is_foreign() { "unrecognised" } else { "team-a" };
        sample::scope(&mut model, scope, None);
        assert!(model.webhooks.select_key(&model.inventory, &key));
        let (shown, row) = selected(&model, &model.webhooks).unwrap();
        facts(&model, shown, row, room).lines.iter().for_each(&mut check);
    }
}

#[test]
fn no_fact_is_wider_than_its_pane_however_names_are_spelled() {
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        let mut count = 0;
        for room in 30..80 {
            each_facts(glyphs, room, |fact| {
                count += 1;
                let drawn = fact.clone().spelled(glyphs);
                assert!(drawn.width() <= room, "{room} {drawn:?}");
            });
        }
        assert!(count > 500, "{count}");
    }
}
