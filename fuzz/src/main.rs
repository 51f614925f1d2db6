//! Runs a target on a stable compiler: changes seeds at random for a while and reports what panics or dawdles.
//!
//! It knows nothing of coverage; `cargo fuzz` finds more in the same time. Usage: `pressroom-fuzz TARGET [SECONDS]`.

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use pressroom_fuzz::{TARGETS, Target};

/// No input of this size may take longer.
const SLOWEST: Duration = Duration::from_secs(5);

/// No input is longer, in bytes.
const LONGEST: usize = 32 * 1024;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(600);
    let Some(target) = TARGETS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("usage: pressroom-fuzz TARGET [SECONDS]; the targets are {}", known.join(", "));
        return ExitCode::FAILURE;
    };
    let seeds = seeds(&name);
    println!("{name}: {} seeds, {seconds} seconds", seeds.len());
    let (runs, found) = run(target, &seeds, Duration::from_secs(seconds));
    println!("{name}: {runs} inputs, {found} faults");
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run((name, target): &Target, seeds: &[Vec<u8>], time: Duration) -> (u64, u64) {
    let (mut random, mut runs, mut found) = (Random(0x9e37_79b9_7f4a_7c15), 0, 0);
    let start = Instant::now();
    while start.elapsed() < time {
        let input = random.changed(seeds);
        let begun = Instant::now();
        let panicked = catch_unwind(AssertUnwindSafe(|| target(&input))).is_err();
        runs += 1;
        if panicked || begun.elapsed() > SLOWEST {
            found += 1;
            let file = format!("{name}-{}-{runs}.bin", if panicked { "panic" } else { "slow" });
            println!("{file}: {:?}", begun.elapsed());
            if let Err(error) = fs::write(&file, &input) {
                eprintln!("{file}: {error}");
            }
        }
    }
    (runs, found)
}

/// The target's own seeds, and what the product and its tests have that fits.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let endings: &[&str] = match name {
        "css" => &["css"],
        "template" => &["html"],
        "image" => &["jpg", "png"],
        _ => &[],
    };
    let mut files: Vec<PathBuf> = Vec::new();
    let own = here.join("seeds").join(name);
    for folder in
        [&own, &here.join("../templates"), &here.join("../tests/chromium/suite"), &here.join("../tests/pictures")]
    {
        files.extend(fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()));
    }
    files.sort();
    let fits =
        |file: &PathBuf| endings.iter().any(|ending| file.extension().is_some_and(|extension| extension == *ending));
    files.retain(|file| file.starts_with(&own) || fits(file));
    let mut seeds: Vec<Vec<u8>> = files.iter().filter_map(|file| fs::read(file).ok()).collect();
    seeds.push(Vec::new());
    seeds
}

/// Xorshift: the same inputs in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }

    /// A seed with some of it cut, doubled, repeated many times, mixed with another, or replaced by what is strange.
    fn changed(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..1 + self.below(8) {
            let at = self.below(input.len() + 1);
            let end = at + self.below((input.len() - at).min(64) + 1);
            match self.below(6) {
                0 => drop(input.drain(at..end)),
                1 => {
                    let piece = input[at..end].to_vec();
                    let most = if self.below(20) == 0 { 400 } else { 3 };
                    let times = 1 + self.below(most);
                    input.splice(at..at, piece.repeat(times));
                }
                2 => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len() + 1);
                    let to = from + self.below((other.len() - from).min(400) + 1);
                    input.splice(at..end, other[from..to].iter().copied());
                }
                3 if at < input.len() => input[at] = self.below(256) as u8,
                _ => {
                    let strange = STRANGE[self.below(STRANGE.len())];
                    let times = if self.below(30) == 0 { 300 } else { 1 };
                    input.splice(at..at, strange.repeat(times).bytes());
                }
            }
        }
        input.truncate(LONGEST);
        input
    }
}

/// What breaks parsers.
const STRANGE: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "\"",
    "'",
    "/*",
    "*/",
    "<!--",
    "-->",
    "{{",
    "}}",
    "&",
    ";",
    ":",
    "!",
    "\\",
    "\0",
    "\u{202e}",
    "é",
    "😀",
    "calc(",
    "var(--a)",
    "var(--a,",
    "--a:",
    "--a: var(--a) var(--a);",
    "min(",
    "clamp(",
    ":is(",
    ":not(",
    ":nth-child(2n+1)",
    "+",
    "~",
    "*",
    "1e9",
    "-1e38px",
    "99999999999999999999",
    "0.0000001",
    "%",
    "px",
    "em",
    "fr",
    "!important",
    "inherit",
    "revert",
    "@page{",
    "@media print{",
    "@import '",
    "@font-face{",
    "url(",
    "counter(a)",
    "counters(a,'.')",
    "content:",
    "counter-increment: a 2147483647;",
    "grid-template-areas: 'a a'",
    "repeat(1000, 1fr)",
    "<table>",
    "<tr>",
    "<td colspan='2'>",
    "</table>",
    "<li value='-2147483648'>",
    "data-for='a in b'",
    "data-rows='x'",
    "data-if='",
    "data-group='a.b'",
    "sum(",
    "| date",
    "font: 1e30em/1e30 a;",
    "border: 1e30px solid;",
];
