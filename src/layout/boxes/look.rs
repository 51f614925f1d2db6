//! How a box looks: background, pictures, border, corners; and what it does to its content: cut it off, let it fade.
//!
//! **Invariant:** knows areas, not layout. Blocks, cells and everything else that has a box draws it through this.

use std::sync::Arc;

use crate::{
    layout::{
        boxes::{border, outline::Outline},
        page::{Color, Image, Item, Path, Rect},
    },
    template::{
        Template,
        style::{Background, BackgroundSize, Border, Corners, Extent, Sides, Style},
    },
};

/// A picture of a single pixel could otherwise be repeated a million times.
const MAX_TILES: usize = 10_000;

/// What a style draws around and behind its content.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Look {
    background: Option<Color>,
    /// The first one in front.
    pictures: Vec<(Arc<Image>, Background)>,
    pub(crate) border: Sides<Border>,
    corners: Corners,
    clips: bool,
    opacity: f32,
}

/// Where a box goes on on another page: it has no border and no round corners there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cut {
    pub(crate) above: bool,
    pub(crate) below: bool,
}

impl Look {
    /// The look of a style; `None` when nothing of it can be seen.
    pub(crate) fn of(style: &Style, template: &Template) -> Option<Self> {
        let mut look = Self {
            background: style.background.filter(|color| color.a > 0),
            pictures: Vec::new(),
            border: style.border,
            corners: style.radius,
            clips: style.clips,
            opacity: style.opacity.clamp(0.0, 1.0),
        };
        let picture = |picture: &Background| Some((template.image(&picture.source)?.clone(), picture.clone()));
        if style.hidden {
            (look.background, look.border) = (None, Sides::default());
        } else {
            look.pictures = style.background_images.iter().filter_map(picture).collect();
        }
        (look.paints() || look.clips || look.opacity < 1.0).then_some(look)
    }

    fn paints(&self) -> bool {
        let Sides { top, right, bottom, left } = &self.border;
        let lines = [top, right, bottom, left].into_iter().any(|border| border.width > 0.0);
        self.background.is_some() || !self.pictures.is_empty() || lines
    }

    /// How solid everything within is, when not wholly.
    pub(crate) fn opacity(&self) -> Option<f32> {
        (self.opacity < 1.0).then_some(self.opacity)
    }

    /// What content is cut off at: the inner edge of the border.
    pub(crate) fn clip(&self, area: Rect, cut: Cut) -> Option<Path> {
        let border = self.cut_border(cut);
        let outline = Outline::new(area, &self.corners).cut(cut.above, cut.below);
        self.clips.then(|| outline.inner(thickness(&border)).path())
    }

    /// Draws background and border of a box that takes this area, borders included.
    pub(crate) fn paint(&self, area: Rect, cut: Cut, put: &mut dyn FnMut(Item)) {
        let border = self.cut_border(cut);
        let outline = Outline::new(area, &self.corners).cut(cut.above, cut.below);
        if let Some(color) = self.background
            && !outline.is_empty()
        {
            put(match outline.is_round() {
                true => Item::Path(Box::new(Path { fill: Some(color), ..outline.path() })),
                false => Item::Fill { area, color },
            });
        }
        if !self.pictures.is_empty() && !outline.is_empty() {
            put(Item::Clip(Box::new(outline.path())));
            let inner = outline.inner(thickness(&border)).area;
            for (image, background) in self.pictures.iter().rev() {
                tile(image, background, &inner, &area, put);
            }
            put(Item::Unclip);
        }
        border::draw(&outline, &border, put);
    }

    fn cut_border(&self, cut: Cut) -> Sides<Border> {
        let mut border = self.border;
        if cut.above {
            border.top.width = 0.0;
        }
        if cut.below {
            border.bottom.width = 0.0;
        }
        border
    }
}

fn thickness(border: &Sides<Border>) -> Sides<f32> {
    Sides { top: border.top.width, right: border.right.width, bottom: border.bottom.width, left: border.left.width }
}

/// Draws a background picture: placed in the padding box `inner`, repeated all over the border box `area`.
fn tile(image: &Arc<Image>, background: &Background, inner: &Rect, area: &Rect, put: &mut dyn FnMut(Item)) {
    let (width, height) = tile_size(image, background.size, inner);
    if !(width > 0.0 && height > 0.0) {
        return;
    }
    let offset = |extent: Extent, spare: f32| extent.within(spare).unwrap_or(0.0);
    let x = inner.x + offset(background.position.0, inner.width - width);
    let y = inner.y + offset(background.position.1, inner.height - height);
    let columns = starts(x, width, area.x, area.x + area.width, background.repeat.x);
    let rows = starts(y, height, area.y, area.y + area.height, background.repeat.y);
    let mut tiles = 0;
    for y in rows {
        for x in columns.clone() {
            tiles += 1;
            if tiles > MAX_TILES {
                return;
            }
            let area = Rect { x, y, width, height };
            put(Item::Image { area, image: image.clone(), owner: crate::layout::page::TagId::ARTIFACT });
        }
    }
}

/// Where the copies of a picture begin that reach from `from` to `to`.
fn starts(first: f32, length: f32, from: f32, to: f32, repeat: bool) -> impl Iterator<Item = f32> + Clone {
    let (first, count) = match repeat {
        false => (first, 1.0),
        true => {
            let first = first - ((first - from) / length).ceil() * length;
            (first, ((to - first) / length).ceil())
        }
    };
    let count = if count.is_finite() { count.clamp(0.0, MAX_TILES as f32) as usize } else { 0 };
    (0..count).map(move |i| first + i as f32 * length)
}

fn tile_size(image: &Image, size: BackgroundSize, inner: &Rect) -> (f32, f32) {
    let (width, height) = (image.width as f32 * 0.75, image.height as f32 * 0.75);
    let scaled = |scale: f32| (width * scale, height * scale);
    match size {
        BackgroundSize::Natural => (width, height),
        BackgroundSize::Contain => scaled((inner.width / width).min(inner.height / height)),
        BackgroundSize::Cover => scaled((inner.width / width).max(inner.height / height)),
        BackgroundSize::Sized(x, y) => match (x.within(inner.width), y.within(inner.height)) {
            (Some(x), Some(y)) => (x, y),
            (Some(x), None) => (x, x * height / width),
            (None, Some(y)) => (y * width / height, y),
            (None, None) => (width, height),
        },
    }
}
