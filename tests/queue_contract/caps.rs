//! Caps on what runs: exact over all workers, and of no cost to others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use pressroom::{
    job::{Job, Lane},
    queue::{Claim, LeaseStore, Policy, Scope, Settlement, Weights},
};

use super::stage::*;

fn of_report(report: &str, most: u32) -> Policy {
    Policy { running_of_report: BTreeMap::from([(report.parse().unwrap(), most)]), ..Policy::default() }
}

fn of_tenants(most: u32) -> Policy {
    Policy { running_per_tenant: Some(most), ..Policy::default() }
}

fn of_fleet(most: u32) -> Policy {
    Policy { running: Some(most), ..Policy::default() }
}

/// What runs now and the most that ever did, by part of the queue.
#[derive(Default)]
struct Load(Mutex<BTreeMap<String, (i64, i64)>>);

impl Load {
    fn count(&self, job: &Job, by: i64) {
        let mut load = self.0.lock().unwrap();
        for part in
            [Scope::Tenant(job.tenant.clone()).to_string(), Scope::Report(job.report.clone()).to_string(), "all".into()]
        {
            let (now, most) = load.entry(part).or_default();
            *now += by;
            *most = (*most).max(*now);
        }
    }

    fn most(&self, part: &str) -> i64 {
        self.0.lock().unwrap().get(part).map_or(0, |(_, most)| *most)
    }
}

/// Claims and ends jobs in every way until so many have ended.
async fn work(queue: Arc<dyn LeaseStore>, worker: &str, load: Arc<Load>, ended: Arc<Mutex<usize>>, all: usize) {
    let start = Instant::now();
    let mut held: Vec<Claim> = Vec::new();
    let mut turn = 0;
    while *ended.lock().unwrap() < all {
        assert!(start.elapsed() < Duration::from_secs(60), "{} of {all} ended", ended.lock().unwrap());
        let claims = queue.claim(worker, 4.into(), LEASE).await.unwrap();
        claims.iter().for_each(|claim| load.count(&claim.job, 1));
        held.extend(claims);
        for claim in held.drain(..) {
            turn += 1;
            load.count(&claim.job, -1);
            let how = match turn % 5 {
                0 => Settlement::Release,
                1 if claim.attempt == 1 => retry_in(0),
                2 => Settlement::Fail(failure()),
                _ => Settlement::Done,
            };
            let ends = !matches!(how, Settlement::Release | Settlement::Retry { .. });
            queue.settle(claim.lease(), how).await.unwrap();
            *ended.lock().unwrap() += usize::from(ends);
        }
    }
}

over_both_queues! {
    async fn caps_are_exact_over_two_workers(stage: &Stage) {
        let mut policy = of_report("statement", 3);
        policy.running = Some(5);
        policy.running_per_tenant = Some(2);
        policy.running_of_tenant = BTreeMap::from([("north".parse().unwrap(), 1)]);
        stage.govern(policy).await;
        let mut all = 0;
        for n in 0..20 {
            for tenant in ["north", "south", "east", "west"] {
                let report = if n % 3 == 0 { "invoice" } else { "statement" };
                stage.push(job_of(tenant, report, Lane::ALL[n % 3])).await;
                all += 1;
            }
        }
        let (load, ended) = (Arc::new(Load::default()), Arc::new(Mutex::new(0)));
        tokio::join!(
            work(stage.queue.clone(), "one", load.clone(), ended.clone(), all),
            work(stage.second().await, "two", load.clone(), ended.clone(), all),
        );
        let most = |part: &str| load.most(part);
        assert!(most("all") <= 5 && most("report:statement") <= 3 && most("tenant:north") <= 1);
        assert!(["south", "east", "west"].iter().all(|tenant| most(&format!("tenant:{tenant}")) <= 2));
        let stats = stage.stats().await;
        assert_eq!((stats.running, stats.retrying), (0, 0));
        assert!(stats.capped.is_empty(), "{:?}", stats.capped);
    }

    async fn a_claim_stops_at_each_cap(stage: &Stage) {
        for (policy, most) in [(of_fleet(3), 3), (of_tenants(2), 2), (of_report("invoice", 1), 1), (of_fleet(0), 0)] {
            stage.govern(policy).await;
            for _ in 0..5 {
                stage.push(job()).await;
            }
            let claims = stage.claim(10).await;
            assert_eq!(claims.len(), most);
            assert!(stage.claim(10).await.is_empty());
            for claim in claims {
                stage.settle(&claim, Settlement::Done).await;
            }
            stage.govern(Policy::default()).await;
            let rest = stage.claim(10).await;
            assert_eq!(rest.len(), 5 - most, "a lifted cap holds nothing back");
            for claim in rest {
                stage.settle(&claim, Settlement::Done).await;
            }
        }
    }

    async fn a_raised_cap_lets_more_run_and_a_lowered_one_fewer(stage: &Stage) {
        for policy in [of_fleet, of_tenants, |most| of_report("invoice", most)] {
            for _ in 0..10 {
                stage.push(job()).await;
            }
            stage.govern(policy(1)).await;
            let mut held = stage.claim(10).await;
            assert_eq!(held.len(), 1);
            stage.second().await.govern(&policy(4)).await.unwrap();
            held.extend(stage.claim(10).await);
            assert_eq!(held.len(), 4);
            stage.govern(policy(2)).await;
            for left in [3, 2] {
                let claim = held.pop().unwrap();
                stage.settle(&claim, Settlement::Done).await;
                assert!(stage.claim(10).await.is_empty(), "{left} still run");
            }
            let claim = held.pop().unwrap();
            stage.settle(&claim, Settlement::Done).await;
            held.extend(stage.claim(10).await);
            assert_eq!(held.len(), 2);
            stage.govern(Policy::default()).await;
            held.extend(stage.claim(10).await);
            assert_eq!(held.len(), 7);
            for claim in held {
                stage.settle(&claim, Settlement::Done).await;
            }
        }
    }

    async fn every_way_to_end_frees_the_slot(stage: &Stage) {
        for policy in [of_fleet(1), of_tenants(1), of_report("invoice", 1)] {
            stage.govern(policy).await;
            let ways =
                [Settlement::Done, Settlement::Fail(failure()), Settlement::Cancelled, Settlement::Release, retry_in(0)];
            for how in ways.into_iter().map(Some).chain([None]) {
                let job = at_most(2);
                stage.push(job.clone()).await;
                // Without a settlement, its worker dies.
                let claim = stage.claim_and_die().await;
                if let Some(how) = &how {
                    stage.settle(&claim, how.clone()).await;
                }
                let again = matches!(how, None | Some(Settlement::Release | Settlement::Retry { .. }));
                stage.push(at_most(2)).await;
                for _ in 0..1 + usize::from(again) {
                    let claims = stage.claim(10).await;
                    assert_eq!(claims.len(), 1, "{how:?}");
                    stage.settle(&claims[0], Settlement::Done).await;
                }
                assert!(stage.claim(10).await.is_empty());
            }
        }
    }

    async fn a_freed_slot_goes_to_whoever_waits(stage: &Stage) {
        stage.govern(of_report("statement", 1)).await;
        for n in 0..30 {
            stage.push(job_of(&format!("tenant-{n}"), "statement", Lane::ALL[n % 3])).await;
        }
        stage.serve(30).await;
    }

    async fn a_slot_is_not_lost_on_a_flow_that_is_held_otherwise(stage: &Stage) {
        stage.govern(of_report("statement", 1)).await;
        for n in 0..30 {
            stage.push(job_of(&format!("tenant-{n:02}"), "statement", Lane::Standard)).await;
        }
        let first = stage.claim_one().await;
        assert!(stage.claim(10).await.is_empty());
        for n in 0..29 {
            stage.queue.pause(&format!("tenant:tenant-{n:02}").parse().unwrap()).await.unwrap();
        }
        stage.settle(&first, Settlement::Done).await;
        // Looking again may take a few claims, but it comes.
        let mut claims = Vec::new();
        for _ in 0..200 {
            claims.extend(stage.claim(10).await);
            if !claims.is_empty() {
                break;
            }
        }
        assert_eq!(claims.iter().map(|claim| claim.job.tenant.as_str()).collect::<Vec<_>>(), ["tenant-29"]);
    }

    async fn a_capped_tenants_flood_delays_nobody(stage: &Stage) {
        stage.govern(of_tenants(1)).await;
        for n in 0..120 {
            stage.push(job_of("flood", &format!("report-{n}"), Lane::Standard)).await;
        }
        for n in 0..5 {
            stage.push(job_of(&format!("small-{n}"), "invoice", Lane::Standard)).await;
        }
        let claims = stage.claim(10).await;
        let served = |name: &str| claims.iter().filter(|claim| claim.job.tenant.as_str().starts_with(name)).count();
        assert_eq!((served("flood"), served("small")), (1, 5));
        assert_eq!(stage.stats().await.capped, ["tenant:flood".parse::<Scope>().unwrap()]);
    }

    async fn a_capped_reports_flood_delays_nobody(stage: &Stage) {
        stage.govern(of_report("flood", 2)).await;
        for n in 0..120 {
            stage.push(job_of(&format!("tenant-{n:03}"), "flood", Lane::Standard)).await;
        }
        for n in 100..105 {
            stage.push(job_of(&format!("tenant-{n:03}"), "invoice", Lane::Standard)).await;
        }
        let claims = stage.claim(10).await;
        let served = |name: &str| claims.iter().filter(|claim| claim.job.report.as_str() == name).count();
        assert_eq!((served("flood"), served("invoice")), (2, 5));
        assert_eq!(stage.stats().await.capped, ["report:flood".parse::<Scope>().unwrap()]);
    }

    async fn a_capped_lane_lends_its_share(stage: &Stage) {
        stage.govern(of_report("flood", 1)).await;
        for _ in 0..20 {
            stage.push(job_of("north", "flood", Lane::Interactive)).await;
            stage.push(job_of("north", "invoice", Lane::Bulk)).await;
        }
        let claims = stage.claim(10).await;
        assert_eq!(claims.iter().filter(|claim| claim.job.lane == Lane::Bulk).count(), 9);
    }

    async fn nobody_looks_again_and_again_at_what_is_capped(stage: &Stage) {
        for policy in [of_fleet(1), of_tenants(1), of_report("invoice", 1)] {
            stage.govern(policy).await;
            stage.push(job()).await;
            stage.push(job()).await;
            let claim = stage.claim_one().await;
            assert!(stage.claim(10).await.is_empty());
            for _ in 0..2 {
                stage.queue.wait(Duration::from_millis(60)).await.unwrap();
                stage.queue.drain().await.unwrap();
            }
            let start = Instant::now();
            stage.queue.wait(Duration::from_millis(300)).await.unwrap();
            assert!(start.elapsed() >= Duration::from_millis(290), "{:?}", start.elapsed());
            stage.settle(&claim, Settlement::Done).await;
            stage.serve(1).await;
        }
    }

    async fn the_policy_is_kept_for_all(stage: &Stage) {
        assert_eq!(stage.queue.policy().await.unwrap(), Policy::default());
        let mut policy = of_report("statement", 7);
        policy.weights = Weights { interactive: 1, standard: 2, bulk: 3 };
        policy.running = Some(12);
        policy.running_of_tenant = BTreeMap::from([("north".parse().unwrap(), 3)]);
        policy.waiting_per_tenant = u64::MAX >> 12;
        policy.bytes_per_tenant = 9_007_199_254_740_991;
        stage.govern(policy.clone()).await;
        assert_eq!(stage.second().await.policy().await.unwrap(), policy);
        stage.govern(Policy::default()).await;
        assert_eq!(stage.queue.policy().await.unwrap(), Policy::default());
    }

    async fn lanes_share_by_the_weights_that_were_set(stage: &Stage) {
        stage.govern(Policy { weights: Weights { interactive: 1, standard: 1, bulk: 4 }, ..Policy::default() }).await;
        for lane in Lane::ALL {
            for _ in 0..12 {
                stage.push(job_of("north", "invoice", lane)).await;
            }
        }
        let jobs = stage.serve(12).await;
        assert_eq!(Lane::ALL.map(|lane| jobs.iter().filter(|job| job.lane == lane).count()), [2, 2, 8]);
    }
}
