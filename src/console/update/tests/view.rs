//! How lists and panes are shown: columns, the widths of panes, and that both are kept.

use super::*;
use crate::console::drafts::DraftJob;
use crate::console::screens::browse::{Column, ColumnList};
use crate::console::view_settings::ViewSettings;

impl TestConsole {
    fn columns(&self) -> Vec<Column> {
        self.model.view.settings.columns.of(ColumnList::Webhooks).to_vec()
    }

    /// The settings that were asked to be kept since the last call.
    fn kept_views(&mut self) -> Vec<(RequestId, ViewSettings)> {
        let saves = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Draft(DraftJob::SaveView(request, context, settings)) => {
                assert_eq!(context, "prod");
                Some((request, *settings))
            }
            _ => None,
        });
        saves.collect()
    }
}

#[test]
fn columns_are_chosen_ordered_and_kept() {
    let mut console = TestConsole::loaded();
    let before = console.columns();
    console.keys(":").text("columns").keys("enter");
    assert_eq!(console.model.place(), Place::Columns);
    console.keys("space");
    assert!(console.notice().contains("always shown"), "{}", console.notice());
    // The secrets go, and the module moves to where they stood.
    console.keys("j space G k K K K K enter");
    let now = console.columns();
    assert_eq!(now[..2], [Column::Id, Column::Module]);
    assert_eq!(now.len(), before.len() - 1);
    let kept = console.kept_views();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].1.columns.of(ColumnList::Webhooks), now);
    console.keys(":").text("columns").keys("enter = enter");
    assert_eq!(console.columns(), before);
}

#[test]
fn leaving_the_choice_of_columns_changes_nothing() {
    let mut console = TestConsole::loaded();
    let before = console.columns();
    console.keys(":").text("columns").keys("enter j space J esc");
    assert_eq!((console.columns(), console.kept_views().len()), (before, 0));
    console.keys("7 :").text("columns").keys("enter");
    assert!(console.model.overlay.is_none() && console.notice().contains("1 and 2 go there"));
}

#[test]
fn the_focused_pane_is_resized_by_a_key_and_kept_once_at_a_time() {
    let mut console = TestConsole::loaded();
    let width = |console: &TestConsole| console.model.panes().items.width;
    let first = width(&console);
    console.keys("> >");
    let wider = width(&console);
    assert!(wider > first);
    let kept = console.kept_views();
    assert_eq!(kept.len(), 1, "the second change waits for the first save");
    console.send(AppEvent::Answer(kept[0].0, Answer::ViewSaved));
    let kept = console.kept_views();
    assert_eq!(kept[0].1.panes, console.model.view.settings.panes);
    console.send(AppEvent::Answer(kept[0].0, Answer::ViewSaved));
    console.keys("tab >");
    assert!(width(&console) < wider, "the detail is wider now");
    console.keys("=");
    console.keys("backtab");
    assert_eq!(console.model.view.settings, ViewSettings::default());
}

#[test]
fn a_change_of_the_view_is_kept_before_the_console_is_left() {
    let mut console = TestConsole::loaded();
    console.keys("> > > q");
    let effects = std::mem::take(&mut console.effects);
    let save = effects.iter().rposition(|effect| matches!(effect, Effect::Draft(DraftJob::SaveView(..))));
    let quit = effects.iter().position(|effect| matches!(effect, Effect::Quit(_)));
    assert!(save.unwrap() < quit.unwrap());
    let Effect::Draft(DraftJob::SaveView(_, _, settings)) = &effects[save.unwrap()] else { unreachable!() };
    assert_eq!(**settings, console.model.view.settings);
}

#[test]
fn a_console_takes_the_view_that_was_kept_unless_a_key_came_first() {
    for is_late in [false, true] {
        let mut console = TestConsole::loaded();
        console.send(AppEvent::Wake);
        let load = console.effects.drain(..).find_map(|effect| match effect {
            Effect::Draft(DraftJob::LoadView(request, _)) => Some(request),
            _ => None,
        });
        if is_late {
            console.keys(">");
        }
        let own = console.model.view.settings.clone();
        let mut stored = Box::<ViewSettings>::default();
        stored.panes.documents = Some(30);
        console.send(AppEvent::Answer(load.unwrap(), Answer::ViewLoaded(Some(stored.clone()))));
        assert_eq!(console.model.view.settings, if is_late { own } else { *stored });
        console.effects.clear();
        console.wait(1_000).send(AppEvent::Wake);
        let asks = |effect: &Effect| matches!(effect, Effect::Draft(DraftJob::LoadView(..)));
        assert!(!console.effects.iter().any(asks), "asked once");
    }
}

#[test]
fn a_single_pane_says_that_it_cannot_be_resized() {
    let mut console = TestConsole::loaded();
    console.send(AppEvent::Resize(Size { cols: 80, rows: 24 }));
    console.keys(">");
    assert!(console.notice().contains("no neighbour"), "{}", console.notice());
    assert_eq!(console.model.view.settings, ViewSettings::default());
}
