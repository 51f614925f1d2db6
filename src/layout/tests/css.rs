//! CSS in filled documents: selectors, content, counters, custom properties.

use expect_test::expect;

use super::{Datasets, check, render, text};
use crate::layout::page::{Color, Item, Page};

/// The texts of the runs of this colour, in the order in which they are drawn.
fn colored(pages: &[Page], color: Color) -> Vec<String> {
    let of_page = |page: &Page| {
        let runs = page.items.iter().filter_map(|item| match item {
            Item::Text(run) if run.color == color => {
                Some(page.text[run.text.start as usize..run.text.end as usize].trim().to_owned())
            }
            _ => None,
        });
        runs.collect::<Vec<_>>()
    };
    pages.iter().flat_map(of_page).collect()
}

fn red(style: &str, body: &str, data: &Datasets) -> Vec<String> {
    colored(&render(&format!("{style} {{ color: red }}"), body, data), Color::rgb(255, 0, 0))
}

fn words(count: usize) -> Datasets {
    let names = ["one", "two", "three", "four", "five", "six"];
    let rows = (0..count).map(|i| vec![text(names[i % 6])]).collect();
    Datasets::default().with("words", &["word"], rows)
}

#[test]
fn sibling_selectors_see_what_data_leaves() {
    let body = "<div data-for='word in words'>\
                <h3 data-if=\"word.word == 'two' or word.word == 'three'\">head</h3><p>{{ word.word }}</p></div>";
    assert_eq!(red("h3 + p", body, &words(4)), ["two", "three"]);
    assert_eq!(red("h3 ~ p", body, &words(4)), ["two", "three"]);
    assert_eq!(red("div:nth-last-child(2) p", body, &words(4)), ["three"]);
    assert_eq!(red("p:only-child", body, &words(4)), ["one", "four"]);
    assert_eq!(red("div + div p:nth-of-type(1)", body, &words(3)), ["two", "three"]);
}

#[test]
fn elements_that_look_alike_are_told_apart_by_what_stands_before_them() {
    let body = "<div data-for='word in words'><p data-if=\"word.word == 'two'\">before</p>\
                <section><b>{{ word.word }}</b></section></div>";
    assert_eq!(red("p + section b", body, &words(3)), ["two"]);
}

#[test]
fn attributes_that_depend_on_data_are_asked() {
    let body = "<p data-for='word in words' title='{{ word.word }}'>{{ word.word }}</p>";
    assert_eq!(red("p[title^=t]", body, &words(4)), ["two", "three"]);
    assert_eq!(red("p:not([title*=e])", body, &words(4)), ["two", "four"]);
}

const STREAM: &str = "<table data-rows='word in words' style='width: 100%; table-layout: fixed'>\
                      <tbody><tr class=\"{{ 'w' if word.word == 'two' else '' }}\"><td>{{ word.word }}</td></tr></tbody></table>";

#[test]
fn rows_of_a_stream_know_what_has_passed() {
    assert_eq!(red(".w + tr td", STREAM, &words(9)), ["three", "three"]);
    assert_eq!(red(".w ~ tr:nth-child(-n+4) td", STREAM, &words(8)), ["three", "four"]);
    assert_eq!(red("tr + tr td", STREAM, &words(3)), ["two", "three"]);
    assert_eq!(red("tr:last-child td", STREAM, &words(5)), ["five"]);
    let by_attribute = STREAM.replace("<td>", "<td title='{{ word.word }}'>");
    assert_eq!(red("td[title=two]", &by_attribute, &words(4)), ["two"]);
}

#[test]
fn content_and_counters_number_rows_sections_and_lists() {
    check(
        "section { counter-increment: s; counter-reset: f } h2::before { content: counter(s, upper-roman) '. ' }
         figure { counter-increment: f } figcaption::before { content: 'Figure ' counter(s) '.' counter(f) ' '; }
         p::after { content: ' ({{ parameters.from }}' attr(title) ')' }",
        "<section><h2>A</h2><figure><figcaption>x</figcaption></figure></section>
         <section><h2>B</h2><figure><figcaption>y</figcaption></figure><figure><figcaption>z</figcaption></figure>
         </section><p title='!'>end</p>",
        &Datasets::default(),
        expect![[r#"
            -- 1 --
            I. A
            Figure 1.1 x
            II. B
            Figure 2.1 y
            Figure 2.2 z
            end (2026-01-31!)
        "#]],
    );
    check(
        "table { counter-reset: n } tr { counter-increment: n } td::before { content: counter(n) ': ' }",
        STREAM,
        &words(3),
        expect![[r#"
            -- 1 --
            1: one
            2: two
            3: three
        "#]],
    );
    check(
        "",
        "<ol start='3'><li>a</li><li value='7'>b<ol type='a'><li>c</li><li>d</li></ol></li><li>e</li></ol>",
        &Datasets::default(),
        expect![[r#"
            -- 1 --
            3. a
            7. b
            a. c
            b. d
            8. e
        "#]],
    );
    check(
        "ol { counter-reset: x; list-style: none } li { counter-increment: x } li::before { content: counters(x, '.') ' ' }",
        "<ol><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li><li>e</li></ol>",
        &Datasets::default(),
        expect![[r#"
            -- 1 --
            1 a
            2 b
            2.1 c
            2.2 d
            3 e
        "#]],
    );
}

#[test]
fn custom_properties_are_inherited_and_overridden() {
    let style = ":root { --ink: red; --pad: calc(2 * var(--unit, 3pt)) } .b { --ink: blue }
                 p { color: var(--ink); padding-left: var(--pad); font: bold var(--size, 10pt)/1.5 sans-serif }";
    let pages = render(style, "<p>a</p><div class='b'><p>b</p></div>", &Datasets::default());
    assert_eq!(colored(&pages, Color::rgb(255, 0, 0)), ["a"]);
    assert_eq!(colored(&pages, Color::rgb(0, 0, 255)), ["b"]);
    let Some(Item::Text(run)) = pages[0].items.iter().find(|item| matches!(item, Item::Text(_))) else { panic!() };
    assert_eq!((run.x, run.size), (28.5 + 6.0, 10.0));
}

#[test]
fn words_that_all_properties_take() {
    let style = "div { color: red; border-left: 2pt solid } p { color: blue } .i { color: inherit }
                 .n { color: initial } .u { color: unset } .r { color: revert; font-weight: 900 } b.r { font-weight: revert }";
    let body = "<div><p>blue</p><p class='i'>inherited</p><p class='n'>initial</p><p class='u'>unset</p>\
                <p class='r'>reverted <b class='r'>bold</b></p></div>";
    let pages = render(style, body, &Datasets::default());
    assert_eq!(colored(&pages, Color::rgb(255, 0, 0)), ["inherited", "unset", "reverted", "bold"]);
    assert_eq!(colored(&pages, Color::rgb(0, 0, 0)), ["initial"]);
}

#[test]
fn the_browser_makes_monospace_smaller_unless_a_size_is_given() {
    let sizes = |style: &str| {
        let pages = render(style, "<p>a <code>b</code></p>", &Datasets::default());
        let runs = pages[0].items.iter().filter_map(|item| match item {
            Item::Text(run) => Some(run.size),
            _ => None,
        });
        runs.collect::<Vec<f32>>()
    };
    assert_eq!(sizes(""), [12.0, 9.75]);
    assert_eq!(sizes("p { font-size: 10pt }"), [10.0, 10.0]);
    assert_eq!(sizes("code { font-size: 1em }"), [12.0, 9.75]);
    assert_eq!(sizes("code { font-size: 10pt }"), [12.0, 10.0]);
    assert_eq!(sizes("code { font-family: monospace, monospace; font-size: 1em }"), [12.0, 12.0]);
}
