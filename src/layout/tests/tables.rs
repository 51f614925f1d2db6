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
    let horizontal: Vec<f32> = pages[0]
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Fill { area, .. } if area.width > area.height => Some(area.y),
            _ => None,
        })
        .collect();
    assert!(horizontal.contains(&31.5), "{horizontal:?}");
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
