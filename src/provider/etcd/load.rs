//! Reading a range, or the parts of it that may be read: growing pages that are all pinned to the
//! revision of the first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use etcd_client::{GetOptions, KeyValue};
use futures::stream::{self, Stream};

use super::connect::Connector;
use super::error::{Fault, within};
use super::layout::{Keyspace, Range};
use super::link::{Head, Link};
use super::pace::{Growth, Pace};
use super::rights::Reach;
use crate::domain::{Coverage, Document, Entry, KeyPrefix, LeaseId, ResourceKey, Revision, Token};
use crate::provider::{self, CALL_DEADLINE, PAGE_LIMIT, Page};

/// A request for a page that has less time than this is the last one.
const LAST_TRY: Duration = Duration::from_millis(1_250);

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
        let growth = link.pace.first();
        Self { link, ranges, keys_only: false, growth, head: None, pinned: None, next: None }
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
        let begun = Instant::now();
        loop {
            let (asked, left) = (Instant::now(), CALL_DEADLINE.saturating_sub(begun.elapsed()));
            // What is too much for the line is asked for in smaller parts, while there is time for that.
            let fewer = self.growth.less().filter(|_| left > LAST_TRY);
            let patience = if fewer.is_some() { left / 2 } else { left };
            self.pace(Pace::asked);
            let answer = within(patience, self.request(&from, &range.to)).await;
            if !matches!(answer, Err(Fault::Silent)) {
                self.pace(Pace::arrived);
            }
            match answer {
                Err(Fault::Oversized) => self.growth = self.growth.less().ok_or(Fault::Oversized)?,
                Err(Fault::Silent) => self.growth = fewer.ok_or(Fault::Silent)?,
                answer => return self.accept(answer?, asked.elapsed()).map(Some),
            }
        }
    }

    /// Tells the other loads of this cluster. Keys alone say nothing of what documents weigh.
    fn pace(&self, tell: impl FnOnce(&Pace, Growth)) {
        if !self.keys_only {
            tell(&self.link.pace, self.growth);
        }
    }

    async fn request(&self, from: &[u8], to: &[u8]) -> Result<etcd_client::GetResponse, Fault> {
        let mut options = GetOptions::new().with_range(to).with_limit(self.growth.keys());
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
        self.pace(Pace::arrived);
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
