//! Faults as a template's author sees them, and names checked against a report.

use std::{fs, path::Path, sync::Arc};

use expect_test::{Expect, expect};

use crate::{
    fault::Fault,
    template::{DatasetNames, Names, Template},
};

fn load(files: &[(&str, &str)]) -> Result<Template, Vec<Fault>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    Template::load(folder.path(), files[0].0).map_err(|faults| {
        let relative = |fault: Fault| Fault {
            file: fault.file.map(|file| file.strip_prefix(folder.path()).map(Path::to_path_buf).unwrap_or(file)),
            ..fault
        };
        faults.into_iter().map(relative).collect()
    })
}

fn shown(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

fn check(html: &str, expected: Expect) {
    let faults = load(&[("t.html", html)]).err().unwrap_or_default();
    expected.assert_eq(&shown(&faults));
}

fn in_body(body: &str) -> String {
    format!("<html lang='en'><body>\n{body}\n</body></html>")
}

fn with_style(style: &str) -> String {
    format!("<html lang='en'><head><style>\n{style}\n</style></head><body></body></html>")
}

#[test]
fn html_is_strict() {
    check(
        &in_body(
            "<p>one\n<div>two</div>\n<blink>x</blink> <b>y\n</p><br></br><img src='a.gif'>\n<table><tr></tr>x</table>",
        ),
        expect![[r#"
            t.html:3:1: error: `<div>` can't stand in `<p>`
              help: close `<p>` first, or use `<div>` in its place
            t.html:4:1: error: `<blink>` is not supported
              help: docs/TEMPLATES.md lists what is supported
            t.html:4:18: error: `<b>` is never closed
              help: write `</b>`
            t.html:5:9: error: `</br>`: `<br>` has no end tag
            t.html:5:14: error: `a.gif` is not in the templates folder
              help: put the file into the templates folder
            t.html:6:8: error: `<tr>` can't stand in `<table>`
              help: put rows into `<thead>`, `<tbody>` or `<tfoot>`
            t.html:6:17: error: text can't stand directly in `<table>`
              help: put it into an element that may stand there
        "#]],
    );
    check(
        "<p>x</p>",
        expect![[r#"
            t.html:1:1: error: `<p>` stands outside of `<html>`
              help: write `<html lang="en"><head>…</head><body>…</body></html>`
        "#]],
    );
    check(
        &in_body("<script>alert(1)</script><p onclick='x' data-loop='y' class='a'>{% if x %}</p><div>"),
        expect![[r#"
            t.html:2:1: error: `<script>` is not supported
              help: templates run no scripts; use `data-if`, `data-for` and expressions
            t.html:2:29: error: attribute `onclick` is not supported on `<p>`
              help: templates run no scripts
            t.html:2:41: error: attribute `data-loop` is not supported on `<p>`
              help: known are data-for, data-if, data-else-if, data-else, data-with, data-rows, data-group, data-group-footer, data-repeat and data-empty
            t.html:2:65: error: `{%` is not supported
              help: use `data-if` and `data-for` on an element, and `<!-- … -->` for comments
            t.html:2:79: error: `<div>` is never closed
              help: write `</div>`
        "#]],
    );
}

#[test]
fn css_that_is_not_supported_is_told_with_what_to_use_instead() {
    check(
        &with_style(
            "p { float: left; color: #12345; margin: 1 2px }\n.a::before { content: 'x' }\nq + b { color: red }\n\
             @import 'x.css';\n@page { size: A9; left: 0; }\n@media (width > 3px) { p { color: red } }\n\
             b { position: fixed; --x: 1; colour: var(--x); colr: red }\n@font-face { font-family: X }\np { color: red } }",
        ),
        expect![[r#"
            t.html:2:5: error: `float: left` is not supported
              help: put the boxes side by side with `display: flex` on their parent
            t.html:2:18: error: `color: #12345` is not supported
              help: write a colour as `#rgb`, `#rrggbb` or `#rrggbbaa`
            t.html:2:33: error: `margin: 1 2px` is not supported
              help: a length needs a unit: `1px`, `1pt`
            t.html:5:1: error: `@import` stands after other rules
              help: put it before all other rules
            t.html:6:9: error: `size: A9` is not supported
              help: use A3, A4, A5, A6, B4, B5, JIS-B4, JIS-B5, letter, legal, ledger or tabloid, with `portrait` or `landscape`; or one or two lengths
            t.html:6:19: error: `left: 0` is not supported
              help: in `@page` use `size`, `margin`, `padding`, `border`, `background`, and text properties for the margin boxes; put the rest on `body`
            t.html:7:1: error: this media query is not supported
              help: paper has no window and no preferences; use `@media print` alone, and `@page` for sizes
            t.html:8:5: error: `position: fixed` is not supported
              help: for what stands on every page use `position: running(name)` and a margin box of `@page`
            t.html:8:30: error: `colour: var(--x)` is not supported
              help: did you mean `color`?
            t.html:8:48: error: `colr: red` is not supported
              help: did you mean `color`?
            t.html:9:1: error: `@font-face` lacks its family or source
              help: write `font-family: "Name"; src: url("fonts/name.ttf")`
            t.html:10:18: error: selector `}` is not supported
              help: the value can't be read; docs/TEMPLATES.md lists what is supported
            t.html:11:1: error: a `{ … }` block is missing
              help: the value can't be read; docs/TEMPLATES.md lists what is supported
        "#]],
    );
}

#[test]
fn what_would_show_nothing_is_told() {
    let body = "<p class='head'>x<b>y</b></p><p class='foot'>z</p><i>q</i>";
    let page =
        |style: &str| format!("<html lang='en'><head><style>\n{style}\n</style></head><body>{body}</body></html>");
    check(
        &page(
            "@page { @top-left { content: \"a\" element(head) } @top-right { content: element(haed) }\n\
             @bottom-left { content: element(nothing, last) } @bottom-right { content: element(unused) } }\n\
             .head { position: running(head) } .none { position: running(unused) }\n\
             .head b { position: absolute; top: 0 } i::after { content: attr(title) attr(data-label) }\n\
             p { text-align-last: center; string-set: title content() }",
        ),
        expect![[r#"
            t.html:2:72: error: `element(haed)` shows nothing: no element has `position: running(haed)`
              help: did you mean `head`?
            t.html:3:25: error: `element(nothing)` shows nothing: no element has `position: running(nothing)`
              help: give it to the element that is to be shown there
            t.html:3:75: error: `element(unused)` shows nothing: no element has `position: running(unused)`
              help: give it to the element that is to be shown there
            t.html:6:5: error: `text-align-last: center` is not supported
              help: use `text-align` on an element of its own
            t.html:6:30: error: `string-set: title content()` is not supported
              help: use `position: running(name)` and `content: element(name)` in a margin box
            t.html:7:39: error: `position: absolute` can't be drawn in a running element (`<b>`)
              help: move it with `position: relative` or margins, or put boxes beside each other
            t.html:7:72: error: `attr(data-label)` shows nothing: `<i>` has no such attribute
              help: use `title`, `id`, `class` or `lang`, or write `{{ … }}` into the string
        "#]],
    );
    // One whose class depends on data may be any of those that are declared.
    let html = "<html lang='en'><head><style>@page { @top-left { content: element(head) } } .a { position: running(head) }\
        </style></head><body><p class='{{ tenant }}'>x</p></body></html>";
    check(html, expect![[r#""#]]);
    // Positions of four values work.
    check(
        &page(
            "p { background: #eee; background-position: right 5mm bottom 10% } .foot { background-position: left 0 top 0 }",
        ),
        expect![[r#""#]],
    );
}

#[test]
fn boxes_that_layout_cannot_do_justice_to_are_refused() {
    check(
        &format!(
            "<html lang='en'><head><style>span {{ padding: 2px }} .t {{ display: table }} .f {{ display: flex }}\n\
             .late {{ border: 1px solid }}</style></head><body>{}</body></html>",
            "\n<p><span>x</span><b class=\"{{ 'late' if tenant }}\">y</b></p>\n<div class='t'></div>\n\
             <div class='f'><table data-rows='doses'><tbody><tr><td>x</td></tr></tbody></table></div>"
        ),
        expect![[r#"
            t.html:4:1: error: `<div>` can't be displayed like this
              help: table displays belong to the table elements; use `display: flex` for boxes side by side
            t.html:5:16: error: the columns of a streamed table have no widths
              help: write `table { width: 100%; table-layout: fixed }`, or give `<col>` elements their widths
            t.html:5:16: error: a streamed table can't stand in a flex or grid container
              help: put it directly into the body, a section or a div
        "#]],
    );
}

#[test]
fn content_and_counters_are_told_where_they_mean_nothing() {
    check(
        &format!(
            "<html lang='en'><head><style>p {{ content: 'x' }} tr::before {{ content: 'y' }}\n\
             b::after {{ content: 'z'; display: flex }} i::before {{ content: '{{{{ sum(row.a) }}}}' }}\n\
             tr:nth-last-child(2) {{ color: red }} td {{ counter-increment: n }} em::before {{ content: counter(n) }}\n\
             em {{ color: var(--none); margin: var(--one) }} :root {{ --one: red }}</style></head><body>{}</body></html>",
            "\n<p>a <b>b</b> <i>i</i></p>\n<table data-rows='doses' style='width: 100%; table-layout: fixed'><tbody>\
             <tr><td>x</td></tr></tbody></table>\n<em>e</em>"
        ),
        expect![[r#"
            t.html:2:67: error: `sum(row.a)` is only known when all rows have passed
              help: put it into `<tfoot>` or a `data-group-footer` row of a streamed table, or compute it in SQL
            t.html:4:12: error: `color: var(--none)`: `--none` is not defined here
              help: set it on an element around, such as `:root`, or write `var(--none, otherwise)`
            t.html:4:33: error: `margin: red` is not supported
              help: it comes from `var(--one)`; docs/TEMPLATES.md lists what is supported
            t.html:5:1: error: `content` makes nothing on `<p>` itself
              help: put `content` into a rule for `::before` or `::after`
            t.html:5:6: error: `::before` and `::after` can't be displayed like this
              help: use `inline`, `inline-block` or `block`
            t.html:6:74: error: a selector counts the rows of a streamed table from their end
              help: count from the beginning with `:nth-child()`, or use `:last-child`
            t.html:6:74: error: `<tr>` has no `::before` and `::after`
              help: put them on an element around it or in it
            t.html:7:1: error: counter `n` is used after a streamed table that counts with it
              help: begin it anew with `counter-reset`, or use another name
        "#]],
    );
}

#[test]
fn templates_that_would_take_minutes_are_refused_at_once() {
    let elements = "<b></b>".repeat(60_000);
    let style = format!("b {{ {} }}", "top: 0;".repeat(1000));
    let many = format!("<html lang='en'><head><style>{style}</style></head><body>{elements}</body></html>");
    let selectors = "b { top: 0 }".repeat(50_000);
    let others = format!("<html lang='en'><head><style>{selectors}</style></head><body>{elements}</body></html>");
    for html in [&many, &others] {
        let faults = Template::from_text(html.clone()).unwrap_err();
        assert_eq!(faults[0].message, "there are too many rules for so many elements");
    }
    let misspelt =
        format!("<html lang='en'><head><style>b {{ {} }}</style></head></html>", "colour-x: 0;".repeat(80_000));
    assert_eq!(Template::from_text(misspelt).unwrap_err().len(), 10_000);
}

#[test]
fn sheets_import_each_other_without_end() {
    let html = "<html lang='en'><head><link rel='stylesheet' href='a.css'><link rel='icon' href='x'>\n\
                <link rel='stylesheet' media='screen' href='none.css'></head><body></body></html>";
    let faults = load(&[
        ("t.html", html),
        ("a.css", "@import 'b.css' print;\n@import url(gone.css) screen;\np { colr: red }"),
        ("b.css", "\n@import url('a.css');\np { color: red }\n@import 'a.css';\n@supports (x) { p { x: y } }\n@layer a, b;q{widht:1px}"),
    ])
    .unwrap_err();
    expect![[r#"
        a.css:3:5: error: `colr: red` is not supported
          help: did you mean `color`?
        b.css:2:1: error: `a.css`: style sheets import each other in a circle, too deeply, or too many
          help: import each sheet once
        b.css:4:1: error: `@import` stands after other rules
          help: put it before all other rules
        b.css:5:1: error: `@supports` is not supported
          help: write the rules by themselves: what isn't supported is told
        b.css:6:1: error: `@layer` is not supported
          help: put the rules in the order in which they are to win
        b.css:6:15: error: `widht:1px` is not supported
          help: did you mean `width`?
        t.html:1:59: error: this `<link>` is not supported
          help: leave it out: only `<link rel="stylesheet" href="…">` means something in a report
    "#]]
    .assert_eq(&shown(&faults));
}

#[test]
fn data_attributes_stand_where_they_mean_something() {
    let table = |rows: &str| {
        format!("<table data-rows='doses' style='width: 100%; table-layout: fixed'>\n<tbody>{rows}</tbody></table>")
    };
    check(
        &in_body(&format!(
            "<p data-else>a</p>\n<p>{{{{ sum(row.x) }}}}</p>\n{}\n<table><tbody><tr data-empty></tr></tbody></table>\n\
             <div data-for='a in b'>{}</div>\n<p data-for='x of y'>z</p>",
            table("<tr><td>a</td></tr>\n<tr data-group='row.c'><td>h</td></tr>"),
            table("<tr data-group-footer='row.c'><td>h</td></tr>"),
        )),
        expect![[r#"
            t.html:2:1: error: `data-else` follows no `data-if`
              help: put it on the element that directly follows one with `data-if`
            t.html:3:7: error: `sum(row.x)` is only known when all rows have passed
              help: put it into `<tfoot>` or a `data-group-footer` row of a streamed table, or compute it in SQL
            t.html:6:1: error: a group's header stands after a record's row
              help: order them: headers, records, footers
            t.html:7:15: error: `data-group`, `data-group-footer` and `data-empty` belong to streamed tables
              help: put the row into the `<tbody>` of a `<table data-rows="…">`
            t.html:8:24: error: a streamed table can't be repeated by `data-for`
              help: use groups: `<tr data-group="…">`
            t.html:8:24: error: a table with `data-rows` has no row for its records
              help: put a `<tr>` into its `<tbody>`
            t.html:8:24: error: dataset `doses` is streamed a second time
              help: a stream passes once; add a second dataset, or use `data-for` for a short one
            t.html:10:14: error: `data-for` can't be read
              help: write `data-for="dose in doses"`
        "#]],
    );
}

#[test]
fn faults_of_a_linked_sheet_name_its_own_lines() {
    let html = "<html lang='en'><head><link rel='stylesheet' href='s.css'>\n<link rel='stylesheet' href='../s.css'>\
                <link rel='stylesheet' href='https://x.org/s.css'></head><body></body></html>";
    let faults = load(&[("t.html", html), ("s.css", "p { color: red }\n\n  .é, p { float: left }")]).unwrap_err();
    expect![[r#"
        s.css:3:11: error: `float: left` is not supported
          help: put the boxes side by side with `display: flex` on their parent
        t.html:2:24: error: `../s.css` leads out of the templates folder
          help: put the file into the templates folder and write its path relative to this file
        t.html:2:63: error: `https://x.org/s.css` leads out of the templates folder
          help: put the file into the templates folder and write its path relative to this file
    "#]]
    .assert_eq(&shown(&faults));
}

fn names() -> Names {
    let names = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect::<Vec<Arc<str>>>();
    let dataset =
        |name: &str, one, columns: &[&str]| DatasetNames { name: Arc::from(name), one, columns: Some(names(columns)) };
    Names {
        parameters: names(&["from"]),
        datasets: vec![
            dataset("patient", true, &["name"]),
            dataset("doses", false, &["lot", "amount"]),
            dataset("lines", false, &["text"]),
        ],
    }
}

fn check_names(body: &str, expected: Expect) {
    let style =
        "<style>table { width: 100%; table-layout: fixed } @page { @top-left { content: '{{ who }}' } }</style>";
    let html = format!("<html lang='en'><head>{style}</head><body>\n{body}</body></html>");
    let template = load(&[("t.html", &html)]).unwrap();
    let mut faults = template.check(&names());
    faults.iter_mut().for_each(|fault| fault.file = Some("t.html".into()));
    expected.assert_eq(&shown(&faults));
}

#[test]
fn names_that_do_not_exist_are_told_before_any_data_is_there() {
    check_names(
        "<p>{{ patient.name }} {{ patient.nome }} {{ parameters.to | date }} {{ report.title }} {{ tenant }}</p>
<p data-for='line in lines'>{{ line.text ~ line.sum }} {{ loop.index }} {{ loop.nth }}</p><p>{{ line.text }}</p>
<p data-for='x in nothing'>{{ x.y }}</p><p data-for='x in patient'>{{ x }}</p>
<table data-rows='dose in doses'><thead><tr><th>{{ dose.lot }}</th></tr></thead>
<tbody><tr data-group='dose.clinic'><td>{{ dose.lot }}</td></tr><tr><td>{{ dose.lots }}</td></tr></tbody>
<tfoot><tr><td>{{ sum(dose.amounts) }} {{ count() }} {{ doses | length }}</td></tr></tfoot></table>",
        expect![[r#"
            t.html:1:106: error: `who` doesn't exist
              help: known here are `patient`, `parameters`, `report`, `tenant`, `generated_at`, `rows`
            t.html:2:34: error: `patient.nome` doesn't exist
              help: did you mean `patient.name`?
            t.html:2:56: error: `parameters.to` doesn't exist
              help: `parameters` has `from`
            t.html:3:49: error: `line.sum` doesn't exist
              help: `line` has `text`
            t.html:3:81: error: `loop.nth` doesn't exist
              help: `loop` has `index`, `index0`, `first`, `last`, `length`, `revindex`, `revindex0`
            t.html:3:97: error: `line` doesn't exist
              help: known here are `patient`, `parameters`, `report`, `tenant`, `generated_at`, `rows`
            t.html:4:19: error: there is no dataset `nothing`
              help: the datasets are `patient`, `doses`, `lines`
            t.html:4:59: error: dataset `patient` has one row; there is nothing to repeat
              help: write `{{ patient.column }}`
            t.html:5:52: error: `dose` doesn't exist
              help: known here are `patient`, `parameters`, `report`, `tenant`, `generated_at`, `rows`
            t.html:6:29: error: `dose.clinic` doesn't exist
              help: `dose` has `lot`, `amount`
            t.html:6:81: error: `dose.lots` doesn't exist
              help: did you mean `dose.lot`?
            t.html:7:28: error: `dose.amounts` doesn't exist
              help: did you mean `dose.amount`?
            t.html:7:57: error: the rows of `doses` are not in memory here
              help: go through them with `data-for="row in doses"` or `data-rows="row in doses"`
        "#]],
    );
}

#[test]
fn the_digest_covers_every_file() {
    let html = "<html lang='en'><head><link rel='stylesheet' href='s.css'></head><body></body></html>";
    let of = |css: &str| load(&[("t.html", html), ("s.css", css)]).unwrap().digest().clone();
    assert_eq!(of("p { color: red }"), of("p { color: red }"));
    assert_ne!(of("p { color: red }"), of("p { color: tan }"));
}

#[test]
fn datasets_come_in_the_order_of_reading() {
    let html = in_body(
        "<table data-rows='b' style='table-layout: fixed; width: 10pt'><tbody><tr><td>x</td></tr></tbody></table>
         <p data-for='x in a'><b data-for='y in x.list'>{{ y }}</b></p><p data-for='x in c'></p>",
    );
    let template = load(&[("t.html", &html)]).unwrap();
    assert_eq!(template.datasets(), [Arc::from("a"), Arc::from("c"), Arc::from("b")]);
}

#[test]
fn the_demo_templates_load_without_faults_or_warnings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".html") {
            let template = Template::load(&folder, &name).unwrap_or_else(|faults| panic!("{}", shown(&faults)));
            assert_eq!(template.warnings(), [], "{name}");
            count += 1;
        }
    }
    assert_eq!(count, 10);
}

#[test]
fn what_has_no_effect_where_it_stands_is_told() {
    let style = "html { padding: 1pt } b { opacity: 0.5 } td.moved { position: relative; border-radius: 2pt }\n\
                 i { position: absolute; top: 0 } .held { position: relative }";
    let body = "<p><b>x</b><i>kept</i></p><table data-rows='doses'><colgroup><col></colgroup>\
                <tbody><tr><td class='moved'></td><td><i>lost</i><div class='held'><i>kept</i></div></td></tr></tbody></table>";
    check(
        &format!("<html lang='en'><head><style>\n{style}\n</style></head><body>\n{body}\n</body></html>"),
        expect![[r#"
            t.html:1:1: error: `<html>` has no margin, border and padding of its own
              help: give them to `<body>`, or margins to `@page`
            t.html:5:4: error: `opacity` has no effect on `<b>`, which stands on lines
              help: make it `display: inline-block`, or give its text a see-through colour
            t.html:5:89: error: `<td>` has neither round corners, nor background pictures, nor opacity
              help: put a `<div>` that has them into the cell, or give them to the table
            t.html:5:89: error: `position: relative` has no effect on `<td>`
              help: give it to a `<div>` around the table or in the cell
            t.html:5:116: error: `<i>` in a streamed row has nothing to be placed by
              help: put it into a `<div>` with `position: relative` in its cell
        "#]],
    );
}

#[test]
fn pages_are_not_counted_by_hand() {
    check(
        &with_style("body { counter-increment: page 2 }"),
        expect![[r#"
            t.html:3:16: error: `counter-increment: page` has no effect on an element
              help: it counts pages by itself; begin anew with `counter-reset: page 1`
        "#]],
    );
}

mod random {
    use proptest::prelude::*;

    use super::*;

    /// Pieces that templates are made of, in any order: most are faults, none may panic.
    fn piece() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "<p>",
            "</p>",
            "<table data-rows='x'>",
            "</table>",
            "<tbody>",
            "<tr>",
            "<td colspan='2'>",
            "</td>",
            "<style>",
            "</style>",
            "{{",
            "}}",
            "{{ a.b | date }}",
            "sum(",
            ")",
            "'",
            "\"",
            "<!--",
            "-->",
            "&amp;",
            "&",
            "<",
            ">",
            "{",
            "}",
            "p{color:red}",
            "@page",
            "@media print",
            "size:",
            "margin:1px",
            ";",
            "counter(",
            "<a href='x'>",
            "<img>",
            "data-for='a in b'",
            "é",
            "\u{202e}",
            "\0",
            "<html>",
            "<body>",
            "</html>",
            "url(",
            "!important",
            ":not(",
            "1e9px",
        ]);
        prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,8}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn no_template_panics(pieces in prop::collection::vec(piece(), 0..40)) {
            let text = pieces.concat();
            let _either = load(&[("t.html", &text)]);
            let _either = load(&[("t.html", &in_body(&text))]);
            let _either = load(&[("t.html", &with_style(&text))]);
        }
    }
}
