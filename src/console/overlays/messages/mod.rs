//! The list of messages: what came of the user's acts, and news, each whole and with its time.

mod view;

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange, refuse_paste};
use crate::console::effect::Effect;
use crate::console::model::{Model, Notice};
use crate::console::overlays::{self, Overlay};
use crate::console::screens::browse::Filter;
use crate::console::widgets::{ListState, Movement, Surface};

/// State of the list of messages.
#[derive(Debug, Default)]
pub struct MessagesPage {
    /// Its filter; its offset is the first line shown.
    pub list: ListState<u64>,
    /// The newest message shown, while the list is scrolled: what comes later would move the lines being read.
    pub held: Option<u64>,
}

impl MessagesPage {
    /// The messages listed, newest first.
    fn listed<'m>(&self, model: &'m Model) -> impl Iterator<Item = &'m Notice> {
        let (held, filter) = (self.held, Filter::words(self.list.filter.text()));
        let shown = model.notices.newest_first().filter(move |notice| !is_later(notice, held));
        shown.filter(move |notice| filter.accepts_text(&notice.text))
    }

    #[cfg(test)]
    pub(crate) fn listed_texts(&self, model: &Model) -> Vec<String> {
        self.listed(model).map(|notice| notice.text.clone()).collect()
    }

    /// How many messages came since the list was scrolled.
    fn later(&self, model: &Model) -> usize {
        model.notices.newest_first().take_while(|notice| is_later(notice, self.held)).count()
    }

    fn scroll_to(&mut self, line: usize, newest: Option<u64>) {
        self.list.offset = line;
        self.held = if line == 0 { None } else { self.held.or(newest) };
    }
}

fn is_later(notice: &Notice, held: Option<u64>) -> bool {
    held.is_some_and(|held| notice.number > held)
}

/// Opens the list; what was news is read there.
pub(crate) fn show(model: &mut Model) {
    model.notices.end_news();
    model.overlay = Some(Overlay::Messages(MessagesPage::default()));
}

pub(crate) struct MessagesDialog;

fn page(model: &mut Model) -> Option<&mut MessagesPage> {
    match &mut model.overlay {
        Some(Overlay::Messages(page)) => Some(page),
        _ => None,
    }
}

impl Component for MessagesDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Messages(page)) = &model.overlay {
            view::draw(surface, model, page);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        let page = page(model)?;
        match action {
            Action::Filter => page.list.begin_typing(),
            Action::Accept => {
                page.list.end_typing(true);
            }
            Action::Cancel | Action::Interrupt if page.list.typing.is_some() => {
                page.list.end_typing(false);
                page.scroll_to(0, None);
            }
            _ => return overlays::close_on_cancel(model, action),
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let Some(Overlay::Messages(page)) = &model.overlay else { return };
        let (lines, height) = view::extent(model, page);
        let to = by.scroll(page.list.offset, lines, height);
        let newest = page.listed(model).next().map(|notice| notice.number);
        if let Some(Overlay::Messages(page)) = &mut model.overlay {
            page.scroll_to(to, newest);
        }
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        if let Some(page) = page(model).filter(|page| page.list.typing.is_some())
            && page.list.filter.key(key)
        {
            page.scroll_to(0, None);
        }
    }

    fn paste(&self, model: &mut Model, text: &str) {
        match page(model).filter(|page| page.list.typing.is_some()) {
            Some(page) => {
                page.list.filter.insert(text);
                page.scroll_to(0, None);
            }
            None => refuse_paste(model),
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let Some(Overlay::Messages(page)) = &model.overlay else { return false };
        let (lines, height) = view::extent(model, page);
        by.can_scroll(page.list.offset, lines, height)
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        if let Some(Overlay::Messages(page)) = &model.overlay {
            page.listed(model).for_each(|notice| soonest.include_age(notice.at));
        }
    }
}
