use proptest::prelude::*;

use super::*;

/// A block of random content, nested up to a depth.
fn block() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "a",
        "Ärzte",
        "שלום עולם",
        "مرحبا",
        "東京 大阪",
        "คน",
        "x\u{301}",
        "-",
        "word ",
        "",
        "🙂",
    ]);
    let line = prop::collection::vec(words, 0..12).prop_map(|words| words.join(" "));
    let inline = line.prop_map(|text| format!("{text}<b>{text}</b><br><span class='c'>{text}</span>"));
    let leaf = prop_oneof![
        inline.clone().prop_map(|text| format!("<p class='a'>{text}</p>")),
        inline.clone().prop_map(|text| format!("<h2 class='b'>{text}</h2>")),
        inline.prop_map(|text| format!("<table><tbody><tr><td class='a'>{text}</td><td colspan='2'>x</td></tr></tbody></table>")),
        Just("<hr>".to_owned()),
        Just("<ul class='b'><li>x<li-y></ul>".replace("<li-y>", "</li>")),
        Just("<table data-rows='rows' style='table-layout: fixed'><thead><tr><th>N</th></tr></thead><tbody><tr class='c'>\
              <td class='a'>{{ row.n }}</td></tr></tbody></table>"
            .to_owned()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let children = prop::collection::vec(inner, 0..4).prop_map(|children| children.concat());
        (children, prop::sample::select(vec!["a", "b", "c", "d"]))
            .prop_map(|(inside, class)| format!("<div class='{class}'>{inside}</div>"))
    })
}

fn declaration() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "margin: 10pt",
        "margin: -20pt 3pt",
        "margin: auto",
        "margin-top: -500pt",
        "padding: 5pt 10%",
        "border: 3pt solid",
        "border: 1pt dashed red",
        "width: 40pt",
        "width: 300%",
        "width: 0",
        "height: 90pt",
        "height: 3000pt",
        "max-width: 10pt",
        "min-height: 40pt",
        "font-size: 0",
        "font-size: 40pt",
        "font-size: 300pt",
        "line-height: 0",
        "line-height: 4",
        "letter-spacing: 4pt",
        "letter-spacing: -9pt",
        "white-space: pre",
        "white-space: nowrap",
        "text-align: center",
        "text-align: right",
        "break-before: page",
        "break-inside: avoid",
        "break-after: avoid",
        "background-color: teal",
        "box-sizing: border-box",
        "vertical-align: bottom",
        "orphans: 50",
        "border-collapse: collapse",
        "border-spacing: 20pt",
        "text-transform: uppercase",
        "list-style: lower-roman",
        "text-decoration: underline",
        "table-layout: fixed",
    ])
}

/// A style sheet of random declarations.
fn style() -> impl Strategy<Value = String> {
    let selector =
        prop::sample::select(vec!["p.a", "h2", "div.b", "div.a, td.a", "table", "tr", "ul", "div.c > *", "td"]);
    let rule =
        (selector, prop::collection::vec(declaration(), 0..4)).prop_map(|(s, d)| format!("{s} {{ {} }}", d.join("; ")));
    (prop::collection::vec(rule, 0..8), any::<bool>()).prop_map(|(rules, flex)| {
        let flex = if flex { ".d { display: flex; gap: 5pt }" } else { "" };
        format!("@page {{ size: 200pt 150pt; margin: 20pt }} {} {flex}", rules.join(" "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_document_panics_or_runs_away(style in style(), blocks in prop::collection::vec(block(), 1..5), rows in 0..40i64) {
        let rows = (0..rows).map(|n| vec![Value::Int(n)]).collect();
        let data = Datasets::default().with("rows", &["n"], rows);
        let Some(template) = loaded(&style, &blocks.concat()) else { return Ok(()) };
        let first = lay_out_anyhow(&template, &data);
        if let Ok((pages, _)) = &first {
            for page in pages {
                let finite = page.items.iter().all(|item| match item {
                    Item::Text(run) => run.x.is_finite() && run.y.is_finite(),
                    Item::Fill { area, .. } => [area.x, area.y, area.width, area.height].iter().all(|x| x.is_finite()),
                    _ => true,
                });
                prop_assert!(finite);
            }
        }
        prop_assert_eq!(first, lay_out_anyhow(&template, &data));
    }
}
