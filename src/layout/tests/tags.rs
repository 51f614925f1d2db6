//! The structure that layout tells with its pages.

use std::{collections::BTreeMap, fmt::Write as _};

use expect_test::{Expect, expect};

use super::{Datasets, context, lay_out_with, template};
use crate::layout::{
    Context,
    page::{Item, Page, Role, Tag, TagEvent, TagId},
};

/// Lays a document out and shows its structure: a tag a line, with its text as it is drawn.
fn check(body: &str, expected: Expect) {
    let context = Context { tagged: true, ..context() };
    let pages = lay_out_with(&template("", body), &context, &Datasets::default()).unwrap().0;
    expected.assert_eq(&shown(&pages));
}

#[derive(Default)]
struct Told {
    tag: Tag,
    children: Vec<TagId>,
    text: String,
    closed: bool,
}

fn shown(pages: &[Page]) -> String {
    let mut tags: BTreeMap<TagId, Told> = BTreeMap::new();
    tags.entry(TagId::ARTIFACT).or_default();
    let mut artifacts = String::new();
    let mut order = Vec::new();
    for page in pages {
        for event in &page.tags {
            let (id, parent, tag) = match event {
                TagEvent::Open { id, parent, tag } => (*id, *parent, (**tag).clone()),
                TagEvent::OpenPlain { id, parent, role } => (*id, *parent, Tag::of(*role)),
                TagEvent::Close(id) => {
                    order.push(*id);
                    tags.get_mut(id).unwrap().closed = true;
                    continue;
                }
            };
            assert!(!tags[&parent].closed, "{tag:?} begins in what has ended");
            tags.get_mut(&parent).unwrap().children.push(id);
            assert!(tags.insert(id, Told { tag, ..Told::default() }).is_none());
        }
        for item in &page.items {
            let (owner, text) = match item {
                Item::Text(run) => (run.owner, &page.text[run.text.start as usize..run.text.end as usize]),
                Item::Image { owner, .. } => (*owner, "[picture]"),
                _ => continue,
            };
            match owner {
                TagId::ARTIFACT => write!(artifacts, "{text} ").unwrap(),
                owner => {
                    write!(tags.get_mut(&owner).unwrap().text, "{} ", text.trim()).unwrap();
                    let before = pages.iter().take_while(|earlier| earlier.number < page.number).last();
                    let mut early = order.iter().take(before.map_or(0, |page| page.closed as usize));
                    assert!(!early.any(|early| *early == owner), "{text} comes after its tag was settled");
                }
            }
        }
    }
    assert!(tags.iter().all(|(id, told)| *id == TagId::ARTIFACT || told.closed));
    assert_eq!(pages.last().unwrap().closed, order.len() as u64);
    let mut out = String::new();
    write_tags(&tags, TagId::ARTIFACT, 0, &mut out);
    if !artifacts.is_empty() {
        writeln!(out, "({})", artifacts.trim()).unwrap();
    }
    out
}

fn write_tags(tags: &BTreeMap<TagId, Told>, parent: TagId, depth: usize, out: &mut String) {
    for child in &tags[&parent].children {
        let Told { tag, text, .. } = &tags[child];
        let mut line = format!("{:indent$}{:?}", "", tag.role, indent = 2 * depth);
        let Tag { alternative, language, numbering, .. } = tag;
        for (key, value) in [("alt", alternative), ("lang", language)] {
            if let Some(value) = value
                && tag.role != Role::Document
            {
                write!(line, " {key}={value:?}").unwrap();
            }
        }
        if let Some(numbering) = numbering {
            write!(line, " {numbering:?}").unwrap();
        }
        if !text.is_empty() {
            write!(line, ": {}", text.trim()).unwrap();
        }
        writeln!(out, "{line}").unwrap();
        write_tags(tags, *child, depth + 1, out);
    }
}

#[test]
fn blocks_are_what_their_elements_say() {
    check(
        "<header>top</header><main><h1>Title</h1><section><h2>Part</h2><p>words</p>loose <div>inner</div>end</section>\
         <article><blockquote>said</blockquote><pre>code</pre></article></main><hr>",
        expect![[r#"
            Document
              Div
                P: top
              Div
                H1: Title
                Sect
                  H2: Part
                  P: words
                  P: loose
                  P: inner
                  P: end
                Art
                  BlockQuote
                    P: said
                  P: code
        "#]],
    );
}

#[test]
fn lists_have_labels_and_bodies() {
    check(
        "<ol><li>one</li><li><p>two</p><ul><li>deep</li></ul></li></ol>\
         <ul style='list-style-type: none'><li>bare</li></ul>\
         <dl><dt>MMR</dt><dd>two doses</dd><dd>live</dd><dt>Tdap</dt><dd>one</dd></dl><p>after</p>",
        expect![[r#"
            Document
              L Decimal
                LI
                  Lbl: 1.
                  LBody: one
                LI
                  Lbl: 2.
                  LBody
                    P: two
                    L Circle
                      LI
                        Lbl: ◦
                        LBody: deep
              L
                LI
                  LBody: bare
              L
                LI
                  Lbl: MMR
                  LBody: two doses
                  LBody: live
                LI
                  Lbl: Tdap
                  LBody: one
              P: after
        "#]],
    );
}

#[test]
fn languages_are_told_where_they_change() {
    check(
        "<p lang='de'>Guten Tag</p><div lang='fr'>Bonjour</div><div>Hello</div>",
        expect![[r#"
            Document
              P lang="de": Guten Tag
              Div lang="fr"
                P: Bonjour
              P: Hello
        "#]],
    );
}

#[test]
fn a_paragraph_over_pages_is_one_tag() {
    let lines = "word ".repeat(60);
    let style = "@page { size: 100pt 60pt; margin: 5pt } p { font-size: 10pt; margin: 0 }";
    let context = Context { tagged: true, ..context() };
    let body = format!("<p>{lines}</p><p>next</p>");
    let pages = lay_out_with(&template(style, &body), &context, &Datasets::default()).unwrap().0;
    assert!(pages.len() > 2);
    let told = shown(&pages);
    assert_eq!(told.matches("P:").count(), 2, "{told}");
    assert_eq!(told.matches("word").count(), 60);
}
