//! A Redis whose memory is full takes no more jobs, but gives out those that it has.

use pressroom::{
    job::JobState,
    queue::{Cancelled, QueueError, Renewal, Settled, Settlement},
};

use super::{servers::Servers, stage::*};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_is_emptied() {
    let servers = Servers::alone();
    let stage = Stage::on(&servers.place).await;
    let jobs = [job(), job(), job()];
    for job in &jobs {
        stage.push(job.clone()).await;
    }
    servers.ask(&["CONFIG", "SET", "maxmemory", "1"]);

    let refused = stage.queue.push(plain(job())).await;
    assert!(matches!(refused, Err(QueueError::Unavailable(_))), "{refused:?}");
    assert_eq!(stage.queue.cancel(&jobs[2].tenant, jobs[2].id).await.unwrap(), Cancelled::Now);
    let claims = stage.claim(2).await;
    assert_eq!(claims.len(), 2);
    assert_eq!(stage.renew(&claims[0]).await, Renewal::Held);
    assert_eq!(stage.settle(&claims[0], Settlement::Fail(failure())).await, Settled::Applied(JobState::Failed));
    assert_eq!(stage.settle(&claims[1], retry_in(0)).await, Settled::Applied(JobState::Retrying));
    let outcomes = stage.queue.outcomes(10).await.unwrap();
    assert_eq!(outcomes.len(), 2);
    stage.queue.acknowledge(&outcomes).await.unwrap();
    assert!(stage.queue.lead("recorder", "me", LEASE).await.unwrap());
    sleep_ms(3).await;
    let again = stage.claim_one().await;
    assert_eq!(stage.settle(&again, Settlement::Done).await, Settled::Applied(JobState::Done));
}
