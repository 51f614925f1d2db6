//! A job's hash in Redis, read back.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    job::Progress,
    queue::{FailedAttempt, JobView, QueueError, Result},
};

/// The fields of a job's hash as `HGETALL` gives them; empty when there is no such job.
pub(super) type Fields = HashMap<String, String>;

/// Reads a job's hash; `None` when it is empty.
pub(super) fn view(fields: &Fields) -> Result<Option<JobView>> {
    if fields.is_empty() {
        return Ok(None);
    }
    Ok(Some(JobView {
        job: serde_json::from_str(text(fields, "job")?).map_err(|_| odd("job"))?,
        state: text(fields, "state")?.parse().map_err(|_| odd("state"))?,
        attempt: number(fields, "attempt")?,
        progress: Progress { rows: number(fields, "rows")?, pages: number(fields, "pages")? },
        failure: match fields.get("failure") {
            Some(failure) => Some(serde_json::from_str(failure).map_err(|_| odd("failure"))?),
            None => None,
        },
        failures: fields.get("failures").map_or(Ok(Vec::new()), |lines| failures(lines)).unwrap_or_default(),
        worker: fields.get("worker").cloned(),
        changed_at: instant(number(fields, "changed")?),
    }))
}

/// Reads a job's failures, one a line.
pub(super) fn failures(lines: &str) -> Result<Vec<FailedAttempt>> {
    lines.lines().map(failed_attempt).collect()
}

/// Reads one line of a job's failures, as `note` in `lua/prelude.lua` writes it.
fn failed_attempt(line: &str) -> Result<FailedAttempt> {
    let mut parts = line.splitn(4, ' ');
    let mut part = || parts.next().ok_or_else(|| odd("failures"));
    Ok(FailedAttempt {
        attempt: part()?.parse().map_err(|_| odd("failures"))?,
        at: instant(part()?.parse().map_err(|_| odd("failures"))?),
        worker: Some(part()?.to_owned()).filter(|worker| !worker.is_empty()),
        failure: serde_json::from_str(part()?).map_err(|_| odd("failures"))?,
    })
}

/// An instant from the server's microseconds.
pub(super) fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

fn text<'a>(fields: &'a Fields, name: &str) -> Result<&'a str> {
    fields.get(name).map(String::as_str).ok_or_else(|| odd(name))
}

/// A number, 0 when it isn't there yet.
fn number<T: std::str::FromStr + Default>(fields: &Fields, name: &str) -> Result<T> {
    fields.get(name).map_or(Ok(T::default()), |text| text.parse().map_err(|_| odd(name)))
}

fn odd(field: &str) -> QueueError {
    QueueError::Corrupt(format!("a job's `{field}` can't be read"))
}
