//! What a claim costs Redis, in commands, however much waits or is held. (SQLite's is counted in `src/queue/sqlite`.)

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use pressroom::{
    job::{Job, Lane},
    queue::{Policy, Pushed, Settlement},
};

use super::{servers::Servers, stage::*};

/// How many commands the server has run, those of scripts included.
async fn commands(servers: &Servers) -> u64 {
    let client = redis::Client::open(servers.place.url.as_str()).unwrap();
    let mut client = client.get_multiplexed_async_connection().await.unwrap();
    let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut client).await.unwrap();
    let calls = |line: &str| line.split_once("calls=")?.1.split(',').next()?.parse::<u64>().ok();
    stats.lines().filter_map(calls).sum()
}

async fn fill(stage: &Stage, jobs: impl Iterator<Item = Job>) {
    let push = async |job| assert!(matches!(stage.push(job).await, Pushed::Accepted(_)));
    stream::iter(jobs).for_each_concurrent(64, push).await;
}

/// Commands for one claim of one job and its settlement, on average.
async fn cost(servers: &Servers, stage: &Stage) -> u64 {
    const TIMES: u64 = 50;
    let before = commands(servers).await;
    for _ in 0..TIMES {
        for claim in stage.claim(1).await {
            stage.settle(&claim, Settlement::Done).await;
        }
    }
    (commands(servers).await - before) / TIMES
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_costs_the_same_however_much_waits() {
    let servers = Servers::alone();
    let mut costs = Vec::new();
    for (jobs, tenants) in [(300, 10), (20_000, 4_000)] {
        let stage = Stage::on(&servers.place).await;
        fill(&stage, (0..jobs).map(|n| job_of(&format!("tenant-{}", n % tenants), "invoice", Lane::Standard))).await;
        costs.push(cost(&servers, &stage).await);
    }
    println!("commands for a claim and a settlement: {costs:?}");
    assert!(costs[1] <= costs[0] * 5 / 4, "{costs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_costs_a_claim_nothing() {
    let servers = Servers::alone();
    let stage = Stage::on(&servers.place).await;
    fill(&stage, (0..400).map(|_| job_of("small", "invoice", Lane::Standard))).await;
    let free = cost(&servers, &stage).await;

    let policy = Policy {
        running_per_tenant: Some(3),
        running_of_report: BTreeMap::from([("flood".parse().unwrap(), 0)]),
        ..Policy::default()
    };
    stage.govern(policy).await;
    stage.queue.pause(&"tenant:paused".parse().unwrap()).await.unwrap();
    fill(&stage, (0..4_000).map(|n| job_of(&format!("tenant-{n}"), "flood", Lane::Standard))).await;
    fill(&stage, (0..1_000).map(|n| job_of("paused", &format!("report-{}", n % 100), Lane::Standard))).await;
    // Each is looked at once, and then no more.
    for _ in 0..60 {
        for claim in stage.claim(1).await {
            stage.settle(&claim, Settlement::Done).await;
        }
    }
    let held = cost(&servers, &stage).await;
    println!("commands for a claim and a settlement: {free}, and {held} with 5,000 jobs held");
    assert!(held <= free + 60, "{free} and {held}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_under_a_cap_costs_the_same_however_many_wait_for_it() {
    let servers = Servers::alone();
    let mut costs = Vec::new();
    for tenants in [100, 4_000] {
        let stage = Stage::on(&servers.place).await;
        let cap = BTreeMap::from([("flood".parse().unwrap(), 1)]);
        stage.govern(Policy { running_of_report: cap, ..Policy::default() }).await;
        fill(&stage, (0..tenants).map(|n| job_of(&format!("tenant-{n}"), "flood", Lane::Standard))).await;
        let first = stage.claim_one().await;
        for _ in 0..60 {
            assert!(stage.claim(1).await.is_empty());
        }
        stage.settle(&first, Settlement::Done).await;
        costs.push(cost(&servers, &stage).await);
    }
    println!("commands for a claim and a settlement: {costs:?}");
    assert!(costs[1] <= costs[0] * 5 / 4, "{costs:?}");
}
