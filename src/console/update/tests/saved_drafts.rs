//! Saved drafts: when they are saved, what is offered, what quitting says.

mod state_folder;

use super::*;
use crate::console::drafts::{
    DraftEntry, DraftId, DraftJob, DraftSave, DraftSummary, SavedDraft, UnsavedDraft,
};
use crate::console::external_editor::EditorEvent;
use crate::console::screens::drafts::DraftStatus;

const STORED: &str = "{\n  \"module\": \"log\",\n  \"authorization\": \"Bearer first\"\n}";

/// A console with one document that holds a secret.
fn with_secret(store: &str, revision: u64, text: &str) -> TestConsole {
    let mut console = TestConsole::new();
    console.load(store, revision, &[entry("a/one", text, revision)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.effects.clear();
    console
}

impl TestConsole {
    /// Sends what is due.
    fn wake(&mut self) -> &mut Self {
        self.send(AppEvent::Wake);
        self
    }

    /// What was saved since the last call.
    fn saves(&mut self) -> Vec<(RequestId, UnsavedDraft)> {
        let saves = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Draft(DraftJob::Save(request, unsaved)) => Some((request, *unsaved)),
            _ => None,
        });
        saves.collect()
    }

    fn removed(&mut self) -> Vec<ResourceKey> {
        let removed = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Draft(DraftJob::Remove(key)) => Some(key),
            _ => None,
        });
        removed.collect()
    }

    /// Saves what is due, as a disk would.
    fn saved(&mut self) -> SavedDraft {
        self.wait(300).wake();
        let [(request, unsaved)] = self.saves().try_into().unwrap_or_else(|_| panic!("one save"));
        let saved = unsaved.to_saved("").unwrap();
        let done = DraftSave { withheld: saved.withheld, ..DraftSave::default() };
        self.send(AppEvent::Answer(request, Answer::DraftSaved(Ok(done))));
        saved
    }

    /// Reports these as drafts of an earlier session.
    fn offers(&mut self, listed: Vec<DraftEntry>) {
        self.wake();
        let request = self.model.saved_drafts.asked.unwrap();
        self.send(AppEvent::Answer(request, Answer::Drafts(listed)));
    }

    /// Resumes the first draft of the page.
    fn takes_up(&mut self, saved: &SavedDraft) {
        self.wait(400).keys("enter");
        let asked = self.effects.drain(..).find_map(|effect| match effect {
            Effect::Draft(DraftJob::Resume(request, _)) => Some(request),
            _ => None,
        });
        self.send(AppEvent::Answer(asked.unwrap(), Answer::DraftResumed(Ok(Box::new(saved.clone())))));
    }

    fn quits(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Quit(_)))
    }

    fn farewell(&self) -> Option<&str> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::PrintOnExit(words) => Some(words.as_str()),
            _ => None,
        })
    }
}

fn left(saved: &SavedDraft) -> DraftEntry {
    DraftEntry { id: DraftId::sample("draft.json"), summary: Ok(saved.summary()) }
}

#[test]
fn a_draft_is_saved_in_a_pause_and_at_most_two_seconds_late() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("e").wake();
    assert!(console.saves().is_empty(), "nothing was typed");
    for _ in 0..9 {
        console.wait(200).text("x").wake();
        assert!(console.saves().is_empty(), "typing goes on");
    }
    console.wait(200).text("x").wait(200).wake();
    let [(request, first)] = console.saves().try_into().unwrap_or_else(|_| panic!("two seconds are over"));
    console.text("y").wait(2_000).wake();
    assert!(console.saves().is_empty(), "one save at a time");
    console.send(AppEvent::Answer(request, Answer::DraftSaved(Ok(Default::default()))));
    console.wake();
    let [(_, second)] = console.saves().try_into().unwrap_or_else(|_| panic!("what was typed meanwhile"));
    assert_eq!(second.text.len(), first.text.len() + 1);
    assert!(!format!("{second:?}").contains("xy"));
}

#[test]
fn a_saved_draft_asks_for_nothing_more() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("e").text("x");
    assert!(console.model.next_wake().unwrap() <= console.now + Duration::from_millis(300));
    console.saved();
    console.wait(10_000).wake();
    assert!(console.saves().is_empty());
    // Moving the cursor is not a change.
    console.keys("down end").wait(5_000).wake();
    assert!(console.saves().is_empty());
    console.keys("ctrl-u").wait(300).wake();
    assert_eq!(console.removed(), [key("a/one")], "it says again what is stored");
}

#[test]
fn a_failure_is_said_once_and_typing_goes_on() {
    let mut console = with_secret("s1", 5, STORED);
    for round in 0..3 {
        console.keys("e").text("x").wait(300).wake();
        let [(request, _)] = console.saves().try_into().unwrap_or_else(|_| panic!("one save"));
        console.model.notices.end_act();
        let failed = Answer::DraftSaved(Err("/state: storage full; make room there".into()));
        console.send(AppEvent::Answer(request, failed));
        let expected = "the draft of a/one is not saved: /state: storage full; make room there";
        assert_eq!(console.notice(), if round == 0 { expected } else { "" });
    }
    console.keys("esc").wait(300).wake();
    assert!(console.saves().is_empty(), "it is not tried over and over");
    console.keys("q");
    assert!(!console.quits(), "leaving would lose it");
    assert_eq!(console.saves().len(), 1, "but it is tried again before");
    console.wait(400).keys("y");
    assert!(console.quits());
    assert_eq!(console.farewell(), None, "what could not be saved is not said to be kept");
}

#[test]
fn leaving_saves_and_says_what_is_kept() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("e").text("x").keys("esc");
    assert_eq!(console.saves().len(), 1, "at once");
    console.keys("q");
    assert!(console.quits());
    assert_eq!(console.farewell(), Some("a draft is kept: it is offered at the next start"));

    let mut console = with_secret("s1", 5, STORED);
    console.keys("e").text("x");
    console.send(AppEvent::Terminate);
    assert!(console.quits() && console.farewell().is_some());
    assert_eq!(console.saves().len(), 1, "a closed terminal loses nothing");
}

#[test]
fn leaving_asks_where_a_typed_secret_would_be_lost() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("e down end").text("\"password\":\"typed\",");
    let saved = console.saved();
    assert_eq!(saved.withheld, 1);
    assert!(!saved.text.contains("typed"));
    console.keys("esc q");
    assert!(!console.quits());
    let Some(Overlay::Confirm(confirm)) = &console.model.overlay else { panic!("a question") };
    assert_eq!(confirm.details[0], "a/one: 1 secret must be typed again");
    console.wait(400).keys("y");
    assert!(console.quits());
}

#[test]
fn what_ended_sessions_left_is_offered_once_the_picture_is_there() {
    let mut first = with_secret("s1", 5, STORED);
    first.keys("e").text("x");
    let saved = first.saved();

    let mut console = TestConsole::new();
    console.offers(vec![left(&saved)]);
    assert!(console.model.overlay.is_none(), "nothing is known of its base yet");
    console.load("s1", 5, &[entry("a/one", STORED, 5)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    assert_eq!(console.model.place(), Place::Drafts);
    console.keys("enter");
    assert!(
        console.effects.iter().all(|effect| !matches!(effect, Effect::Draft(DraftJob::Resume(..)))),
        "too soon"
    );
    console.takes_up(&saved);
    let edit = console.model.edit.as_ref().unwrap();
    assert_eq!((edit.text(), edit.upstream), (saved.text.clone(), Upstream::Unchanged));
    console.keys("backspace ctrl-s");
    assert_eq!(console.notice(), "nothing is changed: there is nothing to write");
}

#[test]
fn an_older_base_lends_the_secrets_stored_now() {
    let mut first = with_secret("s1", 5, STORED);
    first.keys("e down end").text("\"x\":1,");
    let saved = first.saved();
    let now = STORED.replace("first", "rotated").replace("log", "kafka");
    let mut console = with_secret("s1", 9, &now);
    console.offers(vec![left(&saved)]);
    assert_eq!(DraftStatus::of(&console.model, &saved.summary()), DraftStatus::StoredNow(Token::counter(9)));
    console.takes_up(&saved);
    assert_eq!(console.model.edit.as_ref().unwrap().upstream, Upstream::Changed);
    console.keys("ctrl-s").wait(400).keys("enter");
    let (_, op) = console.commit().unwrap();
    assert_eq!(op.expect(), Expect::Token(Token::counter(5)), "so the store refuses it, and it is merged");
    let Op::Put { document, .. } = op else { panic!("a put") };
    assert!(document.text().unwrap().contains("Bearer rotated"));
}

#[test]
fn a_draft_of_another_store_is_not_written_unseen() {
    let mut first = with_secret("s1", 5, STORED);
    first.keys("e down end").text("\"x\":1,");
    let saved = first.saved();
    let mut console = with_secret("s2", 5, STORED);
    console.offers(vec![left(&saved)]);
    assert_eq!(DraftStatus::of(&console.model, &saved.summary()), DraftStatus::OtherStore);
    console.takes_up(&saved);
    assert!(console.notice().contains("of another store"), "{}", console.notice());
    console.keys("ctrl-s").wait(400).keys("enter");
    assert!(console.commit().is_none());
}

#[test]
fn a_deleted_base_leaves_its_secrets_to_be_typed() {
    let mut first = with_secret("s1", 5, STORED);
    first.keys("e down end").text("\"x\":1,");
    let saved = first.saved();
    let mut console = TestConsole::new();
    console.load("s1", 9, &[]);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.offers(vec![left(&saved)]);
    assert_eq!(DraftStatus::of(&console.model, &saved.summary()), DraftStatus::Deleted);
    console.takes_up(&saved);
    assert_eq!(console.model.edit.as_ref().unwrap().upstream, Upstream::Deleted);
    console.keys("ctrl-s");
    assert!(console.notice().contains("type the value itself"), "{}", console.notice());
}

#[test]
fn a_draft_of_another_context_stays_there() {
    let mut first = with_secret("s1", 5, STORED);
    first.keys("e").text("x");
    let saved = SavedDraft { context: "staging".into(), ..first.saved() };
    let mut console = with_secret("s1", 5, STORED);
    console.offers(vec![left(&saved)]);
    assert!(console.model.overlay.is_none(), "nothing here can be taken up");
    assert_eq!(console.notice(), "a draft is kept from earlier: :drafts shows it");
    console.keys(":").text("drafts").keys("enter").wait(400).keys("enter");
    assert!(console.notice().contains("open confdeck there"), "{}", console.notice());
}

#[test]
fn a_saved_draft_is_thrown_away_after_a_question() {
    let mut first = with_secret("s1", 5, STORED);
    first.keys("e").text("x");
    let listed = left(&first.saved());
    let unreadable = DraftEntry { id: DraftId::sample("damaged.json"), summary: Err("it is damaged".into()) };
    let mut console = with_secret("s1", 5, STORED);
    console.offers(vec![listed, unreadable]);
    console.wait(400).keys("j enter");
    assert!(console.notice().contains("cannot be read"));
    console.keys("d").wait(400).keys("y");
    let request = console.model.saved_drafts.pending.0.as_ref().unwrap().0;
    console.send(AppEvent::Answer(request, Answer::DraftDeleted(Err("gone".into()))));
    assert_eq!(console.model.place(), Place::Drafts, "back on the page");
    console.wait(400).keys("esc");
    assert_eq!((console.model.place(), console.notice()), (Place::Browse, ":drafts lists them again"));
}

#[test]
fn what_is_written_or_discarded_has_no_file_any_more() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("e down end").text("\"x\":1,");
    console.saved();
    console.keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    let outcome = Outcome { before: None, after: Some(Token::counter(9)) };
    let commit = Commit { at: Revision(9), outcomes: vec![outcome] };
    console.send(AppEvent::Answer(request, Answer::Commit(Ok(commit))));
    assert_eq!(console.removed(), [key("a/one")]);

    let mut console = with_secret("s1", 5, STORED);
    console.keys("e").text("x");
    console.saved();
    console.keys("ctrl-x").wait(400).keys("y");
    assert_eq!(console.removed(), [key("a/one")]);
}

#[test]
fn a_summary_counts_what_is_new() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("e down end").text("\"x\":1,");
    let DraftSummary { lines, changed, .. } = console.saved().summary();
    assert_eq!((lines, changed), (4, 1));
}

#[test]
fn another_program_gets_no_secret_and_gives_the_text_back() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("e down end").text("\"password\":\"typed\",").keys("ctrl-e");
    let Some(Effect::EditExternally(request, draft)) = console.effects.pop() else {
        panic!("it goes outside")
    };
    assert!(!draft.text.contains("typed") && draft.text.contains("\"‹kept:2›\""), "{}", draft.text);
    assert!(console.model.edit.as_ref().unwrap().text() == draft.text);
    let saved = draft.text.replace("log", "kafka");
    console.send(AppEvent::Answer(request, Answer::ExternalEditor(EditorEvent::Saved(saved))));
    assert_eq!(console.saved().withheld, 1);
    let ended = EditorEvent::Ended { failure: None, detached: false };
    console.send(AppEvent::Answer(request, Answer::ExternalEditor(ended)));
    assert_eq!(console.model.place(), Place::Review);
    console.wait(400).keys("enter");
    let (_, op) = console.commit().unwrap();
    let Op::Put { document, .. } = op else { panic!("a put") };
    let text = document.text().unwrap();
    assert!(text.contains("kafka") && text.contains("\"typed\"") && text.contains("Bearer first"), "{text}");
}

#[test]
fn a_draft_that_is_none_any_more_is_not_waited_for() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("E");
    let request = console.model.external_edit.as_ref().unwrap().request;
    let handed_on = EditorEvent::Ended { failure: None, detached: true };
    console.send(AppEvent::Answer(request, Answer::ExternalEditor(handed_on)));
    console.keys("E");
    assert_eq!(console.model.place(), Place::Editor, "E is text there");
    console.keys("ctrl-e");
    assert!(console.notice().contains("already"));
    console.keys("ctrl-x").wait(400).keys("y");
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::StopExternalEditor(_))));
    let late = EditorEvent::Saved("{}".into());
    console.send(AppEvent::Answer(request, Answer::ExternalEditor(late)));
    assert!(console.model.edit.is_none());
}

#[test]
fn an_unchanged_document_is_closed_again() {
    let mut console = with_secret("s1", 5, STORED);
    console.keys("E");
    let request = console.model.external_edit.as_ref().unwrap().request;
    let ended = EditorEvent::Ended { failure: None, detached: false };
    console.send(AppEvent::Answer(request, Answer::ExternalEditor(ended)));
    assert_eq!((console.model.place(), console.notice()), (Place::Browse, "nothing was changed there"));
    console.model.lock = WriteAccess::Locked;
    console.keys("E");
    assert!(console.model.external_edit.is_none() && console.notice().contains("locked"));
}

#[test]
fn a_clone_taken_up_again_has_the_secrets_of_what_it_was_copied_from() {
    let mut first = with_secret("s1", 5, STORED);
    first.keys("c ctrl-u").text("a/copy").keys("enter down end").text("\"x\":1,");
    let saved = first.saved();
    assert!(!saved.base.text.contains("first") && !saved.text.contains("first"));
    let mut console = with_secret("s1", 5, STORED);
    console.offers(vec![left(&saved)]);
    console.takes_up(&saved);
    console.keys("ctrl-s").wait(400).keys("enter");
    let (_, op) = console.commit().unwrap();
    let Op::Put { document, expect, .. } = op else { panic!("a put") };
    assert!(expect == Expect::Absent && document.text().unwrap().contains("Bearer first"));
}
