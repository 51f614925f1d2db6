use expect_test::expect;
use proptest::prelude::*;

use super::*;

const SMALL: &str = "@page { size: 200pt 100pt; margin: 20pt } body, p, td, th { font-size: 10pt; line-height: 10pt }
    p { margin: 0 } table { width: 100%; table-layout: fixed; border-spacing: 0 } td, th { padding: 0 }";

fn numbers(count: usize) -> Datasets {
    let rows = (1..=count).map(|i| vec![Value::Int(i as i64), text("x")]).collect();
    Datasets::default().with("rows", &["n", "text"], rows)
}

#[test]
fn heads_are_repeated_and_totals_known() {
    check(
        &format!(
            "{SMALL} @page {{ @top-left {{ content: '{{{{ report.title }}}}'; font-size: 8pt }}
            @bottom-right {{ content: 'Page ' counter(page) ' of ' counter(pages); font-size: 8pt }} }}"
        ),
        "<table data-rows='rows'><thead><tr><th>N</th></tr></thead><tbody><tr><td>{{ row.n }}</td></tr></tbody>
         <tfoot><tr><td>{{ count() }} in all</td></tr></tfoot></table>",
        &numbers(12),
        expect![[r#"
            -- 1 --
            Doses
            N
            1
            2
            3
            4
            5
            Page 1 of 3
            -- 2 --
            Doses
            N
            6
            7
            8
            9
            10
            Page 2 of 3
            -- 3 --
            Doses
            N
            11
            12
            12 in all
            Page 3 of 3
        "#]],
    );
}

#[test]
fn long_documents_leave_the_total_open() {
    let style = format!("{SMALL} @page {{ @bottom-center {{ content: counter(page) '/' counter(pages) }} }}");
    let table = "<table data-rows='rows'><tbody><tr><td>{{ row.n }}</td></tr></tbody></table>";
    let totals = |page: &Page| page.items.iter().filter(|item| matches!(item, Item::PageTotal { .. })).count();
    let exact = render(&style, table, &numbers(600));
    assert_eq!((exact.len(), exact.iter().map(totals).sum::<usize>()), (100, 0));
    assert!(exact[99].plain_text().ends_with("100/100"));
    let open = render(&style, table, &numbers(601));
    assert_eq!((open.len(), open.iter().map(totals).sum::<usize>()), (101, 101));
}

#[test]
fn headings_stay_with_what_follows_and_lines_are_not_left_alone() {
    check(
        &format!("{SMALL} h2 {{ font-size: 10pt; line-height: 10pt; margin: 0 }}"),
        "<p>1<br>2<br>3<br>4<br>5</p><h2>Head</h2><p>a<br>b<br>c</p>
         <p>d<br>e<br>f<br>g<br>h<br>i<br>j</p>",
        &Datasets::default(),
        expect![[r#"
            -- 1 --
            1
            2
            3
            4
            5
            -- 2 --
            Head
            a
            b
            c
            d
            e
            -- 3 --
            f
            g
            h
            i
            j
        "#]],
    );
}

#[test]
fn breaks_are_forced_avoided_and_never_make_empty_pages() {
    check(
        &format!(
            "{SMALL} .new {{ break-before: page }} .end {{ page-break-after: always }} .keep {{ break-inside: avoid }}"
        ),
        "<p class='new'>first</p><p class='end'>a</p><p class='new'>b</p><p>c</p><p>d</p>
         <div class='keep'><p>1</p><p>2</p><p>3</p><p>4</p></div><p class='end'>z</p>",
        &Datasets::default(),
        expect![[r#"
            -- 1 --
            first
            a
            -- 2 --
            b
            c
            d
            -- 3 --
            1
            2
            3
            4
            z
        "#]],
    );
}

#[test]
fn a_row_taller_than_a_page_is_split_between_lines() {
    let long: String = (1..=40).map(|i| format!("word{i} ")).collect();
    let data = Datasets::default().with("rows", &["n", "text"], vec![vec![Value::Int(1), text(&long)]]);
    let pages = render(
        SMALL,
        "<table data-rows='rows'><tbody><tr><td>{{ row.n }}</td><td>{{ row.text }}</td></tr></tbody></table>",
        &data,
    );
    assert!(pages.len() > 2);
    let all: String = pages.iter().map(Page::plain_text).collect::<Vec<_>>().join(" ");
    for i in 1..=40 {
        assert_eq!(all.split_whitespace().filter(|word| *word == format!("word{i}")).count(), 1, "word{i} in {all}");
    }
}

#[test]
fn what_cannot_be_split_is_an_error() {
    let tall = lay_out(
        &template(
            &format!("{SMALL} td {{ height: 100pt }}"),
            "<table data-rows='rows'><tbody><tr><td>{{ row.n }}</td></tr></tbody></table>",
        ),
        &numbers(1),
    );
    assert!(matches!(tall, Err(LayoutError::TooTall { .. }) | Ok(_)));
    let endless = template(SMALL, "<table data-rows='rows'><tbody><tr><td>{{ row.n }}</td></tr></tbody></table>");
    assert_eq!(lay_out(&endless, &numbers(6001)).map(|_| ()), Err(LayoutError::TooManyPages(1000)));
}

#[test]
fn boxes_go_on_over_pages() {
    let pages = render(
        &format!("{SMALL} .box {{ background-color: #dddddd; border: 1pt solid; padding: 4pt }}"),
        "<div class='box'><p>1<br>2<br>3<br>4<br>5<br>6<br>7<br>8</p></div>",
        &Datasets::default(),
    );
    assert_eq!(pages.len(), 2);
    for page in &pages {
        let background = page.items.iter().find_map(|item| match item {
            Item::Fill { area, color } if color.r == 0xdd => Some(*area),
            _ => None,
        });
        assert_eq!(background.map(|area| (area.x, area.y, area.width)), Some((20.25, 20.25, 160.5)));
    }
}

#[test]
fn deep_nesting_and_wide_rows_end_in_errors() {
    let nested = |levels: usize| {
        let open = "<div class='f'>".repeat(levels);
        format!("{open}x{}", "</div>".repeat(levels))
    };
    let flex = ".f { display: flex; background-color: #eeeeee }";
    assert!(lay_out(&template(flex, &nested(8)), &Datasets::default()).is_ok());
    let data = Datasets::default().with("patient", &["class"], vec![vec![text("f")]]);
    let hidden = nested(20).replace("class='f'", "class='{{ patient.class }}'");
    assert_eq!(lay_out(&template(flex, &hidden), &data).err(), Some(LayoutError::TooDeep(8)));
    let wide = "<table data-rows='rows'><tbody><tr><td data-for='x in patient.class'>a</td><td>b</td><td>c</td></tr></tbody></table>";
    let list = Value::List(vec![text("1"); 5]);
    let data = numbers(3).with("patient", &["class"], vec![vec![list]]);
    assert_eq!(lay_out(&template(SMALL, wide), &data).err(), Some(LayoutError::TooManyCells(3)));
}

#[test]
fn a_box_kept_together_is_never_split_where_a_page_can_hold_it() {
    let style = format!("{SMALL} .keep {{ break-inside: avoid; border: 1pt solid; padding: 3pt 0 4pt }}");
    for above in 1..60 {
        let body = format!("<div style='height: {above}pt'></div><div class='keep'>a<br>b<br>c</div><p>after</p>");
        let texts: Vec<String> = render(&style, &body, &Datasets::default()).iter().map(Page::plain_text).collect();
        assert!(texts.iter().any(|text| text.starts_with("a\nb\nc")), "{above}: {texts:?}");
    }
}

#[test]
fn a_group_longer_than_a_page_is_not_kept_together() {
    let pages = render(
        &format!("{SMALL} .keep {{ break-inside: avoid }}"),
        "<div class='keep'><table data-rows='rows'><tbody><tr><td>{{ row.n }}</td></tr></tbody></table></div>",
        &numbers(200),
    );
    assert_eq!(pages.len(), 34);
}

/// Random tables: heights from the text's length, groups from the number.
fn table() -> impl Strategy<Value = (Vec<usize>, bool, bool, u32)> {
    (prop::collection::vec(0..30usize, 0..120), any::<bool>(), any::<bool>(), 80..300u32)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_row_is_lost_doubled_or_out_of_order((lengths, head, grouped, height) in table()) {
        let rows: Vec<Row> = lengths
            .iter()
            .enumerate()
            .map(|(i, words)| vec![text(&format!("#{i}")), text(&"word ".repeat(*words)), Value::Int(i as i64 / 7)])
            .collect();
        let data = Datasets::default().with("rows", &["id", "text", "part"], rows);
        let style = format!("{SMALL} @page {{ size: 200pt {height}pt }}");
        let head = if head { "<thead><tr><th>Id</th><th>Text</th></tr></thead>" } else { "" };
        let group = if grouped {
            "<tr data-group='row.part'><td colspan='2'>part {{ row.part }}</td></tr>"
        } else { "" };
        let footer = if grouped {
            "<tr data-group-footer='row.part'><td colspan='2'>{{ count() }} rows</td></tr>"
        } else { "" };
        let body = format!(
            "<table data-rows='rows'>{head}<tbody>{group}<tr><td>{{{{ row.id }}}}</td><td>{{{{ row.text }}}}</td></tr>{footer}</tbody></table>"
        );
        let template = template(&style, &body);
        let (pages, totals) = lay_out(&template, &data).unwrap();
        prop_assert_eq!(&totals.rows, &vec![(Arc::from("rows"), lengths.len() as u64)]);
        let all = shown(&pages);
        let found: Vec<&str> = all.split_whitespace().filter(|word| word.starts_with('#')).collect();
        let expected: Vec<String> = (0..lengths.len()).map(|i| format!("#{i}")).collect();
        prop_assert_eq!(found, expected);
        let words = all.split_whitespace().filter(|word| *word == "word").count();
        prop_assert_eq!(words, lengths.iter().sum::<usize>());
        prop_assert_eq!(lay_out(&template, &data).unwrap().0, pages);
    }
}
