//! Lines as a reader sees them, with where things stand on them.

use proptest::prelude::*;

use crate::layout::{
    page::{Item, Page, Rect},
    tests::{Datasets, lay_out_anyhow, render, template},
};

/// The runs of the first page: text and left edge, from the body's left edge.
fn runs(style: &str, body: &str) -> Vec<(String, f32, f32)> {
    let pages = render(
        &format!("@page {{ margin: 0; size: 400px 600px }} body {{ font-size: 16px }} {style}"),
        body,
        &Datasets::default(),
    );
    shown(&pages[0])
}

fn shown(page: &Page) -> Vec<(String, f32, f32)> {
    let run = |item: &Item| match item {
        Item::Text(run) => {
            let text = &page.text[run.text.start as usize..run.text.end as usize];
            Some((text.to_owned(), (run.x / 0.75 * 10.0).round() / 10.0, (run.y / 0.75 * 10.0).round() / 10.0))
        }
        _ => None,
    };
    page.items.iter().filter_map(run).collect()
}

/// Filled areas in pixels.
fn fills(style: &str, body: &str) -> Vec<[f32; 4]> {
    let pages = render(
        &format!("@page {{ margin: 0; size: 400px 600px }} body {{ font-size: 16px }} {style}"),
        body,
        &Datasets::default(),
    );
    let fill = |item: &Item| match item {
        Item::Fill { area: Rect { x, y, width, height }, .. } => {
            Some([*x, *y, *width, *height].map(|points| (points / 0.75 * 10.0).round() / 10.0))
        }
        _ => None,
    };
    pages[0].items.iter().filter_map(fill).collect()
}

fn texts(style: &str, body: &str) -> Vec<String> {
    runs(style, body).into_iter().map(|(text, ..)| text).collect()
}

#[test]
fn spaces_collapse_across_boxes_and_stay_in_the_first() {
    assert_eq!(texts("", "<p>a <b> b</b> c </p>"), ["a ", "b", " c"]);
    assert_eq!(texts("", "<p> <b> a </b> <i> b</i><br> c</p>"), ["a ", "b", "c"]);
    assert_eq!(texts("p { white-space: pre }", "<p>a  <b> b</b></p>"), ["a  ", " b"]);
}

#[test]
fn sub_and_super_stand_where_chromium_puts_them() {
    // Baselines by Chromium: the line is 30.5 px high, its baseline 21.33 px below the top.
    let lines = runs("p { margin: 0; line-height: 1.5 }", "<p>a<sup>b</sup>c<sub>d</sub></p><p>e</p>");
    let heights: Vec<f32> = lines.iter().map(|(_, _, y)| *y).collect();
    assert_eq!(heights, [21.3, 15.0, 21.3, 25.5, 48.5]);
}

#[test]
fn an_underline_belongs_to_the_box_that_asked_for_it() {
    let lines = fills("p { margin: 0 }", "<p><u>a<sup>b</sup></u></p>");
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0][1], lines[1][1]);
    assert_eq!(lines[0][3], 1.6);
}

#[test]
fn a_block_within_an_inline_box_splits_it() {
    let lines = runs("p { margin: 0 } span { display: block }", "<p>a<b>b<span>block</span>c</b>d</p>");
    let rows: Vec<(&str, f32)> = lines.iter().map(|(text, _, y)| (text.as_str(), *y)).collect();
    assert_eq!(rows, [("a", 17.0), ("b", 17.0), ("block", 39.0), ("c", 61.0), ("d", 61.0)]);
}

#[test]
fn markers_stand_outside_unless_told() {
    let lines = runs("ul, ol { margin: 0; padding-left: 40px }", "<ol><li>x</li></ol><ul><li>y</li></ul>");
    assert_eq!(lines[0].0, "1. ");
    assert_eq!((lines[1].1, lines[3].1), (40.0, 40.0));
    assert!((lines[0].1 - 22.4).abs() < 0.2, "{lines:?}");
}

fn hostile_body() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[a-z ]{0,20}",
        "[\u{590}-\u{6FF} ]{0,12}",
        "[\u{E00}-\u{E7F}]{0,10}",
        "[\u{4E00}-\u{4E80}\u{AC00}-\u{AC80}\u{1F600}-\u{1F640}\u{200D}\u{FE0F}]{0,8}",
        "[\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2069}\u{AD}\u{A0}\u{300}-\u{310}\n\t ]{0,8}",
    ];
    let tag = prop_oneof![Just("b"), Just("span"), Just("sup"), Just("u"), Just("br"), Just("span class=\"x\"")];
    let piece = (text, tag).prop_map(|(text, tag)| match tag {
        "br" => format!("{text}<br>"),
        tag => format!("<{tag}>{text}</{}>", tag.split(' ').next().unwrap_or(tag)),
    });
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_text_breaks_a_paragraph(body in hostile_body(), width in 0u32..200, pre: bool, right: bool) {
        let space = if pre { "pre-wrap" } else { "normal" };
        let align = if right { "right" } else { "left" };
        let style = format!(
            "p {{ width: {width}px; white-space: {space}; text-align: {align}; letter-spacing: 1px }} \
             .x {{ vertical-align: top; font-size: 30px }}"
        );
        lay_out_anyhow(&template(&style, &format!("<p>{body}</p>")), &Datasets::default()).unwrap();
    }
}
