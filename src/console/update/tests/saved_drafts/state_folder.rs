//! A state folder that is full, or does not answer.

use super::*;

#[test]
fn a_draft_whose_file_made_room_is_told_and_saved_again_once_it_is_typed_in() {
    let mut console = TestConsole::loaded();
    console.keys("e").text("x");
    let first = console.model.edit.as_ref().unwrap().key.clone();
    console.saved();
    console.keys("esc j e").text("y").wait(300).wake();
    let [(request, _)] = console.saves().try_into().unwrap_or_else(|_| panic!("one save"));
    let done = DraftSave { withheld: 0, displaced: vec![first.clone()] };
    console.send(AppEvent::Answer(request, Answer::DraftSaved(Ok(done))));
    let told = format!("the draft of {first} is only in memory now");
    assert!(console.notice().starts_with(&told), "{}", console.notice());
    console.keys("esc").wait(5_000).wake();
    assert!(console.saves().is_empty(), "saving it again would only displace another");
    console.keys("q");
    assert!(!console.quits(), "leaving would lose it");
    assert!(console.saves().is_empty());
    console.keys("esc k e").text("z").wait(300).wake();
    let [(_, again)] = console.saves().try_into().unwrap_or_else(|_| panic!("one save"));
    assert_eq!(again.key, first);
}

#[test]
fn a_state_folder_that_does_not_answer_is_told_once_and_when_it_answers_again() {
    let mut console = with_secret("s1", 5, STORED);
    console.wake();
    let asked = console.model.saved_drafts.asked.unwrap();
    assert!(console.model.next_wake().unwrap() <= console.now + Duration::from_secs(2));
    console.wait(2_000).wake();
    assert!(console.notice().starts_with("the state folder does not answer"), "{}", console.notice());
    console.model.notices.end_act();
    console.keys("e").text("x").wait(300).wake();
    assert_eq!(console.saves().len(), 1);
    console.wait(3_000).wake();
    assert_eq!(console.notice(), "", "it was said");
    assert!(console.model.edit.as_ref().unwrap().autosave.failed, "and the draft is not called saved");
    console.keys("esc q");
    assert!(!console.quits(), "leaving would lose it");
    let (request, _) = console.saves().pop().unwrap();
    console.keys("esc");
    console.send(AppEvent::Answer(asked, Answer::Drafts(Vec::new())));
    console.send(AppEvent::Answer(request, Answer::DraftSaved(Ok(DraftSave::default()))));
    assert!(console.notice().starts_with("the state folder answers again"), "{}", console.notice());
    assert!(!console.model.drafts.values().any(|draft| draft.autosave.failed));
}
