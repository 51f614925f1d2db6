//! Page content: placed items become drawing operators.

pub(crate) mod color;
mod mark;
mod scope;
mod shape;
mod text;

use std::io::Write;

use self::{color::push_color, mark::Mark, scope::Scope};
use super::{
    file::ObjectFile, image::Picture, number::push, resources::Resources, structure::Structure, writer::PdfError,
};
use crate::layout::{
    page::{Color, Dash, Item, Page, Rect, TagId},
    text::FontId,
};

/// Draws pages. Its memory is used again for the next one.
#[derive(Default)]
pub(crate) struct Painter {
    out: Vec<u8>,
    state: State,
    /// Clips and fades around what is drawn.
    scopes: Vec<Scope>,
    /// Whether something on the page lets shine through what is behind it.
    transparent: bool,
}

/// What content is drawn with, and what it leaves behind.
pub(crate) struct Supplies<'a, W> {
    pub(crate) resources: &'a mut Resources,
    /// Where the document is tagged.
    pub(crate) structure: Option<&'a mut Structure>,
    pub(crate) file: &'a mut ObjectFile<W>,
}

/// What the reader of the content has been told last. Lengths in hundredths of a point.
#[derive(Debug, Clone)]
struct State {
    height: f32,
    fill: Color,
    stroke: Color,
    opacity: u8,
    line_width: i64,
    dash: (Dash, i64),
    font: Option<(FontId, i64)>,
    /// Inside of a text object: the origin of its current line.
    text: Option<(i64, i64)>,
    rise: i64,
    mark: Option<Mark>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            height: 0.0,
            fill: Color::default(),
            stroke: Color::default(),
            opacity: u8::MAX,
            line_width: 100,
            dash: (Dash::Solid, 0),
            font: None,
            text: None,
            rise: 0,
            mark: None,
        }
    }
}

impl Painter {
    /// Draws a page; its content is then at [`Self::content`].
    pub(crate) fn page<W: Write>(&mut self, page: &Page, supplies: &mut Supplies<'_, W>) -> Result<(), PdfError> {
        self.out.clear();
        self.scopes.clear();
        self.transparent = false;
        self.state = State { height: page.height, ..State::default() };
        for item in &page.items {
            self.item(page, item, supplies)?;
        }
        while !self.scopes.is_empty() {
            self.leave(page, supplies)?;
        }
        self.end_mark();
        self.leave_text();
        Ok(())
    }

    /// The content of the page drawn last.
    pub(crate) fn content(&self) -> &[u8] {
        &self.out
    }

    /// Whether something on that page lets shine through what is behind it.
    pub(crate) fn is_transparent(&self) -> bool {
        self.transparent
    }

    fn item<W: Write>(&mut self, page: &Page, item: &Item, supplies: &mut Supplies<'_, W>) -> Result<(), PdfError> {
        match item {
            Item::Text(run) if !run.glyphs.is_empty() => {
                self.mark(run.owner, true, supplies);
                self.opacity(run.color.a, supplies.resources);
                self.run(page, run, &mut supplies.resources.fonts);
            }
            Item::Text(_) => {}
            Item::Fill { area, color } => {
                self.mark(TagId::ARTIFACT, false, supplies);
                self.opacity(color.a, supplies.resources);
                self.fill(area, *color);
            }
            Item::Line { from, to, width, color, dash } => {
                self.mark(TagId::ARTIFACT, false, supplies);
                self.opacity(color.a, supplies.resources);
                self.line(*from, *to, *width, *color, *dash);
            }
            Item::Image { area, image, owner } => {
                if let Some(picture) = supplies.resources.images.get(image) {
                    self.mark(*owner, false, supplies);
                    if let Some(structure) = &mut supplies.structure {
                        structure.covers(*owner, area, page.height);
                    }
                    self.transparent |= picture.masked;
                    self.opacity(u8::MAX, supplies.resources);
                    self.image(area, &picture);
                }
            }
            Item::PageTotal { x, y, align, font, size, color } => {
                self.mark(TagId::ARTIFACT, false, supplies);
                self.opacity(color.a, supplies.resources);
                let name = supplies.resources.totals.name(*font, *size, *color, *align);
                self.total(*x, *y, name);
            }
            Item::Path(path) => {
                self.mark(TagId::ARTIFACT, false, supplies);
                self.path(path, supplies.resources);
            }
            Item::Clip(path) => self.clip(path, supplies)?,
            Item::Fade(opacity) => self.fade(*opacity, supplies)?,
            Item::Unclip if matches!(self.scopes.last(), Some(Scope::Clip(_))) => self.leave(page, supplies)?,
            Item::Unfade if matches!(self.scopes.last(), Some(Scope::Fade { .. })) => self.leave(page, supplies)?,
            Item::Unclip | Item::Unfade => {}
            Item::Link { .. } | Item::Destination { .. } | Item::Bookmark { .. } => {}
        }
        Ok(())
    }

    fn image(&mut self, area: &Rect, picture: &Picture) {
        let bottom = self.state.height - area.y - area.height;
        let [right, up, corner] = picture.orientation.axes();
        self.out.extend_from_slice(b"q ");
        for (x, y) in [right, up] {
            self.lengths(&[x * area.width, y * area.height]);
        }
        self.lengths(&[area.x + corner.0 * area.width, bottom + corner.1 * area.height]);
        self.out.extend_from_slice(format!("cm/I{} Do Q\n", picture.name).as_bytes());
    }

    fn total(&mut self, x: f32, y: f32, name: usize) {
        self.out.extend_from_slice(b"q 1 0 0 1 ");
        self.lengths(&[x, self.state.height - y]);
        self.out.extend_from_slice(format!("cm/T{name} Do Q\n").as_bytes());
    }

    fn fill_color(&mut self, color: Color) {
        if (self.state.fill.r, self.state.fill.g, self.state.fill.b) != (color.r, color.g, color.b) {
            self.state.fill = color;
            push_color(&mut self.out, color, "rg");
        }
    }

    fn stroke_color(&mut self, color: Color) {
        if (self.state.stroke.r, self.state.stroke.g, self.state.stroke.b) != (color.r, color.g, color.b) {
            self.state.stroke = color;
            push_color(&mut self.out, color, "RG");
        }
    }

    /// Draws with an opacity from now on.
    fn opacity(&mut self, opacity: u8, resources: &mut Resources) {
        self.transparent |= opacity < u8::MAX;
        if self.state.opacity != opacity {
            self.state.opacity = opacity;
            resources.opacities.push(&mut self.out, opacity);
        }
    }

    fn lengths(&mut self, lengths: &[f32]) {
        for length in lengths {
            push(&mut self.out, *length);
            self.out.push(b' ');
        }
    }
}
