//! What the receiver has to read again after secrets were changed: which documents, by way of which
//! connections, and from when on that is certain to bring the new value.

use std::time::SystemTime;

use super::around;
use super::widgets::{Canvas, Page, Phrase, width};
use super::words;
use crate::console::keymap::Place;
use crate::console::layout::EditFrame;
use crate::console::model::{Changed, Model, RECEIVER_CACHE, RereadPage, RereadPart};
use crate::console::theme::{Ink, glyph};
use crate::domain::utc;
use crate::text::Safe;

/// What belongs to a secret stands so far to the right of it.
const UNDER: u16 = 2;

/// Draws the list.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, parts: EditFrame) {
    let Some(list) = &model.hands.rereads.page else { return };
    let mut pen = canvas.row(parts.title, 0);
    pen.skip(1).margin(1).phrase(&title(list));
    page(model, list, parts.text.width).draw(canvas, parts.text, list.scroll);
}

/// How many lines it has on the present screen.
pub(in crate::console) fn height(model: &Model) -> usize {
    let columns = model.frame().body.width;
    model.hands.rereads.page.as_ref().map_or(0, |list| page(model, list, columns).len())
}

/// `TO BE READ AGAIN  3 documents`
fn title(list: &RereadPage) -> Phrase {
    let count = words::plural(list.total(), "document");
    Phrase::of(Ink::FocusedTitle, "TO BE READ AGAIN").and(Ink::Text, "  ").and(Ink::Strong, count)
}

fn page<'p>(model: &Model, list: &'p RereadPage, columns: u16) -> Page<'p> {
    let mut page = Page::new(columns);
    page.blank();
    let words = match model.context.backend {
        "files" => {
            "looks references up when it loads its files: it goes on with the old value until a file is written again"
        }
        _ => {
            "looks references up when it loads a document: it goes on with the old value until that is written again"
        }
    };
    page.fact("receiver", Ink::Text, words);
    cache(&mut page, model);
    if model.inventory.coverage().is_partial() {
        let words = format!("{} documents that this user may not read may refer to it too", glyph::WARNING);
        page.fact("partial", Ink::Warning, &words);
    }
    around::hindrances(&mut page, model, Place::Reread);
    for part in &list.parts {
        page.blank();
        secret(&mut page, model, part);
    }
    page
}

/// What the receiver may keep of the old value, as long as it may.
pub(super) fn cache(page: &mut Page<'_>, model: &Model) {
    let Some(certain) = model.rereads_are_certain_from() else { return };
    let words = format!(
        "{} it keeps what it read of Vault for {} s: written again before {}, a document may get the old value once more",
        glyph::WARNING,
        RECEIVER_CACHE.as_secs(),
        clock(certain)
    );
    page.fact("cache", Ink::Warning, &words);
}

/// `13:02:10 UTC`
pub(in crate::console) fn clock(at: SystemTime) -> String {
    let at = utc(at);
    let time = at.split_once('T').and_then(|(_, time)| time.get(..8)).unwrap_or_default();
    format!("{time} UTC")
}

fn secret(page: &mut Page<'_>, model: &Model, part: &RereadPart) {
    let Changed { path, what, version, when, .. } = &part.changed;
    let version = version.map(|version| format!(", now {version}")).unwrap_or_default();
    let head = Phrase::of(Ink::Strong, path.to_string());
    // The path stands before it already.
    let done = what.strip_suffix(path.to_string().as_str()).unwrap_or(what).trim_end().to_owned();
    let done = done.strip_suffix(" of").unwrap_or(&done);
    page.phrase(head.and(Ink::Dim, format!("   {done}{version}, {}", clock(*when))));
    page.indent(UNDER);
    if model.is_known_to_lack(path) {
        let words = format!("{} it is not there any more: its documents could not be loaded", glyph::BAD);
        page.words(Ink::Bad, &words);
    }
    documents(page, model, part);
    page.indent(0);
}

/// The documents, those that come by it through a connection below it.
fn documents(page: &mut Page<'_>, model: &Model, part: &RereadPart) {
    let left = &part.left;
    let column = left.documents.iter().map(|key| width(&Safe::display(key))).max().unwrap_or(0);
    let column = usize::from(column.min(model.size.cols / 2));
    // In the order of the documents.
    let mut through = left.through.iter().peekable();
    for key in &left.documents {
        let row = model.inventory.get(key);
        let token = row.map_or("gone".to_owned(), |row| words::token(model, row.token()));
        let name = format!("{:column$}", Safe::display(key).as_str());
        page.phrase(Phrase::of(Ink::Text, name).and(Ink::Dim, format!("   {token}")));
        while let Some((webhook, _)) = through.next_if(|(_, connection)| connection == key) {
            let words = format!("  {webhook}   through it");
            page.phrase(Phrase::of(Ink::Dim, words));
        }
    }
    let more = (left.total - left.documents.len(), left.through_total - left.through.len());
    if more.0 > 0 {
        page.words(Ink::Dim, &format!("and {}", words::plural(more.0, "more document")));
    }
    if more.1 > 0 {
        page.words(Ink::Dim, &format!("and {} through connections", words::plural(more.1, "more webhook")));
    }
}
