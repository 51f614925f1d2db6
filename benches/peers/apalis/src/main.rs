//! apalis with its own Redis backend, on the Redis of `REDIS_URL`; what Pressroom's own bench asks of both.
//!
//! ```text
//! pressroom-bench-apalis jobs COUNT CONCURRENCY     jobs that do nothing: prints jobs per second, first to last
//! pressroom-bench-apalis push COUNT                 enqueueing one by one, 64 at once: prints pushes per second
//! ```
//!
//! No more than 5,000 jobs at once: with 8,000 waiting its claiming script fails for good.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use apalis::prelude::*;
use apalis_redis::{Config, RedisStorage};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Report {
    tenant: String,
    report: String,
    requester: String,
    invoice_id: usize,
    from: String,
    to: String,
}

fn report(n: usize) -> Report {
    Report {
        tenant: format!("tenant-{}", n % 100),
        report: "invoice".into(),
        requester: "user-12".into(),
        invoice_id: n,
        from: "2026-01-01".into(),
        to: "2026-12-31".into(),
    }
}

struct Ended {
    left: AtomicUsize,
    all: Notify,
}

async fn nothing(_: Report, ended: Data<Arc<Ended>>) -> Result<(), BoxDynError> {
    if ended.left.fetch_sub(1, Ordering::Relaxed) == 1 {
        ended.all.notify_one();
    }
    Ok(())
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<usize>().ok());
    let count = number(1).expect("how many jobs");
    let url = std::env::var("REDIS_URL").expect("REDIS_URL");
    let connection = apalis_redis::connect(url).await.expect("Redis answers");
    let queue = format!("bench-{}", std::process::id());
    let config = |batch| Config::default().queue(&queue).batch_size(batch);
    let storage = RedisStorage::new(connection.clone()).with_config(config(100));
    let began = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let pushers = (0..64).map(|_| {
        let (mut storage, next) = (storage.clone(), next.clone());
        tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    break;
                }
                storage.push(report(n)).await.expect("a push");
            }
        })
    });
    for pusher in pushers.collect::<Vec<_>>() {
        pusher.await.expect("a pusher");
    }
    let pushed = count as f64 / began.elapsed().as_secs_f64();
    if arguments[0] == "push" {
        println!("{{\"single\":{pushed}}}");
        return;
    }
    let concurrency = number(2).expect("a concurrency");
    let ended = Arc::new(Ended { left: AtomicUsize::new(count), all: Notify::new() });
    let began = Instant::now();
    let worker = WorkerBuilder::new("bench")
        .backend(RedisStorage::<Report>::new(connection).with_config(config(concurrency)))
        .concurrency(concurrency)
        .data(ended.clone())
        .build(nothing);
    tokio::select! {
        result = worker.run() => panic!("the worker ended: {result:?}"),
        () = ended.all.notified() => {}
    }
    println!("{{\"rate\":{}}}", count as f64 / began.elapsed().as_secs_f64());
}
