//! Reading a range, or the parts of it that may be read: growing pages that are all pinned to the
//! revision of the first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use etcd_client::{GetOptions, KeyValue};
use futures::stream::{self, Stream};

use super::connect::{Connector, Head, Link};
use super::error::{Fault, within};
use super::layout::{Keyspace, Range};
use super::rights::Reach;
use crate::domain::{Coverage, Document, Entry, KeyPrefix, LeaseId, ResourceKey, Revision, Token};
use crate::provider::{self, CALL_DEADLINE, PAGE_LIMIT, Page};

/// What the first request asks for: enough to fill any screen, soon.
const FIRST: i64 = 500;
/// What no request goes beyond: for every page the server counts all keys that remain, so few large
/// ones are cheap, and beyond this there is nothing left to win.
const LAST: i64 = 50_000;
/// About how many bytes one answer should have; bounds memory where values are large.
const BYTES: usize = 12 * 1024 * 1024;
/// An answer slower than this makes the next request smaller, so that a thin line stays within the
/// deadline of a call.
const SLOW: Duration = Duration::from_secs(1);

/// How many keys to ask for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Growth(i64);

impl Growth {
    fn after(self, entries: usize, bytes: usize, took: Duration) -> Self {
        if took > SLOW {
            return Self((self.0 / 2).max(1));
        }
        let each = bytes.checked_div(entries).unwrap_or(0).max(1);
        let fitting = i64::try_from(BYTES / each).unwrap_or(LAST);
        Self(self.0.saturating_mul(10).min(fitting).clamp(1, LAST))
    }

    /// Less, after an answer that was too large to take; `None` where one key alone is.
    fn less(self) -> Option<Self> {
        (self.0 > 1).then(|| Self((self.0 / 8).max(1)))
    }
}

/// One answer of a paged read.
pub(super) struct Chunk {
    pub(super) head: Head,
    pub(super) kvs: Vec<KeyValue>,
}

/// A paged read of ranges at one revision.
pub(super) struct Pager {
    link: Link,
    ranges: VecDeque<Range>,
    keys_only: bool,
    growth: Growth,
    /// The store and revision of the first page, or a wanted revision before it.
    head: Option<Head>,
    pinned: Option<Revision>,
    /// Where the next page begins, if that is within the first of the ranges.
    next: Option<Vec<u8>>,
}

impl Pager {
    pub(super) fn new(link: Link, reach: &Reach) -> Self {
        let ranges = reach.ranges.iter().cloned().collect();
        Self { link, ranges, keys_only: false, growth: Growth(FIRST), head: None, pinned: None, next: None }
    }

    /// Leaves the values out.
    pub(super) fn keys_only(mut self, keys_only: bool) -> Self {
        self.keys_only = keys_only;
        self
    }

    /// Reads the past instead of the present.
    pub(super) fn at(mut self, revision: Revision) -> Self {
        self.pinned = Some(revision);
        self
    }

    /// The next answer; the first always comes, later ones only while keys remain.
    pub(super) async fn next(&mut self) -> Result<Option<Chunk>, Fault> {
        let Some(range) = self.ranges.front().cloned() else { return Ok(None) };
        let from = self.next.take().unwrap_or(range.from);
        loop {
            let asked = Instant::now();
            match within(CALL_DEADLINE, self.request(&from, &range.to)).await {
                Err(Fault::Oversized) => self.growth = self.growth.less().ok_or(Fault::Oversized)?,
                answer => return self.accept(answer?, asked.elapsed()).map(Some),
            }
        }
    }

    async fn request(&self, from: &[u8], to: &[u8]) -> Result<etcd_client::GetResponse, Fault> {
        let mut options = GetOptions::new().with_range(to).with_limit(self.growth.0);
        if let Some(revision) = self.pinned {
            options = options.with_revision(signed(revision));
        }
        if self.keys_only {
            options = options.with_keys_only();
        }
        self.link
            .renewing(|| {
                let (mut kv, options) = (self.link.kv(), options.clone());
                async move { Ok(kv.get(from, Some(options)).await?) }
            })
            .await
    }

    fn accept(&mut self, mut answer: etcd_client::GetResponse, took: Duration) -> Result<Chunk, Fault> {
        let now = Head::of(answer.header())?;
        let head = *self.head.get_or_insert(Head { revision: self.pinned.unwrap_or(now.revision), ..now });
        if head.cluster != now.cluster {
            // Another cluster answers at the same address: its keys do not belong to this page's.
            return Err(Fault::Broken);
        }
        self.pinned = Some(head.revision);
        let kvs = answer.take_kvs();
        let bytes = kvs.iter().map(|kv| kv.key().len() + kv.value().len() + 32).sum();
        self.growth = self.growth.after(kvs.len(), bytes, took);
        match kvs.last() {
            Some(last) if answer.more() => self.next = Some([last.key(), &[0]].concat()),
            _ => drop(self.ranges.pop_front()),
        }
        Ok(Chunk { head, kvs })
    }
}

/// A paged read that has begun: of all that was asked for, or of the parts of it that may be read.
pub(super) struct Begun {
    pub(super) reach: Reach,
    pub(super) first: Chunk,
    pub(super) pager: Pager,
}

impl Begun {
    pub(super) async fn on(link: &Link, scope: &Scope, keys_only: bool) -> Result<Self, Fault> {
        match Self::read(link, Reach::whole(scope), keys_only).await {
            Err(Fault::Denied) => {
                let reach = Reach::ask(link, scope).await?;
                Self::read(link, reach, keys_only).await
            }
            begun => begun,
        }
    }

    async fn read(link: &Link, reach: Reach, keys_only: bool) -> Result<Self, Fault> {
        let mut pager = Pager::new(link.clone(), &reach).keys_only(keys_only);
        let first = pager.next().await?.ok_or(Fault::Malformed)?;
        Ok(Self { reach, first, pager })
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

/// What is stored under one key.
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

/// The names in a range, with the rule which of the keys in it belong to it.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) keyspace: Keyspace,
    pub(super) prefix: KeyPrefix,
    pub(super) range: Range,
}

impl Scope {
    pub(super) fn new(keyspace: &Keyspace, prefix: KeyPrefix) -> Self {
        Self { keyspace: keyspace.clone(), range: keyspace.range(&prefix), prefix }
    }

    /// What a stored key names, if it belongs here.
    pub(super) fn name(&self, stored: &[u8]) -> Option<ResourceKey> {
        self.keyspace.decode(stored).filter(|key| self.prefix.covers(key))
    }

    pub(super) fn entry(&self, kv: &KeyValue) -> Option<Entry> {
        self.name(kv.key()).map(|key| entry(key, kv))
    }

    /// The right that reading this range needs, in words.
    pub(super) fn permission(&self) -> String {
        format!(
            "read of the keys from {} to {} in etcd",
            String::from_utf8_lossy(&self.range.from),
            String::from_utf8_lossy(&self.range.to)
        )
    }
}

/// A list as a stream of pages: the first answer from any member, the others from the same one.
pub(super) fn pages(
    connector: Arc<Connector>,
    scope: Scope,
    keys_only: bool,
) -> impl Stream<Item = provider::Result<Page>> + Send {
    let walk = Walk { connector, scope, keys_only, begun: None, ready: VecDeque::new() };
    stream::try_unfold(walk, async |mut walk| {
        let page = walk.page().await;
        let page =
            page.map_err(|fault| fault.into_error(&walk.connector.name(), || walk.scope.permission()))?;
        Ok(page.map(|page| (page, walk)))
    })
}

struct Walk {
    connector: Arc<Connector>,
    scope: Scope,
    keys_only: bool,
    begun: Option<(Pager, Coverage)>,
    /// Pages cut from the last answer.
    ready: VecDeque<Page>,
}

impl Walk {
    async fn page(&mut self) -> Result<Option<Page>, Fault> {
        if let Some(page) = self.ready.pop_front() {
            return Ok(Some(page));
        }
        let (pager, coverage, chunk) = match self.begun.take() {
            Some((mut pager, coverage)) => {
                let chunk = pager.next().await?;
                (pager, coverage, chunk)
            }
            None => {
                let (scope, keys_only) = (&self.scope, self.keys_only);
                let begun =
                    self.connector.read(|link| async move { Begun::on(&link, scope, keys_only).await });
                let Begun { reach, first, pager } = begun.await?;
                (pager, reach.coverage, Some(first))
            }
        };
        let Some(chunk) = chunk else { return Ok(None) };
        self.cut(chunk, &coverage);
        self.begun = Some((pager, coverage));
        Ok(self.ready.pop_front())
    }

    /// At least one page, so that even an empty list tells its store and revision.
    fn cut(&mut self, chunk: Chunk, coverage: &Coverage) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_grow_while_they_are_light_and_quick() {
        let quick = Duration::from_millis(5);
        let grown = Growth(FIRST).after(500, 500 * 230, quick);
        assert_eq!(grown, Growth(5_000));
        assert_eq!(grown.after(5_000, 5_000 * 230, quick), Growth(50_000));
        assert_eq!(Growth(LAST).after(50_000, 50_000 * 230, quick), Growth(LAST));
    }

    #[test]
    fn heavy_values_and_slow_lines_keep_pages_small() {
        let heavy = Growth(FIRST).after(500, 500 * 1024 * 1024, Duration::ZERO);
        assert_eq!(heavy, Growth(12));
        assert_eq!(Growth(5_000).after(5_000, 1, Duration::from_secs(2)), Growth(2_500));
        assert_eq!(Growth(FIRST).after(0, 0, Duration::ZERO), Growth(5_000));
    }

    #[test]
    fn a_too_large_answer_is_asked_for_in_smaller_parts_down_to_one_key() {
        let mut growth = Growth(FIRST);
        let mut steps = 0;
        while let Some(less) = growth.less() {
            assert!(less.0 < growth.0);
            growth = less;
            steps += 1;
        }
        assert_eq!((growth, steps), (Growth(1), 3));
    }
}
