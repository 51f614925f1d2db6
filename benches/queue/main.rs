//! How fast jobs pass through the queues, and beside them BullMQ and apalis-redis on the same Redis.
//!
//! ```text
//! cargo bench --bench queue                       SQLite, and Redis too when PRESSROOM_TEST_REDIS_URL names one
//! cargo bench --bench queue -- rates ROUNDS       Redis and its peers in turns, ROUNDS times
//! cargo bench --bench queue -- waiting COUNT      what a claim costs with 1,000 and with COUNT jobs waiting
//! cargo bench --bench queue -- drain COUNT CONCURRENCY       only that, for a profiler
//! ```
//!
//! The peers are in `benches/peers/`: `npm ci` in `bullmq`, `cargo build --release` in `apalis`; one that isn't there is
//! left out.

#![expect(clippy::unwrap_used, reason = "a bench may panic")]

mod ours;
mod peers;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pressroom::{
    clock::SystemClock,
    queue::{
        Capacity, LeaseStore, RawMessage, Settlement,
        redis::{RedisOptions, RedisQueue},
        sqlite::SqliteQueue,
    },
};

use crate::{
    ours::{drain, fill, latency, push},
    peers::Peer,
};

const LEASE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    // Cargo adds a `--bench` of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<usize>().ok());
    match arguments.first().map(String::as_str) {
        Some("rates") => rates(&redis_url().expect("PRESSROOM_TEST_REDIS_URL"), number(1).unwrap_or(3)).await,
        Some("waiting") => waiting(number(1).unwrap_or(1_000_000)).await,
        Some("drain") => {
            let (count, concurrency) = (number(1).unwrap_or(20_000), number(2).unwrap_or(100));
            let queue = redis(&redis_url().expect("PRESSROOM_TEST_REDIS_URL")).await;
            fill(&queue, count, 100).await;
            println!("{:.0} jobs/s at {concurrency}", drain(queue, count, concurrency).await);
        }
        _ => overview().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "benches find the services that ./test started")]
fn redis_url() -> Option<String> {
    std::env::var("PRESSROOM_TEST_REDIS_URL").ok()
}

async fn sqlite(folder: &tempfile::TempDir) -> Arc<dyn LeaseStore> {
    let file = folder.path().join(uuid::Uuid::new_v4().simple().to_string());
    Arc::new(SqliteQueue::open(&file, Arc::new(SystemClock)).await.unwrap())
}

async fn redis(url: &str) -> Arc<dyn LeaseStore> {
    let namespace = format!("bench-{}", uuid::Uuid::new_v4().simple());
    Arc::new(RedisQueue::connect(RedisOptions::new(url, &namespace)).await.unwrap())
}

/// Each of our stores by itself.
async fn overview() {
    println!(
        "{:<8} {:>10} {:>10} {:>10} {:>10} {:>11} {:>9} {:>9}",
        "queue", "pushes/s", "inbox/s", "jobs/s at 1", "at 10", "at 100", "start p50", "start p99"
    );
    let folder = tempfile::tempdir().unwrap();
    let stores = [sqlite(&folder).await, sqlite(&folder).await, sqlite(&folder).await, sqlite(&folder).await];
    row("sqlite", 2_000, stores).await;
    match redis_url() {
        Some(url) => {
            let stores = [redis(&url).await, redis(&url).await, redis(&url).await, redis(&url).await];
            row("redis", 20_000, stores).await;
            println!("redis    {}", memory(&url).await);
        }
        None => println!("redis    left out: PRESSROOM_TEST_REDIS_URL is not set"),
    }
}

async fn row(name: &str, many: usize, [one, ten, hundred, idle]: [Arc<dyn LeaseStore>; 4]) {
    let pushes = fill(&ten, many, 100).await;
    fill(&hundred, many, 100).await;
    fill(&one, many / 4, 100).await;
    let inbox = admit(&idle, many / 4).await;
    let at_one = drain(one, many / 4, 1).await;
    let (at_ten, at_hundred) = (drain(ten, many, 10).await, drain(hundred, many, 100).await);
    drain(idle.clone(), many / 4, 100).await;
    let (p50, p99) = latency(idle, 100).await;
    println!(
        "{name:<8} {pushes:>10.0} {inbox:>10.0} {at_one:>10.0} {at_ten:>10.0} {at_hundred:>11.0} {p50:>9.2?} {p99:>9.2?}"
    );
}

/// From `LPUSH` of raw messages to their lanes; messages per second.
async fn admit(queue: &Arc<dyn LeaseStore>, many: usize) -> f64 {
    let began = Instant::now();
    for n in 0..many {
        queue.post(RawMessage(n.to_string().into_bytes())).await.unwrap();
        if n % 100 == 99 || n + 1 == many {
            pressroom::queue::admit_messages(&**queue, &ours::Everything).await.unwrap();
        }
    }
    many as f64 / began.elapsed().as_secs_f64()
}

/// Ours and the peers', each kind of run in turn, so that what else the machine does hits all alike; medians.
async fn rates(url: &str, rounds: usize) {
    let peers = Peer::all();
    println!(
        "{:<16} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "", "pushes/s", "jobs/s at 1", "at 10", "at 100", "start p50/p99"
    );
    let mut all = vec![vec![Vec::new(); 6]; peers.len() + 1];
    for _ in 0..rounds {
        for (column, (count, concurrency)) in [(1_000, 1), (5_000, 10), (5_000, 100)].into_iter().enumerate() {
            let queue = redis(url).await;
            let pushes = fill(&queue, count, 100).await;
            all[0][column + 1].push(drain(queue, count, concurrency).await);
            if column == 2 {
                all[0][0].push(pushes);
            }
            for (peer, figures) in peers.iter().zip(&mut all[1..]) {
                figures[column + 1].extend(peer.rate(url, count, concurrency));
            }
        }
        let (p50, p99) = latency(redis(url).await, 100).await;
        all[0][4].push(p50.as_secs_f64() * 1e3);
        all[0][5].push(p99.as_secs_f64() * 1e3);
        for (peer, figures) in peers.iter().zip(&mut all[1..]) {
            figures[0].extend(peer.pushes(url, 5_000));
            let (p50, p99) = peer.latency(url, 100).unzip();
            figures[4].extend(p50);
            figures[5].extend(p99);
        }
    }
    let names = ["Pressroom"].into_iter().chain(peers.iter().map(|peer| peer.name()));
    for (name, figures) in names.zip(&mut all) {
        let m: Vec<String> = figures.iter_mut().map(|figures| median(figures)).collect();
        println!("{name:<16} {:>12} {:>12} {:>12} {:>12} {:>6}/{} ms", m[0], m[1], m[2], m[3], m[4], m[5]);
    }
}

fn median(figures: &mut [f64]) -> String {
    figures.sort_by(f64::total_cmp);
    match figures.get(figures.len() / 2) {
        Some(figure) if *figure < 100.0 => format!("{figure:.2}"),
        Some(figure) => format!("{figure:.0}"),
        None => "–".to_owned(),
    }
}

/// What one claim of one job, and one of a hundred, takes while few and while many wait.
async fn waiting(many: usize) {
    let folder = tempfile::tempdir().unwrap();
    claims("sqlite", sqlite(&folder).await, many.min(100_000)).await;
    if let Some(url) = redis_url() {
        claims("redis", redis(&url).await, many).await;
    }
}

async fn claims(name: &str, queue: Arc<dyn LeaseStore>, many: usize) {
    const FEW: usize = 1_000;
    let mut before = None;
    let mut there = 0;
    for count in [FEW, many] {
        fill(&queue, count - there, 10_000).await;
        let (one, hundred) = (claim_time(&queue, 1, 200).await, claim_time(&queue, 100, 20).await);
        there = count;
        print!("{name:<8} {count:>9} waiting: a claim takes {one:.1?}, one of a hundred jobs {hundred:.1?}");
        match before {
            Some((was, were)) => {
                let ratio = |now: Duration, was: Duration| now.as_secs_f64() / was.as_secs_f64();
                println!("; {:.2} and {:.2} times as long", ratio(one, was), ratio(hundred, were));
            }
            None => println!(),
        }
        before = Some((one, hundred));
    }
}

/// The median; what was claimed is handed back, so that as many wait as before.
async fn claim_time(queue: &Arc<dyn LeaseStore>, jobs: usize, times: usize) -> Duration {
    let mut took = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        let claims = queue.claim("bench", Capacity::from(jobs), LEASE).await.unwrap();
        took.push(began.elapsed());
        assert_eq!(claims.len(), jobs);
        for claim in claims {
            queue.settle(claim.lease(), Settlement::Release).await.unwrap();
        }
    }
    took.sort();
    took[times / 2]
}

/// What jobs take of Redis' memory.
async fn memory(url: &str) -> String {
    const MANY: usize = 10_000;
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut used = async || {
        let info: String = redis::cmd("INFO").arg("memory").query_async(&mut connection).await.unwrap();
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
        line.trim().parse::<i64>().unwrap()
    };
    let queue = redis(url).await;
    queue.push(push("tenant-0")).await.unwrap();
    let before = used().await;
    fill(&queue, MANY, 100).await;
    let waiting = used().await;
    drain(queue, MANY + 1, 100).await;
    let done = used().await;
    let each = |bytes: i64| bytes / MANY as i64;
    format!(
        "{} bytes of memory for a waiting job, {} for one that is done",
        each(waiting - before),
        each(done - before)
    )
}
