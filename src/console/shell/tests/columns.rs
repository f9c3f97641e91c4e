//! What is shown of names and of a text at every width of a terminal.

use super::*;
use crate::console::action::Action;
use crate::console::shell::layout::{Pane, body_rows, gutter, inner};
use crate::console::update::keys::act;
use crate::domain::{Change, ChangeKind, Document, Entry, Revision, SecretNames, Token};
use crate::inventory::scan_event;
use crate::provider::WatchEvent;

/// Ids that differ at their ends alone, in both namespaces.
const LONG: [&str; 4] = [
    "eu_central_1_payments_orders_created_webhook_v1",
    "eu_central_1_payments_orders_created_webhook_v2",
    "us_central_1_payments_orders_created_webhook_v1",
    "us_central_1_payments_orders_created_webhook_v2",
];

const TEXT: &str = r#"{"module": "kafka", "connection": "kafka_main", "hmac": {"secret": "{$vault:a#b}"},
  "authorization": "Bearer Hunter2Hunter", "note": "日本語 and words, more words, more words: höher, weiter, and so on until it ends here.",
  "long": "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789"}"#;

fn long_names(cols: u16, scope: &str) -> Model {
    let mut model = sample::browse(size(cols, 30));
    let put = |namespace: &str, id: &&str| {
        let entry = Entry {
            key: sample::key(&format!("{namespace}/{id}")),
            document: Document::from(TEXT),
            revision: Revision(48_300),
            created: None,
            version: None,
            token: Token::counter(48_300),
            lease: None,
        };
        Change { revision: entry.revision, kind: ChangeKind::Put { entry } }
    };
    let changes = ["production", "staging"].into_iter().flat_map(|of| LONG.iter().map(move |id| put(of, id)));
    let batch = WatchEvent::Batch { at: Revision(48_300), changes: changes.collect() };
    model.inventory.apply(scan_event(batch, &SecretNames::default()), NOW - Duration::from_secs(60));
    sample::scope(&mut model, scope, Some(&format!("production/{}", LONG[0])));
    model
}

/// What is shown of the ids that begin or end like these.
fn shown_ids(model: &Model) -> Vec<String> {
    let shown = shown(model);
    let items = inner(model.panes().items);
    let cells = |line: &str| line.chars().skip(items.x.into()).take(items.width.into()).collect::<String>();
    let head = shown.lines().map(cells).find(|line| line.contains("ID")).unwrap();
    let at = head.find("ID").unwrap();
    let ids = shown.lines().map(cells).filter_map(|line| {
        let id: String = line.chars().skip(at).collect();
        let id = id.split("  ").next().unwrap_or_default().trim_end().to_owned();
        ((id.starts_with("eu_") || id.starts_with("us_")) && id.contains("_v")).then_some(id)
    });
    ids.collect()
}

#[test]
fn a_wider_terminal_never_shows_less_of_an_id_and_ids_never_look_alike() {
    for scope in ["production", "all"] {
        let mut before = 0;
        for cols in 40..=240 {
            let model = long_names(cols, scope);
            let ids = shown_ids(&model);
            let namespaces = if scope == "all" { 2 } else { 1 };
            assert_eq!(ids.len(), LONG.len() * namespaces, "{scope} {cols}\n{}", shown(&model));
            let different: std::collections::BTreeSet<_> = ids.iter().collect();
            assert_eq!(different.len(), LONG.len(), "{scope} {cols}: {ids:?}");
            let width = ids[0].chars().count();
            assert!(width >= before, "{scope} {cols}: {width} after {before}\n{}", shown(&model));
            before = width;
        }
        assert_eq!(before, LONG[0].len(), "{scope}: in full at last");
    }
}

#[test]
fn at_120_columns_the_connection_and_the_authentication_stand_beside_the_id() {
    let shown = shown(&scene("browse", size(120, 40)));
    let head = shown.lines().find(|line| line.contains(" ID ")).unwrap();
    for column in ["CONN", "AUTH", "CHANGED"] {
        assert!(head.contains(column), "{head}");
    }
}

#[test]
fn long_names_at_the_sizes_of_the_design() {
    for cols in [80, 100, 120, 200] {
        let mut model = long_names(cols, "all");
        model.size = size(cols, 24);
        snapshot(&format!("long_names_{cols}x24"), &model);
    }
}

#[test]
fn columns_that_were_chosen_stand_in_their_order() {
    use crate::console::screens::browse::{Column, ColumnList};
    let mut model = scene("browse", size(120, 40));
    let chosen = [Column::Module, Column::Id, Column::Token];
    model.view.settings.columns.set(ColumnList::Webhooks, chosen);
    let shown = shown(&model);
    let head = shown.lines().find(|line| line.contains(" ID ")).unwrap();
    let at = |name: &str| head.find(name);
    assert!(at("MODULE") < at("ID") && at("ID") < at("TOKEN"), "{head}");
    assert_eq!((at("AUTH"), at("CONN")), (None, None), "{head}");
}

/// The text in the detail, read cell by cell while it is scrolled through; each line's cells by column.
fn read_text(mut model: Model, wraps: bool) -> Vec<String> {
    model.webhooks.focus = Pane::Detail;
    model.webhooks.detail.wraps = wraps;
    act(&mut model, Action::First);
    let lines = model.webhooks.detail.shown.as_ref().unwrap().text.as_ref().unwrap().masked.line_count();
    let mut read: Vec<Vec<Option<String>>> = vec![Vec::new(); lines];
    let theme = theme(ColorDepth::None, Glyphs::Unicode);
    let mut last = None;
    for _ in 0..2_000 {
        let terminal = render(&model, &theme);
        let buffer = terminal.backend().buffer();
        let rows = body_rows(model.panes().detail);
        let (x, numbers) = (rows.x + 1, gutter(lines));
        let right = rows.right() - 1;
        let mut current = None;
        for y in rows.top()..rows.bottom() {
            let cell = |x: u16| buffer.cell((x, y)).unwrap().symbol().to_owned();
            let number: String = (x..x + numbers - 1).map(cell).collect();
            let number = number.trim();
            if let Ok(number) = number.parse::<usize>() {
                current = Some((number - 1, model.webhooks.detail.aside));
            } else if !number.is_empty() || !wraps {
                current = None;
            }
            let Some((line, column)) = &mut current else { continue };
            let (mut x, mut row) = (x + numbers, Vec::new());
            while x < right {
                let symbol = cell(x);
                let width = symbol.as_str().cell_width().max(1);
                // Where a line goes on, a mark stands in place of its next character.
                if wraps || x + 1 < right || symbol != "…" {
                    row.push((symbol, usize::from(width)));
                }
                x += width;
            }
            // Blanks at the end of a row are not told from those behind it.
            while row.last().is_some_and(|(symbol, _)| symbol == " ") {
                row.pop();
            }
            for (symbol, width) in row {
                let cells = &mut read[*line];
                cells.resize(cells.len().max(*column + 1), None);
                cells[*column] = Some(symbol);
                *column += width;
            }
        }
        let detail = &model.webhooks.detail;
        let place = ((detail.scroll, detail.link.clone()), detail.aside);
        if !wraps {
            act(&mut model, Action::Right);
            if model.webhooks.detail.aside != place.1 {
                continue;
            }
            model.webhooks.focus = Pane::Detail;
            model.webhooks.detail.aside = 0;
        }
        if last.as_ref() == Some(&place.0) {
            break;
        }
        last = Some(place.0);
        act(&mut model, Action::Down);
    }
    let line =
        |cells: Vec<Option<String>>| cells.into_iter().flatten().collect::<String>().trim_end().to_owned();
    read.into_iter().map(line).collect()
}

#[test]
fn every_cell_of_a_text_is_reached_by_scrolling_down_and_sideways() {
    for cols in [40, 80, 100, 120, 200] {
        for wraps in [true, false] {
            let mut model = long_names(cols, "production");
            model.size = size(cols, 14);
            let text = model.webhooks.detail.shown.as_ref().unwrap().text.as_ref().unwrap();
            let lines = 0..text.masked.line_count();
            let whole: Vec<String> = lines.map(|line| text.masked.line_text(line).to_owned()).collect();
            // A row that ends in blanks cannot be told from a shorter one.
            let bare = |lines: &[String]| -> Vec<String> {
                lines.iter().map(|line| line.chars().filter(|c| *c != ' ').collect()).collect()
            };
            assert_eq!(bare(&read_text(model, wraps)), bare(&whole), "{cols} {wraps}");
        }
    }
}

#[test]
fn nothing_is_shown_of_a_secret_in_any_form_of_the_text() {
    for (layout, wraps) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut model = long_names(100, "production");
        if layout {
            act(&mut model, Action::Layout);
        }
        let read = read_text(model, wraps).concat();
        assert!(read.contains("Bearer ••••••••") || read.contains("Bearer••••••••"), "{read}");
        assert!(!read.contains(SECRET) && !read.contains("unter"), "{read}");
    }
}
