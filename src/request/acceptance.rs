//! What becomes of a message from the inbox.
//!
//! **Two equal messages are two jobs.** A message without an id of its own gets a new random one each time it is
//! judged, not one derived from its text: then two people who ask for the same thing would share one job. Nothing is
//! doubled by it, because [`LeaseStore::admit`](crate::queue::LeaseStore::admit) removes one copy of the text and
//! writes the job in one step. A crash before that step leaves the text to be judged again; of two processes that
//! judged the same copy, the second finds it gone and changes nothing. What a caller must not do is repeat an `admit`
//! whose answer was lost with the *same* verdict: its text may by then be another copy. Drain and judge again instead.
//!
//! **An id of the client's own** names one job for ever. Judging must not block, so the catalog isn't asked here: a
//! message that repeats an id which the queue has forgotten is admitted again. Its attempt finds the job's end in the
//! catalog before it reads a row and settles as that says, and until then [`Desk`](super::Desk) shows the end.
//!
//! **Whoever may write to the inbox** is trusted to speak for any tenant and requester, and so to ask for any report.
//! Judging writes no audit event, as a judged message need not be admitted; who asked and when stands in the outcome
//! that the catalog records.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Map;

use crate::{
    clock::SharedClock,
    job::{Failure, Job, JobId, Step},
    queue::{
        Admission, Push, RawMessage, Verdict,
        message::{Message, MessageError},
    },
    report::{FieldError, Library},
    request::{Request, RequestError},
};

/// The longest message of a failure, in characters.
const LONGEST_REASON: usize = 1_000;

/// Judges messages by the definitions.
pub struct Acceptance {
    library: Arc<Library>,
    clock: SharedClock,
}

impl Acceptance {
    /// Judges by these definitions; the clock gives ids and resolves relative dates.
    pub fn new(library: Arc<Library>, clock: SharedClock) -> Self {
        Self { library, clock }
    }

    fn verdict(&self, message: Message) -> Verdict {
        let (tenant, requester) = (message.tenant, message.requester);
        let request = Request {
            report: message.report.to_string(),
            parameters: message.parameters,
            lane: message.lane,
            run_at: message.run_at,
            id: message.id,
            idempotency_key: message.idempotency_key,
            trace: message.traceparent,
        };
        let now = self.clock.now();
        let accepted = match self.library.get(&request.report) {
            Some(definition) => request.accept(definition, &tenant, &requester, now, now),
            None => Err(RequestError::UnknownReport),
        };
        let error = match accepted {
            Ok(push) => return Verdict::Accept(Box::new(push)),
            Err(error) => error,
        };
        let job = Job {
            id: request.id.unwrap_or_else(|| JobId::new(now)),
            tenant,
            requester,
            report: message.report,
            // What was not checked is not kept: it can be anything, and must never be bound.
            parameters: Map::new(),
            lane: request.lane.unwrap_or_default(),
            run_at: None,
            accepted_at: super::asking::accepted_at(now),
            max_attempts: 1,
        };
        // The key stays free for the corrected message.
        let push =
            Push { job, idempotency_key: None, request_digest: request.digest(), trace: request.trace, slots: 1 };
        Verdict::Reject(Box::new(push), failure(&error))
    }
}

impl Admission for Acceptance {
    fn judge(&self, raw: &RawMessage) -> Verdict {
        match Message::parse(&raw.0) {
            Ok(message) => self.verdict(message),
            Err(MessageError::Newer(_)) => Verdict::Leave,
            Err(error) => Verdict::Malformed(error.to_string()),
        }
    }
}

fn failure(error: &RequestError) -> Failure {
    let (code, message) = match error {
        RequestError::UnknownReport => ("unknown-report", "there is no report of this name".to_owned()),
        RequestError::Invalid(fields) => ("invalid-parameters", listed(fields)),
        other => ("invalid-request", other.to_string()),
    };
    Failure { step: Step::Accept, code: code.to_owned(), message, retryable: false }
}

/// `from: is required; to: must be a date …`, as far as it fits.
fn listed(fields: &[FieldError]) -> String {
    let mut left: VecDeque<String> = fields.iter().map(|field| format!("{}: {}", field.field, field.message)).collect();
    let mut text = left.pop_front().unwrap_or_default();
    while let Some(next) = left.pop_front() {
        if text.chars().count() + next.chars().count() > LONGEST_REASON {
            text.push_str(&format!("; and {} more", left.len() + 1));
            break;
        }
        text.push_str("; ");
        text.push_str(&next);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::ManualClock, request::tests::library};

    fn judge(text: &str) -> Verdict {
        let clock = ManualClock::new("2026-03-30T22:30:00.123456Z".parse().unwrap());
        Acceptance::new(library(), Arc::new(clock)).judge(&RawMessage(text.as_bytes().to_vec()))
    }

    fn message(report: &str, parameters: &str, more: &str) -> Verdict {
        judge(&format!(
            r#"{{"v":1,"report":"{report}","parameters":{parameters},"tenant":"north","requester":"user-1"{more}}}"#
        ))
    }

    fn rejected(verdict: Verdict) -> (Push, Failure) {
        match verdict {
            Verdict::Reject(push, failure) => (*push, failure),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_message_becomes_a_job_with_its_dates_resolved() {
        let Verdict::Accept(push) = message("doses", r#"{"from":"today"}"#, r#","lane":"bulk","idempotency_key":"k""#)
        else {
            panic!()
        };
        assert_eq!(push.job.parameters["from"], "2026-03-30");
        assert_eq!((push.job.lane.as_str(), push.idempotency_key.as_deref()), ("bulk", Some("k")));
        assert_eq!((push.job.tenant.as_str(), push.job.requester.as_str()), ("north", "user-1"));
        assert_eq!(push.job.accepted_at.to_rfc3339(), "2026-03-30T22:30:00.123+00:00");
        assert_eq!(push.job.max_attempts, 3);
    }

    #[test]
    fn equal_messages_are_two_jobs_and_an_id_is_one() {
        let id = |more| match message("doses", r#"{"from":"today"}"#, more) {
            Verdict::Accept(push) => push.job.id,
            other => panic!("{other:?}"),
        };
        assert_ne!(id(""), id(""));
        let own = r#","id":"0193f6a0-0000-7000-8000-000000000001""#;
        assert_eq!(id(own), id(own));
    }

    #[test]
    fn what_does_not_fit_is_kept_as_failed_without_values() {
        let own = r#","id":"0193f6a0-0000-7000-8000-000000000001","idempotency_key":"k""#;
        let (push, failure) = rejected(message("doses", r#"{"from":"SECRET","form":"SECRET","SECRET x":1}"#, own));
        assert_eq!(
            (failure.code.as_str(), failure.step, failure.retryable),
            ("invalid-parameters", Step::Accept, false)
        );
        assert_eq!(push.job.id.to_string(), "0193f6a0-0000-7000-8000-000000000001");
        assert_eq!(push.idempotency_key, None, "the corrected message may use it");
        assert!(failure.message.contains("from: must be a date"), "{}", failure.message);
        assert!(!format!("{push:?}{failure:?}").contains("SECRET"));

        let (_, failure) = rejected(message("dozes", "{}", ""));
        assert_eq!(failure.code, "unknown-report");
        let (_, failure) = rejected(message("doses", r#"{"from":"today"}"#, r#","run_at":"2999-01-01T00:00:00Z""#));
        assert_eq!((failure.code.as_str(), failure.message.contains("run_at")), ("invalid-request", true));
    }

    #[test]
    fn a_long_list_of_faults_is_cut() {
        let many: Vec<String> = (0..1000).map(|i| format!(r#""unknown_parameter_number_{i}":1"#)).collect();
        let (_, failure) = rejected(message("doses", &format!("{{{}}}", many.join(",")), ""));
        assert!(failure.message.chars().count() < 1_050 && failure.message.ends_with(" more"), "{}", failure.message);
    }

    #[test]
    fn what_is_no_message_is_malformed_and_newer_ones_are_left() {
        assert!(matches!(judge("hello"), Verdict::Malformed(_)));
        assert!(matches!(judge(r#"{"v":1}"#), Verdict::Malformed(reason) if reason.contains("report")));
        assert_eq!(judge(r#"{"v":2,"anything":true}"#), Verdict::Leave);
    }
}
