//! The connections that this process may open, held against what the database servers allow.
//!
//! **Invariant:** a help at start: a server that doesn't tell, or isn't there, is no fault.

use std::{collections::BTreeMap, time::Duration};

use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, MySqlConnection, Row as _, mysql::MySqlConnectOptions};

use crate::{
    config::{Config, DatabaseConfig},
    mysql_url,
};

/// How long a server may take to tell.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections of one process to one server.
struct Need {
    options: MySqlConnectOptions,
    connections: u64,
}

/// What a server allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    most: u64,
    in_use: u64,
}

/// What to do about a need.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Fits,
    /// It can work, but not always.
    Tight(String),
    /// This process alone takes more than there is.
    Impossible(String),
}

/// Refuses to start when this process alone needs more connections than a server allows, and warns when it and `others`
/// like it do.
pub(super) async fn check(config: &Config, others: usize) -> anyhow::Result<()> {
    for (server, need) in needs(config) {
        let limit = match tokio::time::timeout(PATIENCE, ask(&need.options)).await {
            Ok(Ok(limit)) => limit,
            _ => {
                tracing::debug!(server, "how many connections it allows is not known");
                continue;
            }
        };
        match judge(&server, need.connections, others as u64, limit) {
            Verdict::Fits => {}
            Verdict::Tight(problem) => tracing::warn!("{problem}"),
            Verdict::Impossible(problem) => anyhow::bail!(problem),
        }
    }
    Ok(())
}

/// The connections of this process, by server.
fn needs(config: &Config) -> BTreeMap<String, Need> {
    // One more for the source: a query is ended from another connection.
    let source = config.source().ok().map(|source| (&source.database, u64::from(source.connections) + 1));
    let catalog = config.catalog().ok().map(|catalog| (&catalog.database, u64::from(catalog.connections)));
    let mut needs = BTreeMap::<String, Need>::new();
    for (database, connections) in [source, catalog].into_iter().flatten() {
        let DatabaseConfig::Mysql { url } = database else { continue };
        let Ok(options) = mysql_url::read(url.expose_secret()) else { continue };
        let server = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        needs.entry(server).or_insert(Need { options, connections: 0 }).connections += connections;
    }
    needs
}

async fn ask(options: &MySqlConnectOptions) -> Result<Limit, sqlx::Error> {
    let mut connection = MySqlConnection::connect_with(options).await?;
    let most = sqlx::query("SELECT CAST(@@max_connections AS UNSIGNED), CAST(@@max_user_connections AS UNSIGNED)");
    let most = most.fetch_one(&mut connection).await?;
    let (all, of_user): (u64, u64) = (most.try_get(0)?, most.try_get(1)?);
    // Text in both servers; nobody needs a right to see it.
    let in_use = sqlx::query("SHOW GLOBAL STATUS LIKE 'Threads_connected'").fetch_one(&mut connection).await?;
    let in_use: String = in_use.try_get(1)?;
    connection.close().await?;
    let most = if of_user > 0 { all.min(of_user) } else { all };
    // Without the one that asked.
    Ok(Limit { most, in_use: in_use.parse().unwrap_or(1_u64).saturating_sub(1) })
}

fn judge(server: &str, need: u64, others: u64, Limit { most, in_use }: Limit) -> Verdict {
    const REMEDY: &str = "lower `worker.concurrency`, `source.connections` or `catalog.connections`, or raise the server's `max_connections`";
    if need > most {
        let problem = format!("this process may open {need} connections to {server}, which allows {most}; {REMEDY}");
        return Verdict::Impossible(problem);
    }
    let fleet = need.saturating_mul(others + 1);
    if fleet > most {
        return Verdict::Tight(format!(
            "{} workers like this one may open {fleet} connections to {server}, which allows {most}; {REMEDY}",
            others + 1
        ));
    }
    if in_use + need > most {
        return Verdict::Tight(format!(
            "{server} has {in_use} of {most} connections in use, and this process may open {need} more; {REMEDY}"
        ));
    }
    Verdict::Fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_fits_is_tight_or_impossible() {
        let verdict = |need, others, in_use| match judge("db:3306", need, others, Limit { most: 100, in_use }) {
            Verdict::Fits => "fits".to_owned(),
            Verdict::Tight(why) | Verdict::Impossible(why) => why.split(';').next().unwrap_or_default().to_owned(),
        };
        assert_eq!(verdict(25, 3, 10), "fits");
        assert_eq!(verdict(101, 0, 0), "this process may open 101 connections to db:3306, which allows 100");
        assert_eq!(verdict(26, 3, 0), "4 workers like this one may open 104 connections to db:3306, which allows 100");
        assert_eq!(verdict(26, 0, 90), "db:3306 has 90 of 100 connections in use, and this process may open 26 more");
    }
}
