//! Against Chromium: what is supported looks as in a browser's print preview.
//!
//! Every template of `suite/` is printed by Chromium and by Pressroom with the same font files, and `pdftotext -bbox`
//! tells where each word stands in both. Over the suite at least 95 % of the words stand on the same page within a
//! point; `exceptions.toml` lists the templates whose words may differ, how many, and why. Any other word off its place
//! fails the test.
//!
//! ```text
//! cargo test --test chromium                       the test
//! cargo test --test chromium -- --report [NAME…]   each template: words, words off, the worst distance, the first off
//! cargo test --test chromium -- --open NAME…       pictures: Chromium, Pressroom, and both laid over each other
//! ```
//!
//! A template may have its data beside it, `NAME.json`, in the form of a report's `sample.json`. Chromium has no data:
//! `expand.js`, a naive reading of the same documentation, fills the template in the page before it is printed. Where
//! that wouldn't be fair, `NAME.expected.html` is what Chromium prints instead. What Chromium lacks (running elements,
//! repeated group headers) is tested beside the code, not here.
//!
//! Chromium's documents are kept in `target/tmp/chromium` as long as what they were made from stays the same.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]
#![expect(clippy::disallowed_methods, reason = "where tools are comes from ./test, what to do from whoever runs it")]

mod browser;
mod comparison;
mod exceptions;
#[path = "../press/picture.rs"]
mod picture;
#[path = "../press/mod.rs"]
mod press;
mod report;
mod side_by_side;
#[path = "../press/suite.rs"]
mod suite;
mod words;

use std::process::ExitCode;

const TEST: &str = "words_stand_where_chromium_puts_them";

/// The words of the suite that stand where Chromium puts them, at least.
const AGREEING: f64 = 0.95;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let names: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with("--")).collect();
    if has("--list") {
        if !has("--ignored") {
            println!("{TEST}: test");
        }
    } else if has("--open") {
        report::open(&suite::cases(&names));
    } else if has("--report") {
        report::print(&report::compare_all(&suite::cases(&names)));
    } else if has("--skip") || names.iter().all(|name| TEST.contains(name)) {
        return test();
    }
    ExitCode::SUCCESS
}

/// Runs the one test, and says how it went in the words of Rust's own harness.
fn test() -> ExitCode {
    println!("running 1 test");
    let compared = report::compare_all(&suite::cases(&[]));
    report::print(&compared);
    let faults = exceptions::read().unexcused(&compared);
    let agreeing = report::agreeing(&compared);
    faults.iter().for_each(|fault| println!("{fault}"));
    if agreeing < AGREEING {
        println!("only {:.1} % of the words stand where Chromium puts them", 100.0 * agreeing);
    }
    let passed = faults.is_empty() && agreeing >= AGREEING;
    let (passes, word) = if passed { (1, "ok") } else { (0, "FAILED") };
    println!("test {TEST} ... {word}\n\ntest result: {word}. {passes} passed; {} failed", 1 - passes);
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
