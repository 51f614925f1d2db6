//! Shaping and breaking, over scripts, faces and hostile text.

use std::{sync::Arc, time::Instant};

use proptest::prelude::*;

use super::*;
use crate::{
    layout::page::{Glyph, Page},
    template::style::WordBreak,
};

fn shaper() -> (Shaper, FontStackId) {
    let mut book = FontBook::builtin();
    let stack = book.stack(&["sans-serif"], 400, false);
    (Shaper::new(Arc::new(book)), stack)
}

fn line(text: &str) -> ShapedLine {
    let (mut shaper, stack) = shaper();
    shaper.line(text, stack, 10.0).clone()
}

/// The line as it is seen: the text of each cluster from left to right, runs apart.
fn seen(text: &str, line: &ShapedLine) -> Vec<String> {
    let run = |run: &ShapedRun| {
        let mut clusters: Vec<u32> = line.glyphs(run).iter().map(|glyph| run.text.start + glyph.cluster).collect();
        clusters.dedup();
        clusters.iter().map(|at| text[*at as usize..].chars().next().unwrap()).collect()
    };
    line.runs.iter().map(run).collect()
}

/// Text of one style.
fn span(text: &str, stack: FontStackId) -> Span {
    Span { end: text.len(), stack, size: 10.0, ..Span::default() }
}

/// The lines of a text in a width, as its style has it.
fn broken_as(text: &str, width: f32, style: Span) -> Vec<String> {
    let (mut shaper, stack) = shaper();
    let spans = [Span { end: text.len(), stack, size: 10.0, ..style }];
    let lines = shaper.paragraph(text, &spans, &[], &Flow { width, ..Flow::default() });
    check_lines(text, &lines);
    lines.into_iter().map(|line| text[line.text].to_owned()).collect()
}

fn broken(text: &str, width: f32) -> Vec<String> {
    broken_as(text, width, Span::default())
}

/// Lines follow each other without gaps and runs lie inside their line.
fn check_lines(text: &str, lines: &[Line]) {
    let mut at = 0;
    for line in lines {
        assert_eq!(line.text.start, at);
        at = line.text.end;
        check_runs(text, &line.shaped);
        for run in &line.shaped.runs {
            assert!(line.text.start <= run.text.start as usize && run.text.end as usize <= line.text.end);
        }
    }
    assert_eq!(at, text.len());
}

/// Widths agree with the glyphs, and clusters are characters of the run.
fn check_runs(text: &str, line: &ShapedLine) {
    let mut x = 0.0;
    let mut glyphs = 0;
    for run in &line.runs {
        assert!((run.x - x).abs() < 0.01 + x.abs() * 1e-4, "{run:?}");
        x += run.width;
        assert_eq!(run.glyphs.start, glyphs);
        glyphs = run.glyphs.end;
        let own = &text[run.text.start as usize..run.text.end as usize];
        for glyph in line.glyphs(run) {
            assert!(own.is_char_boundary(glyph.cluster as usize) && (glyph.cluster as usize) < own.len());
            assert_ne!(glyph.id, 0);
        }
    }
    assert_eq!(glyphs as usize, line.glyphs.len());
    assert!((line.width - x).abs() < 0.01 + x.abs() * 1e-4);
}

#[test]
fn latin_is_kerned_and_digits_are_not() {
    let line_width = |text: &str| line(text).width;
    assert!(line_width("AV") < line_width("A") + line_width("V"));
    assert!((line_width("12") - 2.0 * line_width("1")).abs() < 1e-4);
    assert!((line_width("1") - 5.72).abs() < 1e-4);
}

#[test]
fn arabic_joins_and_reads_from_the_right() {
    let text = "مريم";
    let line = line(text);
    assert_eq!(seen(text, &line), ["ميرم"]);
    let run = &line.runs[0];
    assert!(run.rtl);
    // The first and the last letter are the same character in two forms.
    let glyphs: Vec<Glyph> = line.glyphs(run).to_vec();
    assert_ne!(glyphs[0].id, glyphs[3].id);
    check_runs(text, &line);
}

#[test]
fn hebrew_turns_and_its_numbers_do_not() {
    let text = "Dr. אבג 123 דהו.";
    let line = line(text);
    let flat: String = seen(text, &line).concat();
    assert_eq!(flat, "Dr. והד 123 גבא.");
    check_runs(text, &line);
}

#[test]
fn devanagari_forms_conjuncts() {
    let text = "क्षत्रिय";
    let line = line(text);
    assert!(line.glyphs.len() < text.chars().count(), "{:?}", line.glyphs);
    assert_eq!(line.runs.len(), 1);
    check_runs(text, &line);
}

#[test]
fn combining_marks_stay_with_their_letter() {
    let text = "e\u{301}x";
    let line = line(text);
    assert_eq!(line.runs.len(), 1);
    assert!((line.width - self::line("éx").width).abs() < 0.01);
}

#[test]
fn every_script_of_the_builtin_faces_has_glyphs() {
    let (mut shaper, stack) = shaper();
    for text in [
        "Ångström Łódź",
        "Ελένη",
        "Жанна",
        "مريم العلي",
        "שלום",
        "अनिता",
        "สมชาย",
        "王小明",
        "さくら",
        "홍길동 뷁",
        "→≤∑✓①☐⚠─█",
        "😀👨\u{200D}👩\u{200D}👧🇯🇵1\u{FE0F}\u{20E3}",
    ] {
        let line = shaper.line(text, stack, 10.0);
        assert!(line.width > 10.0, "{text}");
        check_runs(text, line);
    }
    assert!(!shaper.lost);
}

#[test]
fn a_missing_character_is_drawn_and_told() {
    let (mut shaper, stack) = shaper();
    let text = "ok \u{A015} \u{A016}\u{200D}\u{A017} x";
    let line = shaper.line(text, stack, 10.0).clone();
    check_runs(text, &line);
    let replacement = shaper.book().face(FontId(0)).glyph('\u{FFFD}').unwrap();
    assert_eq!(line.glyphs.iter().filter(|glyph| glyph.id == replacement).count(), 3);
    let mut page = Page::default();
    line.place(text, &mut page, 0.0, 0.0, |_| Default::default());
    shaper.count_missing(&page);
    shaper.count_missing(&page);
    let counted: Vec<(char, u64)> = shaper.take_missing().into_iter().collect();
    assert_eq!(counted, [('\u{A015}', 2), ('\u{A016}', 2), ('\u{A017}', 2)]);
    assert!(shaper.take_missing().is_empty());
}

#[test]
fn control_and_zero_width_characters_draw_nothing_odd() {
    assert!((line("a\tb\u{0}").width - line("a b ").width).abs() < 1e-4);
    assert!((line("a\u{200B}\u{FEFF}b\u{AD}").width - line("ab").width).abs() < 1e-4);
    assert_eq!(line("").width, 0.0);
}

#[test]
fn lines_break_at_spaces_and_swallow_them() {
    assert_eq!(broken("one two three four", 60.0), ["one two ", "three four"]);
    assert_eq!(broken("one\ntwo\n\nthree\n", 60.0), ["one\n", "two\n", "\n", "three\n"]);
    let no_wrap = Span { wraps: false, ..Span::default() };
    assert_eq!(broken_as("one two three four", 60.0, no_wrap), ["one two three four"]);
    assert_eq!(broken_as("one\r\ntwo", 60.0, no_wrap), ["one\r\n", "two"]);
    assert_eq!(broken("", 60.0), [""; 0]);
    assert_eq!(broken("well-known", 30.0), ["well-", "known"]);
}

#[test]
fn a_word_too_wide_sticks_out_or_is_cut() {
    assert_eq!(broken("a immunization b", 30.0), ["a ", "immunization ", "b"]);
    let break_words = Span { break_words: true, ..Span::default() };
    assert_eq!(broken_as("a immunization b", 30.0, break_words), ["a ", "immu", "nizati", "on b"]);
    // Narrower than any letter: one grapheme a line.
    assert_eq!(broken_as("e\u{301}é", 1.0, break_words), ["e\u{301}", "é"]);
    let anywhere = Span { word_break: WordBreak::BreakAll, ..Span::default() };
    assert_eq!(broken_as("a immunization", 30.0, anywhere), ["a imm", "unizat", "ion"]);
}

#[test]
fn han_breaks_between_letters_and_thai_between_words() {
    assert_eq!(broken("Ann 王小明出生", 35.0), ["Ann 王", "小明出", "生"]);
    assert_eq!(broken("สวัสดีครับทุกคน", 20.0), ["สวัสดี", "ครับ", "ทุก", "คน"]);
    let keep_all = Span { word_break: WordBreak::KeepAll, ..Span::default() };
    assert_eq!(broken_as("Ann 王小明出生", 35.0, keep_all), ["Ann ", "王小明出生"]);
}

#[test]
fn addresses_break_where_chromium_breaks_them() {
    let address = "https://clinic.example.org/a-b/c?d=e&f=2026-11-24#g(h)";
    assert_eq!(broken(address, 1.0), ["https://clinic.example.org/a-", "b/c?", "d=e&f=2026-", "11-", "24#g(h)"]);
    assert_eq!(broken("x -5 $1,000.00 (50%) a/b", 1.0), ["x ", "-5 ", "$1,000.00 ", "(50%) ", "a/b"]);
}

#[test]
fn a_soft_hyphen_shows_at_the_end_of_a_line_alone() {
    let (mut shaper, stack) = shaper();
    let text = "immuni\u{AD}zation";
    let spans = [Span { tag: 7, ..span(text, stack) }];
    let whole = shaper.paragraph(text, &spans, &[], &Flow { width: 100.0, ..Flow::default() });
    assert_eq!(whole.len(), 1);
    assert!((whole[0].shaped.width - line("immunization").width).abs() < 0.2);
    let lines = shaper.paragraph(text, &spans, &[], &Flow { width: 45.0, ..Flow::default() });
    check_lines(text, &lines);
    assert!((lines[0].shaped.width - line("immuni-").width).abs() < 1e-3);
    assert_eq!(lines[0].shaped.runs[0].tag, 7);
}

#[test]
fn alignment_follows_the_base_direction() {
    let (mut shaper, stack) = shaper();
    let text = "abc def";
    let spans = [span(text, stack)];
    let mut x = |align, rtl| {
        let line = &shaper.paragraph(text, &spans, &[], &Flow { width: 100.0, align, rtl, ..Flow::default() })[0];
        (line.x, 100.0 - line.shaped.width - line.x)
    };
    assert_eq!(x(TextAlign::Start, false).0, 0.0);
    assert_eq!(x(TextAlign::End, true).0, 0.0);
    assert!(x(TextAlign::Start, true).1.abs() < 1e-3);
    let (left, right) = x(TextAlign::Center, false);
    assert!((left - right).abs() < 1e-3);
}

#[test]
fn justified_lines_reach_both_ends_but_the_last() {
    let (mut shaper, stack) = shaper();
    let text = "aa bb cc dd ee ff gg";
    let spans = [span(text, stack)];
    let flow = Flow { width: 50.0, align: TextAlign::Justify, ..Flow::default() };
    let lines = shaper.paragraph(text, &spans, &[], &flow);
    let (last, full) = lines.split_last().unwrap();
    assert!(full.iter().all(|line| (line.shaped.width - 50.0).abs() < 1e-3));
    assert!(last.shaped.width < 50.0);
    check_lines(text, &lines);
}

#[test]
fn spans_keep_their_tags_and_sizes() {
    let (mut shaper, stack) = shaper();
    let text = "plain big plain";
    let spans = [
        Span { end: 6, tag: 1, ..span(text, stack) },
        Span { end: 9, tag: 2, size: 20.0, ..span(text, stack) },
        Span { tag: 3, ..span(text, stack) },
    ];
    let lines = shaper.paragraph(text, &spans, &[], &Flow { width: 500.0, ..Flow::default() });
    let runs: Vec<_> = lines[0].shaped.runs.iter().map(|run| (run.tag, run.size)).collect();
    assert_eq!(runs, [(1, 10.0), (2, 20.0), (3, 10.0)]);
}

#[test]
fn placed_lines_read_back_from_the_page() {
    let (mut shaper, stack) = shaper();
    let mut page = Page::default();
    for (row, text) in ["Dose 2 of 3", "2026-11-24 مريم"].iter().enumerate() {
        shaper.line(text, stack, 9.0).place(text, &mut page, 36.0, 40.0 + 12.0 * row as f32, |_| Default::default());
    }
    assert!(page.plain_text().starts_with("Dose 2 of 3\n2026-11-24"));
}

#[test]
fn long_text_takes_linear_time() {
    let (mut shaper, stack) = shaper();
    let flow = Flow { width: 200.0, ..Flow::default() };
    for unit in ["word and مريم 12 ", "x", "م", "王", "\u{301}", "שלום ", "\n", "a\u{202E}"] {
        let mut time = |bytes: usize| {
            let text = unit.repeat(bytes / unit.len());
            let spans = [Span { break_words: true, ..span(&text, stack) }];
            let started = Instant::now();
            check_lines(&text, &shaper.paragraph(&text, &spans, &[], &flow));
            shaper.line(&text, stack, 10.0);
            started.elapsed().as_secs_f64()
        };
        // Eight times the text: linear is 8, quadratic is 64 each time, however busy the machine is.
        let is_linear = (0..3).any(|_| time(400_000) < 30.0 * time(50_000).max(0.02));
        assert!(is_linear, "{unit:?}");
    }
}

/// Text that mixes what goes wrong: scripts, marks, controls, separators, astral characters.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        "[\u{590}-\u{6FF}]{0,8}",
        "[\u{900}-\u{97F}]{0,8}",
        "[\u{E00}-\u{E7F}]{0,8}",
        "[\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2069}\u{AD}\u{FEFF}\u{300}-\u{310}\r\n\t ]{0,8}",
        "[\u{4E00}-\u{4E80}\u{AC00}-\u{AC80}\u{1F600}-\u{1F640}]{0,6}",
    ];
    proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_breaks_the_shaper(text in hostile(), width in 0.0f32..200.0, rtl: bool, wraps: bool, break_words: bool) {
        let (mut shaper, stack) = shaper();
        check_runs(&text, shaper.line(&text, stack, 10.0));
        let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let style = Span { wraps, break_words, letter_spacing: 0.5, ..span(&text, stack) };
        let spans = [Span { end: half, size: 8.0, ..style }, Span { tag: 1, letter_spacing: 0.0, ..style }];
        let flow = Flow { width, align: TextAlign::Justify, rtl, ..Flow::default() };
        check_lines(&text, &shaper.paragraph(&text, &spans, &[], &flow));
    }
}
