//! The protocol of leases, fences and settlements, checked in every state that it can get into.
//!
//! A job goes from the inbox over claims by workers, which crash, pause, lose answers and are late, to an artifact with
//! its record or to a failure with its reason. [`protocol`] has what there is, [`steps`] what can happen, [`checker`] walks through all of them for
//! small numbers of everything, and here stands what must hold:
//!
//! 1. a settlement counts at most once for each claim, and only that of the newest one;
//! 2. an accepted job is always in the inbox, in the queue or in the catalog;
//! 3. no job takes more attempts than it may;
//! 4. nobody publishes over another's artifact;
//! 5. what the catalog calls done has its artifact, and what the queue calls done is done in the catalog;
//! 6. a recorded failure becomes a success only after a person's retry;
//! 7. whatever has happened, everything ends: each job in one recorded outcome (or, if the desk dies in the middle of a
//!    retry, as a dead letter that can be retried again), no message in the inbox, no request under way, no orphan in
//!    the store but one that a dead letter's retry would find.
//!
//! Which step stands for what in the program:
//!
//! | step | code |
//! |---|---|
//! | sent, moved to intake, admitted | a client's `LPUSH`; `LeaseStore::drain` and `wait` (`BLMOVE`); `LeaseStore::admit` |
//! | claims; is rescued; is due again | `LeaseStore::claim` (its three parts) |
//! | its lease runs out | the server's clock; a worker that is paused or cut off from the queue |
//! | renews its lease | `worker/heartbeat.rs`, `LeaseStore::renew` |
//! | asks the catalog, looks into the store | `Pipeline::attempt`, `Pipeline::published_before` |
//! | has drawn, fails, lacks | `Pipeline::produce`; `worker/disposition.rs` chooses retry, defer or fail |
//! | publishes | `Upload::publish`: `If-None-Match: *`, or a hard link in the folder store |
//! | records, gives up recording | `Pipeline::record`, `Catalog::record` |
//! | deletes what came too late | the end of `Pipeline::attempt` |
//! | stops | `judge` in `worker/runner.rs` |
//! | settles | `Shift::settle`, `LeaseStore::settle` |
//! | is cancelled; reopens and puts back; is dropped | `Desk::cancel`, `Desk::retry_dead`, `LeaseStore::dead_drop` and the oldest of too many |
//! | recorder: reads, records, acknowledges | `Recorder::settle_outbox` over `LeaseStore::outcomes` and `acknowledge` |
//! | the reconciler finds and deletes | `upkeep/reconciler.rs` |
//!
//! A claim's number is per job here; in the program it is the queue's, which is a special case. Tenants, lanes, slots and
//! caps choose which waiting job a claim takes and don't touch what happens to it, so they aren't modelled. Nor is a
//! loss of what Redis had answered for: that is `appendfsync always`.

mod checker;
mod protocol;
mod steps;

use checker::{Verdict, check};
use protocol::{Flaw, Protocol, Trouble};

/// More states than any of the searches here comes to.
const MOST: usize = 6_000_000;

fn protocol(trouble: Trouble) -> Protocol {
    // Only after a retry by hand can two recorders know different things of one job.
    let recorders = if trouble.retries > 0 { 2 } else { 1 };
    Protocol { workers: 2, recorders, jobs: 1, max: 2, trouble, flaw: None }
}

fn holds(name: &str, protocol: &Protocol) {
    let verdict = check(protocol, MOST);
    println!("{name}: {verdict}");
    assert!(matches!(verdict, Verdict::Holds { .. }), "{name}: {verdict}");
}

/// In order of what they cost; the rest is [`whatever_two_troubles_meet_nothing_is_lost_or_doubled`].
#[test]
fn whatever_happens_nothing_is_lost_or_doubled() {
    let crash = Trouble { crashes: 1, ..Trouble::default() };
    holds("two crashes", &protocol(Trouble { crashes: 2, ..crash }));
    holds("a crash and a cancel", &protocol(Trouble { cancels: 1, ..crash }));
    holds("a crash and a lost answer", &protocol(Trouble { lost: 1, ..crash }));
    for (name, with) in kinds() {
        let mut trouble = Trouble::default();
        with(&mut trouble);
        // A retry makes a second life of everything: here with one worker.
        let workers = if trouble.retries > 0 { 1 } else { 2 };
        holds(name, &Protocol { workers, ..protocol(trouble) });
    }
}

type Kind = (&'static str, fn(&mut Trouble));

fn kinds() -> [Kind; 7] {
    [
        ("a crash", |trouble| trouble.crashes += 1),
        ("a lost answer", |trouble| trouble.lost += 1),
        ("a late request", |trouble| trouble.late += 1),
        ("a job handed back", |trouble| trouble.handed_back += 1),
        ("a cancel", |trouble| trouble.cancels += 1),
        ("a retry by hand", |trouble| trouble.retries += 1),
        ("a message sent twice", |trouble| trouble.doubles += 1),
    ]
}

/// Two jobs share two workers and two recorders.
#[test]
fn jobs_do_not_get_in_each_others_way() {
    let trouble = Trouble { crashes: 1, ..Trouble::default() };
    holds("two jobs", &Protocol { workers: 2, recorders: 1, jobs: 2, max: 1, trouble, flaw: None });
}

/// All kinds of trouble at once are too many states for one search, so here each meets each other one:
/// `cargo test --release --test model -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes; run it by name after a change of the protocol"]
fn whatever_two_troubles_meet_nothing_is_lost_or_doubled() {
    let kinds = kinds();
    for (i, (one, with_one)) in kinds.iter().enumerate() {
        for (other, with_other) in &kinds[i..] {
            let mut trouble = Trouble::default();
            with_one(&mut trouble);
            with_other(&mut trouble);
            holds(&format!("{one} and {other}"), &protocol(trouble));
        }
    }
}

/// A checker that finds nothing proves nothing: each of these mistakes, built in, is found, and as what it is.
#[test]
fn built_in_mistakes_are_found() {
    use Flaw::*;
    const LOST: &str = "an accepted job vanished";
    const NO_ARTIFACT: &str = "the catalog says done, and there is no artifact";
    const AGAIN: &str = "a recorded failure became a success although nobody had retried it";
    let crash = Trouble { crashes: 1, ..Trouble::default() };
    let cancel = Trouble { cancels: 1, ..Trouble::default() };
    let retry = Trouble { retries: 1, ..Trouble::default() };
    let two = Trouble { retries: 1, crashes: 1, ..Trouble::default() };
    let mistakes = [
        (SettleWithoutFence, crash, "a settlement counted although another claim had come or it was settled before"),
        (PublishOverwrites, crash, "an attempt published over another's artifact"),
        (SettleBeforeRecord, crash, "the queue says done, and the catalog doesn't"),
        (ClaimTakesOut, crash, LOST),
        (PopFromInbox, crash, LOST),
        (RescueUncounted, crash, "a job took more attempts than it may"),
        (NobodyRescues, crash, "it never ends"),
        (OutcomeWithoutOutbox, cancel, "it never ends"),
        (AcknowledgeBlindly, retry, LOST),
        (OutcomesHaveNoFence, crash, AGAIN),
        (LateDeleteOfFailed, retry, NO_ARTIFACT),
        (ReconcileDeadLetters, retry, NO_ARTIFACT),
        (DropForgets, two, LOST),
    ];
    for (flaw, trouble, what) in mistakes {
        let verdict = check(&Protocol { flaw: Some(flaw), ..protocol(trouble) }, MOST);
        println!("{flaw:?}: {verdict}");
        assert_eq!(verdict.what(), Some(what), "{flaw:?}: {verdict}");
    }
}
