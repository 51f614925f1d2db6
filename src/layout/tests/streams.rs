use expect_test::expect;
use proptest::prelude::*;

use super::*;

const WIDE: &str = "@page { size: 200pt 120pt; margin: 10pt }
     table { width: 100%; table-layout: fixed; border-spacing: 0; font-size: 8pt; line-height: 10pt }
     td, th { padding: 0 }";

fn visits(count: i64) -> Datasets {
    let row = |n: i64| {
        vec![
            Value::Int(n),
            text(["Elm", "Oak"][usize::from(n > 7)]),
            text(["a", "b"][(n % 4 / 2) as usize]),
            decimal("0.10"),
        ]
    };
    Datasets::default().with("visits", &["n", "clinic", "ward", "cost"], (1..=count).map(row).collect())
}

#[test]
fn a_groups_header_is_repeated_where_the_group_goes_on() {
    check(
        WIDE,
        "<table data-rows='row in visits'><thead><tr><th>N</th><th>Cost</th></tr></thead><tbody>
           <tr data-group='row.clinic' data-repeat>
             <th colspan='2'>{{ group.index }} {{ row.clinic }}{{ ' (continued)' if group.continued else '' }}</th></tr>
           <tr><td>{{ row.n }} = {{ loop.group_index }}</td><td>{{ row.cost }}</td></tr>
           <tr data-group-footer='row.clinic'><td>{{ count() }}</td><td>{{ sum(row.cost) }}</td></tr>
         </tbody></table>",
        &visits(18),
        expect![[r#"
            -- 1 --
            N Cost
            1 Elm
            1 = 1 0.10
            2 = 2 0.10
            3 = 3 0.10
            4 = 4 0.10
            5 = 5 0.10
            6 = 6 0.10
            7 = 7 0.10
            7 0.70
            -- 2 --
            N Cost
            2 Oak
            8 = 1 0.10
            9 = 2 0.10
            10 = 3 0.10
            11 = 4 0.10
            12 = 5 0.10
            13 = 6 0.10
            14 = 7 0.10
            15 = 8 0.10
            -- 3 --
            N Cost
            2 Oak (continued)
            16 = 9 0.10
            17 = 10 0.10
            18 = 11 0.10
            11 1.10
        "#]],
    );
}

#[test]
fn several_keys_make_one_level_and_totals_run_along() {
    check(
        WIDE,
        "<table data-rows='row in visits'><tbody>
           <tr data-group='row.clinic, row.ward'><th colspan='3'>{{ row.clinic }} {{ row.ward }}</th></tr>
           <tr><td>{{ row.n }}</td><td>{{ running_sum(row.cost) }}</td><td>{{ group_running_count() }}</td></tr>
         </tbody></table>",
        &visits(5),
        expect![[r#"
            -- 1 --
            Elm a
            1 0.10 1
            Elm b
            2 0.20 1
            3 0.30 2
            Elm a
            4 0.40 1
            5 0.50 2
        "#]],
    );
}

#[test]
fn groups_stay_on_one_page_if_one_can_hold_them() {
    let style = format!("{WIDE} tr.keep {{ break-inside: avoid }}");
    let body = "<table data-rows='row in visits'><tbody>
           <tr class='keep' data-group='row.clinic'><th>{{ row.clinic }}</th></tr>
           <tr><td>{{ row.n }}</td></tr></tbody></table>";
    let pages = render(&style, body, &visits(12));
    assert_eq!(pages.iter().map(|page| page.plain_text().lines().count()).collect::<Vec<_>>(), [8, 6]);
    // The second group is longer than a page: it begins on a new one and flows.
    let pages = render(&style, body, &visits(25));
    assert_eq!(pages.iter().map(|page| page.plain_text().lines().count()).collect::<Vec<_>>(), [8, 10, 9]);
}

#[test]
fn what_comes_after_knows_how_many_rows_there_were() {
    check(
        WIDE,
        "<table data-rows='row in visits'><tbody><tr><td>{{ row.n }}</td></tr></tbody>
           <tfoot><tr><td>{{ rows.visits }} rows</td></tr></tfoot></table>
         <div><p data-if='rows.visits > 2'>More than two: {{ rows.visits }}.</p><p data-else>Few.</p></div>",
        &visits(3),
        expect![[r#"
            -- 1 --
            1
            2
            3
            3 rows
            More than two: 3.
        "#]],
    );
}

#[test]
fn cells_come_and_go_and_change_their_looks() {
    let style = format!("{WIDE} td.odd {{ color: #ff0000 }}");
    let pages = render(
        &style,
        "<table data-rows='row in visits'><tbody><tr>
           <td class=\"{{ 'odd' if row.n % 2 == 1 else '' }}\">{{ row.n }}</td>
           <td data-if='row.n > 1'>more</td><td data-else>one</td></tr></tbody></table>",
        &visits(3),
    );
    assert_eq!(shown(&pages), "-- 1 --\n1 one\n2 more\n3 more\n");
    let red = |item: &Item| matches!(item, Item::Text(run) if run.color == crate::layout::page::Color::rgb(255, 0, 0));
    assert_eq!(pages[0].items.iter().filter(|item| red(item)).count(), 2);
}

#[test]
fn collapsed_lines_below_a_record_are_as_wide_as_the_row_after_it_wants() {
    let style = format!(
        "{WIDE} table {{ border-collapse: collapse }} td {{ border: 0.75pt solid }} tr.sum td {{ border-top: 3pt solid }}"
    );
    let pages = render(
        &style,
        "<table data-rows='row in visits'><tbody><tr><td>{{ row.n }}</td></tr>
           <tr class='sum' data-group-footer='row.clinic'><td>{{ count() }}</td></tr></tbody></table>",
        &visits(2),
    );
    let y: Vec<f32> =
        pages[0].items.iter().filter_map(|item| if let Item::Text(run) = item { Some(run.y) } else { None }).collect();
    // A line of ten points and half of the lines above and below it.
    assert_eq!([y[1] - y[0], y[2] - y[1]], [10.75, 13.0]);
}

/// A streamed table of random rows: how many, how high, in which groups, with which rows around them.
fn table() -> impl Strategy<Value = (String, String, Vec<(i64, i64, u8)>)> {
    let rows = prop::collection::vec((0..4i64, 0..3i64, 0..12u8), 0..60);
    let flags = prop::collection::vec(any::<bool>(), 8);
    (rows, flags).prop_map(|(rows, flags)| {
        let when = |flag: usize, text: &'static str| if flags[flag] { text } else { "" };
        let style = format!(
            "@page {{ size: 200pt 110pt; margin: 10pt }} table {{ width: 100%; table-layout: fixed; font-size: 8pt;
             line-height: 10pt; border-collapse: {}; border-spacing: 0 {} }} td, th {{ padding: 1pt; {} }}
             tr.keep {{ break-inside: avoid }} tr.page {{ break-before: page }}",
            if flags[0] { "collapse" } else { "separate" },
            if flags[1] { "3pt" } else { "0" },
            when(2, "border: 1pt solid; vertical-align: bottom")
        );
        let group = format!(
            "<tr class='{} {}' data-group='row.a' {}><th colspan='2'>A{{{{ row.a }}}}</th></tr>",
            when(3, "keep"),
            when(4, "page"),
            when(5, "data-repeat")
        );
        let body = format!(
            "<table data-rows='row in rows'><thead>{}</thead><tbody>{}{}
             <tr class='{}'><td>#{{{{ row.n }}}}#</td><td><div data-for='line in row.lines'>{{{{ line }}}}</div></td></tr>
             <tr data-group-footer='row.a'><td>sum {{{{ count() }}}}</td></tr></tbody></table>",
            when(6, "<tr><th>N</th><th>L</th></tr>"),
            group,
            when(7, "<tr data-group='row.b' data-repeat><th colspan='2'>B{{ row.b }}</th></tr>"),
            when(3, "keep"),
        );
        (style, body, rows)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn no_row_is_lost_or_doubled_or_out_of_order((style, body, rows) in table()) {
        let lines = |n: u8| Value::List((0..n).map(|line| text(&format!("l{line}"))).collect());
        let row = |(n, (a, b, high)): (usize, &(i64, i64, u8))| vec![Value::Int(n as i64), Value::Int(*a), Value::Int(*b), lines(*high)];
        let data = Datasets::default().with("rows", &["n", "a", "b", "lines"], rows.iter().enumerate().map(row).collect());
        let template = template(&style, &body);
        let (pages, totals) = lay_out(&template, &data).unwrap();
        prop_assert_eq!(&totals.rows, &[(Arc::from("rows"), rows.len() as u64)]);
        let text: String = pages.iter().map(|page| page.text.as_str()).collect();
        let numbers: Vec<&str> = text.split('#').skip(1).step_by(2).collect();
        prop_assert_eq!(numbers, (0..rows.len()).map(|n| n.to_string()).collect::<Vec<_>>());
        let drawn = pages.iter().flat_map(|page| &page.items).filter(|item| matches!(item, Item::Text(_))).count();
        prop_assert!(drawn >= rows.iter().map(|(_, _, high)| 1 + usize::from(*high)).sum());
        for page in &pages {
            for item in &page.items {
                if let Item::Text(run) = item {
                    prop_assert!((10.0..=100.0).contains(&run.y), "page {}: {}", page.number, run.y);
                }
            }
        }
        prop_assert_eq!((pages, totals), lay_out(&template, &data).unwrap());
    }
}
