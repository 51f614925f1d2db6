use expect_test::expect;

use super::*;

fn patient() -> Datasets {
    let rows = vec![vec![text("Ada <b>Lovelace</b>"), Value::Null, decimal("12.50")]];
    let doses = vec![vec![text("MMR"), Value::Int(1)], vec![text("Tdap"), Value::Int(2)]];
    Datasets::default().with("patient", &["name", "phone", "owed"], rows).with("doses", &["vaccine", "number"], doses)
}

#[test]
fn fills_text_and_never_makes_markup_of_it() {
    check(
        "",
        "<h1>{{ report.title }} of {{ patient.name }}</h1>
         <p>Owed: {{ patient.owed | money('USD') }}, phone {{ patient.phone | default('unknown') }}.
            Since {{ parameters.from | date('long') }}; at {{ generated_at | date('%H:%M') }} for {{ tenant }}.</p>",
        &patient(),
        expect![[r#"
            -- 1 --
            Doses of Ada <b>Lovelace</b>
            Owed: $12.50, phone unknown. Since January 31, 2026; at 09:30 for north.
        "#]],
    );
}

#[test]
fn conditions_and_loops() {
    check(
        "",
        "<ul><li data-for='dose in doses' class='x'>{{ loop.index }}/{{ doses | length }} {{ dose.vaccine }}
            <em data-if='loop.last'>last</em><em data-else>more</em></li></ul>
         <p data-if='patient.phone'>has phone</p><p data-else>no phone</p>",
        &patient(),
        expect![[r#"
            -- 1 --
            • 1/2 MMR more
            • 2/2 Tdap last
            no phone
        "#]],
    );
}

#[test]
fn margins_collapse_and_boxes_have_their_css_sizes() {
    let pages = render(
        "@page { size: 400pt 400pt; margin: 20pt } body { font-size: 10pt; line-height: 12pt }
         p { margin: 10pt 0 } .in { margin-top: 30pt; padding: 5pt; border: 1.5pt solid; background-color: #eee }
         .wrap { margin-top: 15pt }",
        "<p>a</p><p>b</p><div class='wrap'><div class='in'><p>c</p></div></div><p>d</p>",
        &Datasets::default(),
    );
    // 20 + 10, 12 high, 10 between; then 30 between (margins of parent and child join), border and padding; the inner
    // paragraph keeps its margins inside the padding.
    let tops: Vec<f32> =
        pages[0].items.iter().filter_map(|item| if let Item::Text(run) = item { Some(run.y) } else { None }).collect();
    let distances: Vec<f32> = tops.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(distances, [22.0, 12.0 + 30.0 + 6.5 + 10.0, 12.0 + 10.0 + 6.5 + 10.0]);
    assert!(matches!(&pages[0].items[0], Item::Text(run) if (20.0 + 10.0..20.0 + 10.0 + 12.0).contains(&run.y)));
}

#[test]
fn backgrounds_lie_behind_their_text() {
    let pages = render("p { background-color: #ff0000; margin: 0 }", "<p>x</p>", &Datasets::default());
    assert!(matches!(pages[0].items[0], Item::Fill { .. }), "{:?}", pages[0].items);
    assert!(matches!(pages[0].items[1], Item::Text(_)));
    assert_eq!(pages[0].items.len(), 2);
}

#[test]
fn flex_rows_share_their_width() {
    let pages = render(
        "@page { size: 440pt 400pt; margin: 20pt } .row { display: flex; gap: 10pt } .grow { flex: 1 } .fix { width: 95pt }
         .end { display: flex; justify-content: space-between }",
        "<div class='row'><div class='fix'>a</div><div class='grow'>b</div><div class='grow'>c</div></div>
         <div class='end'><span>left</span><strong>right</strong></div>",
        &Datasets::default(),
    );
    let x: Vec<f32> =
        pages[0].items.iter().filter_map(|item| if let Item::Text(run) = item { Some(run.x) } else { None }).collect();
    assert_eq!(x[..3], [20.25, 125.25, 278.0]);
    assert_eq!(x[3], 20.25);
    assert!(x[4] > 380.0);
}

#[test]
fn links_lead_to_the_web_alone() {
    let pages = render("", "<p><a href='https://example.org/{{ tenant }}'>here</a></p>", &Datasets::default());
    let target = pages[0].items.iter().find_map(|item| match item {
        Item::Link { target, .. } => Some(&**target),
        _ => None,
    });
    assert_eq!(target, Some("https://example.org/north"));
    let data = Datasets::default().with("patient", &["site"], vec![vec![text("javascript:alert(1)")]]);
    let refused = lay_out(&template("", "<p><a href='{{ patient.site }}'>x</a></p>"), &data);
    assert!(matches!(refused, Err(LayoutError::UnsafeLink { .. })));
}

#[test]
fn a_dataset_of_one_row_has_one() {
    let of = |rows: Vec<Row>| {
        let data = Datasets::default().with("patient", &["name"], rows);
        lay_out(&template("", "<p>{{ patient.name }}</p>"), &data).map(|(pages, _)| pages.len())
    };
    assert_eq!(of(vec![vec![text("a")]]), Ok(1));
    assert_eq!(of(vec![]), Err(LayoutError::NoRow(Arc::from("patient"))));
    assert_eq!(of(vec![vec![text("a")], vec![text("b")]]), Err(LayoutError::SeveralRows(Arc::from("patient"))));
}

#[test]
fn letters_are_spaced_and_transformed() {
    let width = |style: &str| {
        let pages = render(style, "<p>abc def</p>", &Datasets::default());
        pages[0].glyphs.iter().map(|glyph| glyph.advance).sum::<f32>() * 12.0 / 1000.0
    };
    let spaced = width("p { letter-spacing: 2pt }");
    assert!((spaced - width("") - 14.0).abs() < 0.01, "{spaced}");
    let pages = render("p { text-transform: uppercase }", "<p>straße</p>", &Datasets::default());
    assert_eq!(pages[0].plain_text(), "STRASSE");
}

#[test]
fn an_inline_box_of_nothing_but_blocks_may_be_wider_than_its_page() {
    let style = "@page { size: 40pt 40pt; margin: 0 } blockquote { display: inline; margin: 0 60px }";
    let pages = render(style, "<blockquote><p></p><div></div></blockquote><p>x</p>", &Datasets::default());
    assert_eq!(pages.last().map(Page::plain_text).as_deref(), Some("x"));
}
