//! The demo clinic: invented data to try reports on, the same for the same number of patients, today and on any machine.
//!
//! `random` draws, `names`, `vaccines` and `places` are what is drawn from, `history` is what happened to whom, `schema`
//! the tables, `rows` what is written into them and `database` the writing.
//!
//! **Invariant:** no person in it exists; nothing depends on the clock; never touches a table that it didn't make.

mod database;
mod history;
mod names;
mod places;
mod random;
mod rows;
mod schema;
mod vaccines;

use crate::demo::{database::Database, rows::Rows};

/// The number of patients of `up` and of `demo load` when nobody says otherwise.
pub const DEFAULT_PATIENTS: u64 = 1000;
/// The most patients that the tables' numbers can hold.
pub const MOST_PATIENTS: u64 = 20_000_000;

/// Why the demo clinic can't be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database can't be opened or created.
    #[error("{0}")]
    Unreachable(String),
    /// The database holds a table of a demo table's name that the demo didn't make.
    #[error("the database already has a table `{table}` that is not the demo clinic's; load it into another database")]
    Occupied {
        /// The table.
        table: String,
    },
    /// The number of patients is out of bounds.
    #[error("the number of patients must be from 1 to {MOST_PATIENTS}")]
    Patients,
    /// The database refused a statement.
    #[error("the database refused: {0}")]
    Refused(#[from] sqlx::Error),
}

/// How far a table has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Loaded {
    /// The table.
    pub table: &'static str,
    /// Its rows so far.
    pub rows: u64,
}

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Each table's rows, in the order of loading.
    pub tables: Vec<Loaded>,
}

impl Summary {
    /// The rows of one table.
    pub fn rows(&self, table: &str) -> u64 {
        self.tables.iter().find(|loaded| loaded.table == table).map_or(0, |loaded| loaded.rows)
    }
}

/// Creates and fills the demo clinic at `mysql://…/database` or `sqlite://path`.
///
/// Makes the SQLite file with its folder, or the MySQL database, if they are missing; replaces an earlier demo clinic
/// and refuses to touch anything else. `progress` hears of every written batch.
pub async fn load(url: &str, patients: u64, progress: &mut (dyn FnMut(Loaded) + Send)) -> Result<Summary, DemoError> {
    if !(1..=MOST_PATIENTS).contains(&patients) {
        return Err(DemoError::Patients);
    }
    let mut database = Database::create(url).await?;
    let existing = database.tables().await?;
    let ours = existing.iter().any(|table| table == schema::MARKER.name);
    let occupied = schema::TABLES.iter().find(|table| existing.iter().any(|name| name == table.name));
    if let (false, Some(table)) = (ours, occupied) {
        return Err(DemoError::Occupied { table: table.name.to_owned() });
    }
    database.drop_tables().await?;
    database.create_tables().await?;
    database.mark(patients, false).await?;
    let summary = Rows::new(&mut database, progress).load(patients).await?;
    database.create_indexes().await?;
    database.mark(patients, true).await?;
    database.close().await?;
    Ok(summary)
}

/// Whether a demo clinic was loaded there to its end. A database that doesn't exist has none.
pub async fn is_loaded(url: &str) -> Result<bool, DemoError> {
    let Some(mut database) = Database::open(url).await? else { return Ok(false) };
    let loaded = database.is_marked().await?;
    database.close().await?;
    Ok(loaded)
}
