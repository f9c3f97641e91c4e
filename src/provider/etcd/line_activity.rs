//! When bytes last arrived from a member, or left for it: while they do, a call over a thin line is alive,
//! however long its answer takes to arrive, or its request to leave.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use etcd_client::{BalancedChannelBuilder, Channel};
use futures::{TryStreamExt, stream};
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, StreamBody};
use tokio::sync::mpsc::Sender;
use tokio::task_local;
use tokio::time::{Instant, sleep_until};
use tonic::body::Body;
use tonic::transport::Endpoint;
use tonic::transport::channel::Change;
use tower::util::{BoxCloneSyncService, ServiceExt};
use tower::{BoxError, service_fn};

use super::error::Fault;
use super::range_call::KvExtractor;
use crate::domain::LinkState;

task_local! {
    /// What the calls of this task count for besides their link.
    static COUNTED: Arc<LineActivity>;
}

/// What has been received by one call or stream, over a link, or over all links of a connector.
#[derive(Debug)]
pub(super) struct LineActivity {
    /// That of the link of a call, or of all links.
    whole: Option<Arc<Self>>,
    begun: Instant,
    bytes: AtomicU64,
    /// Milliseconds after `begun`, as the next one.
    last_heard: AtomicU64,
    /// When a piece of a request last left; not of the parts of this.
    last_sent: AtomicU64,
}

impl Default for LineActivity {
    fn default() -> Self {
        let zero = AtomicU64::default;
        Self { whole: None, begun: Instant::now(), bytes: zero(), last_heard: zero(), last_sent: zero() }
    }
}

impl LineActivity {
    /// That of a part, a new link or a call over one, whose bytes count for the whole too.
    pub(super) fn part_of(whole: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self { whole: Some(Arc::clone(whole)), ..Self::default() })
    }

    /// Makes a call, or opens a stream, of which this is the activity.
    pub(super) fn counting<T>(self: &Arc<Self>, open: impl Future<Output = T>) -> impl Future<Output = T> {
        COUNTED.scope(Arc::clone(self), Box::pin(open))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn sent_a_piece(&self) {
        self.last_sent.fetch_max(self.now(), Ordering::Relaxed);
    }

    fn received(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.last_heard.fetch_max(self.now(), Ordering::Relaxed);
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
    pub(super) fn within_silence<T>(
        &self,
        silence: Duration,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> impl Future<Output = Result<T, Fault>> {
        until(Box::pin(call), move |asked| asked.max(self.last_heard()) + silence)
    }

    /// The outcome of a write, or [`Fault::Timeout`] once for `silence` no piece of it has left. After the
    /// last piece it is waited for as long again as all of them took: so much may be on its way. What arrives
    /// is no sign of life here, because a watch may go on arriving while the write is lost.
    pub(super) fn while_sending<T>(
        &self,
        silence: Duration,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> impl Future<Output = Result<T, Fault>> {
        until(Box::pin(call), move |asked| {
            let sent = asked.max(self.begun + Duration::from_millis(self.last_sent.load(Ordering::Relaxed)));
            sent + silence.max(sent - asked)
        })
    }
}

/// The outcome of a call, or [`Fault::Timeout`] at a moment that may move on meanwhile; it is told when the
/// call began. The call is on the heap: by value it would double the size of a future that others are nested
/// in.
async fn until<T>(
    mut call: Pin<Box<impl Future<Output = Result<T, Fault>>>>,
    deadline: impl Fn(Instant) -> Instant,
) -> Result<T, Fault> {
    let asked = Instant::now();
    loop {
        tokio::select! {
            biased;
            answer = &mut call => return answer,
            () = sleep_until(deadline(asked)) => {}
        }
        if deadline(asked) <= Instant::now() {
            return Err(Fault::Timeout);
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

/// What the paths of reads and writes begin with.
const KV: &str = "/etcdserverpb.KV/";

/// How much of a request is given to the connection at once, which takes the next piece when the server has
/// made room for it.
const PIECE: usize = 16 * 1024;

/// A request in pieces, each noted when it leaves.
fn in_pieces(body: Body, activity: Arc<LineActivity>) -> Body {
    let pieces = BodyStream::new(body).map_ok(move |frame| {
        let activity = Arc::clone(&activity);
        // Requests have no trailers.
        let mut rest = frame.into_data().unwrap_or_default();
        stream::iter(std::iter::from_fn(move || {
            let piece = rest.split_to(rest.len().min(PIECE));
            activity.sent_a_piece();
            (!piece.is_empty()).then(|| Ok::<_, tonic::Status>(Frame::data(piece)))
        }))
    });
    Body::new(StreamBody::new(pieces.try_flatten()))
}

/// The client library's channel, with what it receives counted, with large requests sent in pieces, and with
/// the entries of [`RangeCall`]s taken out.
///
/// [`RangeCall`]: super::range_call::RangeCall
pub(super) struct CountedChannel(pub(super) Arc<LineActivity>);

impl BalancedChannelBuilder for CountedChannel {
    type Error = tonic::transport::Error;

    fn balanced_channel(
        self,
        buffer: usize,
    ) -> Result<(Channel, Sender<Change<http::Uri, Endpoint>>), Self::Error> {
        let (channel, endpoints) = tonic::transport::Channel::balance_channel(buffer);
        let activity = self.0;
        let counted = service_fn(move |request: http::Request<Body>| {
            let activity = COUNTED.try_with(Arc::clone).unwrap_or_else(|_| Arc::clone(&activity));
            let mut extractor = KvExtractor::of_request(request.uri().path());
            let request = match request.uri().path().starts_with(KV) {
                true => request.map(|body| in_pieces(body, Arc::clone(&activity))),
                false => request,
            };
            let response = channel.clone().oneshot(request);
            async move {
                let counted = response.await?.map(|body| {
                    Body::new(body.map_frame(move |frame| {
                        activity.received(frame.data_ref().map_or(0, |data| data.len()));
                        frame.map_data(|data| match &mut extractor {
                            Some(extractor) => extractor.take(data),
                            None => data,
                        })
                    }))
                });
                Ok::<_, BoxError>(counted)
            }
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
    async fn a_write_lives_while_it_leaves_and_ends_with_silence_whatever_else_arrives() {
        let activity = LineActivity::default();
        let begun = Instant::now();
        let slow = async {
            for _ in 0..10 {
                tokio::time::sleep(SILENCE / 5).await;
                activity.sent_a_piece();
            }
            // Those that are on their way still, after as long as it took to send them.
            tokio::time::sleep(3 * SILENCE / 2).await;
            Ok(())
        };
        assert_eq!(activity.while_sending(SILENCE, slow).await, Ok(()));
        assert!(begun.elapsed() >= 3 * SILENCE);

        let begun = Instant::now();
        let lost = async {
            loop {
                tokio::time::sleep(SILENCE / 5).await;
                activity.received(1_000);
            }
        };
        assert_eq!(activity.while_sending::<()>(SILENCE, lost).await, Err(Fault::Timeout));
        assert!(begun.elapsed() < 2 * SILENCE);
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
