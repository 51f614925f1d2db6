//! The whole suite over other places where Redis runs: a cluster, and a server behind TLS for a user who may do only
//! what docs/OPERATIONS.md says.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures::{FutureExt, StreamExt, stream};

use super::{servers::Servers, stage::*};

fn suite() -> Vec<(&'static str, Test)> {
    [
        super::admission::suite(),
        super::caps::suite(),
        super::census::suite(),
        super::fairness::suite(),
        super::leases::suite(),
        super::listing::suite(),
        super::pauses::suite(),
        super::pushes::suite(),
        super::quotas::suite(),
        super::setbacks::suite(),
        super::slots::suite(),
        super::waits::suite(),
    ]
    .concat()
}

/// Runs every test, some at once, and tells which fail.
async fn run_all(servers: &Servers) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let results = stream::iter(suite()).map(async |(name, test)| {
        let start = Instant::now();
        let run = AssertUnwindSafe(async { test(&Stage::on(&servers.place).await).await }).catch_unwind();
        let passed = tokio::time::timeout(Duration::from_secs(120), run).await.is_ok_and(|run| run.is_ok());
        println!("{} {name} in {:?}", if passed { "passed" } else { "FAILED" }, start.elapsed());
        (name, passed)
    });
    let results: Vec<_> = results.buffer_unordered(4).collect().await;
    let failed: Vec<_> = results.iter().filter(|(_, passed)| !passed).map(|(name, _)| name).collect();
    assert!(results.len() > 80, "only {} tests were found", results.len());
    assert!(failed.is_empty(), "{} of {} failed: {failed:#?}", failed.len(), results.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_passes_on_a_cluster_of_three() {
    run_all(&Servers::cluster()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_passes_behind_tls_for_a_restricted_user() {
    run_all(&Servers::behind_tls(&documented_commands())).await;
}

/// The commands that docs/OPERATIONS.md gives the user `pressroom`.
fn documented_commands() -> String {
    let page = include_str!("../../docs/OPERATIONS.md");
    let start = page.find("ACL SETUSER pressroom").expect("the page should show how to make the user");
    let block = page[start..].split("\n\n").next().unwrap();
    let words = block.split_whitespace().filter(|word| word.starts_with('+'));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_documented_user_has_no_category_of_commands() {
    let commands = documented_commands();
    assert!(commands.contains("+evalsha") && !commands.contains('@'), "{commands}");
}
