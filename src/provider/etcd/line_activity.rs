//! When bytes last arrived from a member: while they do, a call over a thin line is alive, however long its
//! answer takes to arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use etcd_client::{BalancedChannelBuilder, Channel};
use http_body_util::BodyExt;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep_until};
use tonic::body::Body;
use tonic::transport::Endpoint;
use tonic::transport::channel::Change;
use tower::util::{BoxCloneSyncService, ServiceExt};

use super::error::Fault;
use crate::domain::LinkState;

/// What has been received over a link, or over all links of a connector.
#[derive(Debug)]
pub(super) struct LineActivity {
    /// Of all links.
    whole: Option<Arc<Self>>,
    begun: Instant,
    bytes: AtomicU64,
    /// Milliseconds after `begun`.
    last_heard: AtomicU64,
}

impl Default for LineActivity {
    fn default() -> Self {
        Self { whole: None, begun: Instant::now(), bytes: AtomicU64::new(0), last_heard: AtomicU64::new(0) }
    }
}

impl LineActivity {
    /// That of a new link, whose bytes count for all links too.
    pub(super) fn of_link(whole: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self { whole: Some(Arc::clone(whole)), ..Self::default() })
    }

    fn received(&self, bytes: usize) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.last_heard.fetch_max(now, Ordering::Relaxed);
        if let Some(whole) = &self.whole {
            whole.received(bytes);
        }
    }

    /// How many bytes of answers have arrived.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn last_heard(&self) -> Instant {
        self.begun + Duration::from_millis(self.last_heard.load(Ordering::Relaxed))
    }

    /// The outcome of a call, or [`Fault::Timeout`] once nothing at all has arrived for `silence`: an answer of any
    /// size may take as long as the line needs for it.
    pub(super) async fn within_silence<T>(
        &self,
        silence: Duration,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        // On the heap: a pinned local would double the size of a future that others are nested in.
        let (mut call, asked) = (Box::pin(call), Instant::now());
        loop {
            let until = asked.max(self.last_heard()) + silence;
            tokio::select! {
                biased;
                answer = &mut call => return answer,
                () = sleep_until(until) => {}
            }
            if asked.max(self.last_heard()) + silence <= Instant::now() {
                return Err(Fault::Timeout);
            }
        }
    }
}

/// The rate at which a load arrives.
pub(super) struct LineRate<'a> {
    activity: &'a LineActivity,
    since: Instant,
    bytes: u64,
    last: Option<u64>,
}

impl<'a> LineRate<'a> {
    pub(super) fn new(activity: &'a LineActivity) -> Self {
        Self { activity, since: Instant::now(), bytes: activity.bytes(), last: None }
    }

    /// The state of a load that has `entries`, with the rate of the last second or more. A load that is done
    /// within a second shows none.
    pub(super) fn loading(&mut self, entries: usize) -> LinkState {
        let (took, bytes) = (self.since.elapsed(), self.activity.bytes());
        if took >= Duration::from_secs(1) {
            let per_second = u128::from(bytes - self.bytes) * 1_000 / took.as_millis().max(1);
            self.last = u64::try_from(per_second).ok();
            (self.since, self.bytes) = (Instant::now(), bytes);
        }
        LinkState::Loading { entries, bytes_per_second: self.last }
    }
}

/// The client library's channel, with what it receives counted.
pub(super) struct CountedChannel(pub(super) Arc<LineActivity>);

impl BalancedChannelBuilder for CountedChannel {
    type Error = tonic::transport::Error;

    fn balanced_channel(
        self,
        buffer: usize,
    ) -> Result<(Channel, Sender<Change<http::Uri, Endpoint>>), Self::Error> {
        let (channel, endpoints) = tonic::transport::Channel::balance_channel(buffer);
        let activity = self.0;
        let counted = channel.map_err(Into::into).map_response(move |response: http::Response<Body>| {
            let activity = Arc::clone(&activity);
            response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    activity.received(frame.data_ref().map_or(0, |data| data.len()));
                    frame
                }))
            })
        });
        Ok((Channel::Custom(BoxCloneSyncService::new(counted)), endpoints))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_millis(500);

    #[tokio::test]
    async fn a_call_lives_while_bytes_arrive_and_ends_with_silence() {
        let activity = LineActivity::default();
        let begun = Instant::now();
        let slow = async {
            for _ in 0..10 {
                tokio::time::sleep(SILENCE / 5).await;
                activity.received(1_000);
            }
            Ok(())
        };
        assert_eq!(activity.within_silence(SILENCE, slow).await, Ok(()));
        assert!(begun.elapsed() >= 2 * SILENCE && activity.bytes() == 10_000);

        let begun = Instant::now();
        let stuck = async {
            tokio::time::sleep(SILENCE / 2).await;
            activity.received(1);
            std::future::pending::<Result<(), Fault>>().await
        };
        assert_eq!(activity.within_silence(SILENCE, stuck).await, Err(Fault::Timeout));
        assert!(begun.elapsed() >= SILENCE + SILENCE / 2 - Duration::from_millis(1));
    }

    #[tokio::test]
    async fn what_came_before_a_call_is_no_sign_of_life() {
        let activity = LineActivity::default();
        activity.received(1);
        let begun = Instant::now();
        let never = std::future::pending::<Result<(), Fault>>();
        assert_eq!(activity.within_silence(SILENCE, never).await, Err(Fault::Timeout));
        assert!(begun.elapsed() >= SILENCE);
    }
}
