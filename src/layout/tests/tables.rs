use expect_test::expect;

use super::*;

fn stock() -> Datasets {
    let row = |clinic: &str, vaccine: &str, doses: i64, value: &str| {
        vec![text(clinic), text(vaccine), Value::Int(doses), decimal(value)]
    };
    let rows = vec![
        row("Elm", "MMR", 10, "0.10"),
        row("Elm", "Tdap", 5, "0.20"),
        row("Oak", "MMR", 7, "0.10"),
        row("Oak", "MMR", 1, "0.15"),
    ];
    Datasets::default().with("stock", &["clinic", "vaccine", "doses", "value"], rows)
}

const WIDE: &str = "table { width: 100%; table-layout: fixed }";

#[test]
fn streams_rows_in_groups_with_exact_sums() {
    check(
        WIDE,
        "<table data-rows='lot in stock'>
           <thead><tr><th>Vaccine</th><th>Doses</th><th>Value</th></tr></thead>
           <tbody>
             <tr data-group='lot.clinic'><th colspan='3'>{{ lot.clinic }}</th></tr>
             <tr data-group='lot.vaccine'><td colspan='3'>{{ lot.vaccine | upper }}</td></tr>
             <tr><td>{{ loop.index }}. {{ lot.vaccine }}</td><td>{{ lot.doses }}</td><td>{{ lot.value }}</td></tr>
             <tr data-group-footer='lot.clinic'>
               <td>{{ lot.clinic }}: {{ count() }} lots</td><td>{{ sum(lot.doses) }}</td><td>{{ avg(lot.value) | number(3) }}</td>
             </tr>
           </tbody>
           <tfoot><tr><td>All</td><td>{{ sum(lot.doses) }}, most {{ max(lot.doses) }}</td><td>{{ sum(lot.value) }}</td></tr></tfoot>
         </table>",
        &stock(),
        expect![[r#"
            -- 1 --
            Vaccine Doses Value
            Elm
            MMR
            1. MMR 10 0.10
            TDAP
            2. Tdap 5 0.20
            Elm: 2 lots 15 0.150
            Oak
            MMR
            3. MMR 7 0.10
            4. MMR 1 0.15
            Oak: 2 lots 8 0.125
            All 23, most 10 0.55
        "#]],
    );
}

#[test]
fn an_empty_stream_says_so() {
    let data = Datasets::default().with("stock", &["clinic"], vec![]);
    check(
        WIDE,
        "<table data-rows='stock'><thead><tr><th>Clinic</th></tr></thead>
         <tbody><tr><td>{{ row.clinic }}</td></tr><tr data-empty><td>nothing here</td></tr></tbody>
         <tfoot><tr><td>{{ count() }} rows, {{ sum(row.clinic) }}</td></tr></tfoot></table>",
        &data,
        expect![[r#"
            -- 1 --
            Clinic
            nothing here
            0 rows, 0
        "#]],
    );
}

#[test]
fn tables_in_memory_are_as_wide_as_their_content() {
    let pages = render(
        "td { padding: 0 } table { border-spacing: 0 }",
        "<table><tbody><tr data-for='lot in stock'><td>{{ lot.clinic }}</td><td>{{ lot.vaccine }}</td></tr></tbody></table>",
        &stock(),
    );
    let widest = pages[0].items.iter().filter_map(|item| if let Item::Text(run) = item { Some(run.x) } else { None });
    let x: Vec<f32> = widest.collect();
    assert_eq!(x[0], x[2]);
    assert!(x[1] > x[0] && x[1] < x[0] + 40.0, "{x:?}");
}

#[test]
fn zebra_and_classes_follow_the_rows() {
    let style = format!(
        "{WIDE} tbody tr:nth-child(even) {{ background-color: #eeeeee }} tr.late td {{ color: #ff0000 }}
         tbody tr:last-child td {{ color: #0000ff }}"
    );
    let pages = render(
        &style,
        "<table data-rows='stock'><tbody>
           <tr class=\"{{ 'late' if row.doses < 6 else '' }}\"><td>{{ row.doses }}</td></tr></tbody></table>",
        &stock(),
    );
    let mut looks = Vec::new();
    for item in &pages[0].items {
        match item {
            Item::Fill { .. } => looks.push("fill".to_owned()),
            Item::Text(run) => looks.push(format!("{:02x}{:02x}{:02x}", run.color.r, run.color.g, run.color.b)),
            _ => {}
        }
    }
    assert_eq!(looks, ["000000", "fill", "ff0000", "000000", "fill", "0000ff"]);
}

#[test]
fn collapsed_borders_are_drawn_once_in_the_middle() {
    let pages = render(
        "@page { size: 240pt 240pt; margin: 20pt }
         table { width: 100%; table-layout: fixed; border-collapse: collapse; font-size: 10pt; line-height: 10pt }
         td { border: 3pt solid; padding: 0 }",
        "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></tbody></table>",
        &Datasets::default(),
    );
    let y: Vec<f32> =
        pages[0].items.iter().filter_map(|i| if let Item::Text(run) = i { Some(run.y) } else { None }).collect();
    // Each row is half a line, ten points of text, half a line.
    assert!((y[2] - y[0] - 13.0).abs() < 0.01, "{y:?}");
    let mut horizontal: Vec<f32> = pages[0]
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Fill { area, .. } if area.width > area.height => Some(area.y),
            _ => None,
        })
        .collect();
    // Both rows draw the line between them, since a page may begin there. The outer lines lie within the table's box.
    horizontal.dedup();
    assert_eq!(horizontal, [20.25, 33.25, 46.25]);
}

#[test]
fn cells_take_anything_and_stand_where_they_are_told() {
    let pages = render(
        "@page { size: 240pt 240pt; margin: 20pt } table { width: 200pt; table-layout: fixed; border-spacing: 0 }
         td { padding: 0; font-size: 10pt; line-height: 10pt } .low { vertical-align: bottom } .top { vertical-align: top }
         td.num { text-align: right } p { margin: 0 }",
        "<table data-rows='stock'><tbody><tr>
           <td class='top'><p>{{ row.clinic }}</p><p><strong>{{ row.vaccine }}</strong></p></td>
           <td class='low'>{{ row.doses }}</td><td class='num top'>{{ row.value }}</td></tr></tbody></table>",
        &stock(),
    );
    let runs: Vec<(f32, f32)> = pages[0]
        .items
        .iter()
        .filter_map(|i| if let Item::Text(run) = i { Some((run.x, run.y)) } else { None })
        .collect();
    assert_eq!(runs[1].1 - runs[0].1, 10.0);
    assert_eq!(runs[2].1, runs[1].1);
    assert_eq!(runs[3].1, runs[0].1);
    assert!(runs[3].0 > 190.0);
}

#[test]
fn records_that_a_template_leaves_out_are_accounted_for_all_the_same() {
    let hidden = format!("{WIDE} .Elm {{ display: none }}");
    let body = |row: &str| format!("<table data-rows='lot in stock'><tbody>{row}</tbody></table>");
    for row in [
        "<tr class='{{ lot.clinic }}'><td>{{ lot.vaccine }} {{ lot.doses }}</td></tr>",
        "<tr data-if='lot.clinic != \"Elm\"'><td>{{ lot.vaccine }} {{ lot.doses }}</td></tr>",
    ] {
        let (pages, totals) = lay_out(&template(&hidden, &body(row)), &stock()).unwrap();
        assert_eq!(shown(&pages), "-- 1 --\nMMR 7\nMMR 1\n", "{row}");
        assert_eq!(totals.rows, [(Arc::from("stock"), 4)], "{row}");
    }
}

/// Where each text stands.
fn places(pages: &[Page]) -> Vec<(u32, String, f32, f32)> {
    let mut places = Vec::new();
    for page in pages {
        for item in &page.items {
            if let Item::Text(run) = item {
                let text = &page.text[run.text.start as usize..run.text.end as usize];
                places.push((page.number, text.to_owned(), run.x, run.y));
            }
        }
    }
    places
}

const PLAIN: &str =
    "@page { size: 240pt 120pt; margin: 10pt } table { border-spacing: 0; font-size: 10pt; line-height: 10pt }
     td, th { padding: 0; vertical-align: top }";

#[test]
fn rows_grow_for_a_cell_that_spans_them() {
    let pages = render(
        PLAIN,
        "<table><tbody><tr><td rowspan='2'>a<br>a<br>a<br>a</td><td>b</td></tr><tr><td>c</td></tr>
           <tr><td>d</td><td>e</td></tr></tbody></table>",
        &Datasets::default(),
    );
    let y = |wanted: &str| places(&pages).into_iter().find(|(_, text, _, _)| text == wanted).unwrap().3;
    assert_eq!([y("c") - y("b"), y("e") - y("c")], [20.0, 20.0]);
}

#[test]
fn head_and_foot_are_repeated_unless_they_take_too_much_of_the_page() {
    let rows: String = (1..=12).map(|n| format!("<tr><td>{n}</td></tr>")).collect();
    let table = |head: &str| {
        format!(
            "<table><thead><tr><th>{head}</th></tr></thead><tbody>{rows}</tbody><tfoot><tr><td>foot</td></tr></tfoot></table>"
        )
    };
    let shown_of = |head: &str, style: &str| shown(&render(style, &table(head), &Datasets::default()));
    assert_eq!(
        shown_of("head", PLAIN),
        "-- 1 --\nhead\n1\n2\n3\n4\n5\n6\n7\n8\nfoot\n-- 2 --\nhead\n9\n10\n11\n12\nfoot\n"
    );
    let once = format!("{PLAIN} tfoot {{ display: table-row-group }}");
    assert_eq!(shown_of("head", &once), "-- 1 --\nhead\n1\n2\n3\n4\n5\n6\n7\n8\n9\n-- 2 --\nhead\n10\n11\n12\nfoot\n");
    assert_eq!(
        shown_of("a<br>b<br>c", &once),
        "-- 1 --\na\nb\nc\n1\n2\n3\n4\n5\n6\n7\n-- 2 --\n8\n9\n10\n11\n12\nfoot\n"
    );
}

#[test]
fn rows_split_where_orphans_and_widows_allow() {
    let row = |lines: usize| format!("<tr><td>{}</td><td>x</td></tr>", vec!["line"; lines].join("<br>"));
    let on_pages = |style: &str, rows: &[usize]| {
        let body =
            format!("<table><tbody>{}</tbody></table>", rows.iter().map(|lines| row(*lines)).collect::<String>());
        let pages = render(&format!("{PLAIN} {style}"), &body, &Datasets::default());
        pages.iter().map(|page| page.plain_text().lines().count()).collect::<Vec<_>>()
    };
    // Ten lines fit.
    assert_eq!(on_pages("", &[7, 5]), [10, 2]);
    assert_eq!(on_pages("", &[6, 5]), [9, 2]);
    assert_eq!(on_pages("", &[9, 5]), [9, 5]);
    assert_eq!(on_pages("td { orphans: 1 }", &[9, 5]), [10, 4]);
    assert_eq!(on_pages("tr { break-inside: avoid }", &[7, 5]), [7, 5]);
    assert_eq!(on_pages("tr { break-inside: avoid }", &[25]), [10, 10, 5]);
}

#[test]
fn cells_beside_each_other_split_each_by_itself() {
    let lines = |count: usize, name: &str| (1..=count).map(|n| format!("{name}{n}")).collect::<Vec<_>>().join("<br>");
    let body = format!(
        "<table><tbody><tr><td>{}</td></tr><tr><td>{}</td><td>{}</td></tr></tbody></table>",
        lines(6, "x"),
        lines(5, "a"),
        lines(4, "b")
    );
    let pages = render(PLAIN, &body, &Datasets::default());
    assert!(pages[0].plain_text().ends_with("a3 b3\nb4"), "{}", pages[0].plain_text());
    assert_eq!(pages[1].plain_text(), "a4\na5");
}

#[test]
fn rows_share_the_height_of_their_table() {
    let pages = render(
        &format!("{PLAIN} table {{ height: 60pt }} tr.own {{ height: 20pt }}"),
        "<table><tbody><tr class='own'><td>a</td></tr><tr><td>b</td></tr><tr><td>c</td></tr></tbody></table><p>d</p>",
        &Datasets::default(),
    );
    let y: Vec<f32> = places(&pages).into_iter().map(|(_, _, _, y)| y).collect();
    assert_eq!([y[1] - y[0], y[2] - y[1]], [20.0, 20.0]);
}

#[test]
fn tables_are_told_as_rows_and_cells() {
    use crate::layout::page::{Role, Tag, TagEvent, TagId};
    let context = Context { tagged: true, ..context() };
    let template = template(
        &format!("{PLAIN} table {{ width: 100%; table-layout: fixed }} @page {{ size: 240pt 70pt }}"),
        "<table data-rows='lot in stock'><caption>Stock</caption>
           <thead><tr><th colspan='2'>Vaccine</th></tr></thead>
           <tbody><tr><th>{{ lot.vaccine }}</th><td>{{ lot.doses }}</td></tr></tbody></table>",
    );
    let mut pages = Collected::default();
    let data = stock();
    let mut rows = Pulling { data: &data, current: [].iter() };
    paginate(&template, &context, &mut Shaper::new(template.fonts().clone()), &mut rows, &mut pages).unwrap();
    let pages = pages.0;
    let mut told = Vec::new();
    for event in pages.iter().flat_map(|page| &page.tags) {
        let (id, tag) = match event {
            TagEvent::Open { id, tag, .. } => (*id, (**tag).clone()),
            TagEvent::OpenPlain { id, role, .. } => (*id, Tag { role: *role, ..Tag::default() }),
            TagEvent::Close(_) => continue,
        };
        told.push((id, tag));
    }
    let parts = |tag: &Tag| !matches!(tag.role, Role::Document | Role::P);
    let roles: Vec<Role> = told.iter().filter(|(_, tag)| parts(tag)).map(|(_, tag)| tag.role).collect();
    let row = [Role::TR, Role::TH, Role::TD];
    let rows = std::iter::repeat_n(row, 4).flatten();
    let expected = [Role::Table, Role::Caption, Role::THead, Role::TR, Role::TH, Role::TBody].into_iter().chain(rows);
    assert_eq!(roles, expected.collect::<Vec<_>>());
    let headers: Vec<_> = told.iter().filter(|(_, tag)| tag.role == Role::TH).collect();
    assert_eq!((headers[0].1.columns, headers[0].1.scope), (2, Some(crate::layout::page::Scope::Column)));
    assert_eq!(headers[1].1.scope, Some(crate::layout::page::Scope::Row));
    // The head belongs to its cell once, and is an artifact on the pages after.
    let owner = |page: &Page| {
        page.items.iter().find_map(|item| match item {
            Item::Text(run) if page.text[run.text.start as usize..run.text.end as usize].starts_with("Vacc") => {
                Some(run.owner)
            }
            _ => None,
        })
    };
    assert_eq!(owner(&pages[0]), Some(headers[0].0));
    assert_eq!(owner(&pages[1]), Some(TagId::ARTIFACT));
}

#[test]
fn what_is_narrower_than_a_block_begins_at_the_side_where_reading_does() {
    let style = "@page { size: 200pt 400pt; margin: 10pt } table { width: 60pt; border-spacing: 0 } td { \
        padding: 0; background: #010203 } .box { width: 50pt; height: 10pt; background: #010203 } .auto { margin: 0 auto } .end \
        { margin-right: 20pt } .start { margin-left: 30pt; margin-right: auto } .wide { width: 200pt }";
    let kinds = "<table><tbody><tr><td>x</td></tr></tbody></table><table class='auto'><tbody><tr><td>x</td></tr></tbody></table>\
        <table class='end'><tbody><tr><td>x</td></tr></tbody></table><div class='box'></div><div class='box auto'></div>\
        <div class='box end'></div><div class='box start'></div><div class='box wide'></div>";
    let edges = |direction: &str| -> Vec<(f32, f32)> {
        let body = format!("<div dir='{direction}'>{kinds}</div>");
        let (pages, _) = lay_out_anyhow(&template(style, &body), &Datasets::default()).unwrap();
        let fill = |item: &Item| match item {
            Item::Fill { area, .. } => Some((area.x.round(), (area.x + area.width).round())),
            _ => None,
        };
        pages[0].items.iter().filter_map(fill).collect()
    };
    let ltr = [(10, 70), (70, 130), (10, 70), (10, 60), (75, 125), (10, 60), (40, 90), (10, 210)];
    let rtl = [(130, 190), (70, 130), (110, 170), (140, 190), (75, 125), (120, 170), (40, 90), (-10, 190)];
    let points = |edges: [(i16, i16); 8]| edges.map(|(left, right)| (f32::from(left), f32::from(right))).to_vec();
    assert_eq!(edges("ltr"), points(ltr));
    assert_eq!(edges("rtl"), points(rtl));
    // A table that is itself the only one to read otherwise stands where the block around it begins.
    let (pages, _) = lay_out_anyhow(
        &template(style, "<table dir='rtl'><tbody><tr><td>x</td></tr></tbody></table>"),
        &Datasets::default(),
    )
    .unwrap();
    let first = pages[0]
        .items
        .iter()
        .find_map(|item| if let Item::Fill { area, .. } = item { Some(area.x.round()) } else { None });
    assert_eq!(first, Some(10.0));
}
