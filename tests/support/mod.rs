//! What the integration tests share: real servers on free loopback ports, and helpers to watch.

// Each test binary uses its own part of this.
#![allow(dead_code, unreachable_pub, reason = "shared by several test binaries, each of which uses a part")]

pub mod etcd;
pub mod events;
