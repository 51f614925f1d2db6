//! Whether elements are given only what their kind of box can have.
//!
//! CSS that is fine by itself may ask for something that isn't supported where it lands, such as padding on a box
//! within a line. It is better told here than ignored on paper.

use std::rc::Rc;

use crate::{
    fault::Fault,
    template::{
        ancestry::{Ancestry, Position},
        cascade::{Cascade, Notes},
        document::{Document, Element, ElementId, Piece},
        source::Source,
        stream::fault_at,
        style::{Display, Extent, Sides, Style},
    },
};

/// Checks every element in the style that it has with all the classes its `class` may name.
pub(crate) fn check(
    document: &Document,
    cascade: &Cascade,
    source: &Source,
    notes: &mut Notes,
    faults: &mut Vec<Fault>,
) {
    if let Some(html) = document.find("html") {
        let mut checker = Checker { document, cascade, source, notes, faults };
        checker.element(html, Position { index: 1, last: true }, None, None);
    }
}

/// Each level of tables and flex containers is measured more than once.
const MAX_NESTED: usize = 8;

struct Checker<'a> {
    document: &'a Document,
    cascade: &'a Cascade,
    source: &'a Source,
    notes: &'a mut Notes,
    faults: &'a mut Vec<Fault>,
}

impl Checker<'_> {
    fn element(&mut self, id: ElementId, position: Position, parent: Option<&Rc<Ancestry>>, root_size: Option<f32>) {
        let element = self.document.get(id);
        let classes = possible_classes(element);
        let own = Ancestry::new(self.document, self.cascade, id, classes, position, parent, root_size, self.notes);
        if own.style().display == Display::None {
            return;
        }
        self.check(id, element, own.style());
        if element.rows.is_some() {
            self.check_stream(id, &own);
        }
        self.check_depth(id, &own);
        let root_size = root_size.or(Some(own.style().font_size));
        let children: Vec<ElementId> = self.document.child_elements(id).collect();
        for (i, &child) in children.iter().enumerate() {
            let position = Position { index: i + 1, last: i + 1 == children.len() };
            self.element(child, position, Some(&own), root_size);
        }
    }

    fn check(&mut self, id: ElementId, element: &Element, style: &Style) {
        let tag = element.tag;
        let inline = style.display == Display::Inline && tag != "br";
        if inline && (has_border(style) || is_set(style.padding) || (tag != "img" && is_set(style.margin))) {
            let message =
                format!("`<{tag}>` stands within a line, where margin, padding and border are not supported yet");
            self.fault(id, &message, "make it a block with `display: block`, or a flex item");
        }
        if inline && tag == "img" && is_set(Sides { top: ZERO, bottom: ZERO, ..style.margin }) {
            self.fault(
                id,
                "a picture on a line has no left and right margin yet",
                "put it into a `<div>` with padding",
            );
        }
        if tag != "img" && !fits(tag, style.display) {
            let message = format!("`<{tag}>` can't be displayed like this");
            let help = match tag {
                "tfoot" => "`tfoot` is printed once, at the table's end; leave its `display` as it is",
                _ => "table displays belong to the table elements; use `display: flex` for boxes side by side",
            };
            self.fault(id, &message, help);
        }
    }

    fn check_depth(&mut self, id: ElementId, own: &Rc<Ancestry>) {
        let around = std::iter::successors(Some(own), |own| own.above());
        let nested = around.filter(|place| matches!(place.style().display, Display::Flex | Display::Table)).count();
        if nested == MAX_NESTED + 1 && matches!(own.style().display, Display::Flex | Display::Table) {
            let message = format!("tables and flex containers are nested deeper than {MAX_NESTED}");
            self.fault(id, &message, "make the layout simpler");
        }
    }

    fn check_stream(&mut self, table: ElementId, own: &Rc<Ancestry>) {
        let style = own.style();
        let widths = self.document.iter().any(|(id, element)| {
            element.tag == "col" && self.document.with_ancestors(id).any(|ancestor| ancestor == table)
        });
        if !style.fixed_table && !widths {
            self.fault(
                table,
                "the columns of a streamed table have no widths",
                "write `table { width: 100%; table-layout: fixed }`, or give `<col>` elements their widths",
            );
        }
        let mut above = own.above();
        while let Some(ancestor) = above {
            if ancestor.style().display == Display::Flex {
                let help = "put it directly into the body, a section or a div";
                self.fault(table, "a streamed table can't stand in a flex container", help);
            }
            above = ancestor.above();
        }
    }

    fn fault(&mut self, id: ElementId, message: &str, help: &str) {
        self.faults.push(fault_at(self.document, self.source.file(), id, message, help));
    }
}

const ZERO: Extent = Extent::Points(0.0);

fn is_set(sides: Sides<Extent>) -> bool {
    [sides.top, sides.right, sides.bottom, sides.left].iter().any(|side| *side != ZERO)
}

fn has_border(style: &Style) -> bool {
    let Sides { top, right, bottom, left } = style.border;
    [top, right, bottom, left].iter().any(|border| border.width > 0.0)
}

/// Whether layout knows what an element of this name shown like this is.
fn fits(tag: &str, display: Display) -> bool {
    let own = match tag {
        "table" => Display::Table,
        "thead" => Display::TableHeaderGroup,
        "tbody" | "tfoot" => Display::TableRowGroup,
        "tr" => Display::TableRow,
        "td" | "th" => Display::TableCell,
        "colgroup" => Display::TableColumnGroup,
        "col" => Display::TableColumn,
        "caption" => Display::TableCaption,
        _ => {
            use Display::{Block, Flex, Grid, Inline, InlineBlock, InlineFlex, InlineGrid, ListItem};
            return matches!(display, Inline | Block | ListItem | InlineBlock | Flex | InlineFlex | Grid | InlineGrid);
        }
    };
    display == own
}

/// The classes that `class` names, including the words that its expressions may come to.
fn possible_classes(element: &Element) -> String {
    let mut classes = String::new();
    for piece in element.class.iter().flat_map(|text| &text.pieces) {
        match piece {
            Piece::Literal(text) => classes.push_str(text),
            Piece::Expression(expression) => {
                for word in expression.text().split(['"', '\'']).skip(1).step_by(2) {
                    classes.push(' ');
                    classes.push_str(word);
                }
            }
        }
    }
    classes
}
