use proptest::prelude::*;

use super::*;
use crate::domain::DocumentKind;
use crate::text::fixture::{broken_document, document};

const WEBHOOK: &Masking = &Masking::built_in(DocumentKind::Webhook);

fn concealed(text: &str) -> (String, ConcealedSecrets) {
    conceal(WEBHOOK, text)
}

#[test]
fn secrets_go_and_come_back_with_every_escape() {
    let text = r#"{"authorization": "B\u0061 \"x\"", "hmac": {"secret": "{$vault:p#f:dflt}"},
        "jwt": {"secret": 12.50}, "x": {"url": "amqp:\/\/u:pw@h"}, "p": {"password": ""}}"#;
    let (draft, kept) = concealed(text);
    assert_eq!(
        draft,
        r#"{"authorization": "‹kept:1›", "hmac": {"secret": "{$vault:p#f:‹kept:2›}"},
        "jwt": {"secret": "‹kept:3›"}, "x": {"url": "amqp:\/\/u:‹kept:4›@h"}, "p": {"password": ""}}"#
    );
    assert_eq!(fill(&draft, &kept).unwrap(), text);
    assert_eq!(kept.original(3), Some("12.50"));
    assert_eq!(format!("{kept:?}"), "Kept(4 secrets)");
}

#[test]
fn a_value_is_concealed_by_the_names_that_lead_to_it() {
    let (text, kept) = conceal_within(WEBHOOK, &["jwt", "secret"], "\"hunter2\"");
    assert_eq!((text.as_str(), fill(&text, &kept).unwrap().as_str()), ("\"‹kept:1›\"", "\"hunter2\""));
    assert!(conceal_within(WEBHOOK, &["module"], "\"log\"").1.is_empty());
}

#[test]
fn a_placeholder_stays_where_its_secret_is_hidden() {
    let text =
        r#"{"authorization": "Bearer hunter2", "u": "http://u:pw@h", "x": "‹kept:9›", "jwt": {"secret": 7}}"#;
    let (draft, kept) = concealed(text);
    let fill_at = |draft: &str| fill_hidden::<&str>(WEBHOOK, &[], draft, &kept);
    assert_eq!(fill_at(&draft).unwrap(), text);
    assert!(fill_at(r#"{"hmac": {"secret": "‹kept:1›"}, "password": "x‹kept:2›"}"#).is_ok());
    for moved in
        ["{\"note\": \"‹kept:1›\"}", "{\"n\": \"‹kept:4›\"}", "{\"password\": 1, \"a\": [\"b ‹kept:2›\"]}"]
    {
        let refused = fill_at(moved).unwrap_err().to_string();
        assert!(refused.contains("the secret would be shown") && !refused.contains("hunter"), "{refused}");
    }
}

#[test]
fn placeholders_can_stand_for_what_is_stored_later() {
    let before =
        r#"{"password":"p1","list":[{"id":1,"token":"a1"},{"id":2,"token":"b1"},{"id":3,"token":"c1"}]}"#;
    let later = r#"{"list":[{"id":0,"token":"new"},{"id":1,"token":"a2"},{"id":2,"token":"b2"},{"id":9,"token":"c2"}],"password":22}"#;
    let ((draft, mut kept), (after, found)) = (concealed(before), concealed(later));
    kept.update_from(&draft, &after, &found);
    assert_eq!(
        fill(&draft, &kept).unwrap(),
        r#"{"password":22,"list":[{"id":1,"token":"a2"},{"id":2,"token":"b2"},{"id":3,"token":"c1"}]}"#
    );
    let (mut broken, now) = (concealed(before).1, concealed("{ \"password\": \"x\""));
    broken.update_from(&draft, &now.0, &now.1);
    assert_eq!(fill(&draft, &broken).unwrap(), before);
}

#[test]
fn typed_over_values_stay_and_placeholders_may_move() {
    let (_, kept) = concealed(r#"{"password": "old", "token": 7}"#);
    assert_eq!(
        fill(r#"{"token": "x‹kept:2›", "b": ["‹kept:1›", "‹kept:1›"], "password": "new"}"#, &kept).unwrap(),
        r#"{"token": "x7", "b": ["old", "old"], "password": "new"}"#
    );
}

#[test]
fn what_cannot_be_filled_names_its_place() {
    let (_, kept) = concealed(r#"{"password": "old"}"#);
    let cases = [
        ("{\n \"é\": \"‹kept:2›\"}", "line 2, column 8: this placeholder stands for no stored secret"),
        ("{\"a\": \"‹kept:1\"}", "line 1, column 8: this placeholder is damaged"),
        ("{\"a\": \"kept:1›\"}", "line 1, column 8: this placeholder is damaged"),
        ("‹kept:0›", "line 1, column 1: the secret typed here was not saved"),
        ("‹kept:99999999999999999999999›", "line 1, column 1: this placeholder is damaged"),
    ];
    for (draft, reason) in cases {
        assert!(fill(draft, &kept).unwrap_err().to_string().starts_with(reason), "{draft}");
        assert!(has_placeholder(draft));
    }
    assert!(!has_placeholder("we kept: 3 ‹x› and kept:1"));
}

#[test]
fn text_that_looks_like_a_placeholder_is_kept_too() {
    let text = r#"{"a": "‹kept:1›", "b": "‹kept:", "c": "kept:3›", "password": "‹kept:1›"}"#;
    let (draft, kept) = concealed(text);
    assert_eq!(kept.len(), 4);
    assert_eq!(fill(&draft, &kept).unwrap(), text);
}

fn shelved(draft: &str, base: &str) -> RedactedDraft {
    let (_, kept) = concealed(base);
    redact(WEBHOOK, draft, &kept, base, "")
}

#[test]
fn typed_secrets_are_not_saved() {
    let base = r#"{"password": "old"}"#;
    let draft = r#"{"password": "‹kept:1›", "token": "typed", "pin_secret": 12, "a": "b"}"#;
    let RedactedDraft { text, withheld } = shelved(draft, base);
    assert_eq!(text, r#"{"password": "‹kept:1›", "token": "‹kept:0›", "pin_secret": "‹kept:0›", "a": "b"}"#);
    assert_eq!(withheld, 2);
    // Read back and saved once more, they are still missing.
    assert_eq!(shelved(&text, base), RedactedDraft { text, withheld });
}

#[test]
fn a_revealed_secret_becomes_the_placeholder_of_its_seat() {
    let base = r#"{"a": {"password": "same"}, "b": {"password": "same"}, "c": {"token": 7}}"#;
    let draft = r#"{"b": {"password": "same"}, "a": {"password": "‹kept:1›"}, "c": {"token": 7}}"#;
    assert_eq!(
        shelved(draft, base).text,
        r#"{"b": {"password": "‹kept:2›"}, "a": {"password": "‹kept:1›"}, "c": {"token": "‹kept:3›"}}"#
    );
}

#[test]
fn a_secret_that_went_elsewhere_is_hidden_there() {
    let base = r#"{"password": "hunter2", "connection": "public-name", "token": "public-name"}"#;
    let draft = r#"{"note": "was ‹kept:1›, or hunter2", "passwor": "hunter2", "connection": "public-name"}"#;
    let RedactedDraft { text, withheld } = shelved(draft, base);
    let expected =
        r#"{"note": "was ‹kept:1›, or ‹kept:1›", "passwor": "‹kept:1›", "connection": "public-name"}"#;
    assert_eq!((text.as_str(), withheld), (expected, 0));
}

#[test]
fn a_slip_does_not_cost_the_values_that_were_there_before() {
    let base = "{\n \"password\": \"hunter2\",\n \"topic\": \"gh\",\n \"n\": 30\n}";
    let slip = "{\n \"password\": \"‹kept:1›\"\n \"topic\": \"gh\",\n \"n\": 30,\n \"x\": \"typed\"\n}";
    let RedactedDraft { text, withheld } = shelved(slip, base);
    assert_eq!((text.as_str(), withheld), (slip.replace("typed", "‹kept:0›").as_str(), 1));
    let kept = concealed(base).1;
    let known = slip.replace("‹kept:1›\"", "‹kept:1›\",");
    assert_eq!(redact(WEBHOOK, slip, &kept, base, &known), RedactedDraft { text: slip.into(), withheld: 0 });
}

#[test]
fn what_stands_for_nothing_goes_on_standing_for_nothing() {
    let base = r#"{"password": "hunter2", "token": "hunter3"}"#;
    let draft = r#"{"a": "‹kept:", "b": "‹kept:9›", "c": "‹kept:1›"}"#;
    let kept = ConcealedSecrets::default();
    let RedactedDraft { text, withheld } = redact(WEBHOOK, draft, &kept, base, "");
    assert_eq!((text.as_str(), withheld), (draft.replace("kept:1›", "kept:3›").as_str(), 0));
    assert!(fill(&text, &concealed(base).1).is_err());
}

#[test]
fn text_that_looks_like_a_placeholder_survives_outside() {
    let base = r#"{"a": "‹kept:1›", "password": "hunter2"}"#;
    let (opened, mut kept) = concealed(base);
    let other = r#"{"x": "‹kept:2›", "y": "kept:1›", "z": "‹kept:kept›"}"#;
    let (theirs, theirs_kept) = concealed(other);
    let shelved = redact(WEBHOOK, &theirs, &theirs_kept, base, "");
    assert_eq!(fill(&shelved.text, &kept).unwrap(), other, "{}", shelved.text);
    let outside = redact_adding(WEBHOOK, &opened.replace('}', ", \"token\": \"typed\"}"), &mut kept, &opened);
    assert_eq!(outside, r#"{"a": "‹kept:1›", "password": "‹kept:2›", "token": "‹kept:3›"}"#);
    assert_eq!(fill(&outside, &kept).unwrap(), base.replace('}', ", \"token\": \"typed\"}"));
}

#[test]
fn a_base_that_moved_on_lends_its_secrets_by_seat() {
    let (before, own) = concealed(r#"{"password":"p1","token":"t1","pin_secret":5}"#);
    let (now, found) = concealed(r#"{"token":"t2","password":"p2"}"#);
    let same = ConcealedSecrets::relocated(&before, &before, &own);
    assert_eq!((same.len(), same.missing()), (3, 0));
    let kept = ConcealedSecrets::relocated(&before, &now, &found);
    assert_eq!((kept.len(), kept.missing()), (3, 1));
    assert_eq!(fill_known(&before, &kept), r#"{"password":"p2","token":"t2","pin_secret":"‹kept:3›"}"#);
    assert!(fill(&before, &kept).unwrap_err().to_string().contains("stands for no stored secret"));
}

proptest! {
    #[test]
    fn what_was_concealed_comes_back(document in document()) {
        let (draft, kept) = concealed(&document.text);
        prop_assert!(!document.leaks_into(&draft), "{}", draft);
        prop_assert_eq!(fill(&draft, &kept).unwrap(), document.text.as_str());
        let back = fill_hidden::<&str>(WEBHOOK, &[], &draft, &kept);
        prop_assert_eq!(back.unwrap(), document.text);
    }

    #[test]
    fn broken_text_comes_back_too(document in broken_document()) {
        let (draft, kept) = concealed(&document.text);
        prop_assert!(!document.leaks_into(&draft), "{}\n{}", document.text, draft);
        prop_assert_eq!(fill(&draft, &kept).unwrap(), document.text);
    }

    #[test]
    fn any_text_comes_back(text in r#"(?s)([\[\]{}:,"\\a1 \n‹›]|kept:|password|://|@|\{\$A:|kept›){0,30}"#) {
        let (draft, kept) = concealed(&text);
        prop_assert_eq!(fill(&draft, &kept).unwrap(), text);
    }

    #[test]
    fn nothing_secret_is_shelved_and_the_base_gives_it_back(
        base in document(),
        draft in prop_oneof![document(), broken_document()],
        revealed in any::<bool>(),
    ) {
        let kind = WEBHOOK;
        let (_, kept) = concealed(&base.text);
        let own = concealed(&draft.text);
        let (text, own) = if revealed { (draft.text.clone(), kept) } else { own };
        let shelved = redact(kind, &text, &own, &base.text, "");
        prop_assert!(!draft.leaks_into(&shelved.text), "{}\n{}", draft.text, shelved.text);
        let kept = concealed(&base.text).1;
        if shelved.withheld == 0 {
            prop_assert_eq!(fill(&shelved.text, &kept).unwrap(), draft.text);
        } else {
            prop_assert!(fill(&shelved.text, &kept).is_err());
        }
    }

    #[test]
    fn a_draft_of_its_base_comes_back_whole(document in prop_oneof![document(), broken_document()]) {
        let (draft, kept) = concealed(&document.text);
        let shelved = redact(WEBHOOK, &draft, &kept, &document.text, "");
        prop_assert_eq!(shelved, RedactedDraft { text: draft, withheld: 0 });
    }

    #[test]
    fn outside_nothing_is_missing(
        base in document(),
        draft in prop_oneof![document(), broken_document()],
    ) {
        let (opened, mut kept) = concealed(&base.text);
        let outside = redact_adding(WEBHOOK, &draft.text, &mut kept, &opened);
        prop_assert!(!draft.leaks_into(&outside), "{}\n{}", draft.text, outside);
        prop_assert_eq!(fill(&outside, &kept).unwrap(), draft.text);
    }

    #[test]
    fn any_draft_over_any_base(
        base in r#"(?s)([\[\]{}:,"\\a1 \n‹›]|kept:|kept›|password|://|@|\{\$A:|secret-1){0,20}"#,
        text in r#"(?s)([\[\]{}:,"\\a1 \n‹›]|kept:|kept›|password|://|@|\{\$A:|secret-1){0,20}"#,
    ) {
        let (draft, own) = concealed(&text);
        let kept = concealed(&base).1;
        let shelved = redact(WEBHOOK, &draft, &own, &base, "");
        if shelved.withheld == 0 {
            prop_assert_eq!(fill(&shelved.text, &kept).unwrap(), text);
        }
    }
}

#[test]
fn the_secrets_of_a_text_are_found_where_its_placeholders_are_whatever_was_one() {
    let cases = [
        (r#"{"a": "‹kept:1›", "b": "‹kept:2›"}"#, r#"{"a": "x", "b": 12}"#, Some(vec!["x", "12"])),
        (r#"{"a": "‹kept:1›", "b": "‹kept:2›"}"#, r#"{"a": true, "b": ""}"#, Some(vec!["true", ""])),
        (r#"{"u": "h://u:‹kept:1›@h/‹kept:2›"}"#, r#"{"u": "h://u:p\"q@h/t"}"#, Some(vec![r#"p\"q"#, "t"])),
        ("‹kept:1›", "x", Some(vec!["x"])),
        (r#"{"a": "‹kept:1›", "b": 1}"#, r#"{"a": "x", "b": 2}"#, None),
        (r#"{"a": "‹kept:1›", "b": 1}"#, r#"{"b": "x"}"#, None),
        (r#"{"a": "‹kept:2›"}"#, r#"{"a": "x"}"#, None),
        (r#"{"a": "‹kept:1›‹kept:2›"}"#, r#"{"a": "xy"}"#, None),
        ("{}", "{}", None),
    ];
    for (concealed, text, expected) in cases {
        let found = ConcealedSecrets::found_in(concealed, text);
        if let Some(found) = &found {
            assert_eq!(fill(concealed, found).unwrap(), text);
        }
        let found =
            found.map(|kept| (1..=kept.len()).map(|at| kept.original(at).unwrap().to_owned()).collect());
        assert_eq!(found, expected.map(|texts| texts.into_iter().map(str::to_owned).collect::<Vec<_>>()));
    }
}

proptest! {
    #[test]
    fn what_was_concealed_is_found_again_in_what_it_was_made_of(document in document()) {
        let (concealed, kept) = conceal(WEBHOOK, &document.text);
        if let Some(found) = ConcealedSecrets::found_in(&concealed, &document.text) {
            prop_assert_eq!(found.len(), kept.len());
            prop_assert_eq!(fill(&concealed, &found).unwrap(), document.text);
        }
    }
}

#[test]
fn a_place_of_the_filled_text_is_found_in_the_draft() {
    let text = r#"{"authorization": "Bearer hunter2", "jwt": {"secret": 12.50}, "é": 1}"#;
    let (draft, kept) = concealed(text);
    let filled = fill_with_places(&draft, &kept);
    assert_eq!(filled.text(), text);
    let part = |wanted: &str| {
        let start = text.find(wanted).unwrap();
        let span = Span { start, end: start + wanted.len() };
        (filled.span_in_draft(span).of(&draft).to_owned(), filled.is_concealed(span))
    };
    assert_eq!(part("\"authorization\""), ("\"authorization\"".into(), false));
    assert_eq!(part("\"Bearer hunter2\""), ("\"Bearer ‹kept:1›\"".into(), true));
    assert_eq!(part("unter"), ("‹kept:1›".into(), true), "a part of a secret is all of it");
    assert_eq!(
        part("12.50"),
        ("\"‹kept:2›\"".into(), true),
        "with its quotes, if they are the placeholder's"
    );
    assert_eq!(part("\"é\""), ("\"é\"".into(), false));
    assert_eq!(part("{\"secret\": 12.50}"), ("{\"secret\": \"‹kept:2›\"}".into(), true));
}
