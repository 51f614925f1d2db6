//! What there is: jobs, workers, requests under way; and what the queue, the store and the catalog do when called.

use std::collections::BTreeSet;

/// How many of each there are, and what may go wrong how often.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    /// Workers, each with one slot.
    pub(crate) workers: usize,
    /// Recorders: workers and `upkeep` have one each.
    pub(crate) recorders: usize,
    /// Jobs.
    pub(crate) jobs: usize,
    /// Attempts that a job may take.
    pub(crate) max: u8,
    /// What may go wrong.
    pub(crate) trouble: Trouble,
    /// The mistake that is built in.
    pub(crate) flaw: Option<Flaw>,
}

/// How often each kind of trouble may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Trouble {
    /// Processes that die.
    pub(crate) crashes: u8,
    /// Answers that are lost.
    pub(crate) lost: u8,
    /// Requests that arrive late.
    pub(crate) late: u8,
    /// Attempts handed back or put off.
    pub(crate) handed_back: u8,
    /// Jobs that someone cancels.
    pub(crate) cancels: u8,
    /// Dead letters that someone retries.
    pub(crate) retries: u8,
    /// Messages sent a second time.
    pub(crate) doubles: u8,
}

/// Mistakes that the search must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    SettleWithoutFence,
    PublishOverwrites,
    SettleBeforeRecord,
    ClaimTakesOut,
    PopFromInbox,
    RescueUncounted,
    NobodyRescues,
    OutcomeWithoutOutbox,
    AcknowledgeBlindly,
    OutcomesHaveNoFence,
    LateDeleteOfFailed,
    ReconcileDeadLetters,
    DropForgets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum End {
    Done,
    Failed,
    Cancelled,
}

/// Where the queue has a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Absent,
    Waiting,
    Running,
    Retrying,
    Over(End),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    // The client's and the inbox'.
    pub(crate) to_send: u8,
    pub(crate) inbox: u8,
    pub(crate) intake: u8,
    pub(crate) sent: bool,
    // The queue's.
    pub(crate) place: Place,
    pub(crate) attempt: u8,
    pub(crate) fence: u8,
    pub(crate) late: bool,
    pub(crate) cancel: bool,
    pub(crate) outbox: bool,
    pub(crate) dead: bool,
    /// Raised whenever an outcome enters the outbox: the time of the last change.
    pub(crate) changed: u8,
    // The store's and the catalog's.
    pub(crate) blob: Option<u8>,
    pub(crate) record: Option<(End, u8)>,
    // Only to judge by: the claims that ended, the newest claim when a person last retried.
    pub(crate) closed: u8,
    pub(crate) retried_at: Option<u8>,
}

/// How an attempt ended, for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum How {
    Done,
    Retry,
    Defer,
    Release,
    Fail,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stop {
    Cancelled,
    Lost,
    Shutdown,
}

/// What an attempt does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum At {
    Check,
    Look,
    Draw,
    Publish,
    Record,
    Delete,
    Settle(How),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Attempt {
    pub(crate) job: usize,
    pub(crate) attempt: u8,
    pub(crate) fence: u8,
    pub(crate) at: At,
    pub(crate) stop: Option<Stop>,
}

/// A recorder that has read an outcome: to be recorded, then acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Recording {
    pub(crate) job: usize,
    pub(crate) end: End,
    pub(crate) fence: u8,
    pub(crate) changed: u8,
    pub(crate) recorded: bool,
}

/// A request on its way, whose sender no longer waits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Late {
    Publish { job: usize, fence: u8 },
    Record { job: usize, end: End, fence: u8 },
    Settle { job: usize, fence: u8, how: How },
    Renew { job: usize, fence: u8 },
    Delete { job: usize },
    Acknowledge { job: usize, changed: u8 },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) jobs: Vec<Job>,
    pub(crate) workers: Vec<Option<Attempt>>,
    pub(crate) recorders: Vec<Option<Recording>>,
    /// A person's retry between its two calls.
    pub(crate) desk: Option<usize>,
    /// An orphan that the reconciler has found and not yet deleted.
    pub(crate) doomed: Option<usize>,
    pub(crate) under_way: BTreeSet<Late>,
    pub(crate) left: Trouble,
    pub(crate) broken: Option<&'static str>,
}

// --- what the queue, the store and the catalog do ------------------------------------------------------------------

impl Protocol {
    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    pub(crate) fn claim(&self, job: &mut Job) -> (u8, u8) {
        job.attempt += 1;
        job.fence += 1;
        job.late = false;
        job.place = if self.has(Flaw::ClaimTakesOut) { Place::Absent } else { Place::Running };
        (job.attempt, job.fence)
    }

    /// Ends an attempt if its claim is the newest and not over.
    pub(crate) fn settle(&self, state: &mut State, job: usize, fence: u8, how: How) {
        let it = &mut state.jobs[job];
        if it.place != Place::Running || (it.fence != fence && !self.has(Flaw::SettleWithoutFence)) {
            return;
        }
        if it.closed & 1 << fence != 0 || it.fence != fence {
            state.broken = Some("a settlement counted although another claim had come or it was settled before");
            return;
        }
        it.closed |= 1 << fence;
        let how = match how {
            How::Retry | How::Defer | How::Release if it.cancel => How::Cancelled,
            How::Retry if it.attempt >= self.max => How::Fail,
            how => how,
        };
        match how {
            How::Done => it.place = Place::Over(End::Done),
            How::Retry => it.place = Place::Retrying,
            How::Defer | How::Release => {
                it.attempt -= 1;
                it.place = if how == How::Defer { Place::Retrying } else { Place::Waiting };
            }
            How::Fail => self.conclude(it, End::Failed),
            How::Cancelled => self.conclude(it, End::Cancelled),
        }
    }

    /// A job ended without an artifact.
    pub(crate) fn conclude(&self, job: &mut Job, end: End) {
        job.place = Place::Over(end);
        job.outbox = !self.has(Flaw::OutcomeWithoutOutbox);
        job.changed += 1;
        job.dead = end == End::Failed;
        job.cancel = false;
    }

    /// What a claim does with a lease that ran out.
    pub(crate) fn rescue(&self, job: &mut Job) {
        job.closed |= 1 << job.fence;
        job.late = false;
        if job.cancel {
            self.conclude(job, End::Cancelled);
        } else if job.attempt >= self.max && !self.has(Flaw::RescueUncounted) {
            self.conclude(job, End::Failed);
        } else {
            job.place = Place::Waiting;
        }
    }

    /// The heartbeat's answer.
    pub(crate) fn renew(job: &mut Job, fence: u8) -> Option<Stop> {
        if job.place != Place::Running || job.fence != fence {
            return Some(Stop::Lost);
        }
        job.late = false;
        job.cancel.then_some(Stop::Cancelled)
    }

    /// Puts an object at the job's key unless there is one.
    pub(crate) fn publish(&self, state: &mut State, job: usize, fence: u8) {
        let it = &mut state.jobs[job];
        match it.blob {
            Some(other) if self.has(Flaw::PublishOverwrites) => {
                if other != fence {
                    state.broken = Some("an attempt published over another's artifact");
                }
                it.blob = Some(fence);
            }
            Some(_) => {}
            None => it.blob = Some(fence),
        }
    }

    /// Records an end unless a stronger one stands; returns the one that stands.
    pub(crate) fn record(state: &mut State, job: usize, end: End, fence: u8) -> End {
        let it = &mut state.jobs[job];
        match it.record {
            Some((End::Failed, failed)) if fence > failed => {
                if end == End::Done && it.retried_at.is_none_or(|newest| newest >= fence) {
                    state.broken = Some("a recorded failure became a success although nobody had retried it");
                }
                it.record = Some((end, fence));
            }
            Some((stands, _)) => return stands,
            None => it.record = Some((end, fence)),
        }
        end
    }

    /// Forgets an outcome that the catalog has.
    pub(crate) fn acknowledge(&self, job: &mut Job, changed: u8) {
        let same = matches!(job.place, Place::Over(_)) && job.changed == changed;
        if job.outbox && (same || self.has(Flaw::AcknowledgeBlindly)) {
            job.outbox = false;
            Self::forget(job);
        }
    }

    /// An ended job that neither the catalog waits for nor a person may retry is forgotten, some day.
    pub(crate) fn forget(job: &mut Job) {
        if matches!(job.place, Place::Over(_)) && !job.outbox && !job.dead {
            job.place = Place::Absent;
            job.attempt = 0;
        }
    }

    pub(crate) fn arrive(&self, state: &mut State, late: &Late) {
        match *late {
            Late::Publish { job, fence } => self.publish(state, job, fence),
            Late::Record { job, end, fence } => {
                Self::record(state, job, end, fence);
            }
            Late::Settle { job, fence, how } => self.settle(state, job, fence, how),
            Late::Renew { job, fence } => {
                Self::renew(&mut state.jobs[job], fence);
            }
            Late::Delete { job } => state.jobs[job].blob = None,
            Late::Acknowledge { job, changed } => self.acknowledge(&mut state.jobs[job], changed),
        }
    }
}
