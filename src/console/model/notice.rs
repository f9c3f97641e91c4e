//! What the user is told: the results of the user's own acts, which stay until the next act; news that no act
//! led to; the last messages of both kinds. And a lease that ends.

use std::collections::VecDeque;
use std::time::Duration;

use crate::console::request::RequestId;
use crate::domain::LeaseId;
use crate::text::Safe;

/// When a lease expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseExpiry {
    pub lease: LeaseId,
    /// The pending request.
    pub asked: Option<RequestId>,
    /// When it expires, as time since the start; `None` until answered.
    pub ends: Option<Duration>,
}

/// The most messages kept.
pub const MAX_MESSAGES: usize = 200;

/// The most characters of one message.
const MAX_CHARS: usize = 2_000;

/// The most results of one act that are shown at once.
const MAX_RESULTS: usize = 3;

/// How long news stays on the screen.
const NEWS_FOR: Duration = Duration::from_secs(600);

/// Something that the user was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its number in this session.
    pub number: u64,
    pub origin: NoticeOrigin,
    pub tone: Tone,
    /// Safe to show.
    pub text: String,
    /// When, as time since the start.
    pub at: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeOrigin {
    /// What the user did here led to it.
    OwnAct,
    /// Somebody else, or time, did.
    News,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Bad,
}

/// What the user was told, and how much of it is on the screen.
#[derive(Debug, Default)]
pub struct Notices {
    /// The results of the last act, oldest first.
    results: Vec<Notice>,
    /// The last news.
    news: Option<Notice>,
    /// The last messages, oldest first.
    kept: VecDeque<Notice>,
    /// The number of the next one.
    next: u64,
}

impl Notices {
    /// Adds a result of the last act. An error stays beside whatever follows it; a success gives way only to
    /// another success, and a note to anything.
    pub fn add_result(&mut self, tone: Tone, text: &str, at: Duration) {
        let notice = self.keep(NoticeOrigin::OwnAct, tone, text, at);
        self.results.retain(|known| match known.tone {
            Tone::Plain => false,
            Tone::Good => tone != Tone::Good,
            Tone::Bad => known.text != notice.text,
        });
        self.results.push(notice);
        let excess = self.results.len().saturating_sub(MAX_RESULTS);
        self.results.drain(..excess);
    }

    pub fn add_news(&mut self, tone: Tone, text: &str, at: Duration) {
        self.news = Some(self.keep(NoticeOrigin::News, tone, text, at));
    }

    /// The user does something else: the results of the act before have been read.
    pub fn end_act(&mut self) {
        self.results.clear();
    }

    /// The user goes on typing: a note about what was there before no longer applies, results do.
    pub fn end_notes(&mut self) {
        self.results.retain(|notice| notice.tone != Tone::Plain);
    }

    /// The user has seen the list of messages.
    pub fn end_news(&mut self) {
        self.news = None;
    }

    /// Drops news that is old; returns whether there was any.
    pub fn expire(&mut self, now: Duration) -> bool {
        self.news.take_if(|news| news.at + NEWS_FOR <= now).is_some()
    }

    /// When [`Self::expire`] has something to do.
    pub fn expires_at(&self) -> Option<Duration> {
        self.news.as_ref().map(|news| news.at + NEWS_FOR)
    }

    pub fn results(&self) -> &[Notice] {
        &self.results
    }

    pub fn news(&self) -> Option<&Notice> {
        self.news.as_ref()
    }

    /// The last messages, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Notice> {
        self.kept.iter().rev()
    }

    /// How many messages there were so far.
    pub fn count(&self) -> u64 {
        self.next
    }

    /// Takes back the results after the first `count` messages, because a better one follows; returns the
    /// last of them.
    pub fn retract_since(&mut self, count: u64) -> Option<Notice> {
        let is_later = |notice: &Notice| notice.origin == NoticeOrigin::OwnAct && notice.number >= count;
        self.results.retain(|notice| !is_later(notice));
        let last = self.kept.iter().rev().find(|notice| is_later(notice)).cloned();
        self.kept.retain(|notice| !is_later(notice));
        last
    }

    /// Keeps a message. News never pushes out more than half of what is kept, and neither do results.
    fn keep(&mut self, origin: NoticeOrigin, tone: Tone, text: &str, at: Duration) -> Notice {
        let text = Safe::prefix(text, MAX_CHARS).into_string();
        let notice = Notice { number: self.next, origin, tone, text, at };
        self.next += 1;
        self.kept.push_back(notice.clone());
        if self.kept.len() > MAX_MESSAGES {
            let news = self.kept.iter().filter(|kept| kept.origin == NoticeOrigin::News).count();
            let goes = if news > MAX_MESSAGES / 2 { NoticeOrigin::News } else { NoticeOrigin::OwnAct };
            let oldest = self.kept.iter().position(|kept| kept.origin == goes);
            oldest.map(|at| self.kept.remove(at));
        }
        notice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Duration = Duration::ZERO;

    fn shown(notices: &Notices) -> Vec<&str> {
        notices.results().iter().map(|notice| notice.text.as_str()).collect()
    }

    #[test]
    fn an_error_gives_way_to_nothing_but_the_next_act() {
        let mut notices = Notices::default();
        for (tone, text) in [
            (Tone::Plain, "asking"),
            (Tone::Good, "done"),
            (Tone::Bad, "not in the audit"),
            (Tone::Plain, "copied to"),
            (Tone::Good, "copied"),
            (Tone::Good, "copied again"),
        ] {
            notices.add_result(tone, text, AT);
        }
        assert_eq!(shown(&notices), ["not in the audit", "copied again"]);
        notices.add_news(Tone::Plain, "somebody was here", AT);
        notices.end_notes();
        assert_eq!(shown(&notices), ["not in the audit", "copied again"]);
        notices.end_act();
        assert_eq!((shown(&notices), notices.news().is_some()), (vec![], true));
        notices.add_result(Tone::Good, "done", AT);
        notices.add_result(Tone::Bad, "not in the audit", AT);
        assert_eq!(shown(&notices), ["done", "not in the audit"], "it says of what");
    }

    #[test]
    fn messages_are_bounded_and_news_does_not_push_out_results() {
        let mut notices = Notices::default();
        for number in 0..90 {
            notices.add_result(Tone::Good, &format!("done {number}"), AT);
        }
        for number in 0..5_000 {
            notices.add_news(Tone::Plain, &format!("news {number} {}", "x".repeat(10_000)), AT);
        }
        let own = |notice: &&Notice| notice.origin == NoticeOrigin::OwnAct;
        assert_eq!(notices.newest_first().count(), MAX_MESSAGES);
        assert_eq!(notices.newest_first().filter(own).count(), 90);
        assert!(notices.newest_first().all(|notice| notice.text.chars().count() <= MAX_CHARS + 40));
        assert!(notices.newest_first().next().unwrap().text.starts_with("news 4999"));
        for number in 0..5_000 {
            notices.add_result(Tone::Bad, &format!("refused {number}"), AT);
        }
        assert_eq!(notices.newest_first().filter(own).count(), MAX_MESSAGES / 2);
        assert_eq!(notices.results().len(), MAX_RESULTS);
    }

    #[test]
    fn what_is_kept_can_be_shown_as_it_is() {
        let mut notices = Notices::default();
        notices.add_result(Tone::Bad, "a\u{1b}[31m\u{202e}b\nc", AT);
        let kept = &notices.newest_first().next().unwrap().text;
        assert!(!kept.chars().any(|it| it.is_control() || it == '\u{202e}'), "{kept:?}");
    }

    #[test]
    fn what_is_taken_back_is_neither_shown_nor_kept() {
        let mut notices = Notices::default();
        notices.add_result(Tone::Bad, "before", AT);
        let count = notices.count();
        assert_eq!(notices.retract_since(count), None);
        notices.add_result(Tone::Bad, "coarse", AT);
        assert_eq!(notices.retract_since(count).map(|notice| notice.text), Some("coarse".into()));
        assert_eq!(shown(&notices), ["before"]);
        assert_eq!(notices.newest_first().count(), 1);
    }
}
