//! Paged reads of a range, or of the parts of it that the user may read; all pages are pinned to the
//! revision of the first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use etcd_client::{Event, GetOptions, GetResponse, KeyValue};
use futures::stream::{self, Stream, TryStreamExt};

use super::connect::Connector;
use super::error::Fault;
use super::layout::{KeyRange, Keyspace};
use super::link::{Head, MemberLink};
use super::page_sizer::{PageSize, PageSizer};
use super::range_call::{RangeCall, RangePart};
use super::rights::ReadableRanges;
use crate::domain::{
    Change, ChangeKind, Coverage, Document, Entry, KeyPrefix, LeaseId, ResourceKey, Revision, Token,
};
use crate::provider::{self, Page};

/// A part of a response of a paged read.
pub(super) struct KvChunk {
    pub(super) head: Head,
    pub(super) kvs: Vec<KeyValue>,
}

/// Reads ranges page by page at one revision, and hands on what has arrived of a page. After a failure it
/// goes on where it was, over another link if need be.
pub(super) struct Pager {
    link: MemberLink,
    /// What has not been handed on: each from its first key on.
    ranges: VecDeque<KeyRange>,
    keys_only: bool,
    page_size: PageSize,
    /// From the first page, with the requested revision where there is one.
    head: Option<Head>,
    pinned: Option<Revision>,
    page: Option<PendingPage>,
}

/// A page that was requested, and what has been handed on of it.
struct PendingPage {
    call: RangeCall,
    asked: Instant,
    entries: usize,
    bytes: usize,
}

impl Pager {
    /// Reads the ranges as they are now, or at a past revision.
    pub(super) fn new(link: MemberLink, ranges: &[KeyRange], keys_only: bool, at: Option<Revision>) -> Self {
        let page_size = link.page_sizer.first_size();
        let ranges = ranges.to_vec().into();
        Self { link, ranges, keys_only, page_size, head: None, pinned: at, page: None }
    }

    /// Goes on where it was, over another link.
    pub(super) fn over(self, link: &MemberLink) -> Self {
        Self { link: link.clone(), page_size: link.page_sizer.first_size(), page: None, ..self }
    }

    /// What has arrived next; there is always a first chunk, later ones only while keys remain.
    pub(super) async fn next(&mut self) -> Result<Option<KvChunk>, Fault> {
        while let Some(range) = self.ranges.front() {
            let mut page = match self.page.take() {
                Some(page) => page,
                None => self.request(range),
            };
            let arrived = page.call.next().await;
            if !matches!(arrived, Ok((_, None)) | Err(Fault::Timeout)) {
                self.record_size(PageSizer::received);
            }
            match arrived {
                Err(Fault::ResponseTooLarge) => {
                    self.page_size = self.page_size.smaller().ok_or(Fault::ResponseTooLarge)?
                }
                arrived => {
                    let (part, answer) = arrived?;
                    if let Some(chunk) = self.accept(page, part, answer)? {
                        return Ok(Some(chunk));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Shares the page size with the cluster's other loads. Key-only pages do not reveal document sizes.
    fn record_size(&self, tell: impl FnOnce(&PageSizer, PageSize)) {
        if !self.keys_only {
            tell(&self.link.page_sizer, self.page_size);
        }
    }

    fn request(&self, range: &KeyRange) -> PendingPage {
        self.record_size(PageSizer::requested);
        // Revision 0 is the newest.
        let revision = self.pinned.map_or(0, signed);
        let mut options =
            GetOptions::new().with_range(&*range.to).with_limit(self.page_size.0).with_revision(revision);
        if self.keys_only {
            options = options.with_keys_only();
        }
        let call = RangeCall::new(&self.link, range.from.clone(), options);
        PendingPage { call, asked: Instant::now(), entries: 0, bytes: 0 }
    }

    /// The chunk of a part, unless there is nothing in it.
    fn accept(
        &mut self,
        mut page: PendingPage,
        RangePart { header, kvs }: RangePart,
        answer: Option<GetResponse>,
    ) -> Result<Option<KvChunk>, Fault> {
        let now = Head::of(header.as_ref())?;
        let is_first = self.head.is_none();
        let head = *self.head.get_or_insert(Head { revision: self.pinned.unwrap_or(now.revision), ..now });
        if head.cluster != now.cluster {
            // Another cluster answers at the same address.
            return Err(Fault::Broken);
        }
        self.pinned = Some(head.revision);
        page.entries += kvs.len();
        page.bytes += kvs.iter().map(|kv| kv.key().len() + kv.value().len() + 32).sum::<usize>();
        if let (Some(last), Some(range)) = (kvs.last(), self.ranges.front_mut()) {
            range.from = [last.key(), &[0]].concat();
        }
        match answer {
            None => self.page = Some(page),
            Some(answer) => {
                self.page_size = self.page_size.after(page.entries, page.bytes, page.asked.elapsed());
                self.record_size(PageSizer::received);
                if page.entries == 0 || !answer.more() {
                    self.ranges.pop_front();
                }
            }
        }
        Ok((is_first || !kvs.is_empty()).then_some(KvChunk { head, kvs }))
    }
}

/// A started paged read, of the whole scope or of the parts of it that the user may read.
pub(super) struct PagedRead {
    pub(super) readable: ReadableRanges,
    pub(super) first: KvChunk,
    pub(super) pager: Pager,
}

impl PagedRead {
    pub(super) async fn start(link: &MemberLink, scope: &KeyScope, keys_only: bool) -> Result<Self, Fault> {
        match Self::read(link, ReadableRanges::whole(scope), keys_only).await {
            Err(Fault::Denied) => {
                let ranges = ReadableRanges::query(link, scope).await?;
                Self::read(link, ranges, keys_only).await
            }
            begun => begun,
        }
    }

    async fn read(link: &MemberLink, readable: ReadableRanges, keys_only: bool) -> Result<Self, Fault> {
        let mut pager = Pager::new(link.clone(), &readable.ranges, keys_only, None);
        let first = pager.next().await?.ok_or(Fault::Malformed)?;
        Ok(Self { readable, first, pager })
    }
}

/// A revision as etcd's messages encode it.
pub(super) fn signed(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// A revision from etcd's messages; negative ones do not occur.
pub(super) fn unsigned(revision: i64) -> Revision {
    Revision(u64::try_from(revision).unwrap_or(0))
}

/// The entry under the name that its key has, whatever name it was asked for by: `key:a/webhooks/b` is the
/// webhook `a/b`, and its secrets are hidden as those of a webhook.
pub(super) fn entry(keyspace: &Keyspace, kv: &KeyValue) -> Option<Entry> {
    let revision = unsigned(kv.mod_revision());
    Some(Entry {
        key: keyspace.decode(kv.key())?,
        document: Document::new(kv.value()),
        revision,
        created: Some(unsigned(kv.create_revision())),
        version: u64::try_from(kv.version()).ok(),
        token: Token::counter(revision.0),
        lease: (kv.lease() != 0).then(|| LeaseId(kv.lease())),
    })
}

/// A key prefix with its etcd range. The range can contain more keys than the prefix covers.
#[derive(Clone)]
pub(super) struct KeyScope {
    pub(super) keyspace: Keyspace,
    pub(super) prefix: KeyPrefix,
    pub(super) range: KeyRange,
}

impl KeyScope {
    pub(super) fn new(keyspace: &Keyspace, prefix: KeyPrefix) -> Self {
        Self { keyspace: keyspace.clone(), range: keyspace.range(&prefix), prefix }
    }

    /// The resource of an etcd key, if the prefix covers it.
    pub(super) fn name(&self, stored: &[u8]) -> Option<ResourceKey> {
        self.keyspace.decode(stored).filter(|key| self.prefix.covers(key))
    }

    pub(super) fn entry(&self, kv: &KeyValue) -> Option<Entry> {
        entry(&self.keyspace, kv).filter(|entry| self.prefix.covers(&entry.key))
    }

    /// The change of an event, with its revision; `None` for keys that the prefix does not cover.
    pub(super) fn change(&self, event: &Event) -> Option<(Revision, Change)> {
        let kv = event.kv()?;
        let key = self.name(kv.key())?;
        let revision = unsigned(kv.mod_revision());
        // By the version and not by the event's type, because the client library panics at unknown types:
        // a deletion resets the version to zero, a write never does.
        let kind = match kv.version() {
            0 => ChangeKind::Deleted { key },
            _ => ChangeKind::Put { entry: self.entry(kv)? },
        };
        Some((revision, Change { revision, kind }))
    }

    /// The right that reading this range needs, for messages.
    pub(super) fn permission(&self) -> String {
        format!(
            "read of the keys from {} to {} in etcd",
            String::from_utf8_lossy(&self.range.from),
            String::from_utf8_lossy(&self.range.to)
        )
    }
}

/// A list as a stream of pages, as they arrive: the first from any member, the rest from the same one.
pub(super) fn pages(
    connector: Arc<Connector>,
    prefix: KeyPrefix,
    keys_only: bool,
) -> impl Stream<Item = provider::Result<Page>> + Send {
    let scope = KeyScope::new(&connector.keyspace, prefix);
    let walk = PageReader { connector, scope, keys_only, pager: None };
    let responses = stream::try_unfold(walk, async |mut walk| {
        let answer = walk.next().await;
        let answer =
            answer.map_err(|fault| fault.into_error(&walk.connector.name(), || walk.scope.permission()))?;
        Ok(answer.map(|list| (stream::iter(list.split().into_iter().map(Ok)), walk)))
    });
    responses.try_flatten()
}

struct PageReader {
    connector: Arc<Connector>,
    scope: KeyScope,
    keys_only: bool,
    pager: Option<(Pager, Coverage)>,
}

impl PageReader {
    /// What has arrived next, of any number of entries.
    async fn next(&mut self) -> Result<Option<Page>, Fault> {
        let (pager, coverage, chunk) = match self.pager.take() {
            Some((mut pager, coverage)) => {
                let chunk = pager.next().await?;
                (pager, coverage, chunk)
            }
            None => {
                let (scope, keys_only) = (&self.scope, self.keys_only);
                let begun = self
                    .connector
                    .read(|link| async move { PagedRead::start(&link, scope, keys_only).await });
                let PagedRead { readable: ranges, first, pager } = begun.await?;
                (pager, ranges.coverage, Some(first))
            }
        };
        let Some(chunk) = chunk else { return Ok(None) };
        self.pager = Some((pager, coverage.clone()));
        Ok(Some(Page {
            store: self.connector.store(chunk.head.cluster),
            at: chunk.head.revision,
            coverage,
            entries: chunk.kvs.iter().filter_map(|kv| self.scope.entry(kv)).collect(),
        }))
    }
}
