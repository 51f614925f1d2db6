//! What is cancelled stops within a page, wherever it is: reading, filling, measuring, breaking lines, writing.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::shelf::{Shelf, source, time_to_stop};

/// Slow enough for a busy machine and a build without optimisation, where what is stopped would take many times as long.
/// Finding where the lines of one text may end isn't interrupted: texts of expressions are a mebibyte at most.
const AT_ONCE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 5000 } else { 500 });

fn lines(count: usize) -> Vec<Json> {
    (0..count).map(|n| json!({ "n": n, "text": "the quick brown fox jumps over the lazy dog" })).collect()
}

/// Cancels at several moments, so that each part of the work is met once.
async fn stops(name: &str, style: &str, body: &str, rows: Vec<Json>, moments: &[u64]) {
    let (plate, faults) = Shelf::new("", style, body).load();
    let plate = plate.unwrap_or_else(|| panic!("{faults:?}"));
    let source = source(rows);
    for moment in moments {
        let took = time_to_stop(plate.clone(), &source, Duration::from_millis(*moment)).await;
        assert!(took < AT_ONCE, "{name}, cancelled after {moment} ms, went on for {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_streamed_table_stops() {
    let style = "table { width: 100%; table-layout: fixed }";
    let body = "<table data-rows=\"line in lines\"><tbody><tr><td>{{ line.n }}</td><td>{{ line.text }}</td></tr></tbody></table>";
    stops("a streamed table", style, body, lines(300_000), &[5, 100, 500]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_wait_for_their_number_stop() {
    let style =
        "@page { @bottom-left { content: counter(page) \" of \" counter(pages) } } p { height: 200pt; margin: 0 }";
    let body = "<div data-for=\"line in lines\"><p>{{ line.n }}</p></div>";
    stops("pages that wait", style, body, lines(20_000), &[100, 500]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_in_memory_stops() {
    let body = "<table><tbody><tr data-for=\"line in lines\"><td>{{ line.n }}</td><td>{{ line.text }}</td><td>{{ line.text }}</td></tr></tbody></table>";
    stops("a table in memory", "", body, lines(20_000), &[100, 300, 700, 1500]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flex_column_stops() {
    let style = "main { display: flex; flex-direction: column }";
    let body = "<main><div data-for=\"line in lines\"><p>{{ line.text }}</p></div></main>";
    stops("a flex column", style, body, lines(20_000), &[100, 300, 700, 1500]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_stops() {
    // Taffy places items without being asked between them: their number alone bounds that.
    let style = "main { display: grid; grid-template-columns: 1fr 1fr 1fr }";
    let body = "<main><div data-for=\"line in lines\"><p>{{ line.text }}</p></div></main>";
    stops("a grid", style, body, lines(5_000), &[100, 300]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_paragraph_stops() {
    let text = "the quick brown fox jumps over the lazy dog ".repeat(20_000);
    let rows = (0..2).map(|n| json!({ "n": n, "text": text })).collect();
    let body = "<p><span data-for=\"line in lines\">{{ line.text }}</span></p>";
    stops("a paragraph", "", body, rows, &[100, 300, 700]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_cell_stops() {
    let text = "wordswithoutspaces".repeat(50_000);
    let body = "<table><tbody><tr data-for=\"line in lines\"><td>{{ line.text }}</td></tr></tbody></table>";
    let rows = (0..2).map(|n| json!({ "n": n, "text": text })).collect();
    stops("a cell", "td { overflow-wrap: anywhere }", body, rows, &[100, 300, 700]).await;
}
