//! What several test programs share. Each of them uses its own part.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "every test program includes this module and uses a part of it"
)]

pub(crate) mod again;
pub mod backup;
pub mod bao;
pub mod etcd;
pub mod events;
pub(crate) mod home;
pub mod http;
pub(crate) mod hung;
pub mod observer;
pub mod odd_proxy;
pub(crate) mod picture;
pub(crate) mod planted;
pub mod process;
pub mod receiver;
pub(crate) mod rights;
// Starts the program under test, which the library alone does not build.
#[cfg(feature = "console")]
pub(crate) mod run;
