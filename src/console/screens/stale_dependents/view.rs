//! Documents that the receiver has to read again after secrets were changed: which ones, through which
//! connections, and from when on a reload is certain to use the new value.

use std::time::SystemTime;

use super::state::{ChangedSecret, RECEIVER_CACHE, StaleDependentsPage, StaleDependentsPart};
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::review::sections;
use crate::console::shell::layout::EditLayout;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{ReviewPage, Surface, TextRun, width};
use crate::console::words;
use crate::domain::utc;
use crate::text::Safe;

/// Indent of the lines of a secret.
const UNDER: u16 = 2;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, parts: EditLayout) {
    let Some(list) = &model.secret_actions.stale_dependents.page else { return };
    surface.row(parts.title, 0).skip(1).margin(1).put_run(&title(list));
    page(model, list, parts.text.width).draw(surface, parts.text, list.scroll);
}

/// Number of lines on the current screen.
pub(crate) fn height(model: &Model) -> usize {
    let columns = model.frame().body.width;
    model.secret_actions.stale_dependents.page.as_ref().map_or(0, |list| page(model, list, columns).len())
}

/// `TO BE READ AGAIN  3 documents`
fn title(list: &StaleDependentsPage) -> TextRun {
    let count = words::plural(list.total(), "document");
    TextRun::of(StyleRole::FocusedTitle, "TO BE READ AGAIN")
        .and(StyleRole::Text, "  ")
        .and(StyleRole::Strong, count)
}

fn page<'p>(model: &Model, list: &'p StaleDependentsPage, columns: u16) -> ReviewPage<'p> {
    let mut page = ReviewPage::new(columns, model.glyphs);
    page.blank();
    page.fact("receiver", StyleRole::Text, model.context.backend.looks_up);
    cache_warning(&mut page, model);
    if model.inventory.coverage().is_partial() {
        page.warn("partial", "documents that this user may not read may refer to it too");
    }
    sections::write_blockers(&mut page, model, Place::StaleDependents);
    for part in &list.parts {
        page.blank();
        secret(&mut page, model, part);
    }
    page
}

/// A warning while the receiver may still have the old value in its cache.
pub(crate) fn cache_warning(page: &mut ReviewPage<'_>, model: &Model) {
    let Some(certain) = model.receiver_cache_expiry() else { return };
    let (lasts, until) = (RECEIVER_CACHE.as_secs(), time_utc(certain));
    let words = format!(
        "it keeps what it read of Vault for {lasts} s: written again before {until}, a document may get the old value once more"
    );
    page.warn("cache", &words);
}

/// `13:02:10 UTC`
pub(crate) fn time_utc(at: SystemTime) -> String {
    let at = utc(at);
    let time = at.split_once('T').and_then(|(_, time)| time.get(..8)).unwrap_or_default();
    format!("{time} UTC")
}

fn secret(page: &mut ReviewPage<'_>, model: &Model, part: &StaleDependentsPart) {
    let ChangedSecret { path, description: what, version, when, .. } = &part.change;
    let version = version.map(|version| format!(", now {version}")).unwrap_or_default();
    let head = TextRun::of(StyleRole::Strong, path.to_string());
    // The path is shown before it already.
    let done = what.strip_suffix(path.to_string().as_str()).unwrap_or(what).trim_end().to_owned();
    let done = done.strip_suffix(" of").unwrap_or(&done);
    page.push(head.and(StyleRole::Dim, format!("   {done}{version}, {}", time_utc(*when))));
    page.indent(UNDER);
    if model.is_known_missing(path) {
        let words = format!("{} it is not there any more: its documents could not be loaded", glyph::BAD);
        page.text(StyleRole::Bad, &words);
    }
    documents(page, model, part);
    page.indent(0);
}

/// The documents; each is followed by those that use it as a connection.
fn documents(page: &mut ReviewPage<'_>, model: &Model, part: &StaleDependentsPart) {
    let left = &part.dependents;
    let column = left.documents.iter().map(|key| width(&Safe::display(key))).max().unwrap_or(0);
    let column = usize::from(column.min(model.size.cols / 2));
    // In the same order as the documents.
    let mut through = left.via_connection.iter().peekable();
    for key in &left.documents {
        let row = model.inventory.get(key);
        let token = row.map_or("gone".to_owned(), |row| words::token(model, row.token()));
        let name = format!("{:column$}", Safe::display(key).as_str());
        page.push(TextRun::of(StyleRole::Text, name).and(StyleRole::Dim, format!("   {token}")));
        while let Some((webhook, _)) = through.next_if(|(_, connection)| connection == key) {
            let words = format!("  {webhook}   through it");
            page.push(TextRun::of(StyleRole::Dim, words));
        }
    }
    let more = (left.total - left.documents.len(), left.via_connection_total - left.via_connection.len());
    if more.0 > 0 {
        page.text(StyleRole::Dim, &format!("and {}", words::plural(more.0, "more document")));
    }
    if more.1 > 0 {
        page.text(
            StyleRole::Dim,
            &format!("and {} through connections", words::plural(more.1, "more webhook")),
        );
    }
}
