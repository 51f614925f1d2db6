//! The same journey on Redis, MariaDB and Azurite, with several worker processes, some of which die.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    fleet::{Fleet, KEY, PATIENCE},
    program::{Api, checked_text, pages, run, stdout},
};
use serde_json::{Value as Json, json};

async fn jobs(api: &Api, report: &str) -> Vec<Json> {
    let mut all = Vec::new();
    let mut path = format!("/api/v1/jobs?report={report}&limit=200");
    loop {
        let page = api.get(&path).await;
        all.extend(page["jobs"].as_array().expect("jobs").iter().cloned());
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/jobs?report={report}&limit=200&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn three_ways_in_two_workers_and_each_job_once() {
    let fleet = Fleet::new("ways", 1, 300);
    let (serve, api) = fleet.serve();
    let upkeep = fleet.start("upkeep", &["upkeep"]);
    let (mut one, mut two) = (fleet.worker("one"), fleet.worker("two"));

    let pushed = "00000000-0000-4000-8000-000000000001";
    let message = json!({"v": 1, "id": pushed, "report": "immunization-record", "parameters": {"patient_id": 3},
        "tenant": "default", "requester": "redis-cli"});
    fleet.redis(&["LPUSH", "{pressroom}:inbox", &message.to_string()]);
    let broken = ["{not json", "{\"v\":1}", ""];
    for text in broken {
        fleet.redis(&["LPUSH", "{pressroom}:inbox", text]);
    }
    let asked = api.ask(json!({"report": "immunization-record", "parameters": {"patient_id": 4}})).await;
    let file = fleet.folder.path().join("cli.pdf");
    let output = file.to_str().expect("UTF-8");
    run(fleet.pressroom(&["enqueue", "immunization-record", "-p", "patient_id=5", "--wait", "-o", output]));
    checked_text(&file);
    for id in [pushed, &asked] {
        let job = api.ended(id, PATIENCE).await;
        assert_eq!(job["state"], "done", "{job}");
        let pdf = fleet.saved("a.pdf", &api.content(job["artifact"]["id"].as_str().expect("an artifact")).await);
        checked_text(&pdf);
    }

    let mut ids: BTreeSet<String> = BTreeSet::new();
    for i in 0..200 {
        ids.insert(api.ask(json!({"report": "invoice", "parameters": {"invoice_id": i % 100 + 1}})).await);
    }
    for id in &ids {
        assert_eq!(api.ended(id, PATIENCE).await["state"], "done");
    }
    let done = jobs(&api, "invoice").await;
    let artifacts: BTreeSet<_> =
        done.iter().map(|job| job["artifact"]["id"].as_str().expect("one").to_owned()).collect();
    assert_eq!((done.len(), artifacts.len()), (200, 200));
    let workers = [&one, &two].map(|worker| worker.log().matches("settled").count());
    assert!(workers.iter().all(|jobs| *jobs > 0), "both workers took part: {workers:?}");

    let dead: Vec<Json> =
        serde_json::from_str(&stdout(&run(fleet.pressroom(&["dead", "list", "--json"])))).expect("JSON");
    assert_eq!(dead.len(), 2, "the two malformed messages, and the empty one is only a ring: {dead:?}");

    assert_eq!((one.terminate(), two.terminate()), (Some(0), Some(0)));
    for process in [&serve, &upkeep, &one, &two] {
        let log = process.log();
        for secret in
            [KEY, "not json", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq", "patient_id\":"]
        {
            assert!(!log.contains(secret), "a log at debug level holds {secret:?}");
        }
    }
}

#[tokio::test]
async fn a_killed_worker_loses_nothing_and_doubles_nothing() {
    let fleet = Fleet::new("kill", 2, 3000);
    let (_serve, api) = fleet.serve();
    let mut victim = fleet.worker("victim");
    let id = api
        .ask(json!({"report": "administered-doses", "parameters": {"from": "2016-01-01", "to": "2026-12-31"}}))
        .await;
    loop {
        let job = api.get(&format!("/api/v1/jobs/{id}")).await;
        assert_ne!(job["state"], "done", "the report must be long enough to be interrupted");
        if job["progress"]["rows"].as_u64() > Some(0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    victim.kill();
    let _rescuer = fleet.worker("rescuer");
    let job = api.ended(&id, PATIENCE).await;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("done"), &json!(2)), "{job}");
    let listed = run(fleet.pressroom(&["artifacts", "list", "--report", "administered-doses", "--json"]));
    let listed: Json = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed["artifacts"].as_array().expect("artifacts").len(), 1);
    let pdf = fleet.saved("doses.pdf", &api.content(job["artifact"]["id"].as_str().expect("an artifact")).await);
    assert_eq!(job["artifact"]["pages"], pages(&pdf));
}
