//! Names in frames: two that differ are never shown alike, neither in a list nor where one is asked about.

use proptest::prelude::*;

use super::*;
use crate::console::action::Action;
use crate::console::update::keys::act;
use crate::domain::{Document, Entry, Namespace, ResourceKey, Revision, Token, WebhookId, name_pairs};
use crate::inventory::Scope;

fn entry(key: ResourceKey, revision: u64) -> Entry {
    Entry {
        key,
        document: Document::from("{}"),
        revision: Revision(revision),
        created: None,
        version: None,
        token: Token::counter(7),
        lease: None,
    }
}

/// Two foreign keys, or two webhooks of one namespace, as a list, and then asked about.
fn frames(keys: [&ResourceKey; 2], glyphs: Glyphs, size: Size) -> [[String; 2]; 2] {
    let mut model = sample::empty(size);
    sample::load(&mut model.inventory, keys.iter().map(|key| entry((*key).clone(), 1)).collect());
    model.lock = WriteAccess::Open(None);
    let scope = keys[0].namespace().map_or(Scope::Foreign, |namespace| Scope::Namespace(namespace.clone()));
    model.webhooks.enter(scope, &model.inventory);
    let drawn = |model: &Model| text(render(model, &theme(ColorDepth::None, glyphs)).backend().buffer());
    keys.map(|key| {
        model.overlay = None;
        assert!(model.webhooks.select_key(&model.inventory, key));
        let list = drawn(&model);
        // Below the titles, at the left edge of its pane.
        let is_selected =
            |line: &&str| ["│▌", "|>"].iter().any(|edge| line.contains(edge)) || line.starts_with(['▌', '>']);
        let row = list.lines().skip(3).find(is_selected).expect("a selected row");
        act(&mut model, Action::Delete);
        [row.to_owned(), drawn(&model)]
    })
}

fn keys_of([one, other]: [Vec<u8>; 2]) -> [ResourceKey; 2] {
    let webhook = |name: &[u8]| {
        let id = WebhookId::new(std::str::from_utf8(name).ok()?).ok()?;
        Some(ResourceKey::webhook(Namespace::default(), id))
    };
    match (webhook(&one), webhook(&other)) {
        (Some(one), Some(other)) => [one, other],
        _ => [ResourceKey::foreign(one), ResourceKey::foreign(other)],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn two_names_that_differ_are_two_rows_and_two_questions((one, other) in name_pairs()) {
        prop_assume!(one != other);
        let keys = keys_of([one, other]);
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let [one, other] = frames([&keys[0], &keys[1]], glyphs, size(200, 40));
            prop_assert_ne!(&one[0], &other[0]);
            prop_assert_ne!(&one[1], &other[1]);
        }
    }
}

#[test]
fn orders_with_a_blank_and_a_word_in_two_compositions_are_told_apart_where_they_are_deleted() {
    for (one, other) in [("orders", "orders "), ("caf\u{e9}", "cafe\u{301}"), ("a b", "a  b")] {
        let keys = keys_of([one.into(), other.into()]);
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let [first, second] = frames([&keys[0], &keys[1]], glyphs, size(80, 24));
            assert_ne!(first[0], second[0]);
            let question =
                |frame: &str| frame.lines().find(|line| line.contains("Delete ")).unwrap().to_owned();
            assert_ne!(question(&first[1]), question(&second[1]));
        }
    }
}

#[test]
fn a_long_name_is_asked_about_and_shown_to_its_end() {
    let name = |end: char| format!("{}{end}", "long-name-".repeat(14));
    let keys = keys_of([name('a').into_bytes(), name('b').into_bytes()]);
    let [one, other] = frames([&keys[0], &keys[1]], Glyphs::Unicode, size(80, 24));
    assert_ne!(one[1], other[1], "{}", one[1]);
    let mut model = sample::empty(size(120, 40));
    sample::load(&mut model.inventory, keys.iter().map(|key| entry(key.clone(), 1)).collect());
    let details = keys.map(|key| {
        model.webhooks.enter(Scope::Namespace(Namespace::default()), &model.inventory);
        assert!(model.webhooks.select_key(&model.inventory, &key));
        text(render(&model, &theme(ColorDepth::None, Glyphs::Unicode)).backend().buffer())
    });
    assert_ne!(details[0], details[1]);
}
