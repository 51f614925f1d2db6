//! Documents as a reader sees them: each test is a small template, its rows, and the pages as text.

mod boxes;
mod breaks;
mod css;
mod flow;
mod kinds;
mod paging;
mod random;
mod streams;
mod tables;
mod tags;

use std::{collections::BTreeMap, fs, sync::Arc};

use chrono::{TimeZone, Utc};
use expect_test::Expect;

use crate::{
    layout::{
        Context, Interrupted, LayoutError, Pages, Rows, Totals,
        page::{Item, Page},
        paginate,
        text::Shaper,
    },
    template::Template,
    value::{Column, ColumnType, Columns, Row, Value},
};

/// A dataset of the test: columns and rows.
pub(super) struct Data {
    columns: Columns,
    rows: Vec<Row>,
}

/// The datasets of a test, by name.
#[derive(Default)]
pub(super) struct Datasets(BTreeMap<&'static str, Data>);

impl Datasets {
    /// Adds a dataset.
    pub(super) fn with(mut self, name: &'static str, columns: &[&str], rows: Vec<Row>) -> Self {
        let column = |name: &&str| Column { name: Arc::from(*name), kind: ColumnType::Unknown };
        self.0.insert(name, Data { columns: columns.iter().map(column).collect(), rows });
        self
    }
}

struct Pulling<'d> {
    data: &'d Datasets,
    current: std::slice::Iter<'d, Row>,
}

impl Rows for Pulling<'_> {
    fn open(&mut self, dataset: &str) -> Result<Columns, Interrupted> {
        let data = self.data.0.get(dataset).ok_or(Interrupted)?;
        self.current = data.rows.iter();
        Ok(data.columns.clone())
    }

    fn next(&mut self) -> Result<Option<Row>, Interrupted> {
        Ok(self.current.next().cloned())
    }
}

#[derive(Default)]
struct Collected(Vec<Page>);

impl Pages for Collected {
    fn page(&mut self, page: &Page) -> Result<(), Interrupted> {
        self.0.push(page.clone());
        Ok(())
    }
}

/// Loads a template from its style and the contents of its body.
pub(super) fn template(style: &str, body: &str) -> Template {
    let folder = tempfile::tempdir().unwrap();
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>T</title><style>body {{ margin: 0 }}\n{style}</style></head>\
         <body>{body}</body></html>"
    );
    fs::write(folder.path().join("t.html"), html).unwrap();
    match Template::load(folder.path(), "t.html") {
        Ok(template) => template,
        Err(faults) => panic!("{}", faults.iter().map(|fault| format!("{fault}\n")).collect::<String>()),
    }
}

/// The template, unless it has faults, as streams within flex rows have.
pub(super) fn loaded(style: &str, body: &str) -> Option<Template> {
    let folder = tempfile::tempdir().unwrap();
    let html = format!("<html lang='en'><head><style>{style}</style></head><body>{body}</body></html>");
    fs::write(folder.path().join("t.html"), html).unwrap();
    Template::load(folder.path(), "t.html").ok()
}

pub(super) fn context() -> Context {
    Context {
        title: "Doses".to_owned(),
        description: String::new(),
        tenant: "north".to_owned(),
        language: "en".to_owned(),
        time_zone: chrono_tz::UTC,
        generated_at: Utc.with_ymd_and_hms(2026, 11, 24, 9, 30, 0).unwrap(),
        parameters: vec![(Arc::from("from"), Value::Date("2026-01-31".parse().unwrap()))],
        single: vec![Arc::from("patient")],
        tagged: false,
        max_pages: 1000,
    }
}

/// Lays a document out, making sure that nothing is drawn outside of its page.
pub(super) fn lay_out(template: &Template, data: &Datasets) -> Result<(Vec<Page>, Totals), LayoutError> {
    let (pages, totals) = lay_out_anyhow(template, data)?;
    pages.iter().for_each(assert_inside);
    Ok((pages, totals))
}

/// The same for documents whose own CSS may push things off their page.
pub(super) fn lay_out_anyhow(template: &Template, data: &Datasets) -> Result<(Vec<Page>, Totals), LayoutError> {
    lay_out_with(template, &context(), data)
}

/// The same with other facts.
pub(super) fn lay_out_with(
    template: &Template,
    context: &Context,
    data: &Datasets,
) -> Result<(Vec<Page>, Totals), LayoutError> {
    let mut shaper = Shaper::new(template.fonts().clone());
    let mut pages = Collected::default();
    let mut rows = Pulling { data, current: [].iter() };
    let totals = paginate(template, context, &mut shaper, &mut rows, &mut pages)?;
    assert_eq!(totals.pages, pages.0.len() as u64);
    Ok((pages.0, totals))
}

pub(super) fn render(style: &str, body: &str, data: &Datasets) -> Vec<Page> {
    lay_out(&template(style, body), data).unwrap().0
}

/// Nothing is drawn outside of its page.
fn assert_inside(page: &Page) {
    let inside = |x: f32, y: f32| {
        let (right, bottom) = (page.width + 0.1, page.height + 0.1);
        assert!((-0.1..=right).contains(&x) && (-0.1..=bottom).contains(&y), "page {}: {x}, {y}", page.number);
    };
    for item in &page.items {
        match item {
            Item::Text(run) => {
                inside(run.x, run.y);
                let glyphs = &page.glyphs[run.glyphs.start as usize..run.glyphs.end as usize];
                inside(run.x + glyphs.iter().map(|glyph| glyph.advance).sum::<f32>() * run.size / 1000.0, run.y);
            }
            Item::Fill { area, .. } | Item::Image { area, .. } | Item::Link { area, .. } => {
                inside(area.x, area.y);
                inside(area.x + area.width, area.y + area.height);
            }
            Item::Line { from, to, .. } => {
                inside(from.0, from.1);
                inside(to.0, to.1);
            }
            Item::PageTotal { x, y, .. } => inside(*x, *y),
            Item::Destination { y, .. } | Item::Bookmark { y, .. } => inside(0.0, *y),
            Item::Path(_) | Item::Clip(_) | Item::Unclip | Item::Fade(_) | Item::Unfade => {}
        }
    }
}

/// The pages as text, each under a line with its number.
pub(super) fn shown(pages: &[Page]) -> String {
    pages.iter().map(|page| format!("-- {} --\n{}\n", page.number, page.plain_text())).collect()
}

pub(super) fn check(style: &str, body: &str, data: &Datasets, expected: Expect) {
    expected.assert_eq(&shown(&render(style, body, data)));
}

/// A text value.
pub(super) fn text(text: &str) -> Value {
    Value::text(text)
}

/// A decimal value.
pub(super) fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}
