//! What can happen next.
//!
//! Each call is one step, because the queue, the store and the catalog do each in one. Whatever can go wrong around a
//! call is a step too: its answer is lost and it is made again, or it is on its way so long that it arrives when its
//! sender has given up or died. A worker that is paused (SIGSTOP, a stalled disk, a clock that jumps) takes no step
//! while the others do; its lease may run out at any time.

use std::collections::BTreeSet;

use crate::{
    checker::{Model, Step},
    protocol::{At, Attempt, End, Flaw, How, Job, Late, Place, Protocol, Recording, State, Stop, Trouble},
};

/// The steps from one state, as they are found.
struct Steps<'a> {
    from: &'a State,
    found: Vec<Step<State>>,
}

impl Steps<'_> {
    fn add(&mut self, name: (usize, &'static str), due: bool, change: impl FnOnce(&mut State)) {
        let mut to = self.from.clone();
        change(&mut to);
        // Who is who among the workers is no matter.
        to.workers.sort_unstable();
        to.recorders.sort_unstable();
        let name = (u8::try_from(name.0 + 1).expect("a few"), name.1);
        self.found.push(Step { name, due, to });
    }

    /// Something that happens some day.
    fn due(&mut self, name: (usize, &'static str), change: impl FnOnce(&mut State)) {
        self.add(name, true, change);
    }

    /// Trouble, or somebody's choice, of which there is only so much.
    fn may(&mut self, name: (usize, &'static str), left: fn(&mut Trouble) -> &mut u8, change: impl FnOnce(&mut State)) {
        let mut trouble = self.from.left;
        if *left(&mut trouble) > 0 {
            self.add(name, false, |state| {
                *left(&mut state.left) -= 1;
                change(state);
            });
        }
    }

    /// A call: it is answered, or its answer is lost, or it arrives when nobody waits for it any more.
    fn call<A>(
        &mut self,
        who: usize,
        names: [&'static str; 3],
        late: Late,
        effect: impl Fn(&mut State) -> A,
        heard: impl FnOnce(&mut State, A),
    ) {
        self.due((who, names[0]), |state| {
            let answer = effect(state);
            heard(state, answer);
        });
        self.may(
            (who, names[1]),
            |left| &mut left.lost,
            |state| {
                effect(state);
            },
        );
        self.may(
            (who, names[2]),
            |left| &mut left.late,
            |state| {
                state.under_way.insert(late);
            },
        );
    }
}

macro_rules! called {
    ($what:literal) => {
        [$what, concat!($what, ", and the answer is lost"), concat!($what, ", and that is long on its way")]
    };
}

impl Protocol {
    fn around_jobs(&self, steps: &mut Steps<'_>) {
        for (j, job) in steps.from.jobs.iter().enumerate() {
            let who = |what| (j, what);
            if job.to_send > 0 {
                let sent = |state: &mut State| {
                    state.jobs[j].inbox += 1;
                    state.jobs[j].sent = true;
                };
                steps.due(who("job: is sent to the inbox"), |state| {
                    sent(state);
                    state.jobs[j].to_send -= 1;
                });
                steps.may(who("job: is sent, the answer is lost, it is sent again"), |left| &mut left.doubles, sent);
            }
            if job.inbox > 0 {
                steps.due(who("job: is moved to intake"), |state| {
                    state.jobs[j].inbox -= 1;
                    state.jobs[j].intake += 1;
                });
            }
            if job.intake > 0 {
                steps.due(who("job: is admitted"), |state| {
                    let job = &mut state.jobs[j];
                    job.intake -= 1;
                    if job.place == Place::Absent {
                        job.place = Place::Waiting;
                    }
                });
            }
            if job.intake > 0 && self.has(Flaw::PopFromInbox) {
                let name = who("job: whoever took it out of the inbox dies");
                steps.may(name, |left| &mut left.crashes, |state| state.jobs[j].intake -= 1);
            }
            if job.place == Place::Running && !job.late {
                steps.due(who("job: its lease runs out"), |state| state.jobs[j].late = true);
            }
            if job.place == Place::Running && job.late && !self.has(Flaw::NobodyRescues) {
                steps.due(who("job: is rescued"), |state| self.rescue(&mut state.jobs[j]));
            }
            if job.place == Place::Retrying {
                steps.due(who("job: is due again"), |state| state.jobs[j].place = Place::Waiting);
            }
            if job.place == Place::Over(End::Done) {
                steps.due(who("job: is forgotten"), |state| Self::forget(&mut state.jobs[j]));
            }
            if matches!(job.place, Place::Waiting | Place::Running | Place::Retrying) && !job.cancel {
                steps.may(
                    who("job: is cancelled"),
                    |left| &mut left.cancels,
                    |state| {
                        let job = &mut state.jobs[j];
                        if job.place == Place::Running {
                            job.cancel = true;
                        } else {
                            self.conclude(job, End::Cancelled);
                        }
                    },
                );
            }
            self.around_dead_letters(steps, j);
            let ended = matches!(job.record, Some((End::Failed | End::Cancelled, _)));
            let forgotten = match job.place {
                Place::Absent => true,
                Place::Over(End::Cancelled) => matches!(job.record, Some((End::Cancelled, _))),
                Place::Over(_) => self.has(Flaw::ReconcileDeadLetters),
                _ => false,
            };
            if job.blob.is_some() && ended && forgotten && steps.from.doomed.is_none() {
                steps.due(who("job: the reconciler finds its orphan"), |state| state.doomed = Some(j));
            }
        }
        if let Some(j) = steps.from.doomed {
            steps.due((j, "job: the reconciler deletes its orphan"), |state| {
                state.doomed = None;
                state.jobs[j].blob = None;
            });
        }
    }

    /// A retry is two calls: the catalog forgets the failure, then the queue takes the job back.
    fn around_dead_letters(&self, steps: &mut Steps<'_>, j: usize) {
        let job = &steps.from.jobs[j];
        if job.dead && steps.from.desk.is_none() {
            if !job.outbox {
                steps.may(
                    (j, "job: the desk reopens it"),
                    |left| &mut left.retries,
                    |state| {
                        let job = &mut state.jobs[j];
                        job.record = job.record.filter(|(end, _)| *end != End::Failed);
                        state.desk = Some(j);
                    },
                );
            }
            steps.add((j, "job: its dead letter is dropped"), false, |state| {
                let job = &mut state.jobs[j];
                job.dead = false;
                if !self.has(Flaw::DropForgets) {
                    job.outbox = true;
                    job.changed += 1;
                }
                Self::forget(job);
            });
        }
        if steps.from.desk == Some(j) {
            steps.due((j, "job: the desk puts it back"), |state| {
                state.desk = None;
                let job = &mut state.jobs[j];
                if job.dead {
                    job.place = Place::Waiting;
                    (job.attempt, job.dead, job.outbox) = (0, false, false);
                    job.retried_at = Some(job.fence);
                }
            });
            steps.may((j, "job: the desk dies"), |left| &mut left.crashes, |state| state.desk = None);
        }
    }

    fn around_recorders(&self, steps: &mut Steps<'_>) {
        for (r, recording) in steps.from.recorders.iter().enumerate() {
            let Some(Recording { job, end, fence, changed, recorded }) = recording.clone() else {
                for (j, job) in steps.from.jobs.iter().enumerate() {
                    if let (Place::Over(end), true) = (job.place, job.outbox) {
                        let (fence, changed) = (job.fence, job.changed);
                        steps.due((r, "recorder: reads an outcome"), |state| {
                            state.recorders[r] = Some(Recording { job: j, end, fence, changed, recorded: false });
                        });
                    }
                }
                continue;
            };
            steps.may((r, "recorder: dies"), |left| &mut left.crashes, |state| state.recorders[r] = None);
            if recorded {
                let effect = |state: &mut State| self.acknowledge(&mut state.jobs[job], changed);
                let late = Late::Acknowledge { job, changed };
                steps.call(r, called!("recorder: acknowledges"), late, effect, |state, ()| state.recorders[r] = None);
            } else {
                let written = if self.has(Flaw::OutcomesHaveNoFence) { 0 } else { fence };
                let effect = |state: &mut State| Self::record(state, job, end, written);
                let late = Late::Record { job, end, fence: written };
                steps.call(r, called!("recorder: records"), late, effect, |state, _| {
                    if let Some(recording) = &mut state.recorders[r] {
                        recording.recorded = true;
                    }
                });
            }
        }
    }

    fn around_workers(&self, steps: &mut Steps<'_>) {
        for (w, attempt) in steps.from.workers.iter().enumerate() {
            let Some(attempt) = attempt else {
                for (j, job) in steps.from.jobs.iter().enumerate() {
                    if job.place == Place::Waiting {
                        let claim = |state: &mut State| self.claim(&mut state.jobs[j]);
                        steps.due((w, "worker: claims"), |state| {
                            let (attempt, fence) = claim(state);
                            state.workers[w] = Some(Attempt { job: j, attempt, fence, at: At::Check, stop: None });
                        });
                        let name = "worker: claims, and the answer is lost";
                        steps.may(
                            (w, name),
                            |left| &mut left.lost,
                            |state| {
                                claim(state);
                            },
                        );
                    }
                }
                continue;
            };
            steps.may((w, "worker: dies"), |left| &mut left.crashes, |state| state.workers[w] = None);
            let (job, fence) = (attempt.job, attempt.fence);
            if attempt.stop.is_none() {
                let effect = |state: &mut State| Self::renew(&mut state.jobs[job], fence);
                let late = Late::Renew { job, fence };
                steps.call(w, called!("worker: renews its lease"), late, effect, |state, stop| {
                    if let Some(attempt) = &mut state.workers[w] {
                        attempt.stop = stop;
                    }
                });
                steps.may(
                    (w, "worker: is to shut down"),
                    |left| &mut left.handed_back,
                    |state| {
                        if let Some(attempt) = &mut state.workers[w] {
                            attempt.stop = Some(Stop::Shutdown);
                        }
                    },
                );
            } else if !matches!(attempt.at, At::Settle(_)) {
                steps.due((w, "worker: stops"), |state| stop(&mut state.workers[w]));
            }
            self.work(steps, w, attempt);
        }
    }

    /// One step of an attempt.
    fn work(&self, steps: &mut Steps<'_>, w: usize, attempt: &Attempt) {
        let (job, fence) = (attempt.job, attempt.fence);
        let go = move |state: &mut State, at: At| {
            if let Some(attempt) = &mut state.workers[w] {
                attempt.at = at;
            }
        };
        let it = &steps.from.jobs[job];
        match attempt.at {
            At::Check => {
                let next = match it.record {
                    Some((End::Done, _)) => At::Settle(How::Done),
                    Some((End::Failed, _)) => At::Settle(How::Fail),
                    Some((End::Cancelled, _)) => At::Settle(How::Cancelled),
                    None if attempt.attempt > 1 => At::Look,
                    None => At::Draw,
                };
                steps.due((w, "worker: asks the catalog"), |state| go(state, next));
            }
            At::Look => {
                let next = if it.blob.is_some() { At::Record } else { At::Draw };
                steps.due((w, "worker: looks into the store"), |state| go(state, next));
            }
            At::Draw => {
                steps.due((w, "worker: has drawn"), |state| go(state, At::Publish));
                steps.add((w, "worker: fails for now"), false, |state| go(state, At::Settle(How::Retry)));
                steps.add((w, "worker: fails for ever"), false, |state| go(state, At::Settle(How::Fail)));
                let name = (w, "worker: lacks what it needs");
                steps.may(name, |left| &mut left.handed_back, |state| go(state, At::Settle(How::Defer)));
            }
            At::Publish => {
                let next = if self.has(Flaw::SettleBeforeRecord) { At::Settle(How::Done) } else { At::Record };
                let effect = |state: &mut State| self.publish(state, job, fence);
                let late = Late::Publish { job, fence };
                steps.call(w, called!("worker: publishes"), late, effect, |state, ()| go(state, next));
            }
            At::Record => {
                let effect = |state: &mut State| Self::record(state, job, End::Done, fence);
                let late = Late::Record { job, end: End::Done, fence };
                let deletes_failed = self.has(Flaw::LateDeleteOfFailed);
                steps.call(w, called!("worker: records"), late, effect, |state, stands| match stands {
                    End::Done => go(state, At::Settle(How::Done)),
                    End::Failed if !deletes_failed => go(state, At::Settle(How::Cancelled)),
                    End::Failed | End::Cancelled => go(state, At::Delete),
                });
                steps.add((w, "worker: gives up recording"), false, |state| go(state, At::Settle(How::Retry)));
            }
            At::Delete => {
                let effect = |state: &mut State| state.jobs[job].blob = None;
                let next = At::Settle(How::Cancelled);
                let late = Late::Delete { job };
                steps.call(w, called!("worker: deletes what came too late"), late, effect, |s, ()| go(s, next));
            }
            At::Settle(how) => {
                let effect = |state: &mut State| self.settle(state, job, fence, how);
                let late = Late::Settle { job, fence, how };
                let heard = |state: &mut State, ()| state.workers[w] = None;
                steps.call(w, called!("worker: settles"), late, effect, heard);
            }
        }
    }
}

/// What an attempt that was asked to stop tells the queue, if anything.
fn stop(worker: &mut Option<Attempt>) {
    let Some(attempt) = worker else { return };
    match attempt.stop {
        Some(Stop::Lost) => *worker = None,
        Some(Stop::Cancelled) => attempt.at = At::Settle(How::Cancelled),
        Some(Stop::Shutdown) => attempt.at = At::Settle(How::Release),
        None => {}
    }
}

impl Model for Protocol {
    type State = State;

    fn first(&self) -> State {
        let job = Job {
            to_send: 1,
            inbox: 0,
            intake: 0,
            sent: false,
            place: Place::Absent,
            attempt: 0,
            fence: 0,
            late: false,
            cancel: false,
            outbox: false,
            dead: false,
            changed: 0,
            blob: None,
            record: None,
            closed: 0,
            retried_at: None,
        };
        State {
            jobs: vec![job; self.jobs],
            workers: vec![None; self.workers],
            recorders: vec![None; self.recorders],
            desk: None,
            doomed: None,
            under_way: BTreeSet::new(),
            left: self.trouble,
            broken: None,
        }
    }

    fn steps(&self, state: &State) -> Vec<Step<State>> {
        let mut steps = Steps { from: state, found: Vec::new() };
        self.around_jobs(&mut steps);
        self.around_workers(&mut steps);
        self.around_recorders(&mut steps);
        for late in &state.under_way {
            steps.due((0, "request: arrives late"), |state| {
                state.under_way.remove(late);
                self.arrive(state, late);
            });
            steps.add((0, "request: never arrives"), false, |state| {
                state.under_way.remove(late);
            });
        }
        steps.found
    }

    fn fault(&self, state: &State) -> Option<&'static str> {
        state.broken.or_else(|| state.jobs.iter().find_map(|job| self.fault_of(job)))
    }

    fn is_over(&self, state: &State) -> bool {
        let at_rest = |job: &Job| {
            let kept = matches!(job.place, Place::Absent) || (job.place == Place::Over(End::Failed) && job.dead);
            let end = job.record.map(|(end, _)| end);
            let orphan = job.blob.is_some() && end != Some(End::Done) && !job.dead;
            let told = end.is_some() || job.dead;
            job.to_send + job.inbox + job.intake == 0 && kept && !job.outbox && told && !orphan
        };
        state.under_way.is_empty() && state.workers.iter().all(Option::is_none) && state.jobs.iter().all(at_rest)
    }
}

impl Protocol {
    fn fault_of(&self, job: &Job) -> Option<&'static str> {
        let end = job.record.map(|(end, _)| end);
        let held = job.inbox + job.intake > 0 || job.place != Place::Absent;
        if job.attempt > self.max {
            Some("a job took more attempts than it may")
        } else if job.sent && !held && end.is_none() {
            Some("an accepted job vanished")
        } else if end == Some(End::Done) && job.blob.is_none() {
            Some("the catalog says done, and there is no artifact")
        } else if job.place == Place::Over(End::Done) && end != Some(End::Done) {
            Some("the queue says done, and the catalog doesn't")
        } else {
            None
        }
    }
}
