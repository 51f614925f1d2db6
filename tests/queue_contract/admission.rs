//! Messages: drained, judged, admitted.

use pressroom::{
    job::{JobState, Lane},
    queue::{RawMessage, Verdict},
};

use super::stage::*;

fn raw(text: &str) -> RawMessage {
    RawMessage(text.as_bytes().to_vec())
}

async fn post(stage: &Stage, text: &str) {
    stage.queue.post(raw(text)).await.unwrap();
}

fn accept(job: &pressroom::job::Job) -> Verdict {
    Verdict::Accept(Box::new(plain(job.clone())))
}

over_both_queues! {
    async fn messages_come_oldest_first(stage: &Stage) {
        for text in ["one", "two", "three"] {
            post(stage, text).await;
        }
        assert_eq!(stage.queue.drain().await.unwrap(), [raw("one"), raw("two"), raw("three")]);
    }

    async fn an_admitted_message_is_a_job(stage: &Stage) {
        post(stage, "message").await;
        let job = job();
        for raw in stage.queue.drain().await.unwrap() {
            stage.queue.admit(&raw, accept(&job)).await.unwrap();
        }
        assert!(stage.queue.drain().await.unwrap().is_empty());
        assert_eq!(stage.claim_one().await.job, job);
    }

    async fn admitting_twice_changes_nothing(stage: &Stage) {
        post(stage, "message").await;
        let drained = stage.queue.drain().await.unwrap();
        assert_eq!(stage.second().await.drain().await.unwrap(), drained, "it stays until it is admitted");
        stage.queue.admit(&drained[0], accept(&job())).await.unwrap();
        stage.queue.admit(&drained[0], accept(&job())).await.unwrap();
        stage.queue.admit(&drained[0], Verdict::Malformed("no".into())).await.unwrap();
        assert_eq!(stage.claim(10).await.len(), 1);
        assert!(stage.queue.dead(10).await.unwrap().is_empty());
    }

    async fn two_equal_messages_are_two_requests(stage: &Stage) {
        post(stage, "same").await;
        post(stage, "same").await;
        let drained = stage.queue.drain().await.unwrap();
        assert_eq!(drained.len(), 2);
        for raw in &drained {
            stage.queue.admit(raw, accept(&job())).await.unwrap();
        }
        assert_eq!(stage.claim(10).await.len(), 2);
    }

    async fn what_a_dead_worker_drained_the_next_drain_takes(stage: &Stage) {
        post(stage, "message").await;
        {
            let doomed = stage.second().await;
            assert_eq!(doomed.drain().await.unwrap().len(), 1);
        }
        assert_eq!(stage.queue.drain().await.unwrap(), [raw("message")]);
    }

    async fn a_malformed_message_is_kept_and_harms_nothing_else(stage: &Stage) {
        for text in ["good 1", "bad", "good 2"] {
            post(stage, text).await;
        }
        for raw in stage.queue.drain().await.unwrap() {
            let bad = raw.0 == b"bad";
            let verdict = if bad { Verdict::Malformed("not JSON".into()) } else { accept(&job()) };
            stage.queue.admit(&raw, verdict).await.unwrap();
        }
        assert_eq!(stage.claim(10).await.len(), 2);
        let letter = stage.queue.dead(10).await.unwrap().remove(0);
        assert_eq!((letter.job.as_ref(), letter.reason.as_str(), letter.size_bytes), (None, "not JSON", 3));
        assert_eq!(stage.queue.dead_text(&letter.id).await.unwrap().as_deref(), Some(&b"bad"[..]));
        assert!(!stage.queue.dead_retry(&letter.id).await.unwrap(), "there is no job to retry");
        assert!(stage.queue.dead_drop(&letter.id).await.unwrap());
        assert_eq!(stage.queue.dead_text(&letter.id).await.unwrap(), None);
        assert_eq!(stage.queue.stats().await.unwrap().dead, 0);
    }

    async fn a_huge_message_is_cut_but_counted(stage: &Stage) {
        let huge = RawMessage(vec![b'x'; 300_000]);
        stage.queue.post(huge.clone()).await.unwrap();
        assert_eq!(stage.queue.drain().await.unwrap(), std::slice::from_ref(&huge));
        stage.queue.admit(&huge, Verdict::Malformed("too large".into())).await.unwrap();
        let letter = stage.queue.dead(1).await.unwrap().remove(0);
        assert_eq!(letter.size_bytes, 300_000);
        assert_eq!(stage.queue.dead_text(&letter.id).await.unwrap().unwrap().len(), 65_536);
    }

    async fn bytes_that_are_no_text_survive(stage: &Stage) {
        let odd = RawMessage(vec![0, 0xff, b'\r', b'\n', 0xfe]);
        stage.queue.post(odd.clone()).await.unwrap();
        assert_eq!(stage.queue.drain().await.unwrap(), std::slice::from_ref(&odd));
        stage.queue.admit(&odd, Verdict::Malformed("not JSON".into())).await.unwrap();
        assert!(stage.queue.drain().await.unwrap().is_empty());
    }

    async fn a_rejected_message_is_a_failed_job(stage: &Stage) {
        post(stage, "message").await;
        let job = job();
        let drained = stage.queue.drain().await.unwrap();
        stage.queue.admit(&drained[0], Verdict::Reject(Box::new(plain(job.clone())), failure())).await.unwrap();
        let view = stage.view(&job).await;
        assert_eq!((view.state, view.attempt, view.failure), (JobState::Failed, 0, Some(failure())));
        assert_eq!(stage.queue.outcomes(10).await.unwrap()[0].view.job, job);
        assert!(stage.claim(1).await.is_empty());
        assert!(stage.queue.dead_retry(&job.id.to_string()).await.unwrap());
        assert_eq!(stage.claim_one().await.attempt, 1);
    }

    async fn a_repeated_message_is_swallowed(stage: &Stage) {
        let first = job();
        stage.queue.push(keyed(first.clone(), "k", "a")).await.unwrap();
        for text in ["same id", "same key"] {
            post(stage, text).await;
        }
        let drained = stage.queue.drain().await.unwrap();
        stage.queue.admit(&drained[0], accept(&first)).await.unwrap();
        stage.queue.admit(&drained[1], Verdict::Accept(Box::new(keyed(job(), "k", "a")))).await.unwrap();
        assert_eq!(stage.claim(10).await.len(), 1);
        assert!(stage.queue.dead(10).await.unwrap().is_empty());
    }

    async fn a_conflict_is_a_dead_letter(stage: &Stage) {
        let (first, second) = (job(), job());
        let foreign = pressroom::job::Job { id: first.id, ..job_of("south", "invoice", Lane::Standard) };
        stage.queue.push(keyed(first.clone(), "k", "a")).await.unwrap();
        post(stage, "key").await;
        post(stage, "id").await;
        let drained = stage.queue.drain().await.unwrap();
        stage.queue.admit(&drained[0], Verdict::Accept(Box::new(keyed(second.clone(), "k", "b")))).await.unwrap();
        stage.queue.admit(&drained[1], accept(&foreign)).await.unwrap();
        assert_eq!(stage.view(&second).await.failure.unwrap().code, "idempotency-conflict");
        assert_eq!(stage.view(&first).await.job, first, "the standing job is untouched");
        let letters = stage.queue.dead(10).await.unwrap();
        assert_eq!(letters.len(), 2);
        assert!(letters.iter().any(|letter| letter.job.is_none() && letter.reason.contains("another job")));
    }

    async fn a_newer_message_is_left_and_does_not_block(stage: &Stage) {
        post(stage, "from the future").await;
        for n in 0..3 {
            post(stage, &format!("message {n}")).await;
        }
        for raw in stage.queue.drain().await.unwrap() {
            let newer = raw.0.starts_with(b"from");
            stage.queue.admit(&raw, if newer { Verdict::Leave } else { accept(&job()) }).await.unwrap();
        }
        assert_eq!(stage.claim(10).await.len(), 3);
        assert!(stage.queue.drain().await.unwrap().is_empty(), "not offered again at once");
        let start = std::time::Instant::now();
        stage.queue.wait(std::time::Duration::from_millis(5)).await.unwrap();
        stage.queue.wait(std::time::Duration::from_millis(300)).await.unwrap();
        stage.queue.wait(std::time::Duration::from_millis(300)).await.unwrap();
        assert!(start.elapsed().as_millis() >= 300, "no busy loop");
        let stats = stage.queue.stats().await.unwrap();
        assert_eq!((stats.inbox, stats.aside, stats.dead), (0, 1, 0));
    }

    async fn a_drain_takes_a_hundred_at_most(stage: &Stage) {
        for n in 0..130 {
            post(stage, &format!("message {n}")).await;
        }
        let first = stage.queue.drain().await.unwrap();
        assert_eq!((first.len(), &first[0], &first[99]), (100, &raw("message 0"), &raw("message 99")));
        for raw in &first {
            stage.queue.admit(raw, accept(&job())).await.unwrap();
        }
        assert_eq!(stage.queue.drain().await.unwrap().len(), 30);
    }
}

#[tokio::test]
async fn any_redis_client_may_push() {
    let stage = Stage::redis().await;
    let (url, namespace) = stage.redis_place().unwrap();
    let mut client = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let text = r#"{"v":1,"report":"invoice","parameters":{"invoice_id":7},"tenant":"north","requester":"user-12"}"#;
    let _: () =
        redis::cmd("LPUSH").arg(format!("{{{namespace}}}:inbox")).arg(text).query_async(&mut client).await.unwrap();
    assert_eq!(stage.queue.drain().await.unwrap(), [raw(text)]);
}

#[tokio::test]
async fn a_message_taken_by_a_wait_is_in_intake() {
    let stage = Stage::redis().await;
    let waiter = stage.second().await;
    post(&stage, "message").await;
    waiter.wait(std::time::Duration::from_secs(5)).await.unwrap();
    drop(waiter);
    assert_eq!(stage.queue.drain().await.unwrap(), [raw("message")]);
}

#[tokio::test]
async fn scripts_come_back_after_a_flush() {
    let stage = Stage::redis().await;
    let mut client =
        redis::Client::open(stage.redis_place().unwrap().0).unwrap().get_multiplexed_async_connection().await.unwrap();
    stage.push(job()).await;
    let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut client).await.unwrap();
    assert_eq!(stage.claim(1).await.len(), 1);
}
