//! Scenes of the Settings tab: the demo's application, with a secret of the fleet in it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{NOW, SECRET, browse};
use crate::application::{Source, StillApplication};
use crate::console::demo::DemoApplication;
use crate::console::model::Model;
use crate::console::screens::Tab;
use crate::console::screens::settings::{SettingsPicture, update};
use crate::console::shell::layout::{Pane, Size};

/// When a scene is drawn, and moments before that, by the wall clock.
fn wall(before: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + NOW - Duration::from_secs(before)
}

/// A console with an application that is not open yet.
fn console(size: Size) -> Model {
    let mut model = browse(size);
    model.now.wall = wall(0);
    model.context.application = Some("billing.toml".into());
    model.tab = Tab::Settings;
    model
}

/// The application after a change, with a layer that is stale and one that was refused.
fn application() -> StillApplication {
    let demo = DemoApplication::new().unwrap();
    demo.environment.put("database.url", &format!("postgresql://billing:{SECRET}@db.example/billing"));
    let mut application = StillApplication::new(
        demo.spec,
        vec![
            ("config", Arc::clone(&demo.config) as Arc<dyn Source>),
            ("environment", demo.environment),
            ("etcd", Arc::clone(&demo.etcd) as Arc<dyn Source>),
            ("http", Arc::clone(&demo.remote) as Arc<dyn Source>),
            ("runtime", demo.overrides),
        ],
    );
    application.load(wall(3_600));
    demo.etcd.put("database.pool_size", "25");
    application.load(wall(1_200));
    demo.etcd.put("database.pool_size", "20");
    demo.etcd.put("worker.count", "6");
    application.load(wall(250));
    demo.remote.fail();
    demo.config.put("cache.ttl", "\"soon\"");
    application.load(wall(70));
    application
}

fn show(model: &mut Model, application: &StillApplication, selected: &str) {
    update::on_told(model, Ok(Box::new(SettingsPicture::new(application.snapshot(wall(0))))));
    update::follow(model);
    let path = selected.parse().unwrap();
    let at = model.settings.rows().iter().position(|row| row.path == path).unwrap();
    (model.settings.list.selected, model.settings.list.cursor) = (Some(path), at);
}

/// Why a value is what it is: three layers have others.
pub(super) fn shadowed(size: Size) -> Model {
    let mut model = console(size);
    show(&mut model, &application(), "database.pool_size");
    model
}

/// A value that a layer has newer, and that is refused.
pub(super) fn refused(size: Size) -> Model {
    let mut model = console(size);
    show(&mut model, &application(), "cache.ttl");
    model.settings.focus = Pane::Detail;
    model
}

pub(super) fn secret(size: Size) -> Model {
    let mut model = console(size);
    show(&mut model, &application(), "database.url");
    model
}

pub(super) fn rolled_back(size: Size) -> Model {
    let (mut model, mut application) = (console(size), application());
    application.roll_back(1);
    show(&mut model, &application, "database.pool_size");
    model
}

pub(super) fn filtering(size: Size) -> Model {
    let mut model = shadowed(size);
    model.settings.list.filter.set("layer:etcd is:");
    model.settings.list.typing = Some(String::new());
    model.settings.apply_filter();
    model
}

pub(super) fn unknown_state(size: Size) -> Model {
    let mut model = shadowed(size);
    model.settings.list.filter.set("is:odd");
    model.settings.apply_filter();
    model
}

pub(super) fn opening(size: Size) -> Model {
    console(size)
}

pub(super) fn failed(size: Size) -> Model {
    let mut model = console(size);
    let reason = "billing.toml:12:1: a setting of type integer has no pattern\nbilling.toml:30:9: max is less than min";
    update::on_told(&mut model, Err(reason.into()));
    model
}

pub(super) fn help(size: Size) -> Model {
    let mut model = shadowed(size);
    let place = model.place();
    model.overlay = Some(crate::console::overlays::Overlay::Help { place, scroll: 0 });
    model
}

/// A row a layer in Health.
pub(super) fn health(size: Size) -> Model {
    let mut model = shadowed(size);
    model.tab = Tab::Health;
    model
}
