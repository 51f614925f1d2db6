//! Whether elements are given only what their kind of box can have.
//!
//! CSS that is fine by itself may ask for something that isn't supported where it lands, such as padding on a box
//! within a line. It is better told here than ignored on paper.

use std::{collections::BTreeSet, rc::Rc, sync::Arc};

use crate::{
    fault::Fault,
    template::{
        ancestry::{Ancestry, Places},
        cascade::{Cascade, Notes, Resolved},
        css::matcher::{Facts, Matched, Place},
        document::{Document, Element, ElementId, Piece, Text},
        source::Source,
        stream::fault_at,
        style::{CounterChange, Display, Generated, Position, Sides, Style},
        vocabulary,
    },
};

/// Checks every element in the style that it has with all the classes its `class` may name. Gives back that of the
/// root.
pub(crate) fn check(
    document: &Document,
    cascade: &Cascade,
    source: &Source,
    notes: &mut Notes,
    faults: &mut Vec<Fault>,
) -> Arc<Style> {
    let Some(html) = document.find("html") else { return Arc::default() };
    let mut checker = Checker { document, cascade, source, notes, faults, counted_by_rows: BTreeSet::new() };
    let place = Places::new(["html"].into_iter()).next("html");
    checker.element(html, &place, None, None);
    checker.ancestry(html, &place, None, None).style().clone()
}

/// Each level of tables and flex containers is measured more than once.
const MAX_NESTED: usize = 8;

struct Checker<'a> {
    document: &'a Document,
    cascade: &'a Cascade,
    source: &'a Source,
    notes: &'a mut Notes,
    faults: &'a mut Vec<Fault>,
    /// The counters that rows of streamed tables have used.
    counted_by_rows: BTreeSet<Arc<str>>,
}

impl Checker<'_> {
    fn element(
        &mut self,
        id: ElementId,
        place: &Place,
        parent: Option<&Rc<Ancestry>>,
        root_size: Option<f32>,
    ) -> Arc<Matched> {
        let element = self.document.get(id);
        let own = self.ancestry(id, place, parent, root_size);
        let matched = own.resolved().matched.clone();
        if own.style().display == Display::None {
            return matched;
        }
        self.check(id, element, own.style());
        self.check_look(id, element.tag, own.style());
        if let Position::Running(name) = &own.style().position {
            self.notes.running.insert(name.clone());
        }
        self.check_position(id, &own);
        self.check_content(id, element, own.resolved());
        self.check_page_counters(id, &own);
        if element.rows.is_some() {
            self.check_stream(id, &own);
        }
        self.check_depth(id, &own);
        let root_size = root_size.or(Some(own.style().font_size));
        let children: Vec<ElementId> = self.document.child_elements(id).collect();
        let mut places = Places::new(children.iter().map(|child| self.document.get(*child).tag));
        for child in children {
            let place = places.next(self.document.get(child).tag);
            let matched = self.element(child, &place, Some(&own), root_size);
            places.passed(&matched);
        }
        matched
    }

    fn ancestry(
        &mut self,
        id: ElementId,
        place: &Place,
        parent: Option<&Rc<Ancestry>>,
        root_size: Option<f32>,
    ) -> Rc<Ancestry> {
        let element = self.document.get(id);
        let literal = |text: &Text| text.literal().unwrap_or_default().to_owned();
        let attributes: Vec<_> = element.attributes.iter().map(|(name, text)| (*name, literal(text))).collect();
        let language = element.attribute("lang").and_then(Text::literal).map(Rc::from);
        let inherited = parent.and_then(|parent| parent.language().cloned());
        let facts = Facts {
            id: element.id.as_deref(),
            classes: &possible_classes(element),
            attributes: &attributes,
            language: language.as_deref().or(inherited.as_deref()),
            empty: element.children.is_empty(),
            place,
        };
        let above = parent.map(|parent| &**parent);
        let matched = self.cascade.matched(id, facts, above);
        let resolved = self.cascade.resolve(matched, &element.declared, above, root_size, self.notes);
        Ancestry::new(Arc::new(resolved), language, parent)
    }

    fn check(&mut self, id: ElementId, element: &Element, style: &Style) {
        let tag = element.tag;
        if tag != "img" && !fits(tag, style.display) {
            let message = format!("`<{tag}>` can't be displayed like this");
            let help = match tag {
                "thead" | "tfoot" => "`display: table-row-group` prints it once; its own repeats it on each page",
                _ => "table displays belong to the table elements; use `display: flex` for boxes side by side",
            };
            self.fault(id, &message, help);
        }
    }

    /// What is drawn around a box, where layout doesn't draw it.
    fn check_look(&mut self, id: ElementId, tag: &str, style: &Style) {
        let Sides { top, right, bottom, left } = style.border;
        let bordered = [top, right, bottom, left].iter().any(|border| border.width > 0.0);
        let spaced = [style.margin, style.padding].iter().any(|sides| *sides != Style::default().margin);
        if tag == "html" && (bordered || spaced) {
            let message = "`<html>` has no margin, border and padding of its own";
            self.fault(id, message, "give them to `<body>`, or margins to `@page`");
        }
        if style.display == Display::Inline && tag != "img" && style.opacity < 1.0 {
            let help = "make it `display: inline-block`, or give its text a see-through colour";
            self.fault(id, &format!("`opacity` has no effect on `<{tag}>`, which stands on lines"), help);
        }
        let adorned = style.radius.is_round() || !style.background_images.is_empty() || style.opacity < 1.0;
        if is_part_of_table(style.display) && adorned {
            let message = format!("`<{tag}>` has neither round corners, nor background pictures, nor opacity");
            self.fault(id, &message, "put a `<div>` that has them into the cell, or give them to the table");
        }
    }

    /// What is placed elsewhere, where layout can't place it.
    fn check_position(&mut self, id: ElementId, own: &Rc<Ancestry>) {
        let (style, tag) = (own.style(), self.document.get(id).tag);
        let moved = style.position == Position::Relative;
        if moved && (style.display == Display::Table || is_part_of_table(style.display)) {
            let help = "give it to a `<div>` around the table or in the cell";
            self.fault(id, &format!("`position: relative` has no effect on `<{tag}>`"), help);
        }
        let made = own.resolved().before.iter().chain(&own.resolved().after);
        let absolute = std::iter::once(style).chain(made).any(|style| style.position == Position::Absolute);
        if absolute && own.runs() {
            let message = format!("`position: absolute` can't be drawn in a running element (`<{tag}>`)");
            self.fault(id, &message, "move it with `position: relative` or margins, or put boxes beside each other");
        }
        if style.position != Position::Absolute || style.inset == Sides::default() {
            return;
        }
        let around = std::iter::successors(own.above(), |above| above.above());
        let ids = self.document.with_ancestors(id).skip(1);
        for (above, ancestor) in ids.zip(around) {
            if ancestor.style().position != Position::Static {
                break;
            }
            if self.document.get(above).rows.is_some() {
                let message = format!("`<{tag}>` in a streamed row has nothing to be placed by");
                self.fault(id, &message, "put it into a `<div>` with `position: relative` in its cell");
                break;
            }
        }
    }

    /// What CSS adds to an element, and what it counts.
    fn check_content(&mut self, id: ElementId, element: &Element, own: &Resolved) {
        if own.style.content.is_some() {
            let help = "put `content` into a rule for `::before` or `::after`";
            self.fault(id, &format!("`content` makes nothing on `<{}>` itself", element.tag), help);
        }
        let added: Vec<&Arc<Style>> = own.before.iter().chain(&own.after).collect();
        let takes_none = vocabulary::find(element.tag).is_none_or(|known| !known.holds_content());
        if takes_none && !added.is_empty() {
            let message = format!("`<{}>` has no `::before` and `::after`", element.tag);
            self.fault(id, &message, "put them on an element around it or in it");
        }
        for style in &added {
            if !matches!(style.display, Display::Inline | Display::InlineBlock | Display::Block) {
                let help = "use `inline`, `inline-block` or `block`";
                self.fault(id, "`::before` and `::after` can't be displayed like this", help);
            }
            for piece in style.content.iter().flat_map(|content| content.iter()) {
                match piece {
                    Generated::Filled(text) => self.notes.contents.push((id, text.0.clone())),
                    Generated::Attribute(name) if !is_shown(element.tag, name) => {
                        let message =
                            format!("`attr({name})` shows nothing: `<{}>` has no such attribute", element.tag);
                        self.fault(
                            id,
                            &message,
                            "use `title`, `id`, `class` or `lang`, or write `{{ … }}` into the string",
                        );
                    }
                    _ => {}
                }
            }
        }
        self.check_counters(id, std::iter::once(&own.style).chain(added));
    }

    /// What stands in the text has no page yet when its counters are read.
    fn check_page_counters(&mut self, id: ElementId, own: &Rc<Ancestry>) {
        let made = own.resolved().before.iter().chain(&own.resolved().after);
        let mut pieces = made.flat_map(|style| style.content.iter()).flat_map(|content| content.iter());
        let counts_pages = pieces.any(|piece| match piece {
            Generated::Counter(name, _) | Generated::Counters(name, ..) => matches!(&**name, "page" | "pages"),
            _ => false,
        });
        if counts_pages && !own.runs() {
            let help = "pages are counted in margin boxes of `@page`, and in elements with `position: running(name)`";
            self.fault(id, "what stands in the text can't show a page's number", help);
        }
    }

    /// Rows are counted when they come, which is after everything else has been filled.
    fn check_counters<'s>(&mut self, id: ElementId, styles: impl Iterator<Item = &'s Arc<Style>>) {
        let streamed = self.document.with_ancestors(id).skip(1).any(|around| self.document.get(around).rows.is_some());
        for style in styles {
            let shown = style.content.iter().flat_map(|content| content.iter()).filter_map(|piece| match piece {
                Generated::Counter(name, _) | Generated::Counters(name, ..) => Some(name),
                _ => None,
            });
            let changed = style.counters.iter().filter_map(|change| match change {
                CounterChange::Reset(..) => None,
                CounterChange::Increment(name, _) | CounterChange::Set(name, _) => Some(name),
            });
            for change in style.counters.iter() {
                match change {
                    CounterChange::Reset(name, _) => {
                        self.counted_by_rows.remove(name);
                    }
                    CounterChange::Increment(name, _) if **name == *"page" => {
                        let help = "it counts pages by itself; begin anew with `counter-reset: page 1`";
                        self.fault(id, "`counter-increment: page` has no effect on an element", help);
                    }
                    CounterChange::Increment(..) | CounterChange::Set(..) => {}
                }
            }
            let names: Vec<Arc<str>> = changed.chain(shown).cloned().collect();
            for name in names {
                if streamed {
                    self.counted_by_rows.insert(name);
                } else if self.counted_by_rows.contains(&name) {
                    let message = format!("counter `{name}` is used after a streamed table that counts with it");
                    self.fault(id, &message, "begin it anew with `counter-reset`, or use another name");
                }
            }
        }
    }

    fn check_depth(&mut self, id: ElementId, own: &Rc<Ancestry>) {
        let around = std::iter::successors(Some(own), |own| own.above());
        let nested = around.filter(|place| is_measured(place.style())).count();
        if nested == MAX_NESTED + 1 && is_measured(own.style()) {
            let message = format!("tables, flex and grid containers are nested deeper than {MAX_NESTED}");
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
        let body = self.document.child_elements(table).filter(|group| self.document.get(*group).tag == "tbody");
        let rows: Vec<ElementId> = body.flat_map(|body| self.document.child_elements(body)).collect();
        if let Some(row) = rows.into_iter().find(|row| self.cascade.counts_from_end(*row)) {
            let help = "count from the beginning with `:nth-child()`, or use `:last-child`";
            self.fault(row, "a selector counts the rows of a streamed table from their end", help);
        }
        let mut above = own.above();
        while let Some(ancestor) = above {
            if matches!(ancestor.style().display, Display::Flex | Display::Grid) {
                let help = "put it directly into the body, a section or a div";
                self.fault(table, "a streamed table can't stand in a flex or grid container", help);
            }
            above = ancestor.above();
        }
    }

    fn fault(&mut self, id: ElementId, message: &str, help: &str) {
        self.faults.push(fault_at(self.document, self.source.file(), id, message, help));
    }
}

/// Whether what is in a box is measured before it is laid out.
fn is_measured(style: &Style) -> bool {
    use Display::{Flex, Grid, InlineFlex, InlineGrid, Table};
    matches!(style.display, Flex | InlineFlex | Grid | InlineGrid | Table)
}

/// Whether something shown like this is within a table.
fn is_part_of_table(display: Display) -> bool {
    use Display::{
        TableCell, TableColumn, TableColumnGroup, TableFooterGroup, TableHeaderGroup, TableRow, TableRowGroup,
    };
    matches!(
        display,
        TableCell | TableColumn | TableColumnGroup | TableFooterGroup | TableHeaderGroup | TableRow | TableRowGroup
    )
}

/// Whether layout knows what an element of this name shown like this is.
fn fits(tag: &str, display: Display) -> bool {
    let own = match tag {
        "table" => Display::Table,
        "thead" => return matches!(display, Display::TableHeaderGroup | Display::TableRowGroup),
        "tfoot" => return matches!(display, Display::TableFooterGroup | Display::TableRowGroup),
        "tbody" => Display::TableRowGroup,
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

/// Whether an element of this name may have an attribute that `attr()` can show.
fn is_shown(tag: &str, attribute: &str) -> bool {
    let known = vocabulary::find(tag).and_then(|known| known.attribute(attribute));
    known.is_some_and(|name| name != "style" && !name.starts_with("data-"))
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
