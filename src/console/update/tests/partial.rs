//! Partial pictures: what they do not show is not said to be absent.

use super::*;
use crate::domain::PermittedRanges;

impl TestConsole {
    /// A load of the namespace `a` by a user who may read nothing else.
    fn narrow(&mut self, entries: &[Entry]) {
        let sees = |key: &ResourceKey| key.namespace().is_some_and(|namespace| namespace.as_str() == "a");
        let coverage = Coverage::Partial(PermittedRanges::new(vec!["/cwm/a/*".into()], sees));
        let at = Revision(9);
        self.feed(WatchEvent::Load { store: StoreId::new("s1"), at, resync: true, coverage });
        self.feed(WatchEvent::Page(entries.to_vec()));
        self.feed(WatchEvent::Loaded { at });
    }

    fn partial() -> Self {
        let mut console = Self::loaded();
        console.narrow(&[entry("a/one", r#"{"module":"log"}"#, 1)]);
        console
    }

    fn upstream(&self) -> Upstream {
        self.model.edit.as_ref().unwrap().upstream
    }

    fn problem(&self) -> &str {
        match &self.model.overlay {
            Some(Overlay::Prompt(prompt)) => prompt.error.as_deref().unwrap_or_default(),
            _ => "",
        }
    }
}

#[test]
fn what_goes_out_of_sight_is_not_said_to_be_gone() {
    let mut console = TestConsole::loaded();
    console.keys(":").text("b/three").keys("enter");
    console.narrow(&[entry("a/one", r#"{"module":"log"}"#, 1), entry("a/two", "{}", 2)]);
    assert_eq!(console.notice(), "b/three, which was selected, may not be read any more");
    assert_eq!(console.model.link.resync.unwrap().differences, 1, "a/two alone differs");

    console.keys(":").text("a/two").keys("enter");
    console.narrow(&[entry("a/one", r#"{"module":"log"}"#, 1)]);
    assert_eq!(console.notice(), "a/two, which was selected, is gone");
}

#[test]
fn what_cannot_be_seen_is_neither_found_nor_created() {
    let mut console = TestConsole::partial();
    let denied = "permission denied: read of b/three; ask for that right, or use another user";
    console.keys(":").text("b/three").keys("enter");
    assert_eq!(console.problem(), format!("whether b/three exists is not known: {denied}"));
    console.keys("esc n ctrl-u").text("b/three").keys("enter");
    assert_eq!(console.problem(), denied);
    console.keys("ctrl-u").text("a/fresh").keys("enter enter");
    assert!(console.model.edit.is_some(), "what may be read is known to be free");
}

#[test]
fn a_draft_out_of_sight_is_not_based_on_nothing() {
    let mut console = TestConsole::loaded();
    console.keys(":").text("b/three").keys("enter e down down end").text(",\"x\":1");
    console.narrow(&[]);
    assert_eq!(console.upstream(), Upstream::Hidden);
    console.keys("ctrl-s").wait(400).keys("enter");
    let (request, op) = console.commit().expect("the store decides about a document that was seen");
    assert_eq!(op.expect(), Expect::Token(Token::counter(3)));
    let key = key("b/three");
    console.send(AppEvent::Answer(request, Answer::Commit(Err(Error::Conflict { key, now: None }))));
    assert!(console.notice().starts_with("nothing was written"), "{}", console.notice());
    console.keys("ctrl-g");
    assert!(console.notice().starts_with("permission denied: read of b/three"), "{}", console.notice());
    assert!(matches!(console.model.edit.as_ref().unwrap().stage, DraftStage::Review(_)));

    // Visible again, it can be written.
    console.load("s1", 10, &[]);
    assert_eq!(console.upstream(), Upstream::Deleted);
    console.keys("ctrl-g m enter").wait(400).keys("enter");
    assert_eq!(console.commit().unwrap().1.expect(), Expect::Absent);
}

#[test]
fn a_new_document_that_goes_out_of_sight_is_not_written() {
    let mut console = TestConsole::loaded();
    console.keys("n ctrl-u").text("b/fresh").keys("enter enter");
    console.narrow(&[]);
    assert_eq!(console.upstream(), Upstream::Hidden);
    console.keys("ctrl-s").wait(400).keys("enter");
    assert!(console.commit().is_none());
    assert!(console.notice().starts_with("permission denied: read of b/fresh"), "{}", console.notice());
}
