//! What can be asked: report definitions, their parameters and the library of them.
//!
//! A report is a folder in `jobs/` with one SQL file for each dataset and a `report.toml`:
//!
//! ```toml
//! title = "Administered doses"                # the only key that must be there, beside one dataset
//! description = "Every dose given, for audits."
//! template = "administered-doses.html"        # <report>.html
//! language = "en"                             # BCP 47
//! time_zone = "Europe/Berlin"                 # UTC; dates are meant in it
//! lane = "bulk"                               # standard; or interactive
//! slots = 2                                   # 1; how many of a worker's slots a job takes
//! file_name = "doses-{from}-{date}"           # <report>-{date}
//! conformance = "2u"                          # 2a
//!
//! [parameters.from]                           # `:from` in SQL, `{{ parameters.from }}` in the template
//! type = "date"                               # string, integer, decimal, boolean, date, datetime, choice, list
//! default = "start_of_month - 1m"             # without a default it is required, unless required = false
//! minimum = "2016-01-01"                      # integers, decimals, dates and datetimes
//! maximum = "today"
//! label = "From"
//! help = "The first day."
//!
//! [parameters.lot]
//! type = "string"
//! pattern = "[A-Z0-9-]+"                      # the whole text must match
//! max_length = 20
//! required = false                            # NULL when not given
//!
//! [parameters.states]
//! type = "list"                               # `IN (:states)`
//! items = { type = "choice", options = ["given", { value = "refused", label = "Refused by the patient" }] }
//! max_items = 2
//! default = ["given"]
//!
//! [datasets.lines]                            # lines.sql
//! [datasets.clinic]                           # clinic.sql
//! one = true                                  # exactly one row
//!
//! [limits]
//! rows = 5_000_000                            # 1,000,000
//! pages = 200_000                             # 100,000
//! time = "30m"                                # 10m
//!
//! [retention]                                 # each counted from publishing
//! cool_after = "90d"
//! archive_after = "18m"
//! delete_after = "10y"
//!
//! [retry]
//! attempts = 5                                # 1 to 20; 3
//! backoff = "10s"                             # 2s; twice as long after each further attempt
//! longest = "1h"                              # 5m
//!
//! [queue]
//! running = 5                                 # the most of its jobs at once; no bound
//!
//! [[schedule]]                                # any number of them
//! name = "weekly"
//! cron = "0 6 * * mon"                        # minute hour day month weekday
//! tenant = "north"                            # or tenants = ["north", "south"]
//! parameters = { from = "today - 1w" }        # as of the firing
//! missed = "once"                             # skip; or all
//!
//! [access]
//! roles = ["audit"]                           # any of them suffices; without the table everyone may ask
//! ```
//!
//! `written` reads that file, `folder` holds it against its SQL and template, [`library`] does so for a whole
//! `jobs/` and lists every fault. `resolve` turns what someone asked into checked values, once, when the request is
//! accepted; [`moment`] is how dates are written.
//!
//! **Invariant:** opens no connection and draws nothing; it reads `jobs/` once, at load.

mod bounds;
mod check;
mod cron;
pub mod definition;
mod file_name;
mod files;
mod folder;
pub mod library;
pub mod limits;
pub mod moment;
pub mod parameter;
mod resolve;
pub mod schedule;
mod schema;
#[cfg(test)]
mod tests;
mod written;

pub use cron::{Cron, CronError};
pub use definition::{Access, Conformance, Dataset, Definition, Retention, Retry};
pub use file_name::FileName;
pub use library::Library;
pub use limits::{FleetLimits, Limit, Limits};
pub use moment::Moment;
pub use parameter::{ChoiceOption, FieldError, Parameter, ParameterKind, Parameters, Pattern};
pub use resolve::Resolved;
pub use schedule::{Missed, Schedule};
