//! The focus shows without colours: by a glyph before the title, by attributes, and by the selected row's marker.

use super::*;
use crate::console::shell::layout::Pane;
use crate::console::theme::glyph;

#[test]
fn the_pane_that_has_the_focus_is_told_without_colours() {
    for (name, panes) in [("browse", 3), ("connections", 2), ("secrets", 2)] {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let mut frames = Vec::new();
            for focus in [Pane::Items, Pane::Detail, Pane::Namespaces].into_iter().take(panes) {
                let mut model = scene(name, size(160, 30));
                model.webhooks.focus = focus;
                model.connections.focus = focus;
                model.secrets_page.focus = focus;
                let terminal = render(&model, &theme(ColorDepth::None, glyphs));
                let buffer = terminal.backend().buffer();
                let shown = text(buffer);
                let titles = shown.lines().nth(usize::from(model.frame().body.y)).unwrap();
                let sign = glyphs.form(glyph::FOCUSED);
                assert_eq!(titles.matches(sign).count(), 1, "{name} {focus:?}\n{shown}");
                let has_reversed = |row: u16| {
                    let cells = (0..model.size.cols).map(|x| &buffer[(x, row)]);
                    cells.filter(|cell| cell.modifier.contains(Modifier::REVERSED)).count()
                };
                assert!(has_reversed(model.frame().body.y) > 3, "{name} {focus:?}: the title stands out");
                frames.push(shown);
            }
            frames.sort();
            frames.dedup();
            assert_eq!(frames.len(), panes, "{name}: as text alone they differ");
        }
    }
}
