use proptest::prelude::*;

use super::*;

const PAGE: &str =
    "@page { size: 240pt 200pt; margin: 20pt } body { font-size: 10pt; line-height: 10pt } p { margin: 0 }";

/// Where the texts of a document stand: page, left edge, baseline.
fn places(style: &str, body: &str) -> Vec<(String, u32, f32, f32)> {
    let pages = render(&format!("{PAGE} {style}"), body, &Datasets::default());
    let of_page = |page: &Page| {
        let run = |item: &Item| match item {
            Item::Text(run) => {
                let text = &page.text[run.text.start as usize..run.text.end as usize];
                Some((text.to_owned(), page.number, run.x, run.y))
            }
            _ => None,
        };
        page.items.iter().filter_map(run).collect::<Vec<_>>()
    };
    pages.iter().flat_map(of_page).collect()
}

/// The same, from the first text.
fn from_first(style: &str, body: &str) -> Vec<(String, f32, f32)> {
    let places = places(style, body);
    let (_, _, x, y) = places[0].clone();
    places.into_iter().map(|(text, _, own_x, own_y)| (text, own_x - x, own_y - y)).collect()
}

fn down(style: &str, body: &str) -> Vec<f32> {
    from_first(style, body).into_iter().map(|(_, _, y)| y).collect()
}

#[test]
fn margins_collapse_through_empty_boxes_and_not_out_of_clipping_ones() {
    let style = ".m { margin: 20pt 0 } .n { margin-top: -5pt } .c { overflow: hidden }";
    assert_eq!(down(style, "<p>a</p><div class='m'></div><p class='m'>b</p>"), [0.0, 30.0]);
    assert_eq!(down(style, "<p class='m'>a</p><p class='n'>b</p>"), [0.0, 25.0]);
    assert_eq!(down(style, "<p class='m'>a</p><div class='m'><p class='m'>b</p></div><p>c</p>"), [0.0, 30.0, 60.0]);
    assert_eq!(down(style, "<p>a</p><div class='c'><p class='m'>b</p></div><p>c</p>"), [0.0, 30.0, 60.0]);
}

#[test]
fn content_sticks_out_of_a_box_that_is_too_low() {
    let style = ".low { height: 15pt } .most { max-height: 15pt } .least { min-height: 40pt }";
    assert_eq!(down(style, "<div class='low'><p>a</p><p>b</p><p>c</p></div><p>d</p>"), [0.0, 10.0, 20.0, 15.0]);
    assert_eq!(down(style, "<div class='most'><p>a</p><p>b</p></div><p>c</p>"), [0.0, 10.0, 15.0]);
    assert_eq!(down(style, "<div class='least'><p>a</p></div><p>b</p>"), [0.0, 40.0]);
    let half = ".box { height: 60pt } .half { height: 50% }";
    assert_eq!(down(half, "<div class='box'><div class='half'>a</div><p>b</p></div>"), [0.0, 30.0]);
    assert_eq!(down(half, "<div><div class='half'>a</div><p>b</p></div>"), [0.0, 10.0]);
}

#[test]
fn what_is_clipped_and_faded_is_closed_on_each_page() {
    let style = format!("{PAGE} .x {{ overflow: hidden; opacity: .5; border: 2pt solid; border-radius: 6pt }}");
    let lines = "<p>line</p>".repeat(30);
    let pages = render(&style, &format!("<div class='x'>{lines}</div>"), &Datasets::default());
    assert_eq!(pages.len(), 2);
    for page in &pages {
        let mut open = Vec::new();
        for item in &page.items {
            match item {
                Item::Clip(_) | Item::Fade(_) => open.push(std::mem::discriminant(item)),
                Item::Unclip => assert_eq!(open.pop(), Some(std::mem::discriminant(&Item::Clip(Box::default())))),
                Item::Unfade => assert_eq!(open.pop(), Some(std::mem::discriminant(&Item::Fade(0.0)))),
                _ => {}
            }
        }
        assert!(open.is_empty());
        assert!(matches!(page.items[0], Item::Fade(0.5)), "{:?}", page.items[0]);
    }
}

#[test]
fn flex_lines_wrap_and_items_find_their_place() {
    let style = ".f { display: flex; flex-wrap: wrap; gap: 4pt 10pt } .f > p { width: 60pt }
        .r { display: flex; justify-content: center; align-items: flex-end; height: 30pt } .o { order: -1 }";
    let wrapped = from_first(style, "<div class='f'><p>a</p><p>b</p><p>c</p><p>d</p></div>");
    let places: Vec<(f32, f32)> = wrapped.iter().map(|(_, x, y)| (*x, *y)).collect();
    assert_eq!(places, [(0.0, 0.0), (70.0, 0.0), (140.0, 0.0), (0.0, 14.0)]);
    let ordered = places_of(style, "<div class='r'><p>b</p><p class='o'>a</p></div>");
    assert!(ordered["a"].0 < ordered["b"].0);
    assert!(ordered["a"].1 > 40.0);
}

fn places_of(style: &str, body: &str) -> BTreeMap<String, (f32, f32)> {
    places(style, body).into_iter().map(|(text, _, x, y)| (text, (x, y))).collect()
}

#[test]
fn grids_have_tracks_spans_and_areas() {
    let style = ".g { display: grid; grid-template-columns: 40pt 1fr 2fr; column-gap: 10pt; row-gap: 5pt }
        .wide { grid-column: span 2 } .last { grid-area: 3 / 3 }";
    let body = "<div class='g'><p>a</p><p class='wide'>b</p><p>c</p><p>d</p><p>e</p><p class='last'>f</p></div>";
    let at = places_of(style, body);
    let (x, y) = at["a"];
    assert_eq!(at["b"], (x + 50.0, y));
    assert_eq!(at["d"], (x + 50.0, y + 15.0));
    let third = 200.25 - 40.0 - 20.0;
    assert_eq!(at["e"], (x + 60.0 + third / 3.0, y + 15.0));
    assert_eq!(at["f"], (x + 60.0 + third / 3.0, y + 30.0));
}

#[test]
fn pages_end_between_rows_and_within_them() {
    let style = ".g { display: grid; grid-template-columns: 1fr 1fr } .keep > p { break-inside: avoid }
        .page { break-before: page }";
    let cell = "<p>1<br>2<br>3<br>4<br>5<br>6</p>";
    let rows = |class: &str| format!("<div class='g {class}'>{}</div>", cell.repeat(8));
    let first_page = |class| places(style, &rows(class)).iter().filter(|place| place.1 == 1).count();
    assert_eq!(first_page(""), 32);
    assert_eq!(first_page("keep"), 24);
    let broken = places(style, "<div class='g'><p>a</p><p>b</p><p class='page'>c</p><p>d</p></div>");
    assert_eq!(broken.iter().map(|place| place.1).collect::<Vec<_>>(), [1, 1, 2, 2]);
}

#[test]
fn forced_breaks_at_the_edge_of_a_box_are_at_the_edge_of_those_around() {
    let style =
        ".page { break-before: page } .pad { padding-top: 20pt; margin-top: 10pt } .after { break-after: page }";
    let broken = places(style, "<p>a</p><div class='pad'><p class='page'>b</p></div>");
    assert_eq!((broken[1].1, broken[1].3 - broken[0].3), (2, 30.0));
    let after = places(style, "<div class='pad'><p class='after'>a</p></div><p>b</p>");
    assert_eq!((after[1].1, after.len()), (2, 2));
    assert_eq!(render(style, "<div class='pad'><p class='after'>a</p></div>", &Datasets::default()).len(), 1);
}

#[test]
fn boxes_are_placed_by_their_containing_block() {
    let style = ".rel { position: relative; padding: 10pt; border: 1.5pt solid; height: 50pt } .a { position: absolute }
        .tl { left: 5pt; top: 3pt } .br { right: 0; bottom: 0; width: 40pt; height: 10pt } .mid { left: 0; right: 0; margin: 0 auto; width: 20pt; top: 50% }
        .up { position: relative; left: 4pt; top: -3pt }";
    let at = places_of(
        style,
        "<div class='rel'><p>x</p><p class='a tl'>tl</p><p class='a br'>br</p><p class='a mid'>mid</p></div>
         <p>z</p><p class='up'>up</p><p class='a'>here</p><p>after</p>",
    );
    let (x, y) = at["x"];
    assert_eq!(at["tl"], (x - 5.0, y - 7.0));
    assert_eq!(at["br"], (x - 10.0 + 197.25 - 40.0, y - 10.0 + 70.0 - 10.0));
    assert_eq!(at["mid"], (x - 10.0 + 88.625, y - 10.0 + 35.0));
    assert_eq!(at["up"], (at["z"].0 + 4.0, at["z"].1 + 10.0 - 3.0));
    assert_eq!(at["here"], at["after"]);
}

#[test]
fn boxes_placed_by_the_page_stand_on_the_page_they_come_to() {
    let style =
        ".a { position: absolute } .first { top: 0; left: 0 } .second { top: 170pt; left: 0 } .foot { bottom: 0 }";
    let body = format!(
        "{}<p class='a first'>one</p><p class='a second'>two</p><p class='a foot'>foot</p>",
        "<p>line</p>".repeat(20)
    );
    let places = places(style, &body);
    let of = |text: &str| places.iter().find(|place| place.0 == text).map(|place| (place.1, place.3)).unwrap();
    let (_, top) = of("line");
    assert_eq!(of("one"), (1, top));
    assert_eq!(of("two"), (2, top + 9.5));
    assert_eq!(of("foot"), (1, top + 150.5));
}

/// Boxes in boxes: every kind of container, with every kind of trouble.
fn nested() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["some words", "a<br>b<br>c", "<p>x</p><p>y</p>", "", "longwordwithoutspaces"]);
    leaf.prop_map(str::to_owned).prop_recursive(9, 60, 4, |inner| {
        let class = prop::sample::select(vec!["row", "column", "wrap", "grid", "plain", "rel", "abs", "low", "clip"]);
        let odd = prop::sample::select(vec!["", " odd", " even"]);
        (class, odd, prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(class, odd, children, table)| {
            let inside: String = children.iter().map(|child| format!("<div class='c'>{child}</div>")).collect();
            match table {
                true => format!("<table class='{odd}'><tbody><tr><td>{inside}</td><td>z</td></tr></tbody></table>"),
                false => format!("<div class='{class}{odd}'>{inside}</div>"),
            }
        })
    })
}

fn trouble() -> impl Strategy<Value = String> {
    let declaration = prop::sample::select(vec![
        "flex: 1",
        "flex: 0 0 120%",
        "flex-basis: 0",
        "width: 50%",
        "width: calc(100% - 500pt)",
        "min-width: 300pt",
        "max-width: 0",
        "height: 100%",
        "height: 900pt",
        "max-height: 5pt",
        "margin: auto",
        "margin: -30pt",
        "padding: 20%",
        "align-self: baseline",
        "align-items: center",
        "align-content: space-between",
        "order: -3",
        "grid-column: 1 / -1",
        "grid-area: 400 / 300",
        "grid-row: span 300",
        "grid-auto-flow: dense column",
        "position: relative; left: 500pt",
        "position: absolute; bottom: -900pt",
        "position: absolute; top: 3000pt",
        "break-inside: avoid",
        "break-before: page",
        "opacity: .2",
        "border: 9pt groove red; border-radius: 100pt / 3pt",
        "overflow: hidden",
        "box-sizing: border-box",
    ]);
    let rule = (
        prop::sample::select(vec![".odd", ".even", ".c", ".odd > .c", "table", "td"]),
        prop::collection::vec(declaration, 0..4),
    );
    prop::collection::vec(rule.prop_map(|(to, what)| format!("{to} {{ {} }}", what.join("; "))), 0..5)
        .prop_map(|rules| rules.join("\n"))
}

const CONTAINERS: &str = ".row { display: flex } .column { display: flex; flex-direction: column }
    .wrap { display: flex; flex-wrap: wrap; gap: 3pt } .grid { display: grid; grid-template-columns: 1fr minmax(10pt, auto) }
    .rel { position: relative } .abs { position: absolute } .low { height: 12pt } .clip { overflow: hidden }";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(120) })]

    #[test]
    fn nesting_takes_no_more_than_its_time(body in nested(), trouble in trouble()) {
        let Some(template) = loaded(&format!("{PAGE} {CONTAINERS} {trouble}"), &body) else { return Ok(()) };
        let begun = std::time::Instant::now();
        let first = lay_out_anyhow(&template, &Datasets::default());
        prop_assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
        if let Ok((pages, _)) = &first {
            for item in pages.iter().flat_map(|page| &page.items) {
                let finite = match item {
                    Item::Text(run) => run.x.is_finite() && run.y.is_finite(),
                    Item::Fill { area, .. } => [area.x, area.y, area.width, area.height].iter().all(|x| x.is_finite()),
                    _ => true,
                };
                prop_assert!(finite, "{item:?}");
            }
        }
        prop_assert_eq!(first, lay_out_anyhow(&template, &Datasets::default()));
    }
}

/// The deepest nesting that is allowed, of what is measured most often.
#[test]
fn eight_containers_within_each_other_are_laid_out_at_once() {
    let within = |open: &[&str], close: &[&str]| {
        let around = open.iter().zip(close).cycle().take(8).collect::<Vec<_>>();
        let mut body = "deep words".repeat(3);
        for (open, close) in around.iter().rev() {
            body = format!("{open}<p>before</p>{body}<p>after</p>{close}");
        }
        body
    };
    let style = format!("{PAGE} {CONTAINERS} .row > *, .column > * {{ flex: 1 }}");
    let kinds: [(&[&str], &[&str]); 3] = [
        (&["<div class='row'>", "<div class='column'>"], &["</div>", "</div>"]),
        (&["<div class='grid'>", "<div class='wrap'>"], &["</div>", "</div>"]),
        (&["<div class='row'>", "<table><tbody><tr><td>x</td><td>"], &["</div>", "</td></tr></tbody></table>"]),
    ];
    for (open, close) in kinds {
        let template = template(&style, &within(open, close));
        let begun = std::time::Instant::now();
        lay_out_anyhow(&template, &Datasets::default()).unwrap();
        assert!(begun.elapsed().as_secs() < 5, "{open:?} took {:?}", begun.elapsed());
    }
}
