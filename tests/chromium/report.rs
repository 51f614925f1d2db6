//! Both sides of every template, and the report on them.

use std::{fs, path::PathBuf, thread};

use crate::{
    browser,
    comparison::{Comparison, compare},
    side_by_side,
    suite::{self, Case},
    words,
};

/// The first words off that are told of each template.
const TOLD: usize = 4;

/// A template that was compared.
pub(crate) struct Compared {
    pub(crate) name: String,
    pub(crate) comparison: Comparison,
}

/// Prints and compares all cases.
pub(crate) fn compare_all(cases: &[Case]) -> Vec<Compared> {
    let printed = browser::print(cases);
    let compared = |case: &Case| {
        let expected = words::read(&printed[&case.name]);
        let comparison = match pressed(case) {
            Ok(document) => compare(&expected, &words::read(&document)),
            Err(complaint) => compare_with_nothing(&expected, complaint),
        };
        Compared { name: case.name.clone(), comparison }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let chunks = cases.chunks(cases.len().div_ceil(threads).max(1));
        let running: Vec<_> =
            chunks.map(|chunk| scope.spawn(move || chunk.iter().map(compared).collect::<Vec<_>>())).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn compare_with_nothing(expected: &words::Text, complaint: String) -> Comparison {
    Comparison { complaint: Some(complaint), ..compare(expected, &words::Text::default()) }
}

/// Pressroom's document of a case.
fn pressed(case: &Case) -> Result<PathBuf, String> {
    let folder = suite::workshop().join("pressed");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}.pdf", case.name));
    let bytes = std::panic::catch_unwind(|| case.press(false)).unwrap_or_else(|_| Err("panicked".to_owned()))?;
    fs::write(&file, bytes).unwrap();
    Ok(file)
}

/// The part of all words that stand in their place.
pub(crate) fn agreeing(compared: &[Compared]) -> f64 {
    let words: usize = compared.iter().map(|case| case.comparison.words).sum();
    let off: usize = compared.iter().map(|case| case.comparison.off.len()).sum();
    1.0 - off as f64 / words.max(1) as f64
}

/// Prints a line for each template, and more for those with words off.
pub(crate) fn print(compared: &[Compared]) {
    println!("{:<28} {:>6} {:>6} {:>7}", "template", "words", "off", "worst");
    for case in compared {
        let Comparison { words, off, complaint } = &case.comparison;
        let worst = off.iter().filter_map(|off| off.distance()).fold(0.0, f32::max);
        println!("{:<28} {words:>6} {:>6} {worst:>7.1}", case.name, off.len());
        if let Some(complaint) = complaint {
            complaint.lines().take(2 * TOLD).for_each(|line| println!("    {line}"));
        }
        // Where nothing was drawn, every word is missing.
        if complaint.is_none() || off.len() < *words {
            off.iter().take(TOLD).for_each(|off| println!("    {off}"));
        }
    }
    println!("{} templates, {:.2} % of the words in their place", compared.len(), 100.0 * agreeing(compared));
}

/// Draws both documents of each case, and where they differ.
pub(crate) fn open(cases: &[Case]) {
    let printed = browser::print(cases);
    let folder = suite::workshop().join("pictures");
    fs::create_dir_all(&folder).unwrap();
    for case in cases {
        match pressed(case) {
            Ok(document) => side_by_side::draw(&printed[&case.name], &document, &folder.join(&case.name)),
            Err(complaint) => println!("{}: {complaint}", case.name),
        }
    }
}
