//! Results of one's own acts, news of others, and the list of both.

use super::*;
use crate::console::model::{NoticeOrigin, Tone};
use crate::console::overlays::messages::MessagesPage;

impl TestConsole {
    fn results(&self) -> Vec<&str> {
        self.model.notices.results().iter().map(|notice| notice.text.as_str()).collect()
    }

    fn news(&self) -> Option<&str> {
        self.model.notices.news().map(|notice| notice.text.as_str())
    }

    /// Everything kept, newest first.
    fn kept(&self) -> Vec<(NoticeOrigin, &str)> {
        self.model.notices.newest_first().map(|notice| (notice.origin, notice.text.as_str())).collect()
    }

    fn list(&self) -> &MessagesPage {
        match &self.model.overlay {
            Some(Overlay::Messages(page)) => page,
            other => panic!("no list of messages: {other:?}"),
        }
    }

    /// Fails to copy an address.
    fn fails(&mut self) {
        self.keys("y");
        let copy = self.effects.drain(..).find_map(|effect| match effect {
            Effect::Copy(request, _) => Some(request),
            _ => None,
        });
        self.send(AppEvent::Answer(copy.unwrap(), Answer::Copied(false)));
    }
}

const NO_CLIPBOARD: &str = "no way to the clipboard was found";

#[test]
fn an_error_of_ones_own_act_stays_until_the_next_act_whatever_others_do_and_however_long() {
    let mut console = TestConsole::loaded();
    console.fails();
    for (revision, address) in (6..).zip(["a/two", "b/three", "connections/k1"]) {
        console.del(address, revision);
        console.wait(1_000).send(AppEvent::Wake);
    }
    // The state folder of this console never answers, which is told once, beside it.
    assert_eq!((console.results()[0], console.results().len()), (NO_CLIPBOARD, 2));
    assert_eq!(console.news(), Some("connections/k1 was deleted"));
    console.keys("j k g G tab h enter z z o 2 6 7 1 ? esc");
    assert_eq!(console.results(), Vec::<&str>::new(), "esc says that it was read");

    console.fails();
    console.keys("j k g G tab h enter z z o 2 6 7 1");
    console.wait(3_600_000).send(AppEvent::Wake);
    assert_eq!(
        (console.results(), console.news()),
        (vec![NO_CLIPBOARD], None),
        "news grows old, results do not"
    );
    console.keys("T");
    assert_eq!(console.results()[0], NO_CLIPBOARD, "a look at the times is no act");
    console.keys("d");
    assert_eq!(console.results(), Vec::<&str>::new());
}

#[test]
fn no_result_of_the_act_before_stands_under_a_question() {
    let mut console = TestConsole::loaded();
    console.keys("d").wait(400).keys("y");
    let (request, _) = console.commit().unwrap();
    let outcomes = vec![Outcome { before: Some(Token::counter(1)), after: None }];
    console.send(AppEvent::Answer(request, Answer::Commit(Ok(Commit { at: Revision(9), outcomes }))));
    assert_eq!(console.results(), ["done: delete a/one"]);
    console.del("a/one", 9);
    assert_eq!((console.results().len(), console.news()), (1, None), "one's own delete is no news");
    for question in ["d", "R", "n", "c", ":"] {
        console.fails();
        console.keys(question);
        let stays = question == ":";
        assert_eq!(console.results().len(), usize::from(stays), "{question}: {:?}", console.results());
        assert!(console.model.overlay.is_some(), "{question}");
        console.keys("esc");
    }
}

#[test]
fn typing_ends_notes_about_the_text_and_no_result() {
    let mut console = TestConsole::new();
    let text = r#"{"module": "log", "jwt": {"secret": "{$vault:app/jwt#secret}"}}"#;
    console.load("s1", 5, &[entry("a/one", text, 1)]);
    console.keys("e").send(AppEvent::Key(KeyEvent::new(KeyCode::F(8), KeyModifiers::NONE)));
    assert_eq!(console.results(), ["no problem is known"]);
    console.model.notify(Tone::Good, "done: something");
    console.model.notify(Tone::Plain, "a note");
    console.text("x");
    assert_eq!(console.results(), ["done: something"]);
}

#[test]
fn what_is_found_out_is_kept_once() {
    let mut console = TestConsole::loaded();
    console.keys("d").wait(400).keys("y");
    let (request, _) = console.commit().unwrap();
    let error = Error::OutcomeUnknown { key: key("a/one"), reason: "closed".into() };
    console.send(AppEvent::Answer(request, Answer::Commit(Err(error))));
    let asked = console.effects.drain(..).find_map(|effect| match effect {
        Effect::FindOut { request, .. } => Some(request),
        _ => None,
    });
    let outcomes = vec![Outcome { before: Some(Token::counter(1)), after: None }];
    let written = crate::provider::CommitStatus::Written(Commit { at: Revision(9), outcomes });
    console.send(AppEvent::Answer(asked.unwrap(), Answer::Found(Ok(written))));
    assert_eq!(console.kept(), [(NoticeOrigin::OwnAct, "found out: done: delete a/one")]);
}

#[test]
fn the_list_of_messages_has_results_and_news_and_filters_them() {
    let mut console = TestConsole::loaded();
    console.fails();
    console.del("b/three", 6);
    console.keys(":").text("messages").keys("enter");
    assert_eq!(console.model.place(), Place::Messages);
    assert_eq!(console.news(), None, "it is read here");
    let own = (NoticeOrigin::OwnAct, NO_CLIPBOARD);
    assert_eq!(console.kept(), [(NoticeOrigin::News, "b/three was deleted"), own]);
    console.keys("/").text("clip");
    assert_eq!(console.model.place(), Place::MessageFilter);
    let listed = |console: &TestConsole| console.list().listed_texts(&console.model);
    assert_eq!(listed(&console), [NO_CLIPBOARD]);
    console.keys("enter").keys("/").text("nothing");
    assert_eq!(listed(&console), Vec::<String>::new());
    console.keys("esc");
    assert_eq!((console.model.place(), listed(&console)), (Place::Messages, vec![NO_CLIPBOARD.to_owned()]));
    console.keys("T");
    assert!(console.model.absolute_times && console.kept().len() == 2, "no message about the messages");
    console.keys("q");
    assert_eq!(console.model.place(), Place::Browse);
}

#[test]
fn the_list_of_messages_stands_above_a_draft_and_leaves_it_alone() {
    let mut console = TestConsole::loaded();
    console.keys("e").text("x").send(AppEvent::Key(KeyEvent::new(KeyCode::F(4), KeyModifiers::NONE)));
    assert_eq!(console.model.place(), Place::Messages);
    console.keys("j x esc");
    assert_eq!(console.model.place(), Place::Editor);
    assert!(console.model.edit.as_ref().unwrap().text().starts_with("x{"));
}

#[test]
fn lines_that_are_read_do_not_move_when_something_else_happens() {
    let mut console = TestConsole::loaded();
    for number in 0..100 {
        console.model.announce(format!("message {number}"));
    }
    console.send(AppEvent::Key(KeyEvent::new(KeyCode::F(4), KeyModifiers::NONE)));
    console.keys("j j");
    let before = console.list().listed_texts(&console.model);
    console.del("a/two", 6);
    assert_eq!(console.list().listed_texts(&console.model), before);
    console.keys("k");
    assert_eq!(console.list().listed_texts(&console.model), before);
    console.keys("k");
    assert_eq!(console.list().listed_texts(&console.model)[0], "a/two was deleted");
    console.keys("G");
    assert!(console.list().list.offset > 50, "{}", console.list().list.offset);
}
