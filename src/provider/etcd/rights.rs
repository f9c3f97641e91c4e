//! What a user may read and write, by the permissions of the user's roles, which etcd lets every user
//! query.
//!
//! etcd allows a read of a range only if all of it is permitted. Where it is not, the permitted parts
//! can still be read, one request each, at one revision; the coverage is then partial.

use etcd_client::{Compare, CompareOp, GetOptions, KvClient, Permission, PermissionType, Txn, TxnOp};

use super::error::{Fault, within};
use super::layout::KeyRange;
use super::link::{Head, MemberLink};
use super::load::KeyScope;
use crate::domain::{Coverage, PermittedRanges, ResourceKey};
use crate::provider::CALL_DEADLINE;

/// How many ranges one transaction checks; etcd takes 128 operations in a transaction by default.
const MAX_RANGES_PER_TXN: usize = 100;

/// The parts of a scope that the user may read.
#[derive(Clone)]
pub(super) struct ReadableRanges {
    /// In order, disjoint. Not empty.
    pub(super) ranges: Vec<KeyRange>,
    pub(super) coverage: Coverage,
}

impl ReadableRanges {
    pub(super) fn whole(scope: &KeyScope) -> Self {
        Self { ranges: vec![scope.range.clone()], coverage: Coverage::Whole }
    }

    /// The part of a scope that the user's roles permit to read.
    ///
    /// # Errors
    /// [`Fault::Denied`] where they permit nothing, or cannot be queried: if a client certificate alone
    /// authenticates the user, the user's name is not known here.
    pub(super) async fn query(link: &MemberLink, scope: &KeyScope) -> Result<Self, Fault> {
        let grants = within(CALL_DEADLINE, grants(link)).await?;
        let ranges = readable(&grants, &scope.range);
        if ranges.is_empty() {
            return Err(Fault::Denied);
        }
        if ranges == [scope.range.clone()] {
            return Ok(Self::whole(scope));
        }
        let (keyspace, permitted) = (scope.keyspace.clone(), ranges.clone());
        let sees = move |key: &ResourceKey| {
            keyspace.encode(key).is_ok_and(|stored| permitted.iter().any(|range| range.contains(&stored)))
        };
        let words = ranges.iter().map(KeyRange::describe).collect();
        Ok(Self { ranges, coverage: Coverage::Partial(PermittedRanges::new(words, sees)) })
    }

    /// The store's head, as long as all of the ranges may be read: a denial means a right was revoked. `turn`
    /// rotates through the ranges where there are too many for one transaction.
    pub(super) async fn head(&self, link: &MemberLink, turn: usize) -> Result<Head, Fault> {
        let parts = self.ranges.chunks(MAX_RANGES_PER_TXN);
        let part = parts.clone().nth(turn % parts.len().max(1)).unwrap_or_default();
        link.with_token_renewal(|| readable_head(link.kv(), part)).await
    }
}

/// The store's head, as long as all of the ranges may be read.
///
/// Reading the ranges themselves would cost the server a scan of their keys each time. etcd checks
/// permissions on both branches of a transaction: the ranges are in the branch that is never taken, and
/// one key is read.
pub(super) async fn readable_head(mut kv: KvClient, ranges: &[KeyRange]) -> Result<Head, Fault> {
    let key = ranges.first().map(|range| &*range.from).unwrap_or_default();
    let cheapest_read = |range: &KeyRange| {
        let options = GetOptions::new().with_range(&*range.to).with_limit(1).with_keys_only();
        TxnOp::get(&*range.from, Some(options))
    };
    let checked: Vec<_> = ranges.iter().map(cheapest_read).collect();
    // Without its value, which may be large where a range begins with a key.
    let alone = GetOptions::new().with_count_only();
    let txn = Txn::new().and_then([TxnOp::get(key, Some(alone))]).or_else(checked);
    match kv.txn(txn).await.map_err(Fault::from) {
        // etcd 3.5.1 refuses every transaction while its database is full, and takes other reads.
        Err(Fault::NoSpace) => {}
        answer => return Head::of(answer?.header()),
    }
    for range in ranges {
        // The permission is checked first, then the revision, and a key is not looked for.
        let never = GetOptions::new().with_range(&*range.to).with_revision(i64::MAX).with_serializable();
        match kv.get(&*range.from, Some(never)).await.map_err(Fault::from) {
            Ok(_) | Err(Fault::FutureRevision) => {}
            Err(fault) => return Err(fault),
        }
    }
    Head::read(&mut kv, key).await
}

/// The rights that a write lacks, for messages; `None` where the roles do not say. Every write compares
/// or returns the previous value, so it needs both rights.
pub(super) async fn missing_rights(
    link: &MemberLink,
    keys: impl Iterator<Item = (&ResourceKey, &Vec<u8>)>,
) -> Option<String> {
    let grants = within(CALL_DEADLINE, grants(link)).await.ok()?;
    let mut words = Vec::new();
    for (key, stored) in keys {
        let has =
            |right: fn(&Grant) -> bool| grants.iter().any(|grant| right(grant) && grant.contains(stored));
        let rights = [("read", has(|grant| grant.reads)), ("write", has(|grant| grant.writes))];
        let missing = rights.iter().filter(|(_, granted)| !granted);
        words.extend(missing.map(|(right, _)| format!("{right} of {key}")));
    }
    (!words.is_empty()).then(|| format!("{} in etcd", words.join(", ")))
}

/// Has etcd check the right to write keys, without writing: the puts are in a branch whose condition
/// never holds, so no revision is created.
pub(super) async fn check_write(link: &MemberLink, keys: &[&[u8]]) -> Result<(), Fault> {
    let never: Vec<_> = keys.iter().map(|key| Compare::version(*key, CompareOp::Less, 0)).collect();
    let puts: Vec<_> = keys.iter().map(|key| TxnOp::put(*key, "", None)).collect();
    link.kv().txn(Txn::new().when(never).and_then(puts)).await?;
    Ok(())
}

/// One permission of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    reads: bool,
    writes: bool,
    from: Vec<u8>,
    /// `None` where it has no end.
    to: Option<Vec<u8>>,
}

impl Grant {
    fn of(permission: &Permission) -> Self {
        let kind = permission.get_type();
        let is = |wanted: PermissionType| kind == wanted as i32;
        let both = is(PermissionType::Readwrite);
        let from = permission.key().to_vec();
        let to = match permission.range_end() {
            [] => Some([&*from, &[0]].concat()),
            // In etcd: every key from here on.
            [0] => None,
            end => Some(end.to_vec()),
        };
        Self { reads: both || is(PermissionType::Read), writes: both || is(PermissionType::Write), from, to }
    }

    fn contains(&self, stored: &Vec<u8>) -> bool {
        self.from <= *stored && self.to.as_ref().is_none_or(|to| stored < to)
    }
}

async fn grants(link: &MemberLink) -> Result<Vec<Grant>, Fault> {
    let user = link.user.as_deref().ok_or(Fault::Denied)?;
    let roles = link
        .with_token_renewal(|| async move { Ok(link.client.clone().user_get(user).await?.roles().to_vec()) });
    let mut grants = Vec::new();
    for role in roles.await? {
        let role = role.as_str();
        let permissions =
            link.with_token_renewal(
                || async move { Ok(link.client.clone().role_get(role).await?.permissions()) },
            );
        grants.extend(permissions.await?.iter().map(Grant::of));
    }
    Ok(grants)
}

/// The readable parts of a range, in order and merged. etcd also merges permissions that touch or
/// overlap.
fn readable(grants: &[Grant], within: &KeyRange) -> Vec<KeyRange> {
    let mut parts: Vec<KeyRange> = grants
        .iter()
        .filter(|grant| grant.reads)
        .map(|grant| KeyRange {
            from: grant.from.clone().max(within.from.clone()),
            to: grant.to.clone().map_or_else(|| within.to.clone(), |to| to.min(within.to.clone())),
        })
        .filter(|part| part.from < part.to)
        .collect();
    parts.sort_unstable_by(|a, b| a.from.cmp(&b.from));
    let mut merged: Vec<KeyRange> = Vec::with_capacity(parts.len());
    for part in parts {
        match merged.last_mut() {
            Some(last) if part.from <= last.to => last.to = part.to.max(std::mem::take(&mut last.to)),
            _ => merged.push(part),
        }
    }
    merged
}

impl KeyRange {
    fn contains(&self, stored: &[u8]) -> bool {
        *self.from <= *stored && *stored < *self.to
    }

    /// For messages: a key, a prefix, or from one key to another.
    fn describe(&self) -> String {
        let (from, to) = (String::from_utf8_lossy(&self.from), String::from_utf8_lossy(&self.to));
        // The first key after all that begin with `from`.
        let after_prefix =
            self.from.split_last().and_then(|(last, rest)| Some([rest, &[last.checked_add(1)?]].concat()));
        if self.to.strip_prefix(&*self.from) == Some(&[0]) {
            from.into_owned()
        } else if after_prefix.as_ref() == Some(&self.to) {
            format!("{from}*")
        } else {
            format!("{from} to {to}")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(from: &str, to: &str) -> KeyRange {
        KeyRange { from: from.into(), to: to.into() }
    }

    fn read(from: &str, to: Option<&str>) -> Grant {
        Grant { reads: true, writes: false, from: from.into(), to: to.map(Into::into) }
    }

    fn granted(grants: &[Grant]) -> Vec<KeyRange> {
        readable(grants, &range("/cwm/", "/cwm0"))
    }

    #[test]
    fn permissions_are_read_as_etcd_means_them() {
        let grant = |permission: Permission| Grant::of(&permission);
        assert_eq!(grant(Permission::read("/a")), read("/a", Some("/a\0")));
        assert_eq!(grant(Permission::read("/a").with_range_end("/b")), read("/a", Some("/b")));
        assert_eq!(grant(Permission::read("/a").with_range_end([0])), read("/a", None));
        let both = grant(Permission::read_write("/a"));
        assert!(both.reads && both.writes);
        let write = grant(Permission::write("/a"));
        assert!(write.writes && !write.reads);
        assert_eq!(granted(&[Grant { from: "/cwm/a".into(), ..write }]), []);
    }

    #[test]
    fn what_is_permitted_is_cut_to_what_was_asked_for() {
        assert_eq!(granted(&[]), []);
        assert_eq!(granted(&[read("/cwm0", Some("/d")), read("/a", Some("/cwm/"))]), []);
        assert_eq!(granted(&[read("/", Some("/cwm/b"))]), [range("/cwm/", "/cwm/b")]);
        assert_eq!(granted(&[read("/cwm/b", None)]), [range("/cwm/b", "/cwm0")]);
        assert_eq!(granted(&[read("\0", None)]), [range("/cwm/", "/cwm0")]);
        assert_eq!(granted(&[read("/cwm/x", Some("/cwm/x\0"))]), [range("/cwm/x", "/cwm/x\0")]);
        assert_eq!(granted(&[read("/cwm/b", Some("/cwm/a"))]), [], "an empty range permits nothing");
    }

    #[test]
    fn neighbours_and_overlaps_are_one() {
        let parts = [
            read("/cwm/c", Some("/cwm/e")),
            read("/cwm/a", Some("/cwm/b")),
            read("/cwm/d", Some("/cwm/d\0")),
            read("/cwm/b", Some("/cwm/b\0")),
            read("/cwm/x", None),
        ];
        let expected = [range("/cwm/a", "/cwm/b\0"), range("/cwm/c", "/cwm/e"), range("/cwm/x", "/cwm0")];
        assert_eq!(granted(&parts), expected);
    }

    #[test]
    fn ranges_read_as_they_would_be_granted() {
        assert_eq!(range("/cwm/prod/", "/cwm/prod0").describe(), "/cwm/prod/*");
        assert_eq!(range("/cwm/x", "/cwm/x\0").describe(), "/cwm/x");
        assert_eq!(range("/cwm/a", "/cwm/m").describe(), "/cwm/a to /cwm/m");
    }

    fn keys() -> impl Strategy<Value = String> {
        "[ab]{0,3}".prop_map(|tail| format!("/cwm/{tail}"))
    }

    fn grants() -> impl Strategy<Value = Vec<Grant>> {
        let end = prop_oneof![Just(None), keys().prop_map(Some)];
        let grant = (any::<bool>(), keys(), end).prop_map(|(reads, from, to)| Grant {
            reads,
            writes: !reads,
            from: from.into_bytes(),
            to: to.map(String::into_bytes),
        });
        proptest::collection::vec(grant, 0..8)
    }

    proptest! {
        /// A key can be read if and only if a grant contains it; the parts are disjoint.
        #[test]
        fn parts_hold_what_grants_hold(grants in grants(), probe in keys()) {
            let within = range("/cwm/a", "/cwm/b");
            let parts = readable(&grants, &within);
            let probe = probe.into_bytes();
            let permitted = grants.iter().any(|grant| grant.reads && grant.contains(&probe));
            let found = parts.iter().any(|part| part.contains(&probe));
            prop_assert_eq!(found, permitted && within.contains(&probe));
            prop_assert!(parts.iter().all(|part| part.from < part.to));
            prop_assert!(parts.windows(2).all(|pair| pair[0].to < pair[1].from));
        }
    }
}
