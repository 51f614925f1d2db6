//! What is drawn, as poppler shows it.

use std::sync::Arc;

use pressroom::layout::page::{Color, Dash, Image, Item, Page, Path, Rect, Segment, TagId};

use crate::press::Press;

const RED: Color = Color::rgb(255, 0, 0);
const BLACK: Color = Color::rgb(0, 0, 0);

/// A page's grey pixels at one a point.
struct Seen {
    width: usize,
    pixels: Vec<u8>,
}

impl Seen {
    fn of(items: Vec<Item>) -> Self {
        let press = Press::tagged();
        let page = Page { items, ..press.page(1) };
        let (width, pixels) = press.write(&[page]).pixels(1, 72);
        Self { width, pixels }
    }

    #[track_caller]
    fn assert_at(&self, x: usize, y: usize, expected: u8) {
        let found = self.pixels[y * self.width + x];
        assert!(found.abs_diff(expected) <= 4, "{found} instead of {expected} at {x}, {y}");
    }
}

fn square(x: f32, y: f32, side: f32) -> Vec<Segment> {
    let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
    let lines = corners[1..].iter().map(|corner| Segment::Line(*corner));
    [Segment::Move(corners[0])].into_iter().chain(lines).chain([Segment::Close]).collect()
}

fn filled(segments: Vec<Segment>, color: Color) -> Path {
    Path { segments, fill: Some(color), stroke: None }
}

fn area(x: f32, y: f32, side: f32) -> Rect {
    Rect { x, y, width: side, height: side }
}

#[test]
fn outlines_in_each_other_leave_a_hole() {
    let ring = [square(10.0, 10.0, 80.0), square(30.0, 30.0, 40.0)].concat();
    let stroked = Path { segments: square(110.0, 10.0, 80.0), fill: None, stroke: Some((BLACK, 10.0, Dash::Solid)) };
    let circle = vec![
        Segment::Move((220.0, 50.0)),
        Segment::Curve((220.0, 0.0), (300.0, 0.0), (300.0, 50.0)),
        Segment::Curve((300.0, 100.0), (220.0, 100.0), (220.0, 50.0)),
    ];
    let both = Path { segments: circle, fill: Some(RED), stroke: Some((BLACK, 6.0, Dash::Solid)) };
    let seen = Seen::of([filled(ring, BLACK), stroked, both].map(|path| Item::Path(Box::new(path))).into());
    seen.assert_at(20, 20, 0);
    seen.assert_at(50, 50, 255);
    seen.assert_at(110, 50, 0);
    seen.assert_at(150, 50, 255);
    seen.assert_at(260, 50, 76);
    seen.assert_at(220, 50, 0);
    seen.assert_at(222, 14, 255);
}

#[test]
fn clips_hold_up_to_their_end() {
    let clip = |x, side| Item::Clip(Box::new(filled(square(x, 10.0, side), BLACK)));
    let fill = |x| Item::Fill { area: area(x, 0.0, 200.0), color: BLACK };
    let seen =
        Seen::of(vec![clip(10.0, 100.0), clip(60.0, 100.0), fill(0.0), Item::Unclip, fill(0.0), Item::Unclip, {
            Item::Fill { area: area(300.0, 300.0, 20.0), color: BLACK }
        }]);
    seen.assert_at(50, 50, 0);
    seen.assert_at(5, 50, 255);
    seen.assert_at(130, 50, 255);
    seen.assert_at(310, 310, 0);
}

#[test]
fn what_fades_together_does_not_shine_through_itself() {
    let one = |x| Item::Fill { area: area(x, 10.0, 50.0), color: BLACK };
    let half = |x| Item::Fill { area: area(x, 100.0, 50.0), color: Color { a: 128, ..BLACK } };
    let seen = Seen::of(vec![
        Item::Fade(0.5),
        one(10.0),
        one(40.0),
        Item::Unfade,
        half(10.0),
        half(40.0),
        Item::Fill { area: area(200.0, 10.0, 50.0), color: BLACK },
    ]);
    // Two boxes over each other are as dark as one in a group, and darker when each is faded for itself.
    for x in [20, 50, 80] {
        seen.assert_at(x, 30, 127);
    }
    seen.assert_at(20, 120, 127);
    seen.assert_at(50, 120, 63);
    seen.assert_at(210, 30, 0);
}

#[test]
fn groups_stand_in_each_other_and_in_clips() {
    let seen = Seen::of(vec![
        Item::Clip(Box::new(filled(square(10.0, 10.0, 50.0), BLACK))),
        Item::Fade(0.5),
        Item::Fade(0.5),
        Item::Fill { area: area(0.0, 0.0, 100.0), color: BLACK },
        // The layout ends what it begins, but nothing bad happens if it didn't.
    ]);
    seen.assert_at(20, 20, 191);
    seen.assert_at(70, 20, 255);
}

/// Sixteen by eight pixels, dark on the left and light on the right; `turned` by a quarter.
#[test]
fn every_kind_of_picture_is_drawn() {
    let kinds: [(&[u8], u8, u8); 10] = [
        (include_bytes!("../pictures/grey.png"), 30, 220),
        (include_bytes!("../pictures/grey-16.png"), 31, 234),
        (include_bytes!("../pictures/grey-alpha.png"), 30, 255),
        (include_bytes!("../pictures/palette.png"), 60, 255),
        (include_bytes!("../pictures/palette-alpha.png"), 60, 255),
        (include_bytes!("../pictures/bits.png"), 0, 255),
        (include_bytes!("../pictures/grey.jpg"), 30, 220),
        (include_bytes!("../pictures/cmyk.jpg"), 76, 255),
        (include_bytes!("../pictures/turned.jpg"), 20, 250),
        (include_bytes!("../pictures/turned.jpg"), 20, 250),
    ];
    let items = kinds.iter().enumerate().map(|(row, (bytes, ..))| Item::Image {
        area: Rect { x: 10.0, y: 60.0 * row as f32, width: 64.0, height: 32.0 },
        image: Arc::new(Image { bytes: Arc::from(*bytes), width: 16, height: 8 }),
        owner: TagId::ARTIFACT,
    });
    let seen = Seen::of(items.collect());
    for (row, (_, left, right)) in kinds.iter().enumerate() {
        let y = 60 * row + 16;
        if row < 8 {
            seen.assert_at(20, y, *left);
            seen.assert_at(60, y, *right);
        } else {
            seen.assert_at(20, y - 10, *left);
            seen.assert_at(20, y + 10, *right);
        }
    }
}

#[test]
fn bookmarks_stand_in_each_other() {
    let press = Press::tagged();
    let titles = [(1, "One"), (2, "One.A"), (3, "One.A.i"), (2, "One.B"), (1, "Zwölf"), (3, "deep"), (2, "less")];
    let pages: Vec<Page> = titles
        .iter()
        .zip(1..)
        .map(|((level, title), number)| {
            let bookmark = Item::Bookmark { y: 100.0, level: *level, title: Arc::from(*title) };
            Page { items: vec![bookmark], ..press.page(number) }
        })
        .collect();
    let json = press.write(&pages).run("qpdf", &["--json", "--json-key=outlines", "--json-key=qpdf"], &[]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    fn shown(entries: &serde_json::Value) -> String {
        let entry = |entry: &serde_json::Value| {
            let page = entry["destpageposfrom1"].as_u64().unwrap();
            format!("{}@{page}({})", entry["title"].as_str().unwrap(), shown(&entry["kids"]))
        };
        entries.as_array().unwrap().iter().map(entry).collect::<Vec<_>>().join(" ")
    }
    assert_eq!(shown(&json["outlines"]), "One@1(One.A@2(One.A.i@3()) One.B@4()) Zwölf@5(deep@6() less@7())");
    assert!(json.to_string().contains("/UseOutlines"));
}

#[test]
fn links_lead_to_places_by_name() {
    let press = Press::tagged();
    let place = |name: &str| Item::Destination { y: 200.0, name: Arc::from(name) };
    let link = Item::Link { area: area(10.0, 10.0, 20.0), target: Arc::from("#second"), owner: TagId::ARTIFACT };
    let mut pages = vec![Page { items: vec![link, place("first")], ..press.page(1) }];
    pages.push(Page { items: vec![place("second"), place("first")], ..press.page(2) });
    let document = press.write(&pages);
    let read = lopdf::Document::load_mem(&document.bytes).unwrap();
    let names = document.run("pdfinfo", &["-dests"], &[]);
    let rows: Vec<Vec<&str>> = names.lines().skip(1).map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 2, "{names}");
    assert!(names.contains("\"first\"") && names.contains("\"second\""), "{names}");
    assert!(rows.iter().any(|row| row[0] == "2" && names.contains("second")), "{names}");
    assert_eq!(read.get_pages().len(), 2);
}
