//! Following a job to its end.

use std::{
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use super::output;
use crate::{
    app::App,
    identity::Identity,
    job::{JobId, JobState, Progress},
    request::{Expected, JobSummary},
};

/// How often a job is looked at.
const EVERY: Duration = Duration::from_millis(200);

/// Looks at a job until it has ended; shows its progress on a terminal, or each change of state elsewhere.
pub(super) async fn until_final(app: &App, who: &Identity, id: JobId) -> anyhow::Result<JobSummary> {
    let terminal = std::io::stderr().is_terminal();
    let mut shown = String::new();
    loop {
        let Some(job) = app.desk.find(who, id).await? else {
            anyhow::bail!("job {id} is no longer known");
        };
        let now = if terminal { describe(&job) } else { job.state.to_string() };
        if now != shown {
            show(&now, terminal);
            shown = now;
        }
        if job.state.is_final() {
            if terminal {
                eprintln!();
            }
            return Ok(job);
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn describe(job: &JobSummary) -> String {
    match (job.state, &job.error) {
        (JobState::Running, _) if job.expected.is_some() => {
            let expected = job.expected.as_ref().map(expectation).unwrap_or_default();
            format!("{}: {} ({expected})", job.state, so_far(job.progress))
        }
        (JobState::Running | JobState::Done, _) => {
            format!("{}: {}", job.state, so_far(job.progress))
        }
        (JobState::Retrying, Some(failure)) => format!("retrying after attempt {}: {}", job.attempt, failure.message),
        (state, _) => state.to_string(),
    }
}

/// Shows how far a rendering is, where someone can see it.
pub(super) fn show_progress(progress: Progress) {
    if std::io::stderr().is_terminal() {
        show(&so_far(progress), true);
    }
}

/// Rows and pages, with their nouns.
pub(super) fn so_far(progress: Progress) -> String {
    format!("{}, {}", output::count(progress.rows, "row"), output::count(progress.pages, "page"))
}

/// What is usual, in words that promise nothing.
pub(super) fn expectation(expected: &Expected) -> String {
    let size =
        format!("usually about {}, {}", output::count(expected.rows, "row"), output::count(expected.pages, "page"));
    match expected.seconds {
        Some(seconds) => format!("{size}, made in about {seconds} s"),
        None => size,
    }
}

fn show(text: &str, terminal: bool) {
    let mut stderr = std::io::stderr();
    // Standard error that has gone away is nobody's loss.
    let _ = if terminal { write!(stderr, "\r\x1b[K{text}") } else { writeln!(stderr, "{text}") };
}
