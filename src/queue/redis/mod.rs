//! The queue in Redis (6.2 or newer, Valkey, Azure Managed Redis): many processes, many machines.
//!
//! Each step is one Lua script (`lua/`), so it happens whole or not at all, whoever dies. An idle worker blocks on
//! the inbox, where clients put messages and everyone else puts an empty text to wake it.
//!
//! | key | holds |
//! |---|---|
//! | `inbox`, `intake`, `aside` | messages: new, taken but not yet admitted, of a newer version |
//! | `job:<id>` | one job (hash) |
//! | `waiting`, `lane:<lane>`, `flow:<lane>:<tenant>:<report>` | jobs ready to run, by when they lined up |
//! | `turns:<lane>`, `turns:<lane>:<tenant>` | tenants, and a tenant's reports, by the claim that last served them |
//! | `scheduled`, `retrying`, `running` | jobs by when they are due, or their lease ends |
//! | `dead`, `text:<id>` | dead letters by time; a malformed message's text |
//! | `outbox` | jobs that ended without an artifact, until the catalog has them |
//! | `jobs`, `jobs:<tenant>` | what `list` shows, by acceptance |
//! | `key:<tenant>:<sha256>`, `leader:<role>` | idempotency keys and leaders, each with a lifetime |
//! | `claims` | how many claims there have been: the fence, and whose turn it is |
//! | `policy`, `fleet`, `paused`, `load` | the rules; what is paused; jobs running and bytes in flight by tenant and report |
//! | `parked`, `parked:<report>`, `thaw` | what may run no more, without its turn; what of it is to be looked at again |
//! | `reserved` | the worker that lets its slots go free for a large job |
//! | `workers`, `worker:<name>`, `fired`, `tally` | who takes part; schedules' last instants; counts of what happened |
//!
//! Autoscalers may read `LLEN inbox`, `ZCARD waiting` and `ZCARD running`.
//!
//! **Invariant:** all keys share one hash tag; deadlines come from the server's clock; nothing is logged that holds a
//! parameter or a password. Redis forgets ended jobs within [`ENDED_LIFETIME`]. That nothing is lost needs
//! `appendfsync always` and `maxmemory-policy noeviction`.

mod batch;
mod connection;
mod link;
mod read;
mod scripts;
mod settle;
mod view;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use redis::ScriptInvocation;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::{batch::Batches, connection::meaning, link::Link, view::view};
use super::{
    Policy, Scope,
    contract::*,
    failure::{FOREIGN_ID, key_conflict, over_quota, unreadable},
    message::MAX_BYTES,
    views::*,
};
use crate::job::{Job, JobId, JobState, Name, Progress, Tenant};

/// How long [`RedisQueue::wait`] blocks at least, so that what nobody can take makes no busy loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);

/// The longest time for which [`RedisQueue::wait`] blocks.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Where the queue is.
#[derive(Clone, Copy)]
pub struct RedisOptions<'a> {
    /// `redis://…`, or `rediss://…` for TLS: one server, or any node of a cluster.
    pub url: &'a str,
    /// All keys begin with `{namespace}:`.
    pub namespace: &'a str,
    /// The certificate in PEM format that signs the server's, where it isn't a public authority's.
    pub authority: Option<&'a [u8]>,
}

impl<'a> RedisOptions<'a> {
    /// A server without a certificate, or with a public one.
    pub fn new(url: &'a str, namespace: &'a str) -> Self {
        Self { url, namespace, authority: None }
    }
}

/// The queue in Redis.
pub struct RedisQueue {
    link: Arc<Link>,
    settling: Batches<(Lease, Settlement), Settled>,
}

impl RedisQueue {
    /// Connects; whether the server is a cluster it tells itself.
    pub async fn connect(options: RedisOptions<'_>) -> Result<Self> {
        Ok(Self { link: Arc::new(Link::open(options).await?), settling: Batches::default() })
    }

    /// Fails a job whose text can't be read: it harms nobody but itself.
    async fn fail_unreadable(&self, id: &str, fence: u64) -> Result<()> {
        let id = id.parse().map_err(|_| QueueError::Corrupt("a job's id is no UUID".to_owned()))?;
        tracing::error!(job.id = %id, "a job in the queue can't be read; it is failed");
        self.settle(Lease { job: id, fence }, Settlement::Fail(unreadable())).await.map(drop)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).min(1 << 52)
}

fn millis(time: Duration) -> u64 {
    micros(time) / 1000
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| QueueError::Corrupt(e.to_string()))
}

fn parse_state(text: &str) -> Result<JobState> {
    text.parse().map_err(|_| QueueError::Corrupt("a job's `state` can't be read".to_owned()))
}

/// Adds a new job's arguments, as `arguments` in `lua/create.lua` reads them.
fn job_arguments(call: &mut ScriptInvocation<'_>, push: &Push) -> Result<()> {
    let Job { id, tenant, report, lane, accepted_at, max_attempts, run_at, .. } = &push.job;
    call.arg(id.to_string()).arg(tenant.as_str()).arg(report.as_str()).arg(lane.as_str());
    call.arg(accepted_at.timestamp_micros()).arg(*max_attempts);
    call.arg(run_at.map(|at| at.timestamp_micros().to_string()).unwrap_or_default());
    call.arg(json(&push.job)?).arg(push.trace.as_deref().unwrap_or_default());
    call.arg(push.idempotency_key.as_ref().map(|key| hex::encode(Sha256::digest(key))).unwrap_or_default());
    call.arg(&push.request_digest).arg(push.slots.max(1));
    Ok(())
}

/// The policy as the scripts read it, and whole.
fn policy_fields(policy: &Policy) -> Result<Vec<(String, String)>> {
    let turns: String = policy.weights.turns().iter().map(|lane| &lane.as_str()[..1]).collect();
    let mut fields = vec![
        ("whole".to_owned(), json(policy)?),
        ("turns".to_owned(), turns),
        ("waiting".to_owned(), policy.waiting_per_tenant.to_string()),
        ("bytes".to_owned(), policy.bytes_per_tenant.to_string()),
    ];
    if policy.running_per_tenant.is_some()
        || !(policy.running_of_tenant.is_empty() && policy.running_of_report.is_empty())
    {
        fields.push(("capped".to_owned(), "1".to_owned()));
    }
    let caps = [("running", policy.running), ("tenants", policy.running_per_tenant)];
    fields.extend(caps.iter().filter_map(|(name, cap)| Some(((*name).to_owned(), (*cap)?.to_string()))));
    let named = |kind: &str, (name, cap): (&Name, &u32)| (format!("{kind}:{name}"), cap.to_string());
    fields.extend(policy.running_of_tenant.iter().map(|cap| named("tenant", cap)));
    fields.extend(policy.running_of_report.iter().map(|cap| named("report", cap)));
    Ok(fields)
}

#[async_trait]
impl LeaseStore for RedisQueue {
    async fn push(&self, push: Push) -> Result<Pushed> {
        let mut call = self.link.keys.call(&self.link.scripts.push);
        call.arg(millis(KEY_LIFETIME));
        job_arguments(&mut call, &push)?;
        let (verdict, id): (String, String) = self.link.run(&call).await?;
        let id = id.parse().map_err(|_| QueueError::Corrupt("a job's id is no UUID".to_owned()))?;
        Ok(match verdict.as_str() {
            "accepted" => Pushed::Accepted(id),
            "existing" => Pushed::Existing(id),
            "full" => Pushed::Full,
            _ => Pushed::Conflict(id),
        })
    }

    async fn post(&self, raw: RawMessage) -> Result<()> {
        self.link.ask(redis::cmd("LPUSH").arg(self.link.keys.key("inbox")).arg(raw.0)).await
    }

    async fn drain(&self) -> Result<Vec<RawMessage>> {
        let raw: Vec<Vec<u8>> = self.link.run(&self.link.keys.call(&self.link.scripts.drain)).await?;
        Ok(raw.into_iter().rev().map(RawMessage).collect())
    }

    async fn admit(&self, raw: &RawMessage, verdict: Verdict) -> Result<()> {
        let (word, reason, push) = match &verdict {
            Verdict::Accept(push) => ("accept", String::new(), Some(push)),
            Verdict::Reject(push, failure) => ("reject", json(failure)?, Some(push)),
            Verdict::Malformed(reason) => ("malformed", reason.clone(), None),
            Verdict::Leave => ("leave", String::new(), None),
        };
        let kept = &raw.0[..raw.0.len().min(MAX_BYTES)];
        let mut call = self.link.keys.call(&self.link.scripts.admit);
        call.arg(&raw.0).arg(word).arg(millis(KEY_LIFETIME)).arg(millis(ENDED_LIFETIME)).arg(DEAD_LETTERS);
        call.arg(millis(ASIDE)).arg(reason).arg(kept).arg(Uuid::new_v4().to_string());
        call.arg(json(&key_conflict())?).arg(FOREIGN_ID).arg(json(&over_quota())?);
        if let Some(push) = push {
            job_arguments(&mut call, push)?;
        }
        self.link.run(&call).await
    }

    async fn claim(&self, worker: &str, capacity: Capacity, lease: Duration) -> Result<Vec<Claim>> {
        let mut call = self.link.keys.call(&self.link.scripts.claim);
        call.arg(worker).arg(capacity.free).arg(capacity.total.max(1)).arg(micros(lease));
        call.arg(millis(ENDED_LIFETIME)).arg(DEAD_LETTERS).arg(millis(RESERVATION));
        let taken: Vec<(String, String, u32, u64, String, u32, u32, String)> = self.link.run(&call).await?;
        let mut claims = Vec::with_capacity(taken.len());
        for (id, job, attempt, fence, trace, slots, deferrals, failures) in taken {
            let trace = Some(trace).filter(|trace| !trace.is_empty());
            match serde_json::from_str(&job) {
                Ok(job) => {
                    let failures = view::failures(&failures).unwrap_or_default();
                    claims.push(Claim { job, attempt, fence, trace, slots, deferrals, failures });
                }
                // It mustn't take the other claims along.
                Err(_) => {
                    if let Err(error) = self.fail_unreadable(&id, fence).await {
                        tracing::warn!(job.id = id, %error, "a job that can't be read could not be failed");
                    }
                }
            }
        }
        Ok(claims)
    }

    async fn wait(&self, up_to: Duration) -> Result<()> {
        let due: i64 = self.link.run(&self.link.keys.call(&self.link.scripts.due)).await?;
        let until = u64::try_from(due).map_or(up_to, Duration::from_micros);
        let nap = until.clamp(SHORTEST_WAIT, up_to.clamp(SHORTEST_WAIT, LONGEST_WAIT));
        let mut connection = self.link.connections.blocking(nap).await?;
        let mut command = redis::cmd("BLMOVE");
        command.arg(self.link.keys.key("inbox")).arg(self.link.keys.key("intake")).arg("RIGHT").arg("LEFT");
        command.arg(nap.as_secs_f64());
        let _: redis::Value = command.query_async(&mut connection).await.map_err(meaning)?;
        self.link.connections.give_back(connection);
        Ok(())
    }

    async fn renew(&self, lease: Lease, progress: Progress, lease_for: Duration) -> Result<Renewal> {
        let mut call = self.link.keys.call(&self.link.scripts.renew);
        call.arg(lease.job.to_string()).arg(lease.fence).arg(micros(lease_for)).arg(progress.rows).arg(progress.pages);
        let answer: String = self.link.run(&call).await?;
        Ok(match answer.as_str() {
            "held" => Renewal::Held,
            "cancel" => Renewal::CancelRequested,
            _ => Renewal::Lost,
        })
    }

    async fn settle(&self, lease: Lease, how: Settlement) -> Result<Settled> {
        let link = self.link.clone();
        self.settling.call((lease, how), move |ended| settle::settle(link, ended)).await
    }

    async fn govern(&self, policy: &Policy) -> Result<()> {
        let mut call = self.link.keys.call(&self.link.scripts.govern);
        for (field, value) in policy_fields(policy)? {
            call.arg(field).arg(value);
        }
        self.link.run(&call).await
    }

    async fn policy(&self) -> Result<Policy> {
        let whole: Option<String> =
            self.link.ask(redis::cmd("HGET").arg(self.link.keys.key("policy")).arg("whole")).await?;
        let read = |text: String| serde_json::from_str(&text).map_err(|_| QueueError::Corrupt("its policy".to_owned()));
        whole.map_or(Ok(Policy::default()), read)
    }

    async fn pause(&self, scope: &Scope) -> Result<bool> {
        let mut call = self.link.keys.call(&self.link.scripts.pause);
        self.link.run(call.arg("pause").arg(scope.to_string())).await
    }

    async fn resume(&self, scope: &Scope) -> Result<bool> {
        let mut call = self.link.keys.call(&self.link.scripts.pause);
        self.link.run(call.arg("resume").arg(scope.to_string())).await
    }

    async fn announce(&self, worker: &WorkerView, lasts: Duration) -> Result<()> {
        let mut call = self.link.keys.call(&self.link.scripts.announce);
        self.link.run(call.arg(&worker.name).arg(json(worker)?).arg(micros(lasts))).await
    }

    async fn workers(&self) -> Result<Vec<WorkerView>> {
        self.read_workers().await
    }

    async fn fired(&self, schedule: &str) -> Result<Option<DateTime<Utc>>> {
        let mut call = self.link.keys.call(&self.link.scripts.fired);
        let at: Option<i64> = self.link.run(call.arg(schedule)).await?;
        Ok(at.map(view::instant))
    }

    async fn set_fired(&self, schedule: &str, at: DateTime<Utc>) -> Result<()> {
        let mut call = self.link.keys.call(&self.link.scripts.fired);
        self.link.run(call.arg(schedule).arg(at.timestamp_micros())).await
    }

    async fn cancel(&self, tenant: &Tenant, id: JobId) -> Result<Cancelled> {
        let mut call = self.link.keys.call(&self.link.scripts.cancel);
        call.arg(tenant.as_str()).arg(id.to_string());
        let answer: Vec<String> = self.link.run(&call).await?;
        match answer.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["now"] => Ok(Cancelled::Now),
            ["requested"] => Ok(Cancelled::Requested),
            ["final", state] => parse_state(state).map(Cancelled::AlreadyFinal),
            _ => Ok(Cancelled::Unknown),
        }
    }

    async fn find(&self, tenant: &Tenant, id: JobId) -> Result<Option<JobView>> {
        let fields = self.fields(&[id.to_string()]).await?;
        let found = fields.first().map(view).transpose()?.flatten();
        Ok(found.filter(|view| view.job.tenant == *tenant))
    }

    async fn list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>> {
        self.read_list(filter, limit).await
    }

    async fn stats(&self) -> Result<Stats> {
        self.read_stats().await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        self.read_dead(limit).await
    }

    async fn dead_text(&self, id: &str) -> Result<Option<Vec<u8>>> {
        self.link.ask(redis::cmd("HGET").arg(self.link.keys.key(&format!("text:{id}"))).arg("text")).await
    }

    async fn dead_retry(&self, id: &str) -> Result<bool> {
        let mut call = self.link.keys.call(&self.link.scripts.dead);
        self.link.run(call.arg("retry").arg(id).arg(millis(ENDED_LIFETIME))).await
    }

    async fn dead_drop(&self, id: &str) -> Result<bool> {
        let mut call = self.link.keys.call(&self.link.scripts.dead);
        self.link.run(call.arg("drop").arg(id).arg(millis(ENDED_LIFETIME))).await
    }

    async fn outcomes(&self, limit: usize) -> Result<Vec<Decided>> {
        self.read_outcomes(limit).await
    }

    async fn acknowledge(&self, decided: &[Decided]) -> Result<()> {
        for some in decided.chunks(BATCH) {
            let mut call = self.link.keys.call(&self.link.scripts.acknowledge);
            call.arg(millis(ENDED_LIFETIME));
            for Decided { view, .. } in some {
                call.arg(view.job.id.to_string()).arg(view.changed_at.timestamp_micros());
            }
            self.link.run::<()>(&call).await?;
        }
        Ok(())
    }

    async fn lead(&self, role: &str, holder: &str, lease_for: Duration) -> Result<bool> {
        let mut call = self.link.keys.call(&self.link.scripts.lead);
        self.link.run(call.arg(role).arg(holder).arg(millis(lease_for).max(1))).await
    }

    fn round_trips(&self) -> u64 {
        self.link.round_trips()
    }

    async fn ping(&self) -> Result<()> {
        let ping = redis::cmd("PING");
        tokio::time::timeout(Duration::from_secs(1), self.link.ask(&ping))
            .await
            .map_err(|_| QueueError::Unavailable("no answer within a second".to_owned()))?
    }
}
