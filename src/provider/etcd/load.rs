//! Paged reads of a range, or of the parts of it that the user may read; all pages are pinned to the
//! revision of the first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use etcd_client::{GetOptions, KeyValue};
use futures::stream::{self, Stream};

use super::connect::Connector;
use super::error::{Fault, within};
use super::layout::{KeyRange, Keyspace};
use super::link::{Head, MemberLink};
use super::page_sizer::{PageSize, PageSizer};
use super::rights::ReadableRanges;
use crate::domain::{Coverage, Document, Entry, KeyPrefix, LeaseId, ResourceKey, Revision, Token};
use crate::provider::{self, CALL_DEADLINE, PAGE_LIMIT, Page};

/// A page request with less time left than this is not retried with a smaller page.
const MIN_RETRY_TIME: Duration = Duration::from_millis(1_250);

/// One response of a paged read.
pub(super) struct KvChunk {
    pub(super) head: Head,
    pub(super) kvs: Vec<KeyValue>,
}

/// Reads ranges page by page at one revision.
pub(super) struct Pager {
    link: MemberLink,
    ranges: VecDeque<KeyRange>,
    keys_only: bool,
    page_size: PageSize,
    /// Of the first page, with the requested revision where there is one.
    head: Option<Head>,
    pinned: Option<Revision>,
    /// The next page's first key, if the first of the ranges has been begun.
    next: Option<Vec<u8>>,
}

impl Pager {
    /// Reads the ranges as they are now, or at a past revision (`pinned`).
    pub(super) fn new(
        link: MemberLink,
        reach: &ReadableRanges,
        keys_only: bool,
        pinned: Option<Revision>,
    ) -> Self {
        let ranges = reach.ranges.iter().cloned().collect();
        let page_size = link.page_sizer.first_size();
        Self { link, ranges, keys_only, page_size, head: None, pinned, next: None }
    }

    /// The next response; there is always a first, later ones only while keys remain.
    pub(super) async fn next(&mut self) -> Result<Option<KvChunk>, Fault> {
        let Some(range) = self.ranges.front().cloned() else { return Ok(None) };
        let from = self.next.take().unwrap_or(range.from);
        let begun = Instant::now();
        loop {
            let (asked, left) = (Instant::now(), CALL_DEADLINE.saturating_sub(begun.elapsed()));
            // A page too large for the bandwidth is requested in smaller parts, while there is time.
            let fewer = self.page_size.smaller().filter(|_| left > MIN_RETRY_TIME);
            let patience = if fewer.is_some() { left / 2 } else { left };
            self.record_size(PageSizer::requested);
            let answer = within(patience, self.request(&from, &range.to)).await;
            if !matches!(answer, Err(Fault::Timeout)) {
                self.record_size(PageSizer::received);
            }
            match answer {
                Err(Fault::ResponseTooLarge) => {
                    self.page_size = self.page_size.smaller().ok_or(Fault::ResponseTooLarge)?
                }
                Err(Fault::Timeout) => self.page_size = fewer.ok_or(Fault::Timeout)?,
                answer => return self.accept(answer?, asked.elapsed()).map(Some),
            }
        }
    }

    /// Shares the page size with the cluster's other loads. Key-only pages say nothing of document sizes.
    fn record_size(&self, tell: impl FnOnce(&PageSizer, PageSize)) {
        if !self.keys_only {
            tell(&self.link.page_sizer, self.page_size);
        }
    }

    async fn request(&self, from: &[u8], to: &[u8]) -> Result<etcd_client::GetResponse, Fault> {
        let mut options = GetOptions::new().with_range(to).with_limit(self.page_size.keys());
        if let Some(revision) = self.pinned {
            options = options.with_revision(signed(revision));
        }
        if self.keys_only {
            options = options.with_keys_only();
        }
        let (link, options) = (&self.link, &options);
        link.with_token_renewal(|| async move { Ok(link.kv().get(from, Some(options.clone())).await?) }).await
    }

    fn accept(&mut self, mut answer: etcd_client::GetResponse, took: Duration) -> Result<KvChunk, Fault> {
        let now = Head::of(answer.header())?;
        let head = *self.head.get_or_insert(Head { revision: self.pinned.unwrap_or(now.revision), ..now });
        if head.cluster != now.cluster {
            // Another cluster answers at the same address.
            return Err(Fault::Broken);
        }
        self.pinned = Some(head.revision);
        let kvs = answer.take_kvs();
        let bytes = kvs.iter().map(|kv| kv.key().len() + kv.value().len() + 32).sum();
        self.page_size = self.page_size.after(kvs.len(), bytes, took);
        self.record_size(PageSizer::received);
        match kvs.last() {
            Some(last) if answer.more() => self.next = Some([last.key(), &[0]].concat()),
            _ => drop(self.ranges.pop_front()),
        }
        Ok(KvChunk { head, kvs })
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
                let reach = ReadableRanges::query(link, scope).await?;
                Self::read(link, reach, keys_only).await
            }
            begun => begun,
        }
    }

    async fn read(link: &MemberLink, reach: ReadableRanges, keys_only: bool) -> Result<Self, Fault> {
        let mut pager = Pager::new(link.clone(), &reach, keys_only, None);
        let first = pager.next().await?.ok_or(Fault::Malformed)?;
        Ok(Self { readable: reach, first, pager })
    }
}

/// A revision as etcd's messages carry it.
pub(super) fn signed(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// A revision from etcd's messages; negative ones do not occur.
pub(super) fn unsigned(revision: i64) -> Revision {
    Revision(u64::try_from(revision).unwrap_or(0))
}

pub(super) fn entry(key: ResourceKey, kv: &KeyValue) -> Entry {
    let revision = unsigned(kv.mod_revision());
    Entry {
        key,
        document: Document::new(kv.value()),
        revision,
        created: Some(unsigned(kv.create_revision())),
        version: u64::try_from(kv.version()).ok(),
        token: Token::counter(revision.0),
        lease: (kv.lease() != 0).then(|| LeaseId(kv.lease())),
    }
}

/// A key prefix with its etcd range. The range can hold more keys than the prefix covers.
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
        self.name(kv.key()).map(|key| entry(key, kv))
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

/// A list as a stream of pages: the first response from any member, the others from the same one.
pub(super) fn pages(
    connector: Arc<Connector>,
    scope: KeyScope,
    keys_only: bool,
) -> impl Stream<Item = provider::Result<Page>> + Send {
    let walk = PageStream { connector, scope, keys_only, pager: None, ready: VecDeque::new() };
    stream::try_unfold(walk, async |mut walk| {
        let page = walk.page().await;
        let page =
            page.map_err(|fault| fault.into_error(&walk.connector.name(), || walk.scope.permission()))?;
        Ok(page.map(|page| (page, walk)))
    })
}

struct PageStream {
    connector: Arc<Connector>,
    scope: KeyScope,
    keys_only: bool,
    pager: Option<(Pager, Coverage)>,
    /// Pages of the last response that were not yielded yet.
    ready: VecDeque<Page>,
}

impl PageStream {
    async fn page(&mut self) -> Result<Option<Page>, Fault> {
        if let Some(page) = self.ready.pop_front() {
            return Ok(Some(page));
        }
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
                let PagedRead { readable: reach, first, pager } = begun.await?;
                (pager, reach.coverage, Some(first))
            }
        };
        let Some(chunk) = chunk else { return Ok(None) };
        self.split_pages(chunk, &coverage);
        self.pager = Some((pager, coverage));
        Ok(self.ready.pop_front())
    }

    /// Makes at least one page, so that even an empty list has a store and a revision.
    fn split_pages(&mut self, chunk: KvChunk, coverage: &Coverage) {
        let (store, at) = (self.connector.store(chunk.head.cluster), chunk.head.revision);
        let mut entries = chunk.kvs.iter().filter_map(|kv| self.scope.entry(kv));
        loop {
            let page: Vec<_> = entries.by_ref().take(PAGE_LIMIT).collect();
            if page.is_empty() && !self.ready.is_empty() {
                break;
            }
            let last = page.len() < PAGE_LIMIT;
            self.ready.push_back(Page {
                store: store.clone(),
                at,
                coverage: coverage.clone(),
                entries: page,
            });
            if last {
                break;
            }
        }
    }
}
