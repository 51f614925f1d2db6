//! Kinds of page: names, sides, sizes, numbers, and what stands in their margins.

use expect_test::expect;

use super::*;
use crate::layout::page::Anchor;

const SMALL: &str =
    "@page { size: 200pt 100pt; margin: 20pt; font-size: 8pt } body { font-size: 10pt; line-height: 10pt }
    p, h1, h2 { margin: 0; font-size: 10pt; line-height: 10pt }";

fn pages(style: &str, body: &str) -> Vec<Page> {
    render(&format!("{SMALL} {style}"), body, &Datasets::default())
}

fn error(style: &str, body: &str) -> String {
    match lay_out(&template(&format!("{SMALL} {style}"), body), &Datasets::default()) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string().replace('\n', " "),
    }
}

fn show(style: &str, body: &str, expected: Expect) {
    check(&format!("{SMALL} {style}"), body, &Datasets::default(), expected);
}

/// Text and where it begins, for each page.
fn places(pages: &[Page]) -> String {
    let of = |page: &Page| {
        let runs = page.items.iter().filter_map(|item| match item {
            Item::Text(run) => {
                let text = &page.text[run.text.start as usize..run.text.end as usize];
                Some(format!(" {}@{:.0},{:.0}", text.trim(), run.x, run.y))
            }
            _ => None,
        });
        format!("{}×{}{}\n", page.width, page.height, runs.collect::<String>())
    };
    pages.iter().map(of).collect()
}

#[test]
fn names_change_pages_and_content_fits_those_it_begins_on() {
    let style = "@page wide { size: 300pt 100pt; margin: 20pt 40pt; @top-left { content: 'wide' } } .w { page: wide }
        div { text-align: right }";
    let body = "<div>a</div><div class='w'>b</div><section><div class='w'>c</div><div>d</div></section>";
    expect![[r#"
        200×100 a@175,28
        300×100 b@254,28 c@255,38 wide@40,13
        200×100 d@175,28
    "#]]
    .assert_eq(&places(&pages(style, body)));
}

#[test]
fn boxes_go_on_in_the_width_of_each_page() {
    let style = "@page wide { size: 300pt 100pt } .w { page: wide } section { border: 1pt solid; padding: 4pt }";
    let pages = pages(style, "<section><p>a</p><p class='w'>b</p><p>c</p></section>");
    let width = |page: &Page| {
        let fills =
            page.items.iter().filter_map(|item| if let Item::Fill { area, .. } = item { Some(area) } else { None });
        fills.map(|area| area.x + area.width).fold(0.0, f32::max)
    };
    assert_eq!(pages.iter().map(width).collect::<Vec<_>>(), [180.75, 280.5, 180.75]);
}

#[test]
fn side_margins_may_change_where_a_break_says_so_and_alike_ones_anywhere() {
    let cover = "@page :first { margin: 20pt 50pt } .end { break-after: page } p { text-align: right }";
    expect![[r#"
        200×100 a@145,28
        200×100 b@175,28
    "#]]
    .assert_eq(&places(&pages(cover, "<p class='end'>a</p><p>b</p>")));
    expect!["content runs on to page 2, where 160.5 points are between the side margins instead of 100.5; end the page before with `break-after: page`, or make both alike"]
        .assert_eq(&error(cover, &"<p>a</p>".repeat(10)));
    let mirrored =
        "@page :left { margin-left: 30pt; margin-right: 10pt } @page :right { margin-right: 30pt; margin-left: 10pt }";
    expect![[r#"
        200×100 a@10,28 b@10,38 c@10,48 d@10,58 e@10,68 f@10,78
        200×100 g@30,28
    "#]]
    .assert_eq(&places(&pages(mirrored, "<p>a<br>b<br>c</p><p>d<br>e<br>f</p><p>g</p>")));
}

#[test]
fn empty_pages_are_left_for_the_side_that_a_break_asks_for() {
    show(
        "@page :blank { @top-center { content: 'blank' } } @page :left { @top-left { content: 'L' } }
         @page :right { @top-left { content: 'R' } }
         .right { break-before: right } .left { break-after: left }",
        "<p class='right'>a</p><p class='right'>b</p><div><p class='left'>c</p></div><p>d</p><p class='left'>e</p>",
        expect![[r#"
            -- 1 --
            R
            a
            -- 2 --
            L blank
            -- 3 --
            R
            b
            c
            -- 4 --
            L
            d
            e
        "#]],
    );
}

#[test]
fn breaks_stand_outside_of_boxes_that_begin_or_end_there() {
    let style = ".new { break-before: page } .end { break-after: page } div { padding: 3pt; border: 1pt solid }
        .m { margin-top: 7pt }";
    let body = "<p>a</p><div><p class='new m'>b</p></div><div><div><p class='end'>c</p></div></div><p class='m'>d</p>";
    expect![[r#"
        200×100 a@20,28
        200×100 b@24,39 c@28,60
        200×100 d@20,36
    "#]]
    .assert_eq(&places(&pages(style, body)));
    let inside = error(
        ".f { display: flex } .new { break-before: page }",
        "<div class='f'><div><p>a</p><p class='new'>b</p></div></div>",
    );
    assert!(inside.contains("`<p>` asks for a page break inside of a cell, a flex or grid item"), "{inside}");
}

#[test]
fn lines_are_left_alone_before_headings_are() {
    // Three lines, of which the last can't keep two: browsers keep the two that come first.
    show(
        "",
        "<p>1<br>2<br>3<br>4</p><p>a<br>b<br>c</p>",
        expect![[r#"
        -- 1 --
        1
        2
        3
        4
        a
        b
        -- 2 --
        c
    "#]],
    );
    // Headings and what follows fill more than a page.
    let body = format!("<p>1</p>{}<p>a<br>b<br>c<br>d</p>", "<h2>H</h2>".repeat(5));
    show(
        "",
        &body,
        expect![[r#"
        -- 1 --
        1
        -- 2 --
        H
        H
        H
        H
        H
        a
        -- 3 --
        b
        c
        d
    "#]],
    );
    // Padding that doesn't fit takes a line with it.
    show(
        ".p { padding-bottom: 15pt }",
        "<p>1<br>2<br>3<br>4</p><div class='p'><p>a<br>b</p></div>",
        expect![[r#"
        -- 1 --
        1
        2
        3
        4
        a
        -- 2 --
        b
    "#]],
    );
}

#[test]
fn heights_go_on_over_pages() {
    let pages = pages("div { height: 150pt; background-color: #dddddd }", "<p>a</p><div>b</div><p>c</p>");
    let heights = |page: &Page| {
        let fills =
            page.items.iter().filter_map(|item| if let Item::Fill { area, .. } = item { Some(area) } else { None });
        fills.map(|area| area.height).sum::<f32>()
    };
    assert_eq!(pages.iter().map(heights).collect::<Vec<_>>(), [50.0, 60.0, 40.0]);
    assert!(places(&pages).ends_with("c@20,68\n"), "{}", places(&pages));
}

#[test]
fn counting_starts_anew_where_a_section_or_a_kind_of_page_says_so() {
    show(
        "@page { @bottom-left { content: counter(page) '/' counter(pages) ' ' counter(page, lower-roman) } }
         @page own { counter-reset: page 7 } .own { page: own } .one { counter-reset: page 1 } .new { break-before: page }",
        "<p>a</p><p>b</p><section class='new one'><p>c</p><p class='new'>d</p></section><p class='own'>e</p><p>f</p>",
        expect![[r#"
            -- 1 --
            a
            b
            1/5 i
            -- 2 --
            c
            1/5 i
            -- 3 --
            d
            2/5 ii
            -- 4 --
            e
            7/5 vii
            -- 5 --
            f
            3/5 iii
        "#]],
    );
}

#[test]
fn running_elements_are_shown_as_the_page_has_them() {
    let boxes = "@page { @top-left { content: element(t) } @top-center { content: element(t, start) }
        @bottom-left { content: element(t, last) } @bottom-center { content: element(t, first-except) } }
        .t { position: running(t) } .new { break-before: page }";
    let t = |text: &str| format!("<div class='t'><b>{text}</b></div>");
    show(
        boxes,
        &format!(
            "<p>a</p>{}{}<p>b</p><p class='new'>c</p><div class='new'>{}<p>d</p></div>",
            t("one"),
            t("two"),
            t("three")
        ),
        expect![[r#"
            -- 1 --
            one
            a
            b
            two
            -- 2 --
            two two
            c
            two two
            -- 3 --
            three three
            d
            three
        "#]],
    );
}

#[test]
fn running_elements_hold_boxes_and_are_found_in_flex_rows() {
    let style = "@page { @top-left { content: element(t) } } .t { position: running(t); display: flex; justify-content:
        space-between; border-bottom: 1pt solid } .f { display: flex }";
    let body = "<div class='f'><div>a</div><div>b<div class='t'><span>left</span><span>right</span></div></div></div>";
    let pages = pages(style, body);
    assert_eq!(places(&pages), "200×100 a@20,28 b@26,28 left@20,13 right@157,13\n");
}

#[test]
fn all_margin_boxes_have_their_place() {
    let slots = [
        "top-left-corner",
        "top-left",
        "top-center",
        "top-right",
        "top-right-corner",
        "right-top",
        "right-middle",
        "right-bottom",
        "bottom-right-corner",
        "bottom-right",
        "bottom-center",
        "bottom-left",
        "bottom-left-corner",
        "left-bottom",
        "left-middle",
        "left-top",
    ];
    let boxes: String = slots
        .iter()
        .enumerate()
        .map(|(i, slot)| format!("@{slot} {{ content: '{i}'; line-height: 10pt }}\n"))
        .collect();
    expect![[r#"
        200×100 body@20,28 0@15,12 4@180,12 8@180,92 12@11,92 1@20,12 2@98,12 3@175,12 5@188,28 6@188,52 7@188,78 11@20,92 10@95,92 9@175,92 15@5,28 14@5,52 13@5,78
    "#]]
    .assert_eq(&places(&pages(&format!("@page {{ {boxes} }}"), "<p>body</p>")));
}

#[test]
fn margin_boxes_have_borders_padding_and_several_lines() {
    let style = "@page { size: 200pt 140pt; margin-top: 50pt; background-color: #eeeeee; border: 1pt solid #ff0000; padding: 4pt;
        @top-right { content: 'a\\A b'; white-space: pre; line-height: 10pt; border: 1pt solid; padding: 2pt; width: 30pt;
        vertical-align: bottom; background-color: #ffff00 } }";
    let pages = pages(style, "<p>x</p>");
    let fills: Vec<String> = pages[0]
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Fill { area, color } if color.b != 0 || color.r != 0 => Some(format!(
                "{:02x}{:02x}{:02x} {:?}",
                color.r,
                color.g,
                color.b,
                (area.x, area.y, area.width, area.height)
            )),
            _ => None,
        })
        .collect();
    assert_eq!(fills[0], "eeeeee (0.0, 0.0, 200.0, 140.0)");
    assert_eq!(fills.last().map(String::as_str), Some("ffff00 (144.5, 0.0, 35.5, 50.0)"));
    assert_eq!(fills.iter().filter(|fill| fill.starts_with("ff0000")).count(), 4);
    expect![[r#"
        200×140 x@25,63 a@173,35 b@172,45
    "#]]
    .assert_eq(&places(&pages));
}

#[test]
fn a_total_in_a_running_element_is_exact_or_has_its_room() {
    let style = "@page { @bottom-left { content: counter(pages, lower-roman) } }";
    let many = |count: usize| format!("{}<p>x</p>", "<p class='new'>x</p>".repeat(count));
    let exact = pages(&format!("{style} .new {{ break-after: page }}"), &many(99));
    assert!(exact[99].plain_text().ends_with("\nc"), "{}", exact[99].plain_text());
    let late = error(&format!("{style} .new {{ break-after: page }}"), &many(101));
    assert!(late.starts_with("the document has more than 100 pages"), "{late}");
    let plain = "@page { @top-right { content: 'of ' counter(pages) '.' } } .new { break-after: page }";
    let open = pages(plain, &many(100));
    let total = open[100].items.iter().find(|item| matches!(item, Item::PageTotal { .. }));
    assert!(matches!(total, Some(Item::PageTotal { align: Anchor::Start, .. })), "{total:?}");
}

#[test]
fn links_lead_to_elements_and_headings_make_bookmarks() {
    let pages = pages(
        ".new { break-before: page } .plain { bookmark-level: none } .deep { bookmark-level: 3 }",
        "<p>see <a href='#there'>there</a> and <a href='#word'>word</a></p><h1>One <b>more</b></h1>
         <h2 class='new' id='there'>Two</h2><h2 class='plain'>Three</h2><p class='deep'>a <span id='word'>b</span></p>",
    );
    let marks = |page: &Page| {
        let marks = page.items.iter().filter_map(|item| match item {
            Item::Destination { y, name } => Some(format!("#{name} {y} ")),
            Item::Bookmark { y, level, title } => Some(format!("{level} {title:?} {y} ")),
            Item::Link { target, .. } => Some(format!("-> {target} ")),
            _ => None,
        });
        marks.collect::<String>()
    };
    expect![[r#"-> #there -> #word 1 "One more" 30.25 "#]].assert_eq(&marks(&pages[0]));
    expect![[r##"#there 20.25 2 "Two" 20.25 3 "a b" 40.25 #word 40.25 "##]].assert_eq(&marks(&pages[1]));
}

#[test]
fn what_fits_on_no_page_is_named_with_its_place() {
    let style = "@page { size: 80pt 60pt; margin: 10pt } b { font-size: 60pt; line-height: 60pt }";
    let error = error(style, "<p>a</p><p><b>X</b></p>");
    let (place, rest) = error.split_once(": `").unwrap_or_default();
    assert!(place.contains("t.html:") && rest.starts_with("<p>` is 60 points high, a page holds 40"), "{error}");
}
