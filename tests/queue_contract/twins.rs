//! Both queues, given the same random calls, answer alike.

use std::time::Duration;

use pressroom::{
    job::{Job, Lane},
    queue::{Claim, Decided, JobFilter, Settlement},
};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::stage::*;

struct Twins {
    redis: Stage,
    sqlite: Stage,
    random: StdRng,
    jobs: Vec<Job>,
    /// The same claims, as each queue gave them.
    held: Vec<(Claim, Claim)>,
}

impl Twins {
    async fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..35 => self.push().await,
            35..60 => self.claim().await,
            60..85 => self.settle().await,
            85..93 => self.cancel().await,
            93..97 => self.retry_dead().await,
            _ => self.acknowledge().await,
        }
        let (redis, sqlite) = (self.redis.queue.stats().await.unwrap(), self.sqlite.queue.stats().await.unwrap());
        let waiting = |stats: &pressroom::queue::Stats| stats.lanes.iter().map(|(_, l)| l.waiting).collect::<Vec<_>>();
        assert_eq!(waiting(&redis), waiting(&sqlite));
        let depths = |s: &pressroom::queue::Stats| [s.inbox, s.scheduled, s.running, s.retrying, s.dead, s.outbox];
        assert_eq!(depths(&redis), depths(&sqlite));
    }

    fn pick(&mut self) -> Option<Job> {
        let many = self.jobs.len();
        (many > 0).then(|| self.jobs[self.random.random_range(0..many)].clone())
    }

    async fn push(&mut self) {
        let tenant = ["east", "north", "south", "west"][self.random.random_range(0..4)];
        let report = ["invoice", "recall-list", "stock"][self.random.random_range(0..3)];
        let lane = Lane::ALL[self.random.random_range(0..3)];
        let again = self.pick().filter(|_| self.random.random_bool(0.1));
        let new = Job { max_attempts: self.random.random_range(1..4), ..job_of(tenant, report, lane) };
        let push = keyed(again.unwrap_or(new), &format!("key-{}", self.random.random_range(0..80)), "a");
        let (redis, sqlite) = (self.redis.queue.push(push.clone()).await, self.sqlite.queue.push(push.clone()).await);
        assert_eq!(redis.unwrap(), sqlite.unwrap());
        if !self.jobs.iter().any(|job| job.id == push.job.id) {
            self.jobs.push(push.job);
        }
    }

    async fn claim(&mut self) {
        let free = self.random.random_range(1..6);
        let (redis, sqlite) = (self.redis.claim(free).await, self.sqlite.claim(free).await);
        let told = |claims: &[Claim]| claims.iter().map(|c| (c.job.id, c.attempt, c.fence)).collect::<Vec<_>>();
        assert_eq!(told(&redis), told(&sqlite));
        self.held.extend(redis.into_iter().zip(sqlite));
    }

    async fn settle(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let at = self.random.random_range(0..self.held.len());
        // Some are settled a second time.
        let (redis, sqlite) =
            if self.random.random_bool(0.1) { self.held[at].clone() } else { self.held.swap_remove(at) };
        let how = match self.random.random_range(0..6) {
            0 | 1 => Settlement::Done,
            2 => Settlement::Retry { failure: failure(), delay: Duration::ZERO },
            3 => Settlement::Release,
            4 => Settlement::Fail(failure()),
            _ => Settlement::Cancelled,
        };
        assert_eq!(self.redis.settle(&redis, how.clone()).await, self.sqlite.settle(&sqlite, how).await);
    }

    async fn cancel(&mut self) {
        let Some(job) = self.pick() else { return };
        let redis = self.redis.queue.cancel(&job.tenant, job.id).await.unwrap();
        assert_eq!(redis, self.sqlite.queue.cancel(&job.tenant, job.id).await.unwrap());
    }

    async fn retry_dead(&mut self) {
        let Some(job) = self.pick() else { return };
        let id = job.id.to_string();
        let redis = self.redis.queue.dead_retry(&id).await.unwrap();
        assert_eq!(redis, self.sqlite.queue.dead_retry(&id).await.unwrap());
    }

    async fn acknowledge(&mut self) {
        let ids = |decided: &[Decided]| decided.iter().map(|decided| decided.view.job.id).collect::<Vec<_>>();
        let (redis, sqlite) = (self.redis.queue.outcomes(3), self.sqlite.queue.outcomes(3));
        let (redis, sqlite) = (redis.await.unwrap(), sqlite.await.unwrap());
        assert_eq!(ids(&redis), ids(&sqlite));
        self.redis.queue.acknowledge(&redis).await.unwrap();
        self.sqlite.queue.acknowledge(&sqlite).await.unwrap();
    }

    async fn agree(&self) {
        for job in &self.jobs {
            let told = async |stage: &Stage| {
                let view = stage.queue.find(&job.tenant, job.id).await.unwrap();
                view.map(|view| (view.job, view.state, view.attempt, view.failure, view.worker))
            };
            assert_eq!(told(&self.redis).await, told(&self.sqlite).await);
        }
        let listed = async |stage: &Stage| {
            let views = stage.queue.list(&JobFilter::default(), 1000).await.unwrap();
            views.into_iter().map(|view| view.job.id).collect::<Vec<_>>()
        };
        assert_eq!(listed(&self.redis).await, listed(&self.sqlite).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_queues_answer_alike() {
    for seed in 0..8 {
        println!("seed {seed}");
        let (redis, sqlite) = (Stage::redis().await, Stage::sqlite().await);
        let random = StdRng::seed_from_u64(seed);
        let mut twins = Twins { redis, sqlite, random, jobs: Vec::new(), held: Vec::new() };
        for _ in 0..150 {
            twins.step().await;
        }
        twins.agree().await;
    }
}
