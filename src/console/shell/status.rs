//! The line above the footer: the filter, the results of the last act, link problems; at the right news and the
//! count.

use ratatui::layout::Rect;

use crate::check::OwnRules;
use crate::console::action::Action;
use crate::console::model::{Model, Notice, Tone};
use crate::console::place::Place;
use crate::console::screens::Tab;
use crate::console::screens::browse::{BrowsePage, DetailSearch, Filter, ListContext, marks};
use crate::console::screens::editor::{Draft, DraftStage};
use crate::console::screens::settings;
use crate::console::shell::layout::Pane;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{LineWriter, ListSource, ListState, Surface, TextInput, TextRun, width};
use crate::console::words;
use crate::text::Safe;

/// Blanks between the parts.
const GAP: u16 = 3;

/// From this width of the screen on, there is anything beside the results.
const WIDE: u16 = 40;

/// The fewest columns of a result that can be read: beside a count, and without one.
const READABLE: u16 = 40;
const SHORTEST: u16 = 16;

/// The fewest columns of news, without its age.
const LEAST_NEWS: u16 = 10;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let browse = model.browse().filter(|_| !model.is_covered());
    let problems = Some(&model.problems).filter(|_| shows_problems(model));
    let own = &model.context.receiver.own_rules;
    let search = effective_search(model);
    let list_filter = match browse {
        _ if search.is_some() => search.map(FilterLine::of_search),
        _ if problems.is_some() => problems.map(|page| FilterLine::of_documents(&page.list, own)),
        Some(browse) if browse.focus == Pane::Detail && browse.detail.search.is_shown() => {
            Some(FilterLine::of_search(&browse.detail.search))
        }
        Some(browse) => Some(FilterLine::of_documents(&browse.list, own)),
        None if shows_settings(model) => Some(FilterLine::of_settings(model)),
        None => model.shows_secrets().then(|| FilterLine::of(&model.secrets_page.list)),
    };
    let (result, full_text_action, news) = messages(model);
    let is_crowded = !result.is_empty() || !news.is_empty();
    let context =
        if area.width >= WIDE { context(model, is_crowded, area.width) } else { TextRun::default() };

    let mut line = surface.row(area, 0);
    line.skip(1).margin(1);
    let typed = list_filter.as_ref().map_or(0, FilterLine::width);
    let room = line.remaining().saturating_sub(if typed > 0 { typed + GAP } else { 0 });
    let widths = Widths::fit(room, result.width(), (news.width(), news.least()), context.width());
    for part in [if widths.context > 0 { context } else { TextRun::default() }, news.cut(model, widths.news)]
    {
        line.put_right(&part);
        if !part.is_empty() {
            line.margin(GAP);
        }
    }
    let cursor = list_filter.and_then(|filter| filter.draw(&mut line));
    if typed > 0 {
        line.skip(GAP);
    }
    line.put_run(&cut(model, result, widths.result, full_text_action));
    if let Some(x) = cursor {
        surface.set_cursor(x, area.y);
    }
}

/// What is looked for in the effective view, if that is in front.
fn effective_search(model: &Model) -> Option<&DetailSearch> {
    let is_front = matches!(model.covering(), Some(Place::Effective | Place::EffectiveFind));
    let page = model.effective.as_ref().filter(|_| is_front)?;
    page.search.is_shown().then_some(&page.search)
}

/// How the columns are shared. News gives way first, down to its beginning and its age; then the results, while
/// enough of them can be read; then what the screen says of its place. The last thing to go is a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Widths {
    result: u16,
    news: u16,
    context: u16,
}

impl Widths {
    fn fit(room: u16, result: u16, (news, least_news): (u16, u16), context: u16) -> Self {
        for (least_result, context) in [(result, context), (READABLE, context), (SHORTEST, 0)] {
            let least_result = least_result.min(result);
            let parts = [least_result, least_news, context].into_iter().filter(|part| *part > 0);
            let needed = parts.fold(0_u16, |sum, part| sum.saturating_add(part + GAP)).saturating_sub(GAP);
            let Some(spare) = room.checked_sub(needed) else { continue };
            let more = spare.min(result - least_result);
            let news = least_news + (spare - more).min(news - least_news);
            return Self { result: least_result + more, news, context };
        }
        match result {
            0 => Self { news: news.min(room), ..Self::default() },
            _ => Self { result: result.min(room), ..Self::default() },
        }
    }
}

/// What stands at the right: news with its age, or what is wrong with the link, whose end may be cut.
#[derive(Default)]
struct Aside {
    text: TextRun,
    age: TextRun,
    full_text_action: Option<Action>,
}

impl Aside {
    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn width(&self) -> u16 {
        self.text.width() + self.age.width()
    }

    fn least(&self) -> u16 {
        self.text.width().min(LEAST_NEWS) + self.age.width()
    }

    fn cut(self, model: &Model, columns: u16) -> TextRun {
        let room = columns.saturating_sub(self.age.width());
        if room == 0 {
            return TextRun::default();
        }
        let mut run = cut(model, self.text, room, self.full_text_action);
        run.join("", self.age);
        run
    }
}

/// The results of the last act or what is under way, by which action they are read whole, and beside them the
/// news. What is wrong with the link takes the place of the news, which it keeps from coming, and that of the
/// results while there are none.
fn messages(model: &Model) -> (TextRun, Option<Action>, Aside) {
    let result = results(model);
    let full_text_action = (!model.notices.results().is_empty()).then_some(Action::Messages);
    let trouble = if is_shown_in_body(model) { TextRun::default() } else { words::trouble_line(model) };
    let (glyph, style) = (glyph::FRESH, StyleRole::Dim);
    let is_current = model.notices.expires_at().is_some_and(|end| end > model.now.mono);
    let news = model.notices.news().filter(|_| is_current).map_or_else(Aside::default, |news| Aside {
        text: TextRun::of(style, format!("{glyph} {}", news.text)),
        age: TextRun::of(style, format!(" {}", model.age(news.at).text)),
        full_text_action: None,
    });
    if trouble.is_empty() {
        return (result, full_text_action, news);
    }
    let on_health = (model.is_covered() || model.tab != Tab::Health).then_some(Action::Health);
    if result.is_empty() {
        return (trouble, on_health, news);
    }
    (result, full_text_action, Aside { text: trouble, age: TextRun::default(), full_text_action: on_health })
}

/// A text cut to its room, with the key of the action that shows it whole.
fn cut(model: &Model, result: TextRun, room: u16, full_text_action: Option<Action>) -> TextRun {
    let Some(action) = full_text_action.filter(|_| result.width() > room) else { return result.cut(room) };
    let key = model.keymap.key(model.place(), action);
    let hint = key.map_or_else(TextRun::default, |key| TextRun::of(StyleRole::Key, format!(" {key}")));
    match room.checked_sub(hint.width()).filter(|room| *room >= SHORTEST) {
        Some(room) => {
            let mut run = result.cut(room);
            run.join("", hint);
            run
        }
        None => result.cut(room),
    }
}

/// What the screen says of its place: the cursor's, or the position in a list.
fn context(model: &Model, is_crowded: bool, width: u16) -> TextRun {
    let browse = model.browse().filter(|_| !model.is_covered());
    match (&model.edit, browse) {
        (Some(edit), _) if matches!(edit.stage, DraftStage::Editing) => {
            editing(edit, width / if is_crowded { 4 } else { 2 })
        }
        (None, None) if model.shows_secrets() => secrets_count(model),
        (None, None) if shows_problems(model) => problems_count(model),
        (None, None) if shows_settings(model) => settings::count(model),
        (None, Some(browse)) => {
            let mut right = marked(model, browse);
            right.join(" · ", count(model, browse));
            right
        }
        _ => TextRun::default(),
    }
}

/// The position of the cursor: its JSON path, as far as there is room, line and column.
fn editing(edit: &Draft, room: u16) -> TextRun {
    let place = format!("line {}, column {}", edit.buffer.cursor().row + 1, edit.buffer.column() + 1);
    let place = TextRun::of(StyleRole::Dim, place);
    let path = edit.outline.cursor_path().path.as_str();
    // The end of a path is more informative than its beginning.
    let left = usize::from(room.saturating_sub(place.width() + 3));
    let start = path.char_indices().rev().nth(left.saturating_sub(1)).map_or(0, |(at, _)| at);
    let (cut, tail) = path.split_at_checked(start).unwrap_or_default();
    let mut run = match (tail, left) {
        ("", _) | (_, 0..=3) => TextRun::default(),
        _ if cut.is_empty() => TextRun::of(StyleRole::JsonKey, tail.to_owned()),
        _ => TextRun::of(StyleRole::Dim, glyph::MORE)
            .and(StyleRole::JsonKey, tail.chars().skip(1).collect::<String>()),
    };
    run.join(" · ", place);
    run
}

/// The filter of a list, or what is looked for in the detail; with a cursor while it is being typed.
struct FilterLine<'m> {
    lead: &'static str,
    input: &'m TextInput,
    typing: bool,
    match_count: String,
}

impl<'m> FilterLine<'m> {
    fn of<I>(list: &'m ListState<I>) -> Self {
        Self { lead: "/", input: &list.filter, typing: list.typing.is_some(), match_count: String::new() }
    }

    /// With how the word that is being typed can go on, or why nothing matches.
    fn of_documents<I>(list: &'m ListState<I>, own: &OwnRules) -> Self {
        let mut line = Self::of(list);
        if line.typing {
            let offered = Filter::completions(list.filter.text(), own);
            let error = || Filter::parse(list.filter.text(), Some(own)).error();
            line.match_count = match offered.is_empty() {
                true => error().map_or_else(String::new, |error| format!("  {} {error}", glyph::WARNING)),
                false => format!("  {}", offered.join(" ")),
            };
        }
        line
    }

    /// With how the word that is being typed can go on, or why nothing matches.
    fn of_settings(model: &'m Model) -> Self {
        let mut line = Self::of(&model.settings.list);
        if line.typing {
            line.match_count = match settings::update::filter_hints(model) {
                Ok(offered) if offered.is_empty() => String::new(),
                Ok(offered) => format!("  {}", offered.join(" ")),
                Err(error) => format!("  {} {error}", glyph::WARNING),
            };
        }
        line
    }

    /// What is looked for in the text of the detail, and how often it is there.
    fn of_search(search: &'m DetailSearch) -> Self {
        let match_count = search.match_count.map_or_else(String::new, |count| format!("  {count}"));
        Self { lead: "in the text /", input: &search.input, typing: search.typing.is_some(), match_count }
    }

    fn width(&self) -> u16 {
        let text = width(&Safe::new(self.input.text()));
        let around = width(&Safe::new(self.lead)).saturating_add(width(&Safe::new(&self.match_count)));
        match (self.typing, text) {
            (true, _) => text.saturating_add(around.saturating_add(1)),
            (false, 0) => 0,
            (false, _) => text.saturating_add(around),
        }
    }

    fn draw(&self, line: &mut LineWriter<'_>) -> Option<u16> {
        let cursor = match (self.typing, self.input.text()) {
            (true, _) => Some(line.put(StyleRole::Key, self.lead).put_input(self.input)),
            (false, "") => None,
            (false, text) => {
                line.put(StyleRole::Dim, self.lead).put(StyleRole::Accent, text);
                None
            }
        };
        line.put(StyleRole::Dim, self.match_count.as_str());
        cursor
    }
}

/// The results of the last act, errors first, and the write that is under way.
fn results(model: &Model) -> TextRun {
    let mut run = TextRun::default();
    let (bad, others): (Vec<&Notice>, Vec<&Notice>) =
        model.notices.results().iter().partition(|notice| notice.tone == Tone::Bad);
    for notice in bad.into_iter().chain(others) {
        let (mark, style) = words::notice_badge(notice);
        let mark = if notice.tone == Tone::Plain { TextRun::default() } else { TextRun::of(style, mark) };
        let mut told = mark;
        told.join(" ", TextRun::of(style, notice.text.clone()));
        run.join(" · ", told);
    }
    run.join(" · ", under_way(model));
    run
}

/// A write without an answer, or the file of an external editor.
fn under_way(model: &Model) -> TextRun {
    if let (Some(writing), Some(_)) = (&model.pending_write, &model.unknown_outcome) {
        let words = format!("{}: outcome {} {}", writing.describe(), words::UNKNOWN, glyph::MORE);
        return TextRun::of(StyleRole::Warning, words);
    }
    if model.external_edit.as_ref().is_some_and(|away| away.watching) {
        return TextRun::of(StyleRole::Accent, "watching the file: save it there; esc ends");
    }
    match &model.pending_write {
        Some(writing) => TextRun::of(StyleRole::Accent, format!("{} {}", writing.describe(), glyph::MORE)),
        None => TextRun::default(),
    }
}

/// Whether an empty list already says what it is waiting for.
fn is_shown_in_body(model: &Model) -> bool {
    let empty =
        |browse: &BrowsePage| browse.listing.len(&model.inventory) == 0 && model.panes().items.width > 0;
    !model.link.has_loaded && !model.is_covered() && model.browse().is_some_and(empty)
}

/// The number of marked documents, and of those that are not on the screen.
fn marked(model: &Model, browse: &BrowsePage) -> TextRun {
    let marked = |count| format!("{} {} marked", glyph::MARKED, words::grouped(count));
    let (count, unseen) = (browse.marks.len(), marks::unseen_count(model));
    match (count, unseen) {
        (0, _) => TextRun::default(),
        (count, 0) => TextRun::of(StyleRole::Accent, marked(count)),
        (count, unseen) => {
            let unseen = format!(", {} not on the screen", words::grouped(unseen));
            TextRun::of(StyleRole::Accent, marked(count)).and(StyleRole::Warning, unseen)
        }
    }
}

/// The position in the list of secrets, or the number of matches.
fn secrets_count(model: &Model) -> TextRun {
    let rows = &model.secrets_page.rows;
    let total = words::count(rows.total(), model);
    if total.is_empty() || !model.secrets_page.opened {
        return TextRun::default();
    }
    let partial = if rows.is_partial() { glyph::MORE } else { "" };
    let first = match rows.shown.is_some() {
        true => rows.len(),
        false => (model.secrets_page.list.cursor + 1).min(rows.len()),
    };
    TextRun::of(StyleRole::Dim, format!("{} of {total}{partial}", words::grouped(first)))
}

fn shows_problems(model: &Model) -> bool {
    model.tab == Tab::Problems && !model.is_covered()
}

fn shows_settings(model: &Model) -> bool {
    model.tab == Tab::Settings && !model.is_covered()
}

/// The position in the list of problems, or the number of matches.
fn problems_count(model: &Model) -> TextRun {
    let (page, total) = (&model.problems, model.checks.index.total().total());
    let shown = (&page.rows, ListContext::from(model)).len();
    let number = if page.rows.filter().is_empty() { (page.list.cursor + 1).min(shown) } else { shown };
    let partial = if page.is_partial() || model.is_checking() { glyph::MORE } else { "" };
    let total_words = words::count(total, model);
    if total_words.is_empty() {
        return TextRun::default();
    }
    TextRun::of(StyleRole::Dim, format!("{} of {total_words}{partial}", words::grouped(number)))
}

/// The position in the list, or the number of matches and the total; never without the link state.
fn count(model: &Model, browse: &BrowsePage) -> TextRun {
    let shown = browse.listing.len(&model.inventory);
    let total = model.inventory.counts(browse.listing.scope()).total;
    let total_words = words::count(total, model);
    if total_words.is_empty() {
        return TextRun::default();
    }
    let partial = if browse.listing.is_partial() { glyph::MORE } else { "" };
    let number = match browse.listing.filter().is_empty() {
        true => (browse.list.cursor + 1).min(shown),
        false => shown,
    };
    TextRun::of(StyleRole::Dim, format!("{}{partial} of {total_words}", words::grouped(number)))
}
