//! Whether an application's settings are well: the verdict of system C (docs/applications.md), and how each layer
//! stands.

use std::time::{Duration, SystemTime};

use super::super::SourceFault;
use super::layer_state::{LayerCondition, LayerStatus};
use super::metrics::ApplicationMetrics;
use super::report::ReloadStatus;
use super::state::Pin;
use crate::domain::{Condition, Finding, Health, utc};

/// Sources are asked more often than that, so longer silence means that nothing asks them any more.
const SILENCE: Duration = Duration::from_secs(300);
const SLOW: Duration = Duration::from_millis(100);

pub(super) fn health(
    layers: &[LayerStatus],
    metrics: &ApplicationMetrics,
    pin: Option<&Pin>,
    folder_fault: Option<&str>,
    now: SystemTime,
) -> Health {
    let mut health = Health::new("application");
    layers.iter().filter_map(of_layer).for_each(|finding| health.push(finding));
    if metrics.healthy_sources == 0 {
        let text = "no source of settings answers";
        health.push(Finding::fault(text, "see what is said of each layer").at(Condition::Unusable));
    }
    let silence = metrics.last_success.and_then(|at| now.duration_since(at).ok());
    if silence.is_none_or(|silence| silence > SILENCE) {
        let since = metrics.last_success.map_or("the start".to_owned(), utc);
        health.push(Finding::fault(format!("no source has answered since {since}"), "reload the settings"));
    }
    if metrics.mean_time().is_some_and(|mean| mean >= SLOW) {
        health.push(Finding::fault(
            "a reload takes 100 ms or more on average",
            "have fewer settings in one application",
        ));
    }
    let (failed, good) = (metrics.reloads_with(ReloadStatus::Failed), metrics.reloads_total());
    if failed > 0 && failed >= good - failed {
        health.push(Finding::fault(
            "as many reloads failed as succeeded, or more",
            "see what is said of each layer",
        ));
    }
    if let Some(pin) = pin {
        let text = format!(
            "this process is rolled back to version {}; newer versions that are not in force: {}",
            pin.version.number(),
            pin.newer
        );
        health.push(Finding::hint(text, "reload to return to the newest"));
    }
    if let Some(fault) = folder_fault {
        health.push(Finding::fault(fault, "until then a restart cannot begin with the last good values"));
    }
    health
}

fn of_layer(layer: &LayerStatus) -> Option<Finding> {
    let (name, failure) = (&layer.name, layer.failure.as_ref());
    let why = failure.map_or(String::new(), |it| format!(": {}: {}", it.error.place, it.error.reason));
    let remedy = failure.map_or(String::new(), |it| it.error.remedy.clone());
    Some(match layer.condition {
        LayerCondition::Current => return None,
        LayerCondition::Refused => {
            let faults: Vec<_> = layer.faults.iter().map(ToString::to_string).collect();
            let text = format!("new values of the layer {name} are refused: {}", faults.join("; "));
            Finding::fault(text, "the last good ones stay in force until they are corrected")
        }
        LayerCondition::Stale { since } => {
            Finding::fault(format!("the layer {name} is stale since {}{why}", utc(since)), remedy)
        }
        LayerCondition::Remembered { at } => {
            let text = format!("the layer {name} has not answered; its values are those of {}{why}", utc(at));
            Finding::fault(text, remedy)
        }
        // A layer that need not be there is not.
        LayerCondition::Missing if failure.is_some_and(|it| it.error.fault == SourceFault::Missing) => {
            Finding::hint(format!("the layer {name} is missing{why}"), remedy)
        }
        LayerCondition::Missing => Finding::fault(format!("the layer {name} is missing{why}"), remedy),
    })
}
