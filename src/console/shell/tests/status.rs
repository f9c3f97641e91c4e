//! The status line: who gets which of its columns.

use super::{scene, shown};
use crate::console::model::{Model, Tone};
use crate::console::shell::sample::size;

const LONG: &str = "production/orders holds just what you wrote, now r48213: by someone else, or by an attempt of \
                    yours whose answer was lost; nothing was written now";
const SHORT: &str = "done: write production/github_events, now r48213";

fn line(model: &Model) -> String {
    let frame = shown(model);
    frame.lines().nth(model.frame().status.y.into()).unwrap().trim().to_owned()
}

fn told(cols: u16, tone: Tone, text: &str) -> Model {
    let mut model = scene("browse", size(cols, 24));
    model.notify(tone, text);
    model.announce("staging/doorbell was deleted");
    model
}

#[test]
fn a_result_and_news_are_both_on_the_line_at_every_width() {
    for cols in 40..=200 {
        for (tone, mark, text) in [(Tone::Bad, "✗", LONG), (Tone::Good, "✓", SHORT)] {
            let line = line(&told(cols, tone, text));
            let (result, aside) = line.split_once("   ").unwrap_or_else(|| panic!("{cols}: {line}"));
            let whole = format!("{mark} {text}");
            let (begins, cut) = match result.strip_suffix("… F4") {
                Some(begins) => (begins, true),
                None => (result, false),
            };
            assert!(whole.starts_with(begins), "{cols}: {line}");
            assert!(if cut { begins.chars().count() >= 11 } else { begins == whole }, "{cols}: {line}");
            let aside = aside.trim_start();
            assert!(aside.starts_with("~ stagin") && aside.contains(" <10s"), "{cols}: {line}");
            // Of a short result nothing is cut where the news could give way, and a count never goes for news.
            assert!(cols < 80 || !cut || text == LONG, "{cols}: {line}");
            assert!(cols < 80 || line.contains(" of "), "{cols}: {line}");
            assert!(cols < 100 || text == LONG || aside.starts_with("~ staging/doorbell was deleted <10s"));
        }
    }
}

#[test]
fn what_is_wrong_with_the_link_stands_beside_a_result_and_alone_where_there_is_none() {
    for cols in [80, 120, 200] {
        let mut model = scene("stale", size(cols, 24));
        assert!(line(&model).starts_with("what you see may be old"), "{}", line(&model));
        model.notify(Tone::Bad, "nothing was written");
        model.announce("staging/doorbell was deleted");
        let line = line(&model);
        assert!(line.starts_with("✗ nothing was written   "), "{line}");
        assert!(line.contains("what you see may be old"), "{line}");
    }
}

#[test]
fn what_is_wrong_with_the_link_names_the_key_of_health_where_it_is_cut() {
    for (cols, result) in [(80, ""), (60, ""), (80, "nothing was written")] {
        let mut model = scene("stale", size(cols, 24));
        if !result.is_empty() {
            model.notify(Tone::Bad, result);
        }
        let told = line(&model);
        assert!(told.contains("… 6   "), "{cols}: {told}");
        model.tab = crate::console::screens::Tab::Health;
        assert!(!line(&model).contains("… 6"), "{cols}: it is there already");
    }
    let told = line(&scene("stale", size(200, 24)));
    assert!(!told.contains('…'), "nothing is cut: {told}");
}

#[test]
fn an_error_comes_before_what_followed_it_and_before_a_write_under_way() {
    let mut model = scene("browse", size(120, 24));
    model.notify(Tone::Bad, "this is not in the audit");
    model.notify(Tone::Good, "done");
    assert!(line(&model).starts_with("✗ this is not in the audit · ✓ done "), "{}", line(&model));
}

#[test]
fn a_filter_keeps_its_columns() {
    for cols in [40, 60, 80, 120] {
        let mut model = scene("filtering", size(cols, 24));
        model.notify(Tone::Bad, LONG);
        model.announce("staging/doorbell was deleted");
        assert!(line(&model).starts_with("/conn:kafka !test"), "{}", line(&model));
    }
}

#[test]
fn news_ages_and_leaves_by_itself() {
    let mut model = told(80, Tone::Good, SHORT);
    let began = model.now;
    for (seconds, age) in [(9, Some("<10s")), (59, Some("<1m")), (599, Some("9m")), (600, None)] {
        let passed = std::time::Duration::from_secs(seconds);
        model.now = crate::console::stamp::Stamp { mono: began.mono + passed, wall: began.wall + passed };
        let line = line(&model);
        assert_eq!(line.contains("~ staging"), age.is_some(), "{seconds}: {line}");
        assert!(age.is_none_or(|age| line.contains(age)), "{seconds}: {line}");
        assert!(line.starts_with("✓ done: write"), "{line}");
    }
}
