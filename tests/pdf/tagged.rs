//! Tagged documents: what readers who can't see a page are told of it.

use std::sync::Arc;

use expect_test::expect;
use pressroom::{
    layout::page::{
        Anchor, Color, Image, Item, Numbering, Page, Path, Rect, Role, Scope, Segment, Tag, TagEvent, TagId,
    },
    pdf::{PdfError, PdfWriter, Stamp, StampedDataset},
};

use crate::{
    press::{Document, Press},
    tree::Tree,
};

/// A tagged document being made by hand: tags are opened and closed, and text is placed.
struct Sheets {
    press: Press,
    pages: Vec<Page>,
    open: Vec<TagId>,
    last: u32,
    closed: u64,
    y: f32,
}

impl Sheets {
    fn new() -> Self {
        let press = Press::tagged();
        let pages = vec![press.page(1)];
        let mut sheets = Self { press, pages, open: Vec::new(), last: 0, closed: 0, y: 40.0 };
        sheets.open(Role::Document);
        sheets
    }

    fn page(&mut self) -> &mut Page {
        self.pages.last_mut().unwrap()
    }

    fn open(&mut self, role: Role) -> TagId {
        self.begin(|id, parent| TagEvent::OpenPlain { id, parent, role })
    }

    fn open_tag(&mut self, tag: Tag) -> TagId {
        self.begin(|id, parent| TagEvent::Open { id, parent, tag: Box::new(tag) })
    }

    fn begin(&mut self, event: impl FnOnce(TagId, TagId) -> TagEvent) -> TagId {
        self.last += 1;
        let (id, parent) = (TagId(self.last), self.open.last().copied().unwrap_or_default());
        self.open.push(id);
        self.page().tags.push(event(id, parent));
        id
    }

    fn close(&mut self) {
        let id = self.open.pop().unwrap();
        self.closed += 1;
        self.page().tags.push(TagEvent::Close(id));
    }

    fn text(&mut self, text: &str) {
        let owner = self.open.last().copied().unwrap_or_default();
        self.text_of(owner, text);
    }

    fn text_of(&mut self, owner: TagId, text: &str) {
        self.y += 14.0;
        let (y, first) = (self.y, self.pages.last().unwrap().items.len());
        let page = self.pages.last_mut().unwrap();
        self.press.text(page, 50.0, y, 10.0, text);
        for item in &mut page.items[first..] {
            if let Item::Text(run) = item {
                run.owner = owner;
            }
        }
    }

    fn leaf(&mut self, role: Role, text: &str) {
        self.open(role);
        self.text(text);
        self.close();
    }

    /// Turns to a new page; everything that was closed is on pages before it.
    fn turn(&mut self) {
        let closed = self.closed;
        self.page().closed = closed;
        let number = self.pages.len() as u32 + 1;
        self.pages.push(self.press.page(number));
        self.y = 40.0;
    }

    fn finish(mut self) -> Document {
        while !self.open.is_empty() {
            self.close();
        }
        let closed = self.closed;
        self.page().closed = closed;
        self.press.write(&self.pages)
    }
}

#[test]
fn content_is_found_from_its_element_and_back() {
    let mut sheets = Sheets::new();
    sheets.leaf(Role::H1, "Immunization record");
    let paragraph = sheets.open(Role::P);
    sheets.text("Given on");
    let link = sheets.open(Role::Link);
    sheets.text("the portal");
    sheets.close();
    sheets.text_of(paragraph, "and at the clinic");
    sheets.text_of(TagId::ARTIFACT, "page 1");
    sheets.close();
    let area = Rect { x: 50.0, y: 60.0, width: 60.0, height: 10.0 };
    sheets.page().items.push(Item::Link { area, target: "https://example.org".into(), owner: link });
    let document = sheets.finish();
    expect![[r#"
        Document
          H1 0
          P 1 3
            Link 2 link
    "#]]
    .assert_eq(Tree::read(&document.bytes).shown());
    let json = document.run("qpdf", &["--json"], &[]);
    for expected in ["\"/Contents\": \"u:the portal\"", "\"/Marked\": true", "\"/Tabs\": \"/S\""] {
        assert!(json.contains(expected), "{expected}");
    }
    let xmp = document.run("pdfinfo", &["-meta"], &[]);
    for expected in ["<pdfaid:conformance>A</pdfaid:conformance>", "<pdfuaid:part>1</pdfuaid:part>"] {
        assert!(xmp.contains(expected), "{xmp}");
    }
}

#[test]
fn a_paragraph_over_two_pages_is_one_element() {
    let mut sheets = Sheets::new();
    let paragraph = sheets.open(Role::P);
    sheets.text("It begins here");
    sheets.turn();
    sheets.text("and ends there.");
    sheets.close();
    sheets.leaf(Role::P, "Another.");
    // Closed ahead of the page that its content comes to stand on.
    sheets.open(Role::P);
    let late = *sheets.open.last().unwrap();
    sheets.close();
    sheets.page().closed = 2;
    sheets.pages.push(sheets.press.page(3));
    sheets.text_of(late, "Late.");
    assert_ne!(paragraph, late);
    let document = sheets.finish();
    expect![[r#"
        Document
          P 0 page:0
          P 1
          P 0
    "#]]
    .assert_eq(Tree::read(&document.bytes).shown());
}

#[test]
fn reading_order_is_that_of_the_tags_whatever_is_drawn_first() {
    let mut sheets = Sheets::new();
    sheets.open(Role::Sect);
    let (mut first, mut empty, mut second) = (TagId(0), TagId(0), TagId(0));
    for tag in [&mut first, &mut empty, &mut second] {
        *tag = sheets.open(Role::P);
        sheets.close();
    }
    sheets.text_of(second, "second");
    sheets.text_of(first, "first");
    sheets.close();
    expect![[r#"
        Document
          Sect
            P 1
            P 0
    "#]]
    .assert_eq(Tree::read(&sheets.finish().bytes).shown());
}

#[test]
fn cells_tell_their_headers_and_spans() {
    let mut sheets = Sheets::new();
    sheets.open(Role::Table);
    sheets.open(Role::THead);
    sheets.open(Role::TR);
    sheets.leaf(Role::TH, "Vaccine");
    sheets.open_tag(Tag { role: Role::TH, scope: Some(Scope::Both), columns: 2, ..Tag::default() });
    sheets.text("Doses");
    sheets.close();
    sheets.close();
    sheets.close();
    sheets.open(Role::TBody);
    for row in 0..2 {
        sheets.open(Role::TR);
        sheets.open_tag(Tag { role: Role::TH, scope: Some(Scope::Row), ..Tag::default() });
        sheets.text(&format!("MMR {row}"));
        sheets.close();
        sheets.leaf(Role::TD, "1");
        sheets.open(Role::TD);
        sheets.close();
        sheets.close();
        sheets.turn();
    }
    expect![[r#"
        Document
          Table
            THead
              TR
                TH 0 Scope=Column
                TH 1 Scope=Both ColSpan=2
            TBody
              TR
                TH 2 Scope=Row
                TD 3
                TD
              TR
                TH 0 Scope=Row
                TD 1
                TD
    "#]]
    .assert_eq(Tree::read(&sheets.finish().bytes).shown());
}

#[test]
fn tables_are_regular_whatever_is_left_out() {
    let mut sheets = Sheets::new();
    sheets.open(Role::Table);
    sheets.open(Role::THead);
    sheets.open(Role::TR);
    sheets.leaf(Role::TH, "Vaccine");
    sheets.leaf(Role::TH, "Lot");
    sheets.close();
    sheets.close();
    // No rows came.
    sheets.open(Role::TBody);
    sheets.close();
    sheets.close();
    sheets.open(Role::Table);
    for cells in [3, 1] {
        sheets.open(Role::TR);
        (0..cells).for_each(|cell| sheets.leaf(Role::TD, &cell.to_string()));
        sheets.close();
    }
    sheets.close();
    // Nothing is in it, so it is none.
    sheets.open(Role::H1);
    sheets.close();
    sheets.leaf(Role::H2, "Part");
    sheets.open(Role::P);
    sheets.close();
    sheets.leaf(Role::Figure, "without alternative text");
    sheets.open_tag(Tag { language: Some("no language".into()), ..Tag::of(Role::P) });
    sheets.text("words");
    sheets.close();
    expect![[r#"
        Document
          Table
            THead
              TR
                TH 0 Scope=Column
                TH 1 Scope=Column
            TBody
              TR
                TD ColSpan=2
          Table
            TR
              TD 2
              TD 3
              TD 4
            TR
              TD 5
              TD
              TD
          H1 6
          P 7
    "#]]
    .assert_eq(Tree::read(&sheets.finish().bytes).shown());
}

#[test]
fn a_long_body_is_several() {
    let mut sheets = Sheets::new();
    sheets.open(Role::Table);
    sheets.open(Role::TBody);
    for row in 0..10_000 {
        if row % 50 == 49 {
            sheets.turn();
        }
        sheets.open(Role::TR);
        sheets.leaf(Role::TD, &row.to_string());
        sheets.close();
    }
    let document = sheets.finish();
    let tree = Tree::read(&document.bytes);
    let bodies: Vec<usize> = tree.shown().split("    TBody\n").skip(1).map(|body| body.matches("TR").count()).collect();
    assert_eq!(bodies, [4096, 4096, 1808]);
}

#[test]
fn figures_lists_and_languages_say_what_they_are() {
    let mut sheets = Sheets::new();
    let figure =
        sheets.open_tag(Tag { role: Role::Figure, alternative: Some("The clinic’s logo".into()), ..Tag::default() });
    sheets.close();
    let png = include_bytes!("../pictures/half-transparent.png");
    let image = Arc::new(Image { bytes: png[..].into(), width: 2, height: 2 });
    let area = Rect { x: 10.0, y: 20.0, width: 50.0, height: 40.0 };
    sheets.page().items.push(Item::Image { area, image, owner: figure });
    sheets.open_tag(Tag { role: Role::L, numbering: Some(Numbering::Decimal), ..Tag::default() });
    sheets.open(Role::LI);
    sheets.leaf(Role::Lbl, "1.");
    sheets.leaf(Role::LBody, "MMR");
    sheets.close();
    sheets.close();
    sheets.open_tag(Tag { role: Role::P, language: Some("de-CH".into()), ..Tag::default() });
    sheets.text("Grüezi");
    sheets.close();
    expect![[r#"
        Document
          Figure 0 Alt=The clinic’s logo Placement=Block BBox=10,781.89,60,821.89
          L ListNumbering=Decimal
            LI
              Lbl 1
              LBody 2
          P 3 Lang=de-CH
    "#]]
    .assert_eq(Tree::read(&sheets.finish().bytes).shown());
}

#[test]
fn what_fades_together_keeps_its_elements() {
    let mut sheets = Sheets::new();
    sheets.leaf(Role::H1, "Solid");
    sheets.page().items.push(Item::Fade(0.5));
    let segments = vec![Segment::Move((40.0, 40.0)), Segment::Line((300.0, 40.0)), Segment::Line((300.0, 300.0))];
    let path = Path { segments, fill: Some(Color::rgb(200, 0, 0)), stroke: None };
    sheets.page().items.push(Item::Clip(Box::new(path.clone())));
    sheets.page().items.push(Item::Path(Box::new(path)));
    sheets.leaf(Role::P, "Faded");
    sheets.page().items.extend([Item::Unclip, Item::Unfade]);
    sheets.leaf(Role::P, "Solid again");
    let (font, color) = (sheets.press.shaper.book().primary(sheets.press.regular), Color::default());
    let total = Item::PageTotal { x: 50.0, y: 800.0, align: Anchor::Start, font, size: 9.0, color };
    sheets.page().items.push(total);
    let document = sheets.finish();
    expect![[r#"
        Document
          H1 0
          P form:0
          P 1
    "#]]
    .assert_eq(Tree::read(&document.bytes).shown());
    assert!(document.text().contains("Faded"));
}

#[test]
fn links_without_an_element_get_one() {
    let mut sheets = Sheets::new();
    sheets.leaf(Role::P, "text");
    for (y, owner) in [(10.0, TagId::ARTIFACT), (60.0, TagId(1))] {
        let area = Rect { x: 50.0, y, width: 60.0, height: 10.0 };
        sheets.page().items.push(Item::Link { area, target: "#top".into(), owner });
    }
    expect![[r#"
        Document
          P 0
          Link link
          Link link
    "#]]
    .assert_eq(Tree::read(&sheets.finish().bytes).shown());
}

#[test]
fn an_untagged_layout_is_all_artifacts() {
    let mut press = Press::tagged();
    let mut page = press.page(1);
    press.text(&mut page, 50.0, 50.0, 9.0, "nobody's");
    assert_eq!(Tree::read(&press.write(&[page]).bytes).shown(), "");
}

#[test]
fn the_stamp_says_what_was_read() {
    let press = Press::tagged();
    let mut out = Vec::new();
    let mut writer = PdfWriter::new(&mut out, Arc::clone(press.shaper.book()), press.metadata.clone()).unwrap();
    writer.page(&press.page(1)).unwrap();
    let doses = StampedDataset { name: "doses".into(), rows_read: 38, rows_placed: 38, sha256: [0xAB; 32] };
    writer.finish(&Stamp { datasets: vec![doses] }).unwrap();
    let xmp = Document::new(out).run("pdfinfo", &["-meta"], &[]);
    for expected in [
        "<pressroomDataset:name>doses</pressroomDataset:name>",
        "<pressroomDataset:rowsRead>38</pressroomDataset:rowsRead>",
        "<pressroomDataset:sha256>abababab",
        "<pdfaSchema:valueType>",
    ] {
        assert!(xmp.contains(expected), "{expected} is not in {xmp}");
    }
}

#[test]
fn clips_in_each_other_have_an_end() {
    let press = Press::tagged();
    let mut page = press.page(1);
    page.items.extend((0..40).map(|_| Item::Clip(Box::default())));
    let mut writer = PdfWriter::new(Vec::new(), Arc::clone(press.shaper.book()), press.metadata.clone()).unwrap();
    assert!(matches!(writer.page(&page), Err(PdfError::Nesting(_))));
}
