//! What the queue in Redis shows: lists, depths, dead letters, outcomes.
//!
//! **Invariant:** changes nothing. A job that can't be read is left out and doesn't hide the others.

use super::{
    RedisQueue,
    view::{Fields, instant, view},
};
use crate::{
    job::{Failure, Lane},
    queue::{BATCH, DeadLetter, Decided, JobFilter, JobView, LaneStats, Result, Scope, Stats, WorkerView},
};

impl RedisQueue {
    /// The hashes of these jobs, in their order.
    pub(super) async fn fields(&self, ids: &[String]) -> Result<Vec<Fields>> {
        let mut pipe = redis::pipe();
        for id in ids {
            pipe.cmd("HGETALL").arg(self.link.keys.key(&format!("job:{id}")));
        }
        self.link.ask_all(&pipe).await
    }

    pub(super) async fn read_list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>> {
        let key = match &filter.tenant {
            Some(tenant) => self.link.keys.key(&format!("jobs:{tenant}")),
            None => self.link.keys.key("jobs"),
        };
        // Each page goes on from the last one's score: an offset alone would be walked anew each time.
        let mut newest = filter.before.map_or("+inf".to_owned(), |(at, _)| at.timestamp_micros().to_string());
        let mut found = Vec::new();
        let mut offset = 0;
        loop {
            let mut page = redis::cmd("ZREVRANGEBYSCORE");
            page.arg(&key).arg(&newest).arg("-inf").arg("WITHSCORES").arg("LIMIT").arg(offset).arg(BATCH);
            let page: Vec<(String, f64)> = self.link.ask(&page).await?;
            let Some(last) = page.last().map(|(_, at)| *at) else { return Ok(found) };
            let same = page.iter().rev().take_while(|(_, at)| *at == last).count();
            let ids: Vec<String> = page.into_iter().map(|(id, _)| id).collect();
            for fields in self.fields(&ids).await? {
                if found.len() == limit {
                    return Ok(found);
                }
                found.extend(view(&fields).ok().flatten().filter(|view| filter.admits(view)));
            }
            if ids.len() < BATCH || found.len() == limit {
                return Ok(found);
            }
            let last = format!("{last:.0}");
            offset = if last == newest { offset + same } else { same };
            newest = last;
        }
    }

    pub(super) async fn read_stats(&self) -> Result<Stats> {
        let key = |name: &str| self.link.keys.key(name);
        let mut lengths = redis::pipe();
        lengths.cmd("LLEN").arg(key("inbox")).cmd("LLEN").arg(key("intake")).cmd("LLEN").arg(key("aside"));
        for name in ["scheduled", "retrying", "running", "dead", "outbox"] {
            lengths.cmd("ZCARD").arg(key(name));
        }
        let [inbox, intake, aside, scheduled, retrying, running, dead, outbox]: [u64; 8] =
            self.link.ask_all(&lengths).await?;
        let mut rest = redis::pipe();
        rest.cmd("TIME").cmd("LRANGE").arg(key("inbox")).arg(-1).arg(-1);
        rest.cmd("HKEYS").arg(key("paused")).cmd("SRANDMEMBER").arg(key("parked")).arg(BATCH);
        rest.cmd("HGET").arg(key("tally")).arg("rescues");
        type Rest = ((i64, i64), Vec<Vec<u8>>, Vec<String>, Vec<String>, Option<u64>);
        let (time, oldest, paused, parked, rescues): Rest = self.link.ask_all(&rest).await?;
        let now = time.0 * 1_000_000 + time.1;
        // An empty text only wakes workers; it is always the oldest, for it is put only into an empty inbox.
        let bell = u64::from(oldest.first().is_some_and(Vec::is_empty)).min(inbox + intake);
        let mut lanes = Vec::with_capacity(Lane::ALL.len());
        for lane in Lane::ALL {
            lanes.push((lane, self.lane_stats(lane, now).await?));
        }
        let paused = scopes(&paused);
        let capped = scopes(&parked).into_iter().filter(|scope| !paused.contains(scope)).collect();
        Ok(Stats {
            inbox: inbox + intake - bell,
            aside,
            lanes,
            scheduled,
            running,
            retrying,
            dead,
            outbox,
            paused,
            capped,
            rescues: rescues.unwrap_or(0),
        })
    }

    pub(super) async fn read_dead(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        let mut newest = redis::cmd("ZREVRANGE");
        newest.arg(self.link.keys.key("dead")).arg(0).arg(limit as i64 - 1).arg("WITHSCORES");
        let ids: Vec<(String, f64)> = if limit == 0 { Vec::new() } else { self.link.ask(&newest).await? };
        let mut found: Vec<(Option<String>, Option<String>)> = Vec::with_capacity(ids.len() * 2);
        for ids in ids.chunks(BATCH) {
            let mut pipe = redis::pipe();
            for (id, _) in ids {
                pipe.cmd("HMGET").arg(self.link.keys.key(&format!("job:{id}"))).arg("job").arg("failure");
                pipe.cmd("HMGET").arg(self.link.keys.key(&format!("text:{id}"))).arg("reason").arg("size");
            }
            found.extend(self.link.ask_all::<Vec<_>>(&pipe).await?);
        }
        Ok(ids.into_iter().zip(found.chunks_exact(2)).map(|((id, at), found)| letter(id, at, found)).collect())
    }

    pub(super) async fn read_outcomes(&self, limit: usize) -> Result<Vec<Decided>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut oldest = redis::cmd("ZRANGE");
        oldest.arg(self.link.keys.key("outbox")).arg(0).arg(limit as i64 - 1);
        let ids: Vec<String> = self.link.ask(&oldest).await?;
        let fields = self.fields(&ids).await?;
        let decided = |fields: &Fields| {
            let fence = fields.get("fence").and_then(|fence| fence.parse().ok()).unwrap_or_default();
            Some(Decided { view: view(fields).ok()??, fence })
        };
        Ok(fields.iter().filter_map(decided).collect())
    }

    pub(super) async fn read_workers(&self) -> Result<Vec<WorkerView>> {
        let names: Vec<String> =
            self.link.ask(redis::cmd("ZRANGE").arg(self.link.keys.key("workers")).arg(0).arg(-1)).await?;
        let mut pipe = redis::pipe();
        for name in names {
            pipe.cmd("GET").arg(self.link.keys.key(&format!("worker:{name}")));
        }
        let shown: Vec<Option<String>> = self.link.ask_all(&pipe).await?;
        let mut workers: Vec<WorkerView> =
            shown.iter().flatten().filter_map(|shown| serde_json::from_str(shown).ok()).collect();
        workers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(workers)
    }

    async fn lane_stats(&self, lane: Lane, now: i64) -> Result<LaneStats> {
        let key = self.link.keys.key(&format!("lane:{lane}"));
        let mut pipe = redis::pipe();
        pipe.cmd("ZCARD").arg(&key).cmd("ZRANGE").arg(&key).arg(0).arg(0).arg("WITHSCORES");
        let (waiting, oldest): (u64, Vec<(String, f64)>) = self.link.ask_all(&pipe).await?;
        let age = oldest.first().map_or(0, |(_, since)| (now - *since as i64).max(0) / 1000);
        Ok(LaneStats { waiting, oldest_waiting_ms: age.unsigned_abs() })
    }
}

/// Parts of the queue by their names, in order.
fn scopes(names: &[String]) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = names.iter().filter_map(|name| name.parse().ok()).collect();
    scopes.sort();
    scopes
}

/// One dead letter from what its job's hash and its text's hash hold.
fn letter(id: String, at: f64, found: &[(Option<String>, Option<String>)]) -> DeadLetter {
    let (job, failure) = found.first().cloned().unwrap_or_default();
    let (reason, size) = found.get(1).cloned().unwrap_or_default();
    let failure = failure.and_then(|failure| serde_json::from_str::<Failure>(&failure).ok());
    DeadLetter {
        id,
        job: job.and_then(|job| serde_json::from_str(&job).ok()),
        reason: failure.as_ref().map(|failure| failure.message.clone()).or(reason).unwrap_or_default(),
        failure,
        size_bytes: size.and_then(|size| size.parse().ok()).unwrap_or(0),
        at: instant(at as i64),
    }
}
