//! A Redis that goes away and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use pressroom::{
    job::JobState,
    queue::{
        LeaseStore, QueueError,
        redis::{RedisOptions, RedisQueue},
    },
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::broadcast,
};

use super::stage::*;

/// A wire to Redis that can be cut.
struct Wire {
    url: String,
    up: Arc<AtomicBool>,
    cut: broadcast::Sender<()>,
}

impl Wire {
    async fn to(redis: &str) -> Self {
        let target = redis.trim_start_matches("redis://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let (up, cut) = (Arc::new(AtomicBool::new(true)), broadcast::channel(1).0);
        let (still_up, cuts) = (up.clone(), cut.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if !still_up.load(Ordering::SeqCst) {
                    continue;
                }
                let (target, mut cut) = (target.clone(), cuts.subscribe());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { url, up, cut }
    }

    fn cut(&self) {
        self.up.store(false, Ordering::SeqCst);
        let _ = self.cut.send(());
    }

    fn mend(&self) {
        self.up.store(true, Ordering::SeqCst);
    }
}

async fn behind_a_wire(stage: &Stage) -> (Wire, Arc<RedisQueue>) {
    let (url, namespace) = stage.redis_place().unwrap();
    let wire = Wire::to(url).await;
    let queue = Arc::new(RedisQueue::connect(RedisOptions::new(&wire.url, namespace)).await.unwrap());
    (wire, queue)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_fail_while_it_is_away_and_work_again_after() {
    let stage = Stage::redis().await;
    let (wire, queue) = behind_a_wire(&stage).await;
    queue.push(plain(job())).await.unwrap();
    wire.cut();
    let start = Instant::now();
    assert!(matches!(queue.push(plain(job())).await, Err(QueueError::Unavailable(_))));
    assert!(matches!(queue.ping().await, Err(QueueError::Unavailable(_))));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    wire.mend();
    let start = Instant::now();
    while queue.ping().await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "it stays unreachable");
        sleep_ms(50).await;
    }
    assert_eq!(queue.claim("w", 10.into(), LEASE).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_notices_that_it_is_away_and_waits_again_after() {
    let stage = Stage::redis().await;
    let (wire, queue) = behind_a_wire(&stage).await;
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.wait(Duration::from_secs(30)).await }
    });
    sleep_ms(100).await;
    let start = Instant::now();
    wire.cut();
    assert!(matches!(waiting.await.unwrap(), Err(QueueError::Unavailable(_))));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    wire.mend();
    while queue.ping().await.is_err() {
        sleep_ms(50).await;
    }
    let job = job();
    stage.push(job.clone()).await;
    queue.wait(Duration::from_secs(5)).await.unwrap();
    assert_eq!(queue.claim("w", 1.into(), LEASE).await.unwrap()[0].job, job);
    assert_eq!(stage.view(&job).await.state, JobState::Running);
}
