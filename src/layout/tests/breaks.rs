//! Random documents of blocks that ask for breaks, forbid them, and have names of pages and heights.

use proptest::prelude::*;

use super::*;

/// So many classes ask for something.
const ASKING: &[&str] = &[
    "page", "left", "right", "after", "avoid", "keep", "next", "few", "high", "wide", "padded", "framed", "apart",
    "number",
];

const STYLE: &str = "@page { size: 200pt 120pt; margin: 20pt; @bottom-right { content: counter(page) ' of ' counter(pages) } }
    @page wide { size: 260pt 100pt; margin: 15pt 30pt } @page :blank { @top-left { content: 'blank' } }
    body { font-size: 10pt; line-height: 10pt; margin: 0 } p { margin: 3pt 0; font-size: 10pt }
    .page { break-before: page } .left { break-before: left } .right { break-before: right } .after { break-after: page }
    .avoid { break-before: avoid } .keep { break-inside: avoid } .next { break-after: avoid }
    .few { orphans: 4; widows: 3 } .high { min-height: 70pt } .wide { page: wide } .padded { padding: 6pt 0 11pt }
    .framed { border: 2pt solid; padding: 2pt } .apart { margin: 17pt 0 9pt } .number { counter-reset: page 5 }";

fn classes() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(ASKING), 0..3).prop_map(|classes| classes.join(" "))
}

/// Paragraphs of some lines, within each other; `#` stands for the number of a line.
fn blocks() -> impl Strategy<Value = String> {
    let paragraph = (classes(), 1..9usize)
        .prop_map(|(class, lines)| format!("<p class='{class}'>{}</p>", vec!["#"; lines].join("<br>")));
    let block = paragraph.prop_recursive(3, 24, 5, |inner| {
        (classes(), prop::collection::vec(inner, 1..5))
            .prop_map(|(class, blocks)| format!("<div class='{class}'>{}</div>", blocks.concat()))
    });
    prop::collection::vec(block, 1..8).prop_map(|blocks| blocks.concat())
}

/// The body with its lines numbered, and how many there are.
fn numbered(body: &str) -> (String, usize) {
    let mut parts = body.split('#');
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut count = 0;
    for part in parts {
        count += 1;
        text.push_str(&format!("n{count}{part}"));
    }
    (text, count)
}

/// Nothing is drawn above or below the content of its page but what stands in the margins.
fn assert_in_content(page: &Page, style: &crate::template::page::PageStyle) {
    let (top, bottom) = (style.inset.top, style.height - style.inset.bottom);
    for item in &page.items {
        let text =
            if let Item::Text(run) = item { &page.text[run.text.start as usize..run.text.end as usize] } else { "" };
        let (from, to) = match item {
            Item::Text(run) if text.starts_with('n') => (run.y, run.y),
            Item::Fill { area, .. } => (area.y, area.y + area.height),
            _ => continue,
        };
        assert!(from >= top - 0.1 && to <= bottom + 0.1, "page {}: {item:?}", page.number);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn every_line_is_on_one_page_in_order(body in blocks()) {
        let (body, lines) = numbered(&body);
        let template = template(STYLE, &body);
        let (pages, totals) = lay_out(&template, &Datasets::default()).unwrap();
        let all = pages.iter().map(Page::plain_text).collect::<Vec<_>>().join("\n");
        let found: Vec<&str> = all.split_whitespace().filter(|word| word.starts_with('n')).collect();
        let expected: Vec<String> = (1..=lines).map(|line| format!("n{line}")).collect();
        prop_assert_eq!(found, expected);
        for (i, page) in pages.iter().enumerate() {
            prop_assert_eq!(page.number as usize, i + 1);
            let of_name = |name: Option<&str>| template.pages().of(&crate::template::page::PageKind {
                name: name.map(Arc::from), number: page.number, blank: false,
            });
            let style = if page.width > 250.0 { of_name(Some("wide")) } else { of_name(None) };
            assert_in_content(page, style);
            let blank = !page.plain_text().lines().any(|line| line.starts_with('n'));
            prop_assert!(!blank || page.number > 1, "the first page is empty: {}", all);
        }
        let ending = format!("of {}", totals.pages);
        prop_assert!(pages.last().unwrap().plain_text().contains(&ending));
        prop_assert_eq!(lay_out(&template, &Datasets::default()).unwrap().0, pages);
    }
}
