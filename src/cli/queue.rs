//! `pressroom queue`

use std::process::ExitCode;

use super::{
    global::{Global, Whose},
    output,
};
use crate::{
    app::{self, App},
    config::Section,
    job::Lane,
    queue::{LaneStats, Policy, Scope, Stats, WorkerView},
};

/// Shows what is on its way, and holds jobs back or lets them go on.
///
/// Without a command: depths and ages, what is paused or at its cap, the workers, and what needs attention.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom queue
  pressroom queue pause lane:bulk
  pressroom queue resume lane:bulk
  pressroom queue stats --json | jq .lanes.bulk.waiting")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Depth and age by lane, what runs, waits for later or has died, what is paused and what is at its cap.
    ///
    /// `inbox` counts messages that are not yet jobs, `aside` those that only a newer version can read, `outbox` outcomes
    /// that the catalog doesn't have yet, `rescues` attempts taken over from workers that died.
    #[command(after_help = "Example:\n  pressroom queue stats --json | jq .lanes.bulk.waiting")]
    Stats,
    /// Hands out no more of a lane's, a report's or a tenant's jobs. What runs goes on; what comes is accepted and waits.
    #[command(after_help = "Examples:
  pressroom queue pause lane:bulk
  pressroom queue pause report:stock-by-clinic
  pressroom queue pause tenant:north")]
    Pause {
        /// lane:<lane>, report:<name> or tenant:<name>.
        scope: Scope,
        #[command(flatten)]
        whose: Whose,
    },
    /// Hands them out again.
    #[command(after_help = "Example:\n  pressroom queue resume lane:bulk")]
    Resume {
        /// lane:<lane>, report:<name> or tenant:<name>; `pressroom queue` shows what is paused.
        scope: Scope,
        #[command(flatten)]
        whose: Whose,
    },
    /// The weights, caps and quotas that hold, whichever process set them.
    #[command(after_help = "Example:\n  pressroom queue policy --json")]
    Policy,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match &self.command {
            None | Some(Command::Stats | Command::Policy) => {
                let config = global.ready(Default::default(), &[Section::Queue])?;
                let queue = app::queue(&config).await?;
                if let Some(Command::Policy) = self.command {
                    let policy = queue.policy().await?;
                    if self.json { output::json(&policy) } else { print_policy(&policy) }?;
                    return Ok(ExitCode::SUCCESS);
                }
                let stats = queue.stats().await?;
                if self.json {
                    output::json(&stats)?;
                } else {
                    print(&stats)?;
                    print_workers(&queue.workers().await?)?;
                    advise(&stats)?;
                }
            }
            Some(Command::Pause { scope, whose }) => {
                let app = operating(global).await?;
                self.warn_of_unknown(&app, scope);
                let paused = app.desk.pause(&whose.operator(), scope).await?;
                self.say(scope, "paused", if paused { "paused" } else { "was paused already" }, paused)?;
            }
            Some(Command::Resume { scope, whose }) => {
                let app = operating(global).await?;
                let resumed = app.desk.resume(&whose.operator(), scope).await?;
                self.say(scope, "resumed", if resumed { "goes on" } else { "was not paused" }, resumed)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn say(&self, scope: &Scope, word: &str, said: &str, changed: bool) -> anyhow::Result<()> {
        if self.json {
            output::json(&serde_json::json!({ "scope": scope, "outcome": word, "changed": changed }))
        } else {
            output::line(&format!("{scope} {said}"))
        }
    }

    /// A slip in a name would pause nothing, and nobody would notice.
    fn warn_of_unknown(&self, app: &App, scope: &Scope) {
        if let Scope::Report(report) = scope
            && let Err(error) = app.definition(report.as_str())
        {
            eprintln!("warning: {error}");
        }
    }
}

async fn operating(global: &Global) -> anyhow::Result<App> {
    let app = global.app(Default::default(), &[Section::Queue, Section::Catalog]).await?;
    app.require_schema().await?;
    Ok(app)
}

fn age(milliseconds: u64) -> String {
    match milliseconds / 1000 {
        seconds @ 0..120 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

fn print(stats: &Stats) -> anyhow::Result<()> {
    let lane = |(lane, depth): &(Lane, LaneStats)| {
        let paused = stats.paused.contains(&Scope::Lane(*lane));
        let note = if paused { "paused" } else { "" };
        [lane.to_string(), depth.waiting.to_string(), age(depth.oldest_waiting_ms), note.to_owned()]
    };
    output::table(["LANE", "WAITING", "OLDEST", ""], &stats.lanes.iter().map(lane).collect::<Vec<_>>())?;
    output::line("")?;
    let rest = [
        ("inbox", stats.inbox),
        ("aside", stats.aside),
        ("scheduled", stats.scheduled),
        ("running", stats.running),
        ("retrying", stats.retrying),
        ("dead", stats.dead),
        ("outbox", stats.outbox),
        ("rescues", stats.rescues),
    ];
    output::table(["", "JOBS"], &rest.map(|(name, depth)| [name.to_owned(), depth.to_string()]))?;
    output::line("")?;
    output::line(&format!("paused: {}", listed(&stats.paused)))?;
    output::line(&format!("capped: {}", listed(&stats.capped)))
}

fn listed(scopes: &[Scope]) -> String {
    /// More are only counted.
    const SHOWN: usize = 20;
    let names: Vec<String> = scopes.iter().take(SHOWN).map(Scope::to_string).collect();
    match scopes.len().saturating_sub(SHOWN) {
        0 if names.is_empty() => "nothing".to_owned(),
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn print_workers(workers: &[WorkerView]) -> anyhow::Result<()> {
    let (slots, busy) = workers.iter().fold((0, 0), |(slots, busy), w| (slots + w.slots, busy + w.busy));
    let draining = workers.iter().filter(|worker| !worker.claiming).count();
    let mut text = format!("workers: {} with {busy} of {slots} slots busy", workers.len());
    if draining > 0 {
        text += &format!(", {draining} not claiming");
    }
    if workers.is_empty() {
        text += "; nothing is being claimed: start one with `pressroom work`";
    } else if draining == workers.len() {
        text += "; nothing is being claimed: they are stopping, or the source, store or catalog is away";
    }
    output::line(&text)
}

/// What to look at next.
fn advise(stats: &Stats) -> anyhow::Result<()> {
    if stats.dead > 0 {
        output::line("look at the dead letters with `pressroom dead list`")?;
    }
    if stats.outbox > 100 {
        output::line("outcomes wait for the catalog: does it answer, and does `pressroom upkeep` run?")?;
    }
    if stats.aside > 0 {
        output::line("messages of a newer version wait for a newer worker: finish the upgrade")?;
    }
    Ok(())
}

fn print_policy(policy: &Policy) -> anyhow::Result<()> {
    let cap = |cap: Option<u32>| cap.map_or_else(|| "no cap".to_owned(), |cap| cap.to_string());
    let mut rows = vec![
        ["weights".to_owned(), Lane::ALL.map(|lane| format!("{lane} {}", policy.weights.of(lane))).join(", ")],
        ["running at once".to_owned(), cap(policy.running)],
        ["running of each tenant".to_owned(), cap(policy.running_per_tenant)],
    ];
    rows.extend(
        policy.running_of_tenant.iter().map(|(tenant, cap)| [format!("running of tenant:{tenant}"), cap.to_string()]),
    );
    rows.extend(
        policy.running_of_report.iter().map(|(report, cap)| [format!("running of report:{report}"), cap.to_string()]),
    );
    rows.push(["waiting of each tenant".to_owned(), policy.waiting_per_tenant.to_string()]);
    rows.push(["bytes of each tenant".to_owned(), format!("{} MiB", policy.bytes_per_tenant >> 20)]);
    output::table(["RULE", "VALUE"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_well() {
        assert_eq!([0, 1_260, 119_999].map(age), ["0.0 s", "1.2 s", "119.9 s"]);
        assert_eq!([120_000, 7_199_999, 7_200_000].map(age), ["2 min", "119 min", "2 h"]);
    }

    #[test]
    fn a_long_list_is_counted() {
        let scopes: Vec<Scope> = (0..25).map(|i| format!("tenant:t{i}").parse().unwrap()).collect();
        assert!(listed(&scopes).ends_with("tenant:t19 and 5 more"), "{}", listed(&scopes));
        assert_eq!(listed(&[]), "nothing");
    }
}
