//! The Settings tab: it is there for an application alone; what keys and pictures do.

use std::sync::Arc;

use super::*;
use crate::application::{Source, StillApplication};
use crate::console::action::Action;
use crate::console::demo::DemoApplication;
use crate::console::overlays::help;
use crate::console::screens::settings::{SettingOrder, SettingsPicture};
use crate::console::shell;

/// The demo's application, and its layer in etcd.
struct SettingsConsole {
    console: TestConsole,
    demo: DemoApplication,
    application: StillApplication,
}

impl SettingsConsole {
    fn open() -> Self {
        let mut console = TestConsole::loaded();
        console.model.context.application = Some("billing.toml".into());
        let demo = DemoApplication::new().unwrap();
        let sources: Vec<(&str, Arc<dyn Source>)> = vec![
            ("config", demo.config.clone()),
            ("environment", demo.environment.clone()),
            ("etcd", demo.etcd.clone()),
            ("http", demo.remote.clone()),
            ("runtime", demo.overrides.clone()),
        ];
        let application = StillApplication::new(demo.spec.clone(), sources);
        let mut opened = Self { console, demo, application };
        opened.tell();
        opened.console.keys("8");
        opened
    }

    /// Loads all layers, and sends the picture.
    fn tell(&mut self) {
        let now = SystemTime::UNIX_EPOCH + self.console.now;
        self.application.load(now);
        let picture = Box::new(SettingsPicture::new(self.application.snapshot(now)));
        self.console.send(AppEvent::Answer(RequestId::default(), Answer::Settings(Ok(picture))));
    }

    fn selected(&self) -> &str {
        self.console.model.settings.selected().map_or("", |row| &row.text)
    }

    fn shown(&self) -> Vec<&str> {
        self.console.model.settings.from(0).map(|row| &*row.text).collect()
    }
}

#[test]
fn without_an_application_the_tab_cannot_be_reached() {
    let mut console = TestConsole::loaded();
    console.keys("8");
    assert_eq!(console.model.tab, Tab::Webhooks);
    console.keys(":").text("settings").keys("enter");
    let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("the prompt stays open") };
    assert!(prompt.error.as_ref().unwrap().contains("no command is called"), "{:?}", prompt.error);
    assert!(!prompt.candidates.contains(&"settings".to_owned()), "{:?}", prompt.candidates);
    console.keys("esc");
    assert_eq!(console.model.tab, Tab::Webhooks);
    let offered = help::offered(&console.model.keymap, Place::Browse, |action| console.model.offers(action));
    assert!(!offered.contains(&Action::Settings) && offered.contains(&Action::Log));
    assert!(!shell::is_possible(&console.model, Action::Settings));
}

#[test]
fn with_an_application_a_key_and_a_command_show_it() {
    let mut opened = SettingsConsole::open();
    assert_eq!((opened.console.model.tab, opened.console.model.place()), (Tab::Settings, Place::Settings));
    opened.console.keys("1 :").text("settings").keys("enter");
    assert_eq!(opened.console.model.tab, Tab::Settings);
    assert_eq!(opened.selected(), "cache.ttl");
}

#[test]
fn what_cannot_be_opened_says_why_until_it_can() {
    let mut console = TestConsole::loaded();
    console.model.context.application = Some("billing.toml".into());
    console.send(AppEvent::Answer(RequestId::default(), Answer::Settings(Err("it is away".into()))));
    assert_eq!(console.model.redraw, Redraw::Soon);
    assert_eq!(console.model.settings.failure.as_deref(), Some("it is away"));
    let mut opened = SettingsConsole::open();
    opened.console.model.settings.failure = Some("it is away".into());
    opened.tell();
    assert_eq!(opened.console.model.settings.failure, None);
}

#[test]
fn a_filter_is_typed_completed_and_left() {
    let mut opened = SettingsConsole::open();
    opened.console.keys("/").text("is:sha layer:et").keys("tab enter");
    assert_eq!(opened.console.model.settings.list.filter.text(), "is:sha layer:etcd");
    assert_eq!(opened.shown(), ["database.pool_size", "limits.upload", "worker.count"]);
    opened.console.keys("esc /").text("secret:").keys("enter");
    assert_eq!(opened.shown(), ["database.url", "mail.api_key"]);
    opened.console.keys("esc");
    assert_eq!(opened.shown().len(), 13);
}

#[test]
fn the_selection_stays_on_its_setting_while_others_change() {
    let mut opened = SettingsConsole::open();
    opened.console.keys("down");
    assert_eq!(opened.selected(), "database.pool_size");
    opened.demo.overrides.put("a.new_one", "1");
    opened.tell();
    assert_eq!(opened.shown().first(), Some(&"a.new_one"));
    assert_eq!((opened.selected(), opened.console.model.settings.list.cursor), ("database.pool_size", 2));
}

#[test]
fn what_changed_last_comes_first_on_request() {
    let mut opened = SettingsConsole::open();
    opened.console.wait(5_000);
    opened.demo.etcd.put("worker.count", "7");
    opened.tell();
    opened.console.keys("o g");
    assert_eq!(opened.console.model.settings.order, SettingOrder::Changed);
    assert_eq!(opened.selected(), "worker.count");
}

#[test]
fn a_pause_holds_the_picture_and_its_end_shows_the_newest() {
    let mut opened = SettingsConsole::open();
    let count = |opened: &SettingsConsole| {
        let path = "worker.count".parse().unwrap();
        opened.console.model.settings.picture.as_ref().unwrap().row(&path).unwrap().value.clone().unwrap()
    };
    opened.console.keys("p");
    for value in ["7", "8"] {
        opened.demo.etcd.put("worker.count", value);
        opened.tell();
    }
    assert_eq!(count(&opened), "4");
    opened.console.keys("p");
    assert_eq!(count(&opened), "8");
}

#[test]
fn a_refused_value_changes_nothing_and_is_marked() {
    let mut opened = SettingsConsole::open();
    opened.demo.config.put("cache.ttl", "\"soon\"");
    opened.demo.config.put("mail.sender", "\"other@example.com\"");
    opened.tell();
    let rows = opened.console.model.settings.rows();
    let invalid: Vec<_> = rows.iter().filter(|row| row.invalid).map(|row| &*row.text).collect();
    assert_eq!(invalid, ["cache.ttl"]);
    let sender = rows.iter().find(|row| row.text == "mail.sender").unwrap();
    assert_eq!(sender.value.as_deref(), Some("billing@example.com"), "all of a layer or nothing");
}

#[test]
fn the_path_is_copied_and_the_detail_is_gone_to_and_left() {
    let mut opened = SettingsConsole::open();
    opened.console.keys("y");
    let copied =
        opened.console.effects.iter().any(|it| matches!(it, Effect::Copy(_, text) if text == "cache.ttl"));
    assert!(copied, "{:?}", opened.console.effects);
    opened.console.keys("enter");
    assert_eq!(opened.console.model.settings.focus, Pane::Detail);
    opened.console.keys("esc");
    assert_eq!(opened.console.model.settings.focus, Pane::Items);
}
