//! What is wrong in a definition is said with its place and its remedy.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::Shelf;
use crate::{
    job::Lane,
    report::{Conformance, Missed, ParameterKind},
};

const SQL: &str = "SELECT 1";

fn check(toml: &str, expected: Expect) {
    expected.assert_eq(&Shelf::with(toml, SQL).faults());
}

#[test]
fn a_whole_definition_is_read_as_written() {
    let shelf = Shelf::with(
        r#"
            title = "Administered doses"
            description = "Every dose, for audits."
            template = "doses.html"
            language = "de-CH"
            time_zone = "Europe/Zurich"
            lane = "bulk"
            slots = 2
            file_name = "doses-{from}-{date}"
            conformance = "2u"

            [parameters.from]
            type = "date"
            default = "today - 1y"

            [parameters.clinic]
            type = "integer"
            minimum = 1
            required = false
            label = "Clinic number"
            help = "Leave it empty for all."

            [datasets.lines]

            [datasets.about]
            one = true

            [limits]
            rows = 5_000_000
            time = "30m"

            [retention]
            cool_after = "90d"
            archive_after = "18m"
            delete_after = "10y"

            [retry]
            attempts = 5
            backoff = "10s"
            longest = "1h"

            [queue]
            running = 7

            [[schedule]]
            name = "weekly"
            cron = "0 6  * * mon"
            tenants = ["north", "south"]
            parameters = { from = "today - 1w", clinic = 3 }

            [[schedule]]
            name = "yearly"
            cron = "0 0 1 1 *"
            time_zone = "UTC"
            tenant = "north"
            requester = "board"
            lane = "interactive"
            missed = "once"

            [access]
            roles = ["audit"]
        "#,
        "SELECT * FROM doses WHERE given >= :from AND (:clinic IS NULL OR clinic = :clinic) AND tenant = :tenant",
    );
    shelf.put("jobs/doses/about.sql", "-- Who.\nWITH c AS (SELECT 1) SELECT * FROM c");
    let (library, faults) = shelf.load();
    assert_eq!(faults, Vec::<String>::new());
    let definition = library.get("doses").unwrap();
    assert_eq!(library.len(), 1);
    assert_eq!(
        (definition.title.as_str(), definition.lane, definition.retry.attempts),
        ("Administered doses", Lane::Bulk, 5)
    );
    assert_eq!((definition.conformance, definition.time_zone), (Conformance::Archival, chrono_tz::Europe::Zurich));
    let names: Vec<_> = definition.parameters.iter().map(|p| (&*p.name, p.label.as_str(), p.required)).collect();
    assert_eq!(names, [("from", "From", false), ("clinic", "Clinic number", false)], "in the order of the file");
    let datasets: Vec<_> = definition.datasets.iter().map(|dataset| (&*dataset.name, dataset.one)).collect();
    assert_eq!(datasets, [("lines", false), ("about", true)]);
    assert_eq!((definition.limits.rows.most, definition.limits.pages.most), (5_000_000, 100_000));
    assert_eq!(definition.limits.time.most, Duration::from_secs(1800));
    assert_eq!(definition.retention.cool_after, Some(Duration::from_secs(90 * 86_400)));
    assert_eq!(definition.retention.cold_after, None);
    assert_eq!(definition.access.roles, ["audit"]);
    let (backoff, longest) = (definition.retry.backoff, definition.retry.longest);
    assert_eq!((backoff, longest), (Duration::from_secs(10), Duration::from_secs(3600)));
    assert_eq!((definition.slots, definition.running), (2, Some(7)));
    let [weekly, yearly] = &definition.schedules[..] else { panic!("{:?}", definition.schedules) };
    assert_eq!((weekly.cron.to_string().as_str(), weekly.cron.zone()), ("0 6 * * mon", chrono_tz::Europe::Zurich));
    assert_eq!(weekly.tenants.iter().map(|tenant| tenant.as_str()).collect::<Vec<_>>(), ["north", "south"]);
    assert_eq!(serde_json::json!(weekly.parameters), serde_json::json!({ "from": "today - 1w", "clinic": 3 }));
    assert_eq!((weekly.requester.as_str(), weekly.lane, weekly.missed), ("schedule", None, Missed::Skip));
    assert_eq!((yearly.cron.zone(), yearly.requester.as_str()), (chrono_tz::Tz::UTC, "board"));
    assert_eq!((yearly.lane, yearly.missed), (Some(Lane::Interactive), Missed::Once));
    assert!(yearly.parameters.is_empty(), "what has a default need not be given");
}

#[test]
fn little_is_needed() {
    let (library, faults) = Shelf::with("title = \"Doses\"\n[datasets.lines]", SQL).load();
    assert_eq!(faults, Vec::<String>::new());
    let definition = library.get("doses").unwrap();
    assert_eq!((definition.template.as_str(), definition.language.as_str()), ("doses.html", "en"));
    assert_eq!(
        (definition.retry.attempts, definition.lane, definition.conformance),
        (3, Lane::Standard, Conformance::Accessible)
    );
}

#[test]
fn every_fault_is_listed_in_the_order_of_the_file() {
    check(
        r#"titel = "Doses"
slots = 0
lane = "fast"
time_zone = "Europe/Berlim"
language = "english!"
conformance = "1b"
template = "../secret.html"
file_name = "doses/{form}"
description = 7

[parameters.from]
type = "dat"
[parameters.tenant]
type = "string"
[parameters.2nd]
type = "integer"
[parameters.n]
label = "N"
[datasets]
lines = true
parameters = {}
"#,
        expect![[r#"
            jobs/doses/report.toml:1:1: error: a report has no `title`
              help: add a first line such as title = "Invoice"
            jobs/doses/report.toml:1:1: error: a report has no key `titel`
              help: did you mean `title`?
            jobs/doses/report.toml:2:9: error: `slots` must be between 1 and 1000
            jobs/doses/report.toml:3:8: error: `lane` must be interactive, standard or bulk
            jobs/doses/report.toml:4:13: error: `time_zone` is no IANA time zone; did you mean Europe/Berlin?
            jobs/doses/report.toml:5:12: error: `language` must be a language tag such as en, de-CH or ar
            jobs/doses/report.toml:6:15: error: `conformance` must be 2a (archival and accessible) or 2u (archival, for bulk lists)
            jobs/doses/report.toml:7:12: error: `template` must name an .html file within the templates folder
            jobs/doses/report.toml:8:19: error: a file name consists of ASCII letters, digits, spaces and `-_.()` beside its placeholders
            jobs/doses/report.toml:9:15: error: `description` must be text in quotes, not a whole number
            jobs/doses/report.toml:12:8: error: this is no type of a parameter
              help: did you mean `date`?
            jobs/doses/report.toml:13:13: error: `tenant` can't be a parameter: it is bound from the verified caller
              help: remove it; `:tenant` is there in every SQL file
            jobs/doses/report.toml:15:13: error: this is no name for a parameter
              help: use up to 63 letters, digits and `_`, beginning with a letter
            jobs/doses/report.toml:17:13: error: `[parameters.n]` has no `type`
              help: add one of: string, integer, decimal, boolean, date, datetime, choice, list
            jobs/doses/report.toml:20:9: error: `datasets.lines` must be a table, not a truth value
            jobs/doses/report.toml:21:1: error: `parameters` means something else in a template
              help: call the dataset and its SQL file otherwise
            jobs/doses/lines.sql: warning: no dataset of report.toml names this file
              help: add [datasets.lines] to it, or delete the file
        "#]],
    );
}

#[test]
fn retries_and_schedules_are_checked() {
    check(
        r#"title = "Doses"
attempts = 3
[datasets.lines]
[parameters.from]
type = "date"
[parameters.n]
type = "integer"
maximum = 5
required = false
[retry]
attempts = 21
backoff = "1h"
longest = "1m"
tries = 3
[queue]
running = 0
runing = 1
[[schedule]]
name = "Weekly"
cron = "0 6 * * moon"
tenant = "north"
tenants = ["south"]
missed = "twice"
[[schedule]]
name = "b"
cron = "0 6 * *"
tenants = ["north", "north", "South", 7]
parameters = { form = "today", n = 6, tenant = "x" }
every = "day"
[[schedule]]
name = "c"
cron = "0 0 31 4 *"
time_zone = "Europe/Berlim"
[[schedule]]
name = "d"
cron = "0 6 * * *"
tenants = []
parameters = { from = "tomorrow", n = { x = 1 } }
[[schedule]]
[[schedule]]
name = "e"
cron = "0 6 * * *"
tenant = "north"
lane = "slow"
parameters = { from = "today" }
[[schedule]]
name = "e"
cron = "0 6 * * *"
tenant = "north"
parameters = { from = "today" }
"#,
        expect![[r#"
            jobs/doses/report.toml:2:1: error: `attempts` belongs into `[retry]`
              help: write [retry] and attempts = … below it
            jobs/doses/report.toml:11:12: error: `attempts` must be between 1 and 20
            jobs/doses/report.toml:13:1: error: `longest` is shorter than `backoff`, the first pause
              help: exchange them or remove one
            jobs/doses/report.toml:14:1: error: `[retry]` has no key `tries`
              help: known here: attempts, backoff, longest
            jobs/doses/report.toml:16:11: error: `running` must be between 1 and 1000000
            jobs/doses/report.toml:17:1: error: `[queue]` has no key `runing`
              help: did you mean `running`?
            jobs/doses/report.toml:18:1: error: this schedule doesn't give the parameter `from`, which is required
              help: add parameters = { from = … }
            jobs/doses/report.toml:19:8: error: `name` must be 1 to 63 characters of a-z, 0-9, '-' and '_', and start with a letter or digit
            jobs/doses/report.toml:20:8: error: `cron` has a day of the week that can't be read: `moon` is neither a whole number from 0 to 7 nor one of sun, mon, tue, wed, thu, fri, sat
            jobs/doses/report.toml:21:1: error: `tenant` and `tenants` are both there
              help: keep one of them
            jobs/doses/report.toml:23:10: error: `missed` must be skip, once or all
            jobs/doses/report.toml:24:1: error: this schedule doesn't give the parameter `from`, which is required
              help: add parameters = { from = … }
            jobs/doses/report.toml:26:8: error: `cron` must have five fields: minute, hour, day of the month, month and day of the week
            jobs/doses/report.toml:27:21: error: this tenant stands here twice
              help: remove one of them
            jobs/doses/report.toml:27:30: error: a tenant must be 1 to 63 characters of a-z, 0-9, '-' and '_', and start with a letter or digit
            jobs/doses/report.toml:27:39: error: `tenants` must be text in quotes, not a whole number
            jobs/doses/report.toml:28:16: error: `form` is no parameter of this report
              help: did you mean `from`?
            jobs/doses/report.toml:28:36: error: `n` must be at most 5
            jobs/doses/report.toml:28:39: error: `tenant` is no parameter of this report
              help: it comes from `tenant` and `requester` of the schedule
            jobs/doses/report.toml:29:1: error: a [[schedule]] has no key `every`
              help: known here: name, time_zone, cron, tenant, tenants, requester, lane, missed, parameters
            jobs/doses/report.toml:30:1: error: a [[schedule]] has no `tenant`
              help: say for whom: tenant = "default", or tenants = ["north", "south"]
            jobs/doses/report.toml:30:1: error: this schedule doesn't give the parameter `from`, which is required
              help: add parameters = { from = … }
            jobs/doses/report.toml:32:8: error: `cron` names no day that ever comes
            jobs/doses/report.toml:33:13: error: `time_zone` is no IANA time zone; did you mean Europe/Berlin?
            jobs/doses/report.toml:37:1: error: `tenants` names nobody
            jobs/doses/report.toml:38:23: error: `from` must be a date such as 2026-01-31, or relative such as `today - 1y` or `start_of_month`
            jobs/doses/report.toml:38:39: error: `n` can't be a table, nor a number that isn't one
            jobs/doses/report.toml:39:1: error: a [[schedule]] has no `name`
              help: give it one that stays, such as name = "weekly"
            jobs/doses/report.toml:39:1: error: a [[schedule]] has no `cron`
              help: say when: cron = "0 6 * * mon" is Mondays at six
            jobs/doses/report.toml:39:1: error: a [[schedule]] has no `tenant`
              help: say for whom: tenant = "default", or tenants = ["north", "south"]
            jobs/doses/report.toml:39:1: error: this schedule doesn't give the parameter `from`, which is required
              help: add parameters = { from = … }
            jobs/doses/report.toml:44:8: error: `lane` must be interactive, standard or bulk
            jobs/doses/report.toml:47:1: error: there are two schedules with the name `e`
              help: give each its own
        "#]],
    );
}

#[test]
fn bounds_and_defaults_are_checked() {
    check(
        r#"title = "Doses"
[datasets.lines]
[parameters.a]
type = "integer"
minimum = 10
maximum = 1
[parameters.b]
type = "string"
pattern = "[a-"
min_length = 5
max_length = 3
[parameters.c]
type = "date"
minimum = "2026-02-30"
maximum = "tomorrow"
[parameters.d]
type = "date"
minimum = "today"
maximum = "today - 1y"
[parameters.e]
type = "choice"
options = ["x", "x", "", 7, { label = "Y" }]
default = "y"
[parameters.f]
type = "choice"
[parameters.g]
type = "list"
items = { type = "list" }
[parameters.h]
type = "list"
min_items = 3
max_items = 2
items = { type = "integer", maximum = 9 }
default = [1, 10, 2]
[parameters.i]
type = "decimal"
minimum = "1e999999999"
maximum = nan
default = "much"
[parameters.j]
type = "integer"
minimum = 9223372036854775808
default = 1.5
pattern = "x"
maximun = 5
[parameters.k]
type = "boolean"
default = true
required = true
[parameters.l]
type = "datetime"
default = 2026-01-01
maximum = "now - 1x"
"#,
        expect![[r#"
            jobs/doses/report.toml:5:1: error: `minimum` is greater than `maximum`: nothing lies between them
              help: exchange them or remove one
            jobs/doses/report.toml:9:11: error: `pattern` is no regular expression: unclosed character class
            jobs/doses/report.toml:10:1: error: `min_length` is greater than `max_length`: nothing lies between them
              help: exchange them or remove one
            jobs/doses/report.toml:14:11: error: `minimum` must be a date such as 2026-01-31, or relative such as `today - 1y` or `start_of_month`
            jobs/doses/report.toml:15:11: error: `maximum` must be a date such as 2026-01-31, or relative such as `today - 1y` or `start_of_month`
            jobs/doses/report.toml:18:1: error: `minimum` is greater than `maximum`: nothing lies between them
              help: exchange them or remove one
            jobs/doses/report.toml:22:17: error: this option stands here twice
              help: remove one of them
            jobs/doses/report.toml:22:22: error: an option's value can't be empty
            jobs/doses/report.toml:22:26: error: `options` must be text in quotes or { value = "…", label = "…" }, not a whole number
            jobs/doses/report.toml:22:29: error: an option has no `value`
              help: write { value = "paid", label = "Paid in full" }
            jobs/doses/report.toml:23:11: error: `default` must be one of: x
            jobs/doses/report.toml:24:13: error: `[parameters.f]` has no `options`
              help: list what can be chosen: options = ["paid", "open"]
            jobs/doses/report.toml:28:18: error: this is no type of a parameter
              help: use one of: string, integer, decimal, boolean, date, datetime, choice
            jobs/doses/report.toml:31:1: error: `min_items` is greater than `max_items`: nothing lies between them
              help: exchange them or remove one
            jobs/doses/report.toml:34:11: error: `default` must have at most 2 items
            jobs/doses/report.toml:37:11: error: `minimum` must have at most 65 digits, at most 30 of them after the point
            jobs/doses/report.toml:38:11: error: `maximum` must be a decimal number such as 12.50
            jobs/doses/report.toml:39:11: error: `default` must be a decimal number such as 12.50
            jobs/doses/report.toml:42:11: error: `minimum` is too large
            jobs/doses/report.toml:43:11: error: `default` must be a whole number between -9223372036854775808 and 9223372036854775807
            jobs/doses/report.toml:44:1: error: `pattern` has no meaning in `[parameters.j]` of this type
              help: remove it
            jobs/doses/report.toml:45:1: error: `[parameters.j]` has no key `maximun`
              help: did you mean `maximum`?
            jobs/doses/report.toml:49:12: error: a parameter with a default is never required
              help: remove `required` or `default`
            jobs/doses/report.toml:53:11: error: `maximum` must use the units d, w, m (months) and y, or for a datetime also h and min
        "#]],
    );
}

#[test]
fn sections_are_checked() {
    check(
        r#"title = " "
[datasets.lines]
one = "yes"
on = true
[limits]
rows = 0
time = "10"
pages = 1.5
[retention]
cool_after = "30d"
cold_after = "20d"
archive_after = "40d"
delete_after = "60d"
[access]
roles = []
[acces]
"#,
        expect![[r#"
            jobs/doses/report.toml:1:9: error: `title` is empty
              help: say in a few words what the report shows
            jobs/doses/report.toml:3:7: error: `one` must be true or false, not text
            jobs/doses/report.toml:4:1: error: `[datasets.lines]` has no key `on`
              help: did you mean `one`?
            jobs/doses/report.toml:6:8: error: `rows` must be between 1 and 1000000000
            jobs/doses/report.toml:7:8: error: `time` must be a whole number and one of the units s, m, h, such as "10m"
            jobs/doses/report.toml:8:9: error: `pages` must be a whole number, not a decimal number
            jobs/doses/report.toml:11:14: error: `cold_after` must be later than `cool_after`
              help: all are counted from publishing
            jobs/doses/report.toml:12:17: warning: `archive_after` comes 20 days after `cold_after`: 90 days of cold are charged
              help: leave 90 days between them
            jobs/doses/report.toml:13:16: warning: `delete_after` comes 20 days after `archive_after`: 180 days of archive are charged
              help: leave 180 days between them
            jobs/doses/report.toml:14:2: error: `[access]` names no role, so it would let everyone in
              help: name roles = ["…"], or remove the table
            jobs/doses/report.toml:16:2: error: a report has no key `acces`
              help: did you mean `access`?
        "#]],
    );
}

#[test]
fn text_that_is_no_toml_is_said_to_be_none() {
    check(
        "title = \"Doses\ntemplate = x\n",
        expect![[r#"
            jobs/doses/report.toml:1:15: error: this is not TOML: invalid basic string, expected `"`
            jobs/doses/report.toml:2:12: error: this is not TOML: string values must be quoted, expected literal string
        "#]],
    );
}

#[test]
fn control_characters_are_refused() {
    check(
        "title = \"Do\\u0000ses\"\n[datasets.lines]",
        expect![[r#"
            jobs/doses/report.toml:1:9: error: `title` contains a control character
              help: remove it
        "#]],
    );
}

#[test]
fn a_key_that_stands_twice_is_a_fault() {
    check(
        "title = \"Doses\"\r\n[datasets.lines]\r\n[limits]\r\nrows = 1\r\nrows = 2\r\n[datasets.lines]\r\n",
        expect![[r#"
            jobs/doses/report.toml:5:1: error: this is not TOML: duplicate key
            jobs/doses/report.toml:6:11: error: this is not TOML: duplicate key
        "#]],
    );
}

#[test]
fn sql_is_held_against_the_parameters() {
    let shelf = Shelf::with(
        "title = \"Doses\"\n[parameters.from]\ntype = \"date\"\n[parameters.to]\ntype = \"date\"\n[datasets.lines]\n[datasets.abuot]\n[datasets.gone]\n[datasets.twice]",
        "SELECT *\nFROM doses\nWHERE given >= :form AND t = :tennant AND x = :clinic -- :not_this\n",
    );
    shelf.put("jobs/doses/about.sql", "DELETE FROM doses");
    shelf.put("jobs/doses/twice.sql", "SELECT ?;\nSELECT 2");
    expect![[r#"
        jobs/doses/report.toml:7:11: error: the dataset `abuot` has no file abuot.sql
          help: there is a file about.sql; did you mean that?
        jobs/doses/report.toml:8:11: error: the dataset `gone` has no file gone.sql
          help: write its SELECT statement into that file, beside report.toml
        jobs/doses/lines.sql:3:16: error: `:form` is no parameter of this report
          help: did you mean `:from`?
        jobs/doses/lines.sql:3:30: error: `:tennant` is no parameter of this report
          help: did you mean `:tenant`?
        jobs/doses/lines.sql:3:47: error: `:clinic` is no parameter of this report
          help: declare it in report.toml as [parameters.clinic]
        jobs/doses/twice.sql:1:8: error: positional parameter `?`
          help: name it, for example `:patient_id`
        jobs/doses/about.sql: warning: no dataset of report.toml names this file
          help: add [datasets.about] to it, or delete the file
    "#]]
    .assert_eq(&shelf.faults());
}

#[test]
fn a_dataset_only_reads() {
    for sql in
        ["DELETE FROM doses", "/* x */ UPDATE doses SET a = 1", "PRAGMA foreign_keys", "CALL p()", "ATTACH 'x' AS y"]
    {
        let faults = Shelf::with("title = \"Doses\"\n[datasets.lines]", sql).faults();
        assert!(faults.contains("lines.sql:1:") && faults.contains("only reads"), "{sql}: {faults}");
    }
    for sql in
        ["select 1", "(SELECT 1) UNION (SELECT 2)", "# x\n-- y\nWITH a AS (SELECT 1) SELECT * FROM a", "VALUES (1)"]
    {
        assert_eq!(Shelf::with("title = \"Doses\"\n[datasets.lines]", sql).faults(), "", "{sql}");
    }
}

#[test]
fn what_changes_nothing_is_a_warning() {
    let toml = "title = \"Doses\"\nfile_name = \"d-{named}\"\n[datasets.lines]\n\
                [parameters.named]\ntype = \"string\"\n[parameters.shown]\ntype = \"string\"\n[parameters.idle]\ntype = \"string\"\n";
    let shelf = Shelf::with(toml, SQL);
    shelf.put("templates/doses.html", "<p>{{ parameters.shown }}</p>");
    shelf.put("jobs/doses/old.sql", "SELECT 1");
    expect![[r#"
        jobs/doses/report.toml:8:13: warning: the parameter `idle` changes nothing: it is used nowhere
          help: use it as `:idle` in a SQL file, or remove it
        jobs/doses/old.sql: warning: no dataset of report.toml names this file
          help: add [datasets.old] to it, or delete the file
    "#]]
    .assert_eq(&shelf.faults());
    assert_eq!(shelf.load().0.len(), 1, "warnings don't keep a definition out");
}

#[test]
fn files_that_are_no_text_are_refused() {
    let toml = "title = \"Doses\"\n[datasets.lines]\n";
    let shelf = Shelf::with(toml, SQL);
    shelf.put("jobs/a/report.toml", b"title = \"D\xe9s\"".as_slice());
    shelf.put("jobs/b/report.toml", "");
    shelf.put("jobs/c/report.toml", "\u{feff}title = \"x\"");
    shelf.put("jobs/d/other.txt", "");
    shelf.put("jobs/e/report.toml", " ".repeat(2 << 20));
    shelf.put("jobs/Not a name/report.toml", toml);
    shelf.put("jobs/.git/report.toml", toml);
    shelf.put("jobs/README.md", "about");
    shelf.put("jobs/f/report.toml/x", "");
    shelf.put("jobs/g/report.toml", toml);
    shelf.put("jobs/g/lines.sql", "\u{feff}SELECT 1");
    expect![[r#"
        jobs/Not a name: error: a folder's name is its report's name and must be 1 to 63 characters of a-z, 0-9, '-' and '_', and start with a letter or digit
          help: rename the folder, such as invoice or stock-by-clinic
        jobs/a/report.toml:1:11: error: this file is not UTF-8
          help: save it in the encoding UTF-8
        jobs/b/report.toml: error: this file is empty
          help: each report's folder has a report.toml
        jobs/c/report.toml:1:1: error: this file begins with a byte order mark
          help: save it as UTF-8 without a byte order mark (BOM)
        jobs/d/report.toml: error: this is missing
          help: each report's folder has a report.toml
        jobs/e/report.toml: error: this file is larger than 1 MiB
          help: definitions and SQL are short; is this the right file?
        jobs/f/report.toml: error: this is not a file
          help: each report's folder has a report.toml
        jobs/g/report.toml:1:1: error: the template g.html can't be used: this is missing
          help: write it, or name another: template = "…" (looked for in templates)
        jobs/g/lines.sql:1:1: error: this file begins with a byte order mark
          help: save it as UTF-8 without a byte order mark (BOM)
    "#]]
    .assert_eq(&shelf.faults());
    assert_eq!(shelf.load().0.iter().map(|d| d.name.to_string()).collect::<Vec<_>>(), ["doses"], "the good one loads");
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_are_refused() {
    use std::os::unix::fs::symlink;
    let toml = "title = \"Doses\"\n[datasets.lines]\n";
    let shelf = Shelf::with(toml, SQL);
    shelf.put("outside/lines.sql", "SELECT 'outside'");
    shelf.put("outside/report.toml", toml);
    shelf.put("jobs/in/..data/report.toml", toml);
    shelf.put("jobs/in/..data/lines.sql", SQL);
    shelf.put("templates/in.html", "");
    shelf.put("jobs/out/report.toml", toml);
    let at = |path: &str| shelf.path().join(path);
    symlink("..data/report.toml", at("jobs/in/report.toml")).unwrap();
    symlink("..data/lines.sql", at("jobs/in/lines.sql")).unwrap();
    symlink(at("outside/lines.sql"), at("jobs/out/lines.sql")).unwrap();
    symlink(at("outside/lines.sql"), at("templates/out.html")).unwrap();
    symlink(at("outside"), at("jobs/away")).unwrap();
    symlink("nowhere", at("jobs/doses/stray.sql")).unwrap();
    expect![[r#"
        jobs/away: error: this link leads out of its folder
          help: copy the file here instead
        jobs/doses/stray.sql: warning: no dataset of report.toml names this file
          help: add [datasets.stray] to it, or delete the file
        jobs/out/report.toml:1:1: error: the template out.html can't be used: this link leads out of its folder
          help: write it, or name another: template = "…" (looked for in templates)
        jobs/out/lines.sql: error: this link leads out of its folder
          help: copy the file here instead
    "#]]
    .assert_eq(&shelf.faults());
    assert!(shelf.load().0.get("in").is_some(), "links within the folder are how Kubernetes mounts files");
}

#[test]
fn a_missing_folder_is_a_fault() {
    let shelf = Shelf::new();
    expect![[r#"
        jobs: warning: there is no report in this folder
          help: make a folder in it with a report.toml and a SQL file
    "#]]
    .assert_eq(&shelf.faults());
    std::fs::remove_dir_all(shelf.path().join("jobs")).unwrap();
    std::fs::remove_dir_all(shelf.path().join("templates")).unwrap();
    expect![[r#"
        jobs: error: this folder is missing
          help: run from where it lies, or name another with PRESSROOM_JOBS_DIR
        templates: error: this folder is missing
          help: run from where it lies, or name another with PRESSROOM_TEMPLATES_DIR
    "#]]
    .assert_eq(&shelf.faults());
}

#[test]
fn the_digest_follows_every_file() {
    let toml = "title = \"Doses\"\n[datasets.lines]\n";
    let digest = |shelf: &Shelf| shelf.load().0.get("doses").unwrap().digest.clone();
    let shelf = Shelf::with(toml, SQL);
    let first = digest(&shelf);
    assert_eq!(first, digest(&Shelf::with(toml, SQL)));
    assert_ne!(first, digest(&Shelf::with(toml, "SELECT 2")));
    assert_ne!(first, digest(&Shelf::with(&format!("{toml}#"), SQL)));
}

#[test]
fn floats_and_dates_of_toml_are_taken() {
    let definition = super::definition(
        "[parameters.amount]\ntype = \"decimal\"\nminimum = 0.10\nmaximum = 1_000\ndefault = 12.5\n\
         [parameters.day]\ntype = \"date\"\nminimum = 2016-01-01\ndefault = 2020-02-29\n\
         [parameters.at]\ntype = \"datetime\"\ndefault = 2020-02-29T08:00:00+01:00\n",
    );
    let ParameterKind::Decimal { minimum: Some(minimum), .. } = &definition.parameters[0].kind else { panic!() };
    assert_eq!(minimum.to_plain_string(), "0.10");
    let resolved = definition.resolve(&serde_json::Map::new(), chrono::DateTime::UNIX_EPOCH).unwrap();
    let canonical = serde_json::to_string(&resolved.canonical).unwrap();
    assert_eq!(canonical, r#"{"amount":"12.5","day":"2020-02-29","at":"2020-02-29T07:00:00Z"}"#);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 64, ..Default::default() })]
    /// Whatever stands in the files, loading says something and doesn't panic.
    #[test]
    fn never_panics(toml in "(title|\\[|\\]|parameters|datasets|\\.|=|\"|é|\\{|\\}|1|,|\n|default|type|list| ){0,40}", sql in "\\PC{0,40}") {
        let shelf = Shelf::with(&toml, &sql);
        let (library, faults) = shelf.load();
        assert!(library.len() == 1 || !faults.is_empty());
    }
}
