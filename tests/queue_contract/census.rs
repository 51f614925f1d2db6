//! Which workers take part, and which schedules have fired.

use std::time::Duration;

use chrono::TimeDelta;
use pressroom::queue::WorkerView;

use super::stage::*;

fn worker(name: &str, busy: usize) -> WorkerView {
    // To the microsecond, as queues keep time.
    let since = chrono::DateTime::from_timestamp_micros(now().timestamp_micros()).unwrap();
    WorkerView { name: name.into(), slots: 4, busy, claiming: true, version: "1.2.3".into(), since }
}

over_both_queues! {
    async fn workers_are_listed_while_they_say_so(stage: &Stage) {
        assert!(stage.queue.workers().await.unwrap().is_empty());
        let (one, two) = (worker("one", 1), worker("two", 4));
        stage.queue.announce(&two, LEASE).await.unwrap();
        stage.second().await.announce(&one, LEASE).await.unwrap();
        assert_eq!(stage.queue.workers().await.unwrap(), [one.clone(), two.clone()]);

        let draining = WorkerView { busy: 0, claiming: false, ..two };
        stage.queue.announce(&draining, LEASE).await.unwrap();
        assert_eq!(stage.queue.workers().await.unwrap(), [one.clone(), draining.clone()]);
        stage.queue.announce(&one, Duration::ZERO).await.unwrap();
        assert_eq!(stage.queue.workers().await.unwrap(), [draining], "it has left");
    }

    async fn a_worker_that_says_nothing_more_is_gone(stage: &Stage) {
        stage.queue.announce(&worker("one", 0), Duration::from_millis(80)).await.unwrap();
        stage.queue.announce(&worker("two", 0), LEASE).await.unwrap();
        sleep_ms(120).await;
        let names: Vec<_> = stage.queue.workers().await.unwrap().into_iter().map(|worker| worker.name).collect();
        assert_eq!(names, ["two"]);
    }

    async fn a_schedule_never_goes_back(stage: &Stage) {
        let at = now();
        let fired = async |schedule: &str| {
            let fired = stage.queue.fired(schedule).await.unwrap();
            fired.map(|at| at.timestamp_micros())
        };
        assert_eq!(fired("invoice/nightly").await, None);
        stage.queue.set_fired("invoice/nightly", at).await.unwrap();
        assert_eq!(fired("invoice/nightly").await, Some(at.timestamp_micros()));
        stage.second().await.set_fired("invoice/nightly", at - TimeDelta::hours(1)).await.unwrap();
        assert_eq!(fired("invoice/nightly").await, Some(at.timestamp_micros()));
        let later = at + TimeDelta::microseconds(1);
        stage.queue.set_fired("invoice/nightly", later).await.unwrap();
        assert_eq!(fired("invoice/nightly").await, Some(later.timestamp_micros()));
        assert_eq!(fired("invoice/weekly").await, None);
    }
}
