//! The walls of the house: who may import whom (docs/ARCHITECTURE.md), checked on the source text.
//!
//! Tests are not checked: code under `#[cfg(test)]` and the files of such modules are left out.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Plain data that every module may name.
const LEAVES: [&str; 8] = ["artifact", "clock", "fault", "identity", "job", "mysql_url", "sql", "value"];

/// What each module may import besides the leaves, as paths. The longest path that fits a file is its rule.
const ROOMS: [(&str, &[&str]); 17] = [
    ("report", &[]),
    ("source", &[]),
    ("queue", &[]),
    ("store", &[]),
    ("catalog", &[]),
    ("request", &["report", "queue", "catalog"]),
    // What pages consist of: colours, pictures, glyphs, fonts. Template and pdf share these words and nothing else.
    ("layout::page", &["layout::text"]),
    ("layout::text", &["layout::page"]),
    ("template", &["report", "layout::page", "layout::text"]),
    ("layout", &["template"]),
    ("pdf", &["layout::page", "layout::text"]),
    ("worker", &["report", "source", "queue", "store", "catalog", "request", "template", "layout", "pdf", "telemetry"]),
    ("upkeep", &["catalog", "store", "queue", "report", "request", "telemetry"]),
    ("http", &["catalog", "store", "queue", "report", "request", "telemetry"]),
    ("demo", &[]),
    ("config", &[]),
    ("telemetry", &["config"]),
];

/// The composition root and what stands on it.
const EVERYTHING: [&str; 4] = ["app", "cli", "main", "lib"];

/// Libraries (or parts of them) that only some files may name, by how the file's path begins.
const KEPT: [(&str, &[&str]); 8] = [
    ("printpdf", &["pdf"]),
    ("lopdf", &["pdf"]),
    ("apalis", &["queue/backend", "worker/runner"]),
    ("apalis_core", &["queue/backend", "worker/runner"]),
    ("redis", &["queue"]),
    ("azure_storage_blob", &["store"]),
    ("axum", &["http"]),
    ("std::env", &["config"]),
];

const MOST_LINES: usize = 500;

#[test]
fn every_wall_stands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    rust_files(&root, &mut paths);
    let files: Vec<File> = paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a source file");
            File::read(path.strip_prefix(&root).expect("within src"), &text)
        })
        .collect();
    let tests: BTreeSet<&PathBuf> = files.iter().flat_map(|file| &file.test_modules).collect();
    let checked = files.iter().filter(|file| !file.belongs_to(&tests));
    let complaints: Vec<String> = checked.flat_map(File::complaints).collect();
    assert!(files.len() > 20, "only {} files found", files.len());
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_table_names_every_module() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("lib.rs");
    for line in lib.lines() {
        let Some(module) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) else { continue };
        let in_table = ROOMS.iter().any(|(room, _)| *room == module);
        let listed = LEAVES.contains(&module) || EVERYTHING.contains(&module) || in_table;
        assert!(listed, "the table says nothing of `{module}`");
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether a path begins with another, which is written with `::`.
fn begins_with(path: &[String], start: &str) -> bool {
    let start: Vec<&str> = start.split("::").collect();
    path.len() >= start.len() && start.iter().zip(path).all(|(a, b)| a == b)
}

/// The line of the table that a path falls under.
fn room_of(path: &[String]) -> Option<(&'static str, &'static [&'static str])> {
    ROOMS.iter().filter(|(room, _)| begins_with(path, room)).max_by_key(|(room, _)| room.len()).copied()
}

// --- one file --------------------------------------------------------------------------------------------------------

/// What the checks need to know of a source file.
struct File {
    path: PathBuf,
    /// The module's path within the crate.
    module: Vec<String>,
    has_doc: bool,
    /// Lines without those of tests.
    lines: usize,
    /// Every path that is named, with its line; `crate` and `super` are resolved.
    names: Vec<(usize, Vec<String>)>,
    /// Where the files of `#[cfg(test)] mod …;` are, without `.rs`.
    test_modules: Vec<PathBuf>,
}

impl File {
    fn read(path: &Path, text: &str) -> Self {
        let mut place = path.with_extension("");
        if place.file_name().is_some_and(|name| name == "mod") {
            place.pop();
        }
        let module: Vec<String> = place
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .filter(|part| part != "lib" && part != "main")
            .collect();
        let tokens = tokens(text);
        let (tokens, test_lines, test_names) = without_tests(tokens);
        Self {
            path: path.to_owned(),
            has_doc: text.trim_start().starts_with("//!"),
            lines: text.lines().count() - test_lines,
            names: names(&tokens).into_iter().map(|(line, name)| (line, resolve(name, &module))).collect(),
            test_modules: test_names.iter().map(|name| place.join(name)).collect(),
            module,
        }
    }

    fn belongs_to(&self, tests: &BTreeSet<&PathBuf>) -> bool {
        self.path.with_extension("").ancestors().any(|ancestor| tests.contains(&ancestor.to_owned()))
    }

    fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if !self.has_doc {
            complaints.push(format!("{}: doesn't open with what it is (`//!`)", self.path.display()));
        }
        if self.lines > MOST_LINES {
            complaints.push(format!("{}: {} lines, more than {MOST_LINES}", self.path.display(), self.lines));
        }
        for (line, name) in &self.names {
            if let Some(complaint) = self.wall(name).or_else(|| self.kept(name)) {
                complaints.push(format!("{}:{line}: {complaint}", self.path.display()));
            }
        }
        complaints.dedup();
        complaints
    }

    /// A complaint when a path goes through a wall of the house.
    fn wall(&self, name: &[String]) -> Option<String> {
        let (root, target) = name.split_first()?;
        let first = target.first()?.as_str();
        let known = EVERYTHING.contains(&first) || ROOMS.iter().any(|(room, _)| *room == first);
        if root != "crate" || !known {
            return None;
        }
        let own = self.module.first().map_or("lib", String::as_str);
        let (own, allowed) = match room_of(&self.module) {
            Some((room, imports)) => {
                (room, begins_with(target, room) || imports.iter().any(|import| begins_with(target, import)))
            }
            None => (own, EVERYTHING.contains(&own)),
        };
        let target = room_of(target).map_or(first, |(room, _)| room);
        (!allowed).then(|| format!("`{own}` may not import `{target}`"))
    }

    /// A complaint when a path names a library that belongs to another part.
    fn kept(&self, name: &[String]) -> Option<String> {
        let (library, owners) = KEPT.iter().find(|(library, _)| begins_with(name, library))?;
        let path = self.path.to_string_lossy();
        let allowed = owners.iter().any(|owner| {
            path.strip_prefix(owner).is_some_and(|rest| owner.contains('/') || rest.starts_with(['/', '.']))
        });
        (!allowed).then(|| format!("only {} may name `{library}`", owners.join(" and ")))
    }
}

/// `crate::…` for what starts with `crate`, `self` or `super`; anything else as it is.
fn resolve(name: Vec<String>, module: &[String]) -> Vec<String> {
    let supers = name.iter().take_while(|part| *part == "super").count();
    let from_here = name.first().is_some_and(|part| part == "self");
    if supers == 0 && !from_here {
        return name;
    }
    let base = &module[..module.len().saturating_sub(supers)];
    let rest = &name[supers.max(1)..];
    std::iter::once("crate".to_owned()).chain(base.iter().cloned()).chain(rest.iter().cloned()).collect()
}

// --- Rust, as far as needed ------------------------------------------------------------------------------------------

/// A word or a single sign, with its line.
#[derive(Debug, Clone, PartialEq)]
struct Token {
    line: usize,
    text: String,
}

/// Words, `::` and signs; comments and literals are left out.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut found) = (0, 1, Vec::new());
    while at < chars.len() {
        let start = at;
        let next = chars.get(at + 1).copied();
        match chars[at] {
            '/' if next == Some('/') => at = position(&chars, at, |c| c == '\n'),
            '/' if next == Some('*') => at = block_comment(&chars, at),
            '"' => at = string(&chars, at + 1),
            'r' | 'b' | 'c' if raw_string(&chars, at).is_some() => at = raw_string(&chars, at).unwrap_or(at + 1),
            '\'' => at = quote(&chars, at),
            c if c.is_alphanumeric() || c == '_' => {
                at = position(&chars, at, |c| !c.is_alphanumeric() && c != '_');
                found.push(Token { line, text: chars[start..at].iter().collect() });
            }
            ':' if next == Some(':') => {
                at += 2;
                found.push(Token { line, text: "::".into() });
            }
            c => {
                at += 1;
                if !c.is_whitespace() {
                    found.push(Token { line, text: c.into() });
                }
            }
        }
        line += chars[start..at].iter().filter(|c| **c == '\n').count();
    }
    found
}

fn position(chars: &[char], from: usize, end: impl Fn(char) -> bool) -> usize {
    chars[from..].iter().position(|c| end(*c)).map_or(chars.len(), |length| from + length)
}

fn block_comment(chars: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from + 2, 1);
    while depth > 0 && at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (at, depth) = (at + 2, depth + 1),
            ('*', Some('/')) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    at
}

/// The end of a string whose opening quote stands before `at`.
fn string(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// The end of a raw string (`r"…"`, `br#"…"#`) that begins at `at`, if one does.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let r = if matches!(chars[at], 'b' | 'c') { at + 1 } else { at };
    let hashes_end = position(chars, r + 1, |c| c != '#');
    if chars.get(r) != Some(&'r') || chars.get(hashes_end) != Some(&'"') {
        return None;
    }
    let hashes = hashes_end - r - 1;
    let closes = |at: usize| chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    let close = (hashes_end + 1..chars.len()).find(|at| closes(*at)).unwrap_or(chars.len());
    Some((close + 1 + hashes).min(chars.len()))
}

/// The end of a character literal, or of a lifetime's quote.
fn quote(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => (position(chars, at + 3, |c| c == '\'') + 1).min(chars.len()),
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
}

/// Leaves out what stands under `#[cfg(test)]`: also gives how many lines that was, and the names of its `mod …;`.
fn without_tests(tokens: Vec<Token>) -> (Vec<Token>, usize, Vec<String>) {
    let (mut kept, mut lines, mut modules) = (Vec::new(), 0, Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        if !begins(&tokens[at..], &["#", "[", "cfg", "("]) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let attribute_end = closing(&tokens, at + 1);
        let attribute = &tokens[at..attribute_end];
        if !attribute.iter().any(|token| token.text == "test") || attribute.iter().any(|token| token.text == "not") {
            kept.extend_from_slice(attribute);
            at = attribute_end;
            continue;
        }
        let end = item_end(&tokens, attribute_end);
        let item = &tokens[attribute_end..end];
        if let Some(name) = item.iter().position(|token| token.text == "mod").and_then(|i| item.get(i + 1)) {
            modules.push(name.text.clone());
        }
        lines += tokens[end - 1].line - tokens[at].line + 1;
        at = end;
    }
    (kept, lines, modules)
}

fn begins(tokens: &[Token], texts: &[&str]) -> bool {
    tokens.len() >= texts.len() && texts.iter().zip(tokens).all(|(text, token)| token.text == *text)
}

/// The index after the bracket that closes the one at `open`.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The index after the item that begins at `start`: its `;`, or the end of its body.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            ";" => return at + 1,
            "{" if tokens[start].text != "use" => return closing(tokens, at),
            "(" | "[" | "{" => at = closing(tokens, at),
            _ => at += 1,
        }
    }
    tokens.len()
}

/// Every path that the tokens name, groups (`a::{b, c::d}`) written out; a single word only where it is imported.
fn names(tokens: &[Token]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins_path = is_word(&tokens[at].text) && !(at > 0 && matches!(&*tokens[at - 1].text, "::" | "."));
        if !begins_path {
            at += 1;
            continue;
        }
        let imported = at > 0 && tokens[at - 1].text == "use";
        let before = found.len();
        at = path(tokens, at, &mut Vec::new(), &mut found);
        if found.len() == before + 1 && found[before].1.len() == 1 && !imported {
            found.pop();
        }
    }
    found
}

/// Reads one path after `prefix`; gives the index after it.
fn path(tokens: &[Token], mut at: usize, prefix: &mut Vec<String>, found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let length = prefix.len();
    while let Some(token) = tokens.get(at) {
        if token.text == "{" && tokens[at - 1].text == "::" {
            at += 1;
            while tokens.get(at).is_some_and(|token| token.text != "}") {
                at = if is_word(&tokens[at].text) { path(tokens, at, prefix, found) } else { at + 1 };
            }
            prefix.truncate(length);
            return at + 1;
        }
        if !is_word(&token.text) {
            break;
        }
        prefix.push(token.text.clone());
        at += 1;
        if tokens.get(at).is_none_or(|token| token.text != "::") {
            break;
        }
        at += 1;
    }
    let line = tokens[at.min(tokens.len()) - 1].line;
    found.push((line, prefix.clone()));
    prefix.truncate(length);
    at
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

// --- the checks themselves are checked -------------------------------------------------------------------------------

fn complaints(path: &str, text: &str) -> String {
    File::read(Path::new(path), &format!("//! A file.\n{text}")).complaints().join("\n")
}

#[test]
fn a_planted_import_is_found_however_it_is_written() {
    let wall = "http/pages.rs:2: `http` may not import `worker`";
    for text in [
        "use crate::worker::Attempt;",
        "use crate::{job::JobId, worker::{self, Attempt}};",
        "use crate::{catalog::{Catalog, Outcome}, worker as w};",
        "fn f() -> crate::worker::Attempt { todo() }",
        "use super::super::worker::Attempt;",
        "pub(in crate::http) use super::super::{job, worker};",
        "macro_rules! m { () => { $crate::worker::run() } }",
    ] {
        assert_eq!(complaints("http/pages.rs", text), wall, "{text}");
    }
}

#[test]
fn what_is_allowed_or_only_looks_like_an_import_is_not_found() {
    for text in [
        "use crate::{job::JobId, catalog::{Catalog, Outcome}, request::Desk};",
        "use super::{auth, worker};",
        "// use crate::worker::Attempt;\n/* crate::worker /* nested */ crate::pdf */",
        "const A: &str = \"crate::worker\\\"crate::pdf\"; const B: &str = r#\"\"crate::worker\"#; const C: char = '\"';",
        "#[cfg(test)]\nmod tests { use crate::worker::Attempt; fn f<'a>(x: &'a str) { let c = '}'; } }",
        "#[cfg(test)]\nuse crate::{worker::Attempt, pdf};",
        "#[cfg(test)]\n#[expect(dead_code, reason = \"x\")]\nfn f(x: [u8; 2]) -> crate::worker::Attempt { g() }",
    ] {
        assert_eq!(complaints("http/pages.rs", text), "", "{text}");
    }
    assert_eq!(complaints("app.rs", "use crate::worker::Attempt;"), "");
    assert_eq!(complaints("worker/attempt.rs", "use crate::{pdf, layout, source};"), "");
    assert_eq!(complaints("layout/flow.rs", "use crate::{layout::page::Page, template::Template};"), "");
    assert_eq!(complaints("template/style.rs", "use crate::layout::{page::Color, text::FontBook};"), "");
}

#[test]
fn code_after_a_test_is_still_checked() {
    let text = "#[cfg(test)]\nmod tests;\nuse crate::pdf;\n#[cfg(not(test))]\nuse crate::worker;";
    let found = complaints("http/pages.rs", text);
    assert_eq!(found.lines().count(), 2, "{found}");
}

#[test]
fn files_of_test_modules_are_known() {
    let parent = File::read(Path::new("queue/mod.rs"), "//! A file.\n#[cfg(test)]\nmod suite;\nmod redis;\n");
    let tests: BTreeSet<&PathBuf> = parent.test_modules.iter().collect();
    let belongs = |path: &str| File::read(Path::new(path), "").belongs_to(&tests);
    assert!(belongs("queue/suite.rs") && belongs("queue/suite/push.rs") && belongs("queue/suite/mod.rs"));
    assert!(!belongs("queue/redis.rs") && !belongs("queue/mod.rs"));
}

#[test]
fn libraries_stay_where_they_belong() {
    assert_eq!(complaints("pdf/font.rs", "use printpdf::ParsedFont; use lopdf as l;"), "");
    assert_eq!(complaints("layout/mod.rs", "use lopdf as l;"), "layout/mod.rs:2: only pdf may name `lopdf`");
    assert_eq!(complaints("worker/runner/mod.rs", "use apalis::prelude::*;"), "");
    assert_eq!(complaints("queue/backend.rs", "use apalis_core::task::Task;"), "");
    assert!(complaints("queue/redis/mod.rs", "use apalis_core::task::Task;").contains("only queue/backend"));
    assert_eq!(complaints("queue/redis/mod.rs", "use redis::aio::ConnectionManager;"), "");
    for text in ["use std::{env, fs};", "use std::env::var;", "fn f() { std::env::var(x) }"] {
        assert_eq!(complaints("store/mod.rs", text), "store/mod.rs:2: only config may name `std::env`", "{text}");
    }
    assert_eq!(complaints("config/environment.rs", "fn f() { std::env::vars_os() }"), "");
}

#[test]
fn a_part_of_a_room_can_have_a_wall_of_its_own() {
    let flow = "use crate::layout::flow::Flow;";
    assert_eq!(complaints("pdf/writer.rs", flow), "pdf/writer.rs:2: `pdf` may not import `layout`");
    assert_eq!(complaints("layout/page.rs", flow), "layout/page.rs:2: `layout::page` may not import `layout`");
    let template = "use crate::template::Template;";
    let wall = "layout/text/line.rs:2: `layout::text` may not import `template`";
    assert_eq!(complaints("layout/text/line.rs", template), wall);
}

#[test]
fn leaves_import_leaves_alone() {
    assert_eq!(complaints("job.rs", "use crate::clock::Clock;"), "");
    assert_eq!(complaints("job.rs", "use crate::queue::Claim;"), "job.rs:2: `job` may not import `queue`");
    assert_eq!(
        complaints("sql/lexer.rs", "use super::super::report::Library;"),
        "sql/lexer.rs:2: `sql` may not import `report`"
    );
}

#[test]
fn long_and_undocumented_files_are_found() {
    let long = "fn f() {}\n".repeat(MOST_LINES);
    assert_eq!(complaints("sql.rs", &long), "sql.rs: 501 lines, more than 500");
    let tests = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert_eq!(complaints("sql.rs", &tests), "");
    let undocumented = File::read(Path::new("sql.rs"), "// A comment.\nfn f() {}").complaints();
    assert_eq!(undocumented, ["sql.rs: doesn't open with what it is (`//!`)"]);
}
