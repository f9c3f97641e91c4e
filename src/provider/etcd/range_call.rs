//! A read of a range whose entries are handed on while its answer is still arriving: a long answer needs no
//! memory of its size, shows at once, and is not lost as a whole when the line is cut in the middle of it.
//!
//! The client library gives an answer once all of it is there. So the entries are taken out of the message on
//! its way (see [`super::line_activity::CountedChannel`]), and the library is given what is left.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use etcd_client::proto::{PbKeyValue, PbResponseHeader};
use etcd_client::{GetOptions, GetResponse, KeyValue, ResponseHeader};
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use prost::{Message, decode_length_delimiter};
use tokio::task_local;
use tokio::time::timeout;

use super::error::Fault;
use super::link::MemberLink;
use crate::provider::{CALL_DEADLINE, PAGE_LIMIT};

/// How long entries are gathered before they are handed on: a thin line brings a few at a time.
const GATHERING: Duration = Duration::from_millis(250);

/// The one method whose answers hold entries in this place.
const RANGE: &str = "/etcdserverpb.KV/Range";

task_local! {
    /// Where the entries go of the answer that is awaited: the library's calls take no argument that reaches
    /// the channel, and the channel is called within the task that awaits the answer.
    static DESTINATION: Arc<Mutex<RangePart>>;
}

/// What has arrived of an answer and was not handed on yet.
#[derive(Debug, Default)]
pub(super) struct RangePart {
    pub(super) header: Option<ResponseHeader>,
    pub(super) kvs: Vec<KeyValue>,
}

/// One request and the parts of its answer.
pub(super) struct RangeCall {
    arrived: Arc<Mutex<RangePart>>,
    /// Never locked: a future alone could not be part of what tasks share.
    answer: Mutex<BoxFuture<'static, Result<GetResponse, Fault>>>,
}

impl RangeCall {
    /// Sent once the first part is asked for. It ends once nothing has arrived for [`CALL_DEADLINE`].
    pub(super) fn new(link: &MemberLink, from: Vec<u8>, options: GetOptions) -> Self {
        let (link, arrived) = (link.clone(), Arc::<Mutex<RangePart>>::default());
        let destination = Arc::clone(&arrived);
        let answer = async move {
            let (link, from, options) = (&link, &*from, &options);
            let call = link.with_token_renewal(|| {
                let get = async move { Ok(link.kv().get(from, Some(options.clone())).await?) };
                DESTINATION.scope(Arc::clone(&destination), get)
            });
            link.activity.within_silence(CALL_DEADLINE, call).await
        };
        Self { arrived, answer: Mutex::new(answer.boxed()) }
    }

    /// What has arrived since the last part, with the rest of the answer once that is complete. Not to be
    /// called again after that, or after a fault.
    pub(super) async fn next(&mut self) -> Result<(RangePart, Option<GetResponse>), Fault> {
        let (answer, arrived) = (self.answer.get_mut(), &self.arrived);
        loop {
            let enough = poll_fn(|context| match answer.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending if arrived.lock().kvs.len() >= PAGE_LIMIT => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            });
            let mut whole = timeout(GATHERING, enough).await.ok().flatten().transpose()?;
            let (header, mut kvs) = {
                let mut arrived = arrived.lock();
                (arrived.header.clone(), std::mem::take(&mut arrived.kvs))
            };
            // What was not taken out, as of an answer that a proxy has compressed.
            kvs.extend(whole.iter_mut().flat_map(GetResponse::take_kvs));
            if whole.is_some() || !kvs.is_empty() {
                let header = header.or_else(|| whole.as_mut().and_then(GetResponse::take_header));
                return Ok((RangePart { header, kvs }, whole));
            }
        }
    }
}

/// Takes the entries out of one answer, in whatever pieces its message comes.
pub(super) struct KvExtractor {
    destination: Arc<Mutex<RangePart>>,
    /// What has come and is no whole field yet.
    buffer: BytesMut,
    /// How much of the message is still to come, once its length is known.
    left: Option<usize>,
    /// The message without its entries.
    rest: BytesMut,
    /// What comes now is passed on as it is.
    is_done: bool,
}

impl KvExtractor {
    /// For a request of this path, if the task that makes it awaits entries.
    pub(super) fn of_request(path: &str) -> Option<Self> {
        let destination = DESTINATION.try_with(Arc::clone).ok().filter(|_| path == RANGE)?;
        Some(Self::new(destination))
    }

    fn new(destination: Arc<Mutex<RangePart>>) -> Self {
        let (buffer, rest) = (BytesMut::new(), BytesMut::new());
        Self { destination, buffer, left: None, rest, is_done: false }
    }

    /// Takes a piece, and returns what the library is given in its place: nothing until the message is
    /// complete.
    pub(super) fn take(&mut self, piece: Bytes) -> Bytes {
        if self.is_done {
            return piece;
        }
        self.buffer.extend_from_slice(&piece);
        match self.read_fields() {
            Ok(None) => Bytes::new(),
            Ok(Some(message)) => {
                self.is_done = true;
                message
            }
            Err(Malformed) => {
                self.is_done = true;
                // Which the library refuses as the beginning of a message.
                Bytes::from_static(&[u8::MAX])
            }
        }
    }

    /// Reads the fields that are complete; returns the message for the library once there is one.
    fn read_fields(&mut self) -> Result<Option<Bytes>, Malformed> {
        let mut left = match (self.left, self.buffer.first_chunk()) {
            (Some(left), _) => left,
            (None, None) => return Ok(None),
            (None, Some(&[PLAIN, a, b, c, d])) => {
                self.buffer.advance(PREFIX);
                usize::try_from(u32::from_be_bytes([a, b, c, d])).map_err(|_| Malformed)?
            }
            // Compressed, which nobody has asked for: left to the library.
            (None, Some(_)) => return Ok(Some(self.buffer.split().freeze())),
        };
        let mut arrived = self.destination.lock();
        while left > 0 {
            let Some(Field { tag, start, end }) = Field::first_of(&self.buffer)? else { break };
            left = left.checked_sub(end).ok_or(Malformed)?;
            let field = self.buffer.split_to(end);
            let content = field.get(start..).unwrap_or_default();
            if tag == KVS {
                arrived.kvs.push(KeyValue(PbKeyValue::decode(content).map_err(|_| Malformed)?));
                continue;
            }
            if tag == HEADER {
                let header = PbResponseHeader::decode(content).map_err(|_| Malformed)?;
                arrived.header = Some(ResponseHeader(header));
            }
            self.rest.extend_from_slice(&field);
        }
        self.left = Some(left);
        if left > 0 {
            return Ok(None);
        }
        let length = u32::try_from(self.rest.len()).map_err(|_| Malformed)?;
        let mut message = BytesMut::with_capacity(PREFIX + self.rest.len());
        message.put_u8(PLAIN);
        message.put_u32(length);
        message.extend_from_slice(&self.rest);
        Ok(Some(message.freeze()))
    }
}

/// What begins a message of gRPC: whether it is compressed, and its length in four bytes.
const PREFIX: usize = 5;
const PLAIN: u8 = 0;

/// The tags of two fields of the answer.
const HEADER: usize = 0x0a;
const KVS: usize = 0x12;

/// The longest number that protocol buffers write.
const LONGEST_NUMBER: usize = 10;

#[derive(Debug)]
struct Malformed;

/// A field of a message: its content is from `start` to `end`.
struct Field {
    tag: usize,
    start: usize,
    end: usize,
}

impl Field {
    /// The field that a buffer begins with; `None` while a part of it is missing.
    fn first_of(buffer: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut view = buffer;
        let Some(tag) = number(&mut view)? else { return Ok(None) };
        let mut start = buffer.len() - view.len();
        let length = match tag & 0b111 {
            1 => 8,
            5 => 4,
            kind @ (0 | 2) => {
                let Some(number) = number(&mut view)? else { return Ok(None) };
                let after = buffer.len() - view.len();
                if kind == 0 {
                    after - start
                } else {
                    start = after;
                    number
                }
            }
            _ => return Err(Malformed),
        };
        let end = start.checked_add(length).ok_or(Malformed)?;
        Ok((end <= buffer.len()).then_some(Self { tag, start, end }))
    }
}

/// A number of variable length, `None` while a part of it is missing.
fn number(view: &mut &[u8]) -> Result<Option<usize>, Malformed> {
    let is_short = view.len() < LONGEST_NUMBER;
    match decode_length_delimiter(view) {
        Ok(number) => Ok(Some(number)),
        Err(_) if is_short => Ok(None),
        Err(_) => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use etcd_client::proto::PbRangeResponse;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn entry(key: Vec<u8>, value: Vec<u8>, revision: i64) -> PbKeyValue {
        PbKeyValue { key, value, mod_revision: revision, create_revision: 1, version: 2, lease: 0 }
    }

    fn framed(message: &PbRangeResponse) -> Vec<u8> {
        let bytes = message.encode_to_vec();
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        [&[PLAIN][..], &length, &bytes].concat()
    }

    fn answers() -> impl Strategy<Value = PbRangeResponse> {
        let entry = (vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..300), any::<i64>())
            .prop_map(|(key, value, revision)| entry(key, value, revision));
        let header = (any::<u64>(), any::<i64>()).prop_map(|(cluster_id, revision)| PbResponseHeader {
            cluster_id,
            revision,
            ..PbResponseHeader::default()
        });
        (header, vec(entry, 0..20), any::<bool>(), any::<i64>())
            .prop_map(|(header, kvs, more, count)| PbRangeResponse { header: Some(header), kvs, more, count })
    }

    proptest! {
        /// However the network cuts an answer, its entries come out once, whole and in order, and the library
        /// gets everything else.
        #[test]
        fn entries_and_the_rest_are_what_was_sent(answer in answers(), cuts in vec(1usize..200, 1..60)) {
            let bytes = Bytes::from(framed(&answer));
            let arrived = Arc::<Mutex<RangePart>>::default();
            let mut extractor = KvExtractor::new(Arc::clone(&arrived));
            let (mut at, mut given) = (0, Vec::new());
            for cut in cuts.into_iter().cycle() {
                let end = (at + cut).min(bytes.len());
                given.extend(extractor.take(bytes.slice(at..end)));
                at = end;
                let seen = arrived.lock().kvs.len();
                prop_assert!(seen <= answer.kvs.len() && (at < bytes.len() || seen == answer.kvs.len()));
                if at == bytes.len() {
                    break;
                }
            }
            let rest = PbRangeResponse { kvs: Vec::new(), ..answer.clone() };
            prop_assert_eq!(given, framed(&rest));
            let arrived = std::mem::take(&mut *arrived.lock());
            prop_assert_eq!(arrived.header.map(|header| header.0), answer.header);
            prop_assert_eq!(arrived.kvs.into_iter().map(|kv| kv.0).collect::<Vec<_>>(), answer.kvs);
        }

        /// Bytes that are no answer end in an error of the library, or in one of ours: never in a panic.
        #[test]
        fn nonsense_is_no_answer(pieces in vec(vec(any::<u8>(), 0..30), 0..20), length in 0u8..200) {
            let mut extractor = KvExtractor::new(Arc::default());
            extractor.take(Bytes::from(vec![PLAIN, 0, 0, 0, length]));
            for piece in pieces {
                extractor.take(piece.into());
            }
        }
    }

    #[test]
    fn an_entry_is_there_before_the_answer_ends() {
        let kvs = vec![entry(b"a".to_vec(), b"1".to_vec(), 7), entry(b"b".to_vec(), vec![b'x'; 90_000], 8)];
        let header = Some(PbResponseHeader { revision: 9, ..PbResponseHeader::default() });
        let bytes = Bytes::from(framed(&PbRangeResponse { header, kvs, more: false, count: 2 }));
        let arrived = Arc::<Mutex<RangePart>>::default();
        let mut extractor = KvExtractor::new(Arc::clone(&arrived));
        assert!(extractor.take(bytes.slice(..50_000)).is_empty());
        let part = std::mem::take(&mut *arrived.lock());
        assert_eq!((part.kvs.len(), part.header.unwrap().revision()), (1, 9));
        assert!(!extractor.take(bytes.slice(50_000..)).is_empty());
        assert_eq!(arrived.lock().kvs.len(), 1);
    }

    #[test]
    fn a_compressed_answer_is_left_to_the_library() {
        let mut extractor = KvExtractor::new(Arc::default());
        let pieces: [&'static [u8]; 3] = [&[1, 0, 0], &[0, 2, 31], &[139]];
        let given: Vec<_> =
            pieces.iter().flat_map(|piece| extractor.take(Bytes::from_static(piece))).collect();
        assert_eq!(given, [1, 0, 0, 0, 2, 31, 139]);
    }
}
