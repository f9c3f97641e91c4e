//! Whether an application's settings are well: the verdict of system C (docs/applications.md), and how each
//! layer stands.

use std::time::{Duration, SystemTime};

use super::super::SourceFault;
use super::layer_state::{LayerCondition, LayerStatus};
use super::metrics::ApplicationMetrics;
use super::report::ReloadStatus;
use super::state::Pin;
use crate::domain::{Condition, Fact, Finding, Health, MemberHealth, utc};

/// Sources are asked twice in that time at least, so longer silence means that nothing asks them any more.
const SILENCE: Duration = Duration::from_secs(300);
const SLOW: Duration = Duration::from_millis(100);

pub(super) fn health(
    layers: &[LayerStatus],
    metrics: &ApplicationMetrics,
    pin: Option<&Pin>,
    folder_fault: Option<&str>,
    (now, asked_within): (SystemTime, Duration),
) -> Health {
    let mut health = Health::new("application");
    health.members = layers.iter().map(member).collect();
    layers.iter().filter_map(of_layer).for_each(|finding| health.push(finding));
    if metrics.healthy_sources == 0 {
        let text = "no source of settings answers";
        health.push(Finding::fault(text, "see what is said of each layer").at(Condition::Unusable));
    }
    let silence = metrics.last_success.and_then(|at| now.duration_since(at).ok());
    if silence.is_none_or(|silence| silence > SILENCE.max(asked_within.saturating_mul(2))) {
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

/// A layer as a member of its application.
fn member(layer: &LayerStatus) -> MemberHealth {
    let finding = of_layer(layer);
    let count = u64::try_from(layer.values).unwrap_or(u64::MAX);
    let mut facts = vec![Fact::ordinal("rank", layer.rank.into()), Fact::count("values", count)];
    facts.push(Fact::text("layer", layer.condition.word()));
    facts.extend(layer.answered.map(|at| Fact::moment("answered", at)));
    facts.extend(layer.facts.iter().map(|(name, words)| Fact::text(name, words)));
    MemberHealth {
        name: layer.name.to_string(),
        address: String::new(),
        condition: Some(finding.as_ref().map_or(Condition::Healthy, Finding::condition)),
        role: None,
        latency: None,
        facts,
        detail: finding.map(|finding| finding.text).unwrap_or_default(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(metrics: &ApplicationMetrics, after: u64, asked_within: u64) -> Vec<String> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(after);
        let health = health(&[], metrics, None, None, (now, Duration::from_secs(asked_within)));
        health.findings().iter().map(|it| it.text.clone()).collect()
    }

    #[test]
    fn system_c_no_answer_for_300_s_and_slow_reloads_are_faults() {
        let last_success = Some(SystemTime::UNIX_EPOCH);
        let mut metrics =
            ApplicationMetrics { last_success, healthy_sources: 1, ..ApplicationMetrics::default() };
        metrics.count(ReloadStatus::Success, Duration::from_millis(99));
        assert!(texts(&metrics, 300, 120).is_empty());
        assert_eq!(texts(&metrics, 301, 120), ["no source has answered since 1970-01-01T00:00:00Z"]);
        assert!(texts(&metrics, 301, 200).is_empty(), "who is asked less often may be silent for longer");
        metrics.count(ReloadStatus::Success, Duration::from_millis(101));
        assert_eq!(texts(&metrics, 0, 120), ["a reload takes 100 ms or more on average"]);
    }

    #[test]
    fn system_c_as_many_failures_as_successes_are_a_fault() {
        let last_success = Some(SystemTime::UNIX_EPOCH);
        let mut metrics =
            ApplicationMetrics { last_success, healthy_sources: 1, ..ApplicationMetrics::default() };
        let mut count = |status| {
            metrics.count(status, Duration::ZERO);
            texts(&metrics, 0, 120).len()
        };
        let all = [ReloadStatus::Success, ReloadStatus::Failed, ReloadStatus::Partial, ReloadStatus::Failed];
        assert_eq!(all.map(&mut count), [0, 1, 0, 1]);
    }
}
