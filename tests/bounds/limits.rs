//! Every limit ends a report with an error that names it.

use std::time::Duration;

use expect_test::expect;
use pressroom::report::{FleetLimits, limits::Bounds};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use crate::shelf::{Shelf, rendered, source};

const TABLE: &str = "<table data-rows=\"line in lines\"><tbody><tr><td>{{ line.n }}</td></tr></tbody></table>";
const STYLE: &str = "table { width: 100%; table-layout: fixed } @page { size: A6 }";

fn lines(count: usize) -> Vec<Json> {
    (0..count).map(|n| json!({ "n": n })).collect()
}

/// What rendering so many rows comes to.
async fn outcome(shelf: &Shelf, fleet: &FleetLimits, rows: usize) -> String {
    let (plate, faults) = shelf.load_within(fleet);
    let plate = plate.unwrap_or_else(|| panic!("{faults:?}"));
    let (result, bytes) = rendered(plate, &source(lines(rows)), &CancellationToken::new()).await;
    match result {
        Ok(done) => format!("{} rows, {} pages, {} bytes", done.rows, done.pages, !bytes.is_empty()),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_definitions_limits_end_a_report() {
    let report = |limits: &str| Shelf::new(&format!("[limits]\n{limits}\n"), STYLE, TABLE);
    let fleet = FleetLimits::default();
    expect!["1000 rows, 56 pages, true bytes"]
        .assert_eq(&outcome(&report("rows = 1000\npages = 60\nbytes = 100_000\ntime = \"1m\""), &fleet, 1000).await);
    expect!["the report has more than 999 rows; raise `limits.rows` in its definition or ask for less"]
        .assert_eq(&outcome(&report("rows = 999"), &fleet, 1000).await);
    expect!["the report has more than 3 pages; raise `limits.pages` in its definition or ask for less"]
        .assert_eq(&outcome(&report("pages = 3"), &fleet, 1000).await);
    expect!["the document is larger than 10000 bytes; raise `limits.bytes` in its definition or ask for less"]
        .assert_eq(&outcome(&report("bytes = 10_000"), &fleet, 1000).await);
    expect!["the report took longer than 1s; raise `limits.time` in its definition or ask for less"]
        .assert_eq(&outcome(&report("time = \"1s\""), &fleet, 1_000_000).await);
}

#[tokio::test]
async fn a_fleets_limits_do_too() {
    let defaults = FleetLimits {
        rows: Bounds { default: 10, most: 500 },
        pages: Bounds { default: 2, most: 3 },
        bytes: Bounds { default: 5_000, most: 10_000 },
        time: Bounds { default: Duration::from_secs(1), most: Duration::from_secs(1) },
    };
    let only = |change: fn(&mut FleetLimits, FleetLimits)| {
        let mut fleet = FleetLimits::default();
        change(&mut fleet, defaults);
        fleet
    };
    let (rows, pages) = (only(|fleet, own| fleet.rows = own.rows), only(|fleet, own| fleet.pages = own.pages));
    let (bytes, time) = (only(|fleet, own| fleet.bytes = own.bytes), only(|fleet, own| fleet.time = own.time));
    let silent = Shelf::new("", STYLE, TABLE);
    expect!["the report has more than 10 rows; raise `limits.rows` in its definition or ask for less"]
        .assert_eq(&outcome(&silent, &rows, 1000).await);
    expect!["the report has more than 2 pages; raise `limits.pages` in its definition or ask for less"]
        .assert_eq(&outcome(&silent, &pages, 1000).await);
    expect!["the document is larger than 5000 bytes; raise `limits.bytes` in its definition or ask for less"]
        .assert_eq(&outcome(&silent, &bytes, 1000).await);
    expect![
        "the report took longer than 1s; ask for less, or raise `limits.max_time` in the configuration of the workers"
    ]
    .assert_eq(&outcome(&silent, &time, 1_000_000).await);
    // A definition can ask for more than the default, but not for more than the maximum.
    let asks = Shelf::new("[limits]\nrows = 1000\npages = 50\nbytes = 100_000\n", STYLE, TABLE);
    expect!["100 rows, 6 pages, true bytes"].assert_eq(&outcome(&asks, &rows, 100).await);
    expect!["the report has more than 500 rows; ask for less, or raise `limits.max_rows` in the configuration of the workers"].assert_eq(&outcome(&asks, &rows, 1000).await);
    expect!["the report has more than 3 pages; ask for less, or raise `limits.max_pages` in the configuration of the workers"].assert_eq(&outcome(&asks, &pages, 1000).await);
    expect!["the document is larger than 10000 bytes; ask for less, or raise `limits.max_bytes` in the configuration of the workers"].assert_eq(&outcome(&asks, &bytes, 1000).await);
    let (_, warnings) = asks.load_within(&defaults);
    expect![[r#"
        jobs/list/report.toml:4:1: warning: `rows` is more than this fleet allows its reports: 500 counts
          help: write no more than that, or raise `limits.max_rows` in the configuration
        jobs/list/report.toml:5:1: warning: `pages` is more than this fleet allows its reports: 3 counts
          help: write no more than that, or raise `limits.max_pages` in the configuration
        jobs/list/report.toml:6:1: warning: `bytes` is more than this fleet allows its reports: 10000 counts
          help: write no more than that, or raise `limits.max_bytes` in the configuration
        templates/list.html:10:1: warning: the table has no header cells
          help: write `<th>` for the cells that name a column or a row"#]]
    .assert_eq(&warnings.join("\n"));
}

#[tokio::test]
async fn what_is_too_tall_is_told_with_true_figures() {
    let tall = |style: &str, body: &str| Shelf::new("", style, body);
    let fleet = FleetLimits::default();
    let page = "@page { size: A4; margin: 20mm }";
    let style = format!("{page} p {{ font-size: 75000pt }}");
    expect!["list.html:10:1: `<p>` is 17715 points high, a page holds 729, and it can't be split"]
        .assert_eq(outcome(&tall(&style, "<p>a</p>"), &fleet, 1).await.rsplit('/').next().unwrap());
    let style = format!("{page} h1 {{ font-size: 2000pt; margin: 0 }}");
    expect!["list.html:10:1: `<h1>` is 2724 points high, a page holds 723, and it can't be split"]
        .assert_eq(outcome(&tall(&style, "<h1>a</h1>"), &fleet, 1).await.rsplit('/').next().unwrap());
}

#[test]
fn nesting_is_limited() {
    let nested =
        |tag: &str, depth: usize| format!("{}x{}", format!("<{tag}>").repeat(depth), format!("</{tag}>").repeat(depth));
    let first = |shelf: Shelf| shelf.faults().lines().take(2).collect::<Vec<_>>().join("\n");
    expect![[r#"
        templates/list.html:10:311: error: elements are nested deeper than 64
        templates/list.html:10:316: error: elements are nested deeper than 64"#]]
    .assert_eq(&first(Shelf::new("", "", &nested("div", 100))));
    expect![[r#"
        templates/list.html:10:41: error: tables, flex and grid containers are nested deeper than 8
          help: make the layout simpler"#]]
    .assert_eq(&first(Shelf::new("", "div { display: flex }", &nested("div", 9))));
    let brackets = format!("<p>{{{{ {}1{} }}}}</p>", "(".repeat(200), ")".repeat(200));
    expect![[r#"
        templates/list.html:10:81: error: `((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))` is not an expression: template exceeds maximum recursion limits
          help: docs/TEMPLATES.md shows what can be written"#]].assert_eq(&first(Shelf::new("", "", &brackets)));
    let calc = format!("p {{ width: calc({}1pt{}) }}", "(".repeat(200), ")".repeat(200));
    expect![[r#"
        templates/list.html:6:5: error: `width: calc(((((((((((((((((((((((((((((((((((((((((((((((((…` is not supported
          help: it is nested too deeply; make the computation simpler"#]]
    .assert_eq(&first(Shelf::new("", &calc, "<p>a</p>")));
    let not = format!("{}p{} {{ color: red }}", ":not(".repeat(200), ")".repeat(200));
    expect![[r#"
        templates/list.html:6:1: error: selector `:not(:not(:not(:not(:not(:not(:not(:not(:not(:not(:not(:not(…` is not supported
          help: selectors are nested too deeply"#]].assert_eq(&first(Shelf::new("", &not, "<p>a</p>")));
}
