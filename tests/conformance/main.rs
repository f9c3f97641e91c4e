//! One suite for every store: what `provider::ConfigReader` and `ConfigWriter` promise, asked
//! through the traits alone and gated by what the store says it can do.
//!
//! A store joins by implementing [`subject::Subject`] and one line `conformance!(name, fresh)`, where
//! `fresh` makes an empty store for one case, or answers `None` where it cannot run here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, missing_docs, reason = "the support modules are shared between test programs")]

mod library;
mod life;
mod odd;
mod reading;
mod secrets;
mod subject;
#[path = "../support/mod.rs"]
mod support;
mod watching;
mod writing;

use secrets::{odd as secret_odd, reading as secret_reading, writing as secret_writing};

macro_rules! cases {
    ($name:ident, $fresh:path, [$($room:ident::$case:ident),* $(,)?]) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Some(subject) = $fresh().await {
                        crate::$room::$case(&subject).await;
                    }
                }
            )*
        }
    };
}

/// Registers every case for one store.
macro_rules! conformance {
    ($name:ident, $fresh:path) => {
        cases!(
            $name,
            $fresh,
            [
                reading::get_answers_what_is_there,
                reading::list_keeps_to_its_range,
                reading::list_of_many_is_one_revision,
                reading::list_during_writes_is_one_revision,
                writing::create_only_creates,
                writing::conditional_put,
                writing::conditional_delete,
                writing::a_conflict_tells_what_is_there_now,
                writing::delete_of_nothing_is_not_found,
                writing::a_commit_is_all_or_nothing,
                writing::a_commit_names_each_key_once,
                writing::tokens_keep_their_rules,
                writing::what_it_cannot_do_is_refused,
                writing::leases_are_kept_unless_told_otherwise,
                writing::of_two_writers_with_one_token_one_wins,
                watching::a_watch_begins_with_a_load,
                watching::an_empty_store_loads_empty,
                watching::outside_changes_arrive,
                watching::a_commit_is_one_batch,
                watching::a_watch_keeps_to_its_range,
                watching::nothing_is_missed_in_the_middle_of_writes,
                watching::a_slow_reader_blocks_nobody,
                watching::a_gap_is_resumed,
                watching::a_gap_is_loaded_anew,
                odd::values_are_kept_byte_for_byte,
                odd::values_it_cannot_hold_are_refused,
                odd::foreign_keys_are_kept_visible_and_marked,
                library::what_is_not_json_is_refused_and_what_is_stored_is_read,
                library::a_create_of_what_exists_says_that_it_exists,
                library::upsert_writes_either_way_and_tells_which,
                library::ids_that_begin_alike_are_a_range,
                library::changes_tell_created_from_updated_with_what_was_there,
                library::nothing_is_served_once_shutdown_returns,
                life::dropping_a_watch_ends_its_tasks,
                life::dropping_a_call_leaves_the_store_usable,
                life::shutdown_ends_everything,
                life::health_is_an_answer,
            ]
        );
    };
}

conformance!(memory, crate::subject::memory);
conformance!(files, crate::subject::files);
conformance!(etcd, crate::subject::etcd::etcd);
conformance!(etcd34, crate::subject::etcd::etcd34);

secrets::secrets!(secrets_memory, crate::secrets::memory);
secrets::secrets!(secrets_kv2, crate::secrets::kv2);
secrets::secrets!(secrets_kv1, crate::secrets::kv1);
