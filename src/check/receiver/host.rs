//! Which hosts the receiver accepts in the connections that it validates at its start (docs/receiver.md, section 2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::check::ReceiverProfile;

/// The longest name that it accepts.
const MAX_HOST: usize = 253;

/// Its own machine, as it recognises it by name; all other spellings are addresses.
const OWN_MACHINE: &[&str] = &["localhost", "127.0.0.1", "0.0.0.0", "::1", "[::1]"];

/// Where clouds serve credentials; refused anywhere in a name.
const METADATA: &[&str] =
    &["metadata.google.internal", "169.254.169.254", "metadata.azure.com", "metadata.cloud.ibm.com"];

/// Networks that are private to it, in addition to loopback and link-local ones, as Python's `ipaddress` lists
/// them; with their lengths.
const PRIVATE: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 0, 0, 0), 29),
    (Ipv4Addr::new(192, 0, 0, 170), 31),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
];

/// Why a host is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) struct HostRefusal {
    /// What is wrong with it: `is the receiver's own machine`.
    pub(in crate::check) reason: &'static str,
    /// Whether it is refused whatever is not known about the receiver.
    pub(in crate::check) is_certain: bool,
}

/// Why the receiver refuses a host; `None` if it accepts it. Whether its own machine or private addresses are
/// allowed is a setting of the receiver.
pub(in crate::check) fn host_refusal(host: &str, receiver: &ReceiverProfile) -> Option<HostRefusal> {
    let certain = |reason| Some(HostRefusal { reason, is_certain: true });
    let host = host.trim();
    if host.chars().count() > MAX_HOST {
        return certain("is longer than 253 characters");
    }
    if host.eq_ignore_ascii_case("localhost") {
        return (receiver.allows_localhost != Some(true)).then_some(HostRefusal {
            reason: "is the receiver's own machine, which it refuses unless ALLOW_LOCALHOST_FOR_TESTS=true",
            // It is named for tests: a receiver about which nothing is known does not have it.
            is_certain: true,
        });
    }
    if OWN_MACHINE.contains(&host.to_ascii_lowercase().as_str()) {
        return certain("is the receiver's own machine, which it refuses");
    }
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = inner.unwrap_or(host).parse() {
        return address_refusal(address, receiver);
    }
    let lower = host.to_lowercase();
    if METADATA.iter().any(|name| lower.contains(name)) {
        return certain("serves the credentials of a cloud, which the receiver refuses");
    }
    let is_accepted = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-');
    if inner.is_some() || host.chars().all(is_accepted) {
        return None;
    }
    certain("has other characters than letters, digits, dots and hyphens, which the receiver refuses")
}

fn address_refusal(address: IpAddr, receiver: &ReceiverProfile) -> Option<HostRefusal> {
    let certain = |reason| Some(HostRefusal { reason, is_certain: true });
    match AddressKind::of(address) {
        AddressKind::OwnMachine => certain("is the receiver's own machine, which it refuses"),
        AddressKind::LinkLocal => certain("is a link-local address, which the receiver refuses"),
        AddressKind::Multicast => certain("is a multicast address, which the receiver refuses"),
        AddressKind::Reserved => certain("is a reserved address, which the receiver refuses"),
        AddressKind::Private => (receiver.allows_private != Some(true)).then_some(HostRefusal {
            reason: "is a private address, which the receiver refuses unless ALLOW_PRIVATE_IP_CONNECTIONS=true",
            is_certain: receiver.allows_private == Some(false),
        }),
        AddressKind::Public => None,
    }
}

/// What an address is, as the receiver tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AddressKind {
    OwnMachine,
    LinkLocal,
    Multicast,
    Reserved,
    Private,
    Public,
}

impl AddressKind {
    fn of(address: IpAddr) -> Self {
        let (is_reserved, is_private) = match address {
            IpAddr::V4(it) => (
                it.octets().first().is_some_and(|first| *first >= 240 || *first == 0),
                PRIVATE.iter().any(|(network, bits)| {
                    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
                    it.to_bits() & mask == network.to_bits()
                }),
            ),
            IpAddr::V6(it) => (false, is_private_v6(it)),
        };
        let is_link_local = match address {
            IpAddr::V4(it) => it.is_link_local(),
            IpAddr::V6(it) => it.is_unicast_link_local(),
        };
        match () {
            () if address.is_loopback() || address.is_unspecified() => Self::OwnMachine,
            () if is_link_local => Self::LinkLocal,
            () if address.is_multicast() => Self::Multicast,
            () if is_reserved => Self::Reserved,
            () if is_private => Self::Private,
            () => Self::Public,
        }
    }
}

/// Whether a host is the receiver's own machine or in a network around it, as far as its name says: what the module
/// redis_publish refuses.
pub(in crate::check) fn is_near(host: &str) -> bool {
    let host = host.trim();
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inner.unwrap_or(host).parse().map(AddressKind::of) {
        Ok(kind) => {
            matches!(kind, AddressKind::OwnMachine | AddressKind::LinkLocal | AddressKind::Private)
        }
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Unique local addresses, and those for documentation.
fn is_private_v6(address: Ipv6Addr) -> bool {
    match address.to_ipv4_mapped() {
        Some(_) => true,
        None => address.is_unique_local() || address.segments().starts_with(&[0x2001, 0xdb8]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_accepted_and_refused_as_by_the_receiver() {
        let refused = |host: &str, localhost, private| {
            let receiver = ReceiverProfile {
                allows_localhost: localhost,
                allows_private: private,
                ..ReceiverProfile::default()
            };
            host_refusal(host, &receiver).map(|refusal| refusal.is_certain)
        };
        for host in [
            "redis.example.com",
            " kafka-1 ",
            "8.8.8.8",
            "[2606:4700::1111]",
            "münchen.example",
            "2130706433",
        ] {
            assert_eq!(refused(host, None, None), None, "{host}");
        }
        for host in [
            "my_redis",
            "a b",
            "a;b",
            "a/b",
            "127.0.0.1",
            "127.1.2.3",
            "0.0.0.0",
            "::1",
            "[::1]",
            "169.254.169.254",
            "224.0.0.1",
            "240.0.0.1",
            "fe80::1",
            "metadata.google.internal",
            "x.METADATA.azure.com",
            &"a".repeat(254),
        ] {
            assert_eq!(refused(host, Some(true), Some(true)), Some(true), "{host}");
        }
        for host in ["localhost", "LocalHost "] {
            assert_eq!(refused(host, None, None), Some(true), "{host}");
            assert_eq!(refused(host, Some(true), None), None, "{host}");
        }
        for host in ["10.0.0.5", "172.31.0.1", "192.168.1.1", "fd00::1", "203.0.113.7"] {
            assert_eq!(refused(host, None, None), Some(false), "{host}: it may be allowed");
            assert_eq!(refused(host, None, Some(false)), Some(true), "{host}");
            assert_eq!(refused(host, None, Some(true)), None, "{host}");
        }
        assert_eq!(refused("172.32.0.1", None, None), None);
    }

    #[test]
    fn what_is_near_is_what_the_host_rule_calls_its_own_machine_link_local_or_private() {
        for host in
            ["localhost", "127.9.9.9", "[::1]", "0.0.0.0", "10.0.0.5", "169.254.1.1", "fd00::1", "fe80::1"]
        {
            assert!(is_near(host), "{host}");
        }
        for host in ["redis.example.com", "8.8.8.8", "224.0.0.1", "2606:4700::1111", "172.32.0.1", "my_redis"]
        {
            assert!(!is_near(host), "{host}");
        }
        // Both judge an address by one table, in which networks for documentation are private.
        assert!(is_near("192.0.2.9") && host_refusal("192.0.2.9", &ReceiverProfile::default()).is_some());
    }
}
