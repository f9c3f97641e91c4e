//! Dates and times on request: one key, and no age is left anywhere.

use super::*;
use crate::console::action::Action;
use crate::console::place::Place;
use crate::console::update::keys::act;

/// The ages in a frame: `4m`, `<10s`. Times that remain are not among them.
fn ages(frame: &str) -> Vec<String> {
    let words: Vec<&str> = frame.split_whitespace().collect();
    let is_age = |word: &str| {
        let count = word.strip_suffix(['m', 'h', 'd']).filter(|count| !count.is_empty());
        matches!(word, "<10s" | "<1m" | "ago")
            || count.is_some_and(|count| count.bytes().all(|c| c.is_ascii_digit()))
    };
    let remains = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        words.get(at + 1) == Some(&"left") || matches!(before, Some(&"in" | &"UNLOCKED"))
    };
    let found = words.iter().enumerate().filter(|(at, word)| is_age(word) && !remains(*at));
    found.map(|(_, word)| (*word).to_owned()).collect()
}

#[test]
fn one_key_shows_dates_and_times_wherever_ages_stand() {
    let theme = theme(ColorDepth::None, Glyphs::Unicode);
    let frame = |model: &Model| text(render(model, &theme).backend().buffer());
    let mut with_ages = 0;
    for (name, set) in SCENES {
        let mut model = set(size(200, 50));
        if ages(&frame(&model)).is_empty() {
            continue;
        }
        with_ages += 1;
        let place = model.place();
        act(&mut model, Action::Times);
        let shown = frame(&model);
        assert_eq!(ages(&shown), Vec::<String>::new(), "{name}\n{shown}");
        assert!(shown.contains("Z"), "{name}\n{shown}");
        let is_typed_or_answered = matches!(
            place,
            Place::Help
                | Place::Filter
                | Place::Prompt
                | Place::Confirm
                | Place::Choose
                | Place::Editor
                | Place::Find
                | Place::Merge
                | Place::PickSecret
                | Place::RevealedValue
                | Place::SecretForm
                | Place::Value
                | Place::Generate
        );
        assert!(
            is_typed_or_answered || model.keymap.key(place, Action::Times) == Some("T"),
            "{name} in {place:?}"
        );
        act(&mut model, Action::Times);
        assert!(!ages(&frame(&model)).is_empty(), "{name}");
    }
    assert!(with_ages > 10, "{with_ages}");
}

#[test]
fn a_column_of_times_is_whole_where_there_is_little_room() {
    for (name, column) in [("all", "CHANGED"), ("secrets", "AGE"), ("drafts", "TYPED")] {
        let mut model = scene(name, size(80, 24));
        model.absolute_times = true;
        let shown = text(render(&model, &theme(ColorDepth::None, Glyphs::Unicode)).backend().buffer());
        let is_time = |word: &str| word.len() == 20 && word.ends_with('Z') && word.contains('T');
        assert!(shown.contains(column) && shown.split_whitespace().any(is_time), "{name}\n{shown}");
        let is_cut = |word: &str| word.ends_with('…') && word.starts_with(['1', '2']) && word.contains('-');
        assert!(!shown.split_whitespace().any(is_cut), "{name}\n{shown}");
    }
}
