//! Flex and grid containers: taffy shares out the room, our own layout says how large each box wants to be.
//!
//! **Invariant:** one container at a time: boxes within its items are laid out by their own containers.

use std::{borrow::Cow, sync::Arc};

use taffy::{
    AvailableSpace, LayoutInput, LayoutOutput, LayoutPartialTree, NodeId, Point, RequestedAxis, RunMode, Size,
    SizingMode, TraversePartialTree,
};

use crate::{
    layout::{
        boxes::measure::{Height, Measured, Widths},
        boxes::position::is_absolute,
        boxes::sizing::{Heights, Measures, against, inset},
        boxes::taffy_style::{Sums, TaffyStyle},
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
    },
    template::style::{Align, Display, Extent, Sides, Style},
};

/// A box of a container with the place that it has got.
pub(crate) struct Placed<'n> {
    pub(crate) node: Cow<'n, Node>,
    /// The border box's corner, from the content's.
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Padding and border.
    inset: Sides<f32>,
}

impl Placed<'_> {
    /// Its size as that of any box, in a container whose content begins at `x`.
    pub(crate) fn decided(&self, x: f32) -> (Measures, Heights) {
        let heights = Heights::fixed(self.height - self.inset.top - self.inset.bottom);
        (Measures { x: x + self.x, width: self.width, inset: self.inset }, heights)
    }
}

/// A container's items with their places, in the order in which they are drawn, and its content's height.
pub(crate) struct Arranged<'n> {
    pub(crate) items: Vec<Placed<'n>>,
    pub(crate) height: f32,
}

/// A container and its items, as taffy sees them.
struct Container<'c, 'a, 'n> {
    composer: &'c mut Composer<'a>,
    items: Vec<Cow<'n, Node>>,
    /// The width of its content.
    width: f32,
    style: TaffyStyle,
    item_styles: Vec<TaffyStyle>,
    sums: Sums,
    layouts: Vec<taffy::Layout>,
    /// Some item stands on a baseline.
    baselines: bool,
    error: Option<LayoutError>,
}

impl<'a> Composer<'a> {
    /// Finds places for the boxes of a container whose content is so wide.
    pub(crate) fn arrange<'n>(
        &mut self,
        node: &'n Node,
        width: f32,
        heights: &Heights,
    ) -> Result<Arranged<'n>, LayoutError> {
        let known = Size { width: Some(width), height: heights.definite() };
        let available = Size {
            width: AvailableSpace::Definite(width),
            height: heights.definite().map_or(AvailableSpace::MaxContent, AvailableSpace::Definite),
        };
        self.remembering(|composer| {
            let mut container = Container::new(composer, node, width);
            container.style.min_size.height = taffy::Dimension::length(heights.least);
            if heights.most.is_finite() {
                container.style.max_size.height = taffy::Dimension::length(heights.most);
            }
            let output = container.compute(known, available, RunMode::PerformLayout, RequestedAxis::Both)?;
            let places = std::mem::take(&mut container.layouts);
            let items = container.items.into_iter().zip(places).map(|(node, place)| Placed {
                node,
                x: place.location.x,
                y: place.location.y,
                width: place.size.width,
                height: place.size.height,
                inset: Sides {
                    top: place.padding.top + place.border.top,
                    right: place.padding.right + place.border.right,
                    bottom: place.padding.bottom + place.border.bottom,
                    left: place.padding.left + place.border.left,
                },
            });
            Ok(Arranged { items: items.collect(), height: output.size.height })
        })
    }

    /// The widths of the content of a container.
    pub(crate) fn container_widths(&mut self, node: &Node) -> Widths {
        let mut widths = Widths::default();
        let measured = self.deeper(|composer| {
            composer.remembering(|composer| {
                let mut container = Container::new(composer, node, 0.0);
                let mut width = |width| {
                    let available = Size { width, height: AvailableSpace::MaxContent };
                    container.compute(Size::NONE, available, RunMode::ComputeSize, RequestedAxis::Horizontal)
                };
                widths.least = width(AvailableSpace::MinContent)?.size.width;
                widths.most = width(AvailableSpace::MaxContent)?.size.width.max(widths.least);
                Ok(())
            })
        });
        // What is too deep to be measured will be found again when it is laid out.
        if measured.is_ok() { widths } else { Widths::default() }
    }

    /// Keeps what is measured until the outermost container is done.
    fn remembering<T>(&mut self, arrange: impl FnOnce(&mut Self) -> T) -> T {
        self.measured.containers += 1;
        let result = arrange(self);
        self.measured.containers -= 1;
        if self.measured.containers == 0 {
            self.measured = Measured::default();
        }
        result
    }
}

impl<'c, 'a, 'n> Container<'c, 'a, 'n> {
    /// `width` is that of the content; where it isn't known yet, percentages of it are nothing.
    fn new(composer: &'c mut Composer<'a>, node: &'n Node, width: f32) -> Self {
        let mut items = items(node);
        items.sort_by_key(|item| item.style.flex.order);
        let mut sums = Sums::default();
        let style = sums.container(&node.style);
        let item_styles: Vec<TaffyStyle> =
            items.iter().map(|item| item_style(&mut sums, item, &node.style, width)).collect();
        let aligned = |item: &Cow<'_, Node>| item.style.flex.align_self.unwrap_or(node.style.flex.align_items);
        let baselines = items.iter().any(|item| aligned(item) == Align::Baseline);
        let layouts = vec![taffy::Layout::new(); items.len()];
        Self { composer, items, width, style, item_styles, sums, layouts, baselines, error: None }
    }

    fn compute(
        &mut self,
        known: Size<Option<f32>>,
        available: Size<AvailableSpace>,
        run_mode: RunMode,
        axis: RequestedAxis,
    ) -> Result<LayoutOutput, LayoutError> {
        let root = self.root();
        let inputs = LayoutInput {
            run_mode,
            sizing_mode: SizingMode::InherentSize,
            axis,
            known_dimensions: known,
            parent_size: known,
            available_space: available,
            vertical_margins_are_collapsible: taffy::Line::FALSE,
        };
        let output = match self.style.display {
            taffy::Display::Grid => taffy::compute_grid_layout(self, root, inputs),
            _ => taffy::compute_flexbox_layout(self, root, inputs),
        };
        self.error.take().map_or(Ok(output), Err)
    }

    /// The container's own name; its items are numbered from 0.
    fn root(&self) -> NodeId {
        NodeId::from(self.items.len())
    }

    fn style_of(&self, id: NodeId) -> &TaffyStyle {
        self.item_styles.get(usize::from(id)).unwrap_or(&self.style)
    }

    /// The size that an item's content wants.
    fn measure(&mut self, item: usize, inputs: &LayoutInput, room: Size<AvailableSpace>) -> Size<f32> {
        let node: &Node = &self.items[item];
        let available = inputs.parent_size.width.unwrap_or(self.width);
        let around = inset(&node.style, available);
        let (across, down) = (around.left + around.right, around.top + around.bottom);
        let wanted = |composer: &mut Composer<'_>| {
            let widths = composer.border_widths(node, available);
            Widths { least: (widths.least - across).max(0.0), most: (widths.most - across).max(0.0) }
        };
        let asks = inputs.sizing_mode == SizingMode::InherentSize
            && (against(node.style.width, inputs.parent_size.width).is_some()
                || matches!(node.kind, Kind::Picture { width: Some(_), .. }));
        let width = match room.width {
            AvailableSpace::Definite(width) if inputs.known_dimensions.width.is_some() || asks => width,
            AvailableSpace::Definite(width) => {
                let Widths { least, most } = wanted(self.composer);
                most.min(width.max(least))
            }
            AvailableSpace::MinContent => wanted(self.composer).least,
            AvailableSpace::MaxContent => wanted(self.composer).most,
        };
        let only_width = inputs.run_mode == RunMode::ComputeSize && inputs.axis == RequestedAxis::Horizontal;
        if only_width || inputs.known_dimensions.height.is_some() {
            return Size { width, height: 0.0 };
        }
        let height = match self.composer.picture_box(node, available, None) {
            Some((natural_width, natural_height)) => {
                (natural_height - down) * width / (natural_width - across).max(0.001)
            }
            None => self.height(item, width + across, None, available).points - down,
        };
        Size { width, height: height.max(0.0) }
    }

    fn height(&mut self, item: usize, width: f32, height: Option<f32>, available: f32) -> Height {
        if self.error.is_some() {
            return Height::default();
        }
        let measured = self.composer.height_at(&self.items[item], width, height, available);
        measured.unwrap_or_else(|error| {
            self.error = Some(error);
            Height::default()
        })
    }
}

/// The items of a container: its boxes, and what stands between them on lines, each as a box of its own.
fn items(node: &Node) -> Vec<Cow<'_, Node>> {
    let mut items = Vec::new();
    let mut rest = node.children();
    let is_line = |node: &Node| matches!(node.kind, Kind::Text(_) | Kind::LineBreak);
    while let Some(first) = rest.first() {
        // A child of a flex container is a block, whatever it was.
        if !is_line(first) {
            if !is_absolute(first) && first.running().is_none() {
                items.push(Cow::Borrowed(first));
            }
            rest = &rest[1..];
            continue;
        }
        let length = rest.iter().position(|node| !is_line(node)).unwrap_or(rest.len());
        if !rest[..length].iter().all(Node::is_blank) {
            let mut style = node.style.inherited();
            (style.display, style.bookmark_level) = (Display::Block, Some(0));
            let kind = Kind::Box(rest[..length].to_vec());
            items.push(Cow::Owned(Node { id: first.id, element: node.element, style: Arc::new(style), kind }));
        }
        rest = &rest[length..];
    }
    items
}

fn item_style(sums: &mut Sums, item: &Node, around: &Style, width: f32) -> TaffyStyle {
    let mut own = sums.item(&item.style, around, width);
    if let Kind::Picture { image, width, height, .. } = &item.kind {
        own.item_is_replaced = true;
        own.aspect_ratio = Some(image.width.max(1) as f32 / image.height.max(1) as f32);
        let asked =
            |extent: Extent, given: Option<f32>| given.filter(|_| extent == Extent::Auto).map(taffy::Dimension::length);
        own.size.width = asked(item.style.width, *width).unwrap_or(own.size.width);
        own.size.height = asked(item.style.height, *height).unwrap_or(own.size.height);
        if !own.size.width.is_auto() && !own.size.height.is_auto() {
            own.aspect_ratio = None;
        }
    }
    own
}

impl TraversePartialTree for Container<'_, '_, '_> {
    type ChildIter<'i>
        = std::iter::Map<std::ops::Range<usize>, fn(usize) -> NodeId>
    where
        Self: 'i;

    fn child_ids(&self, _: NodeId) -> Self::ChildIter<'_> {
        (0..self.items.len()).map(NodeId::from)
    }

    fn child_count(&self, _: NodeId) -> usize {
        self.items.len()
    }

    fn get_child_id(&self, _: NodeId, index: usize) -> NodeId {
        NodeId::from(index)
    }
}

impl LayoutPartialTree for Container<'_, '_, '_> {
    type CoreContainerStyle<'i>
        = &'i TaffyStyle
    where
        Self: 'i;
    type CustomIdent = std::sync::Arc<str>;

    fn get_core_container_style(&self, id: NodeId) -> &TaffyStyle {
        self.style_of(id)
    }

    fn resolve_calc_value(&self, handle: *const (), basis: f32) -> f32 {
        self.sums.resolve(handle, basis)
    }

    fn set_unrounded_layout(&mut self, id: NodeId, layout: &taffy::Layout) {
        if let Some(place) = self.layouts.get_mut(usize::from(id)) {
            *place = *layout;
        }
    }

    fn compute_child_layout(&mut self, id: NodeId, inputs: LayoutInput) -> LayoutOutput {
        let item = usize::from(id);
        if item >= self.items.len() || inputs.run_mode == RunMode::PerformHiddenLayout {
            return LayoutOutput::HIDDEN;
        }
        let style = self.item_styles[item].clone();
        let sums = std::mem::take(&mut self.sums);
        let mut output = taffy::compute_leaf_layout(
            inputs,
            &style,
            |handle, basis| sums.resolve(handle, basis),
            |_, room| self.measure(item, &inputs, room),
        );
        self.sums = sums;
        if self.baselines && inputs.run_mode == RunMode::PerformLayout {
            let Size { width, height } = output.size;
            let available = inputs.parent_size.width.unwrap_or(self.width);
            let baseline = self.height(item, width, Some(height), available).baseline;
            output.first_baselines = Point { x: None, y: baseline };
        }
        output
    }
}

impl taffy::LayoutFlexboxContainer for Container<'_, '_, '_> {
    type FlexboxContainerStyle<'i>
        = &'i TaffyStyle
    where
        Self: 'i;
    type FlexboxItemStyle<'i>
        = &'i TaffyStyle
    where
        Self: 'i;

    fn get_flexbox_container_style(&self, id: NodeId) -> &TaffyStyle {
        self.style_of(id)
    }

    fn get_flexbox_child_style(&self, id: NodeId) -> &TaffyStyle {
        self.style_of(id)
    }
}

impl taffy::LayoutGridContainer for Container<'_, '_, '_> {
    type GridContainerStyle<'i>
        = &'i TaffyStyle
    where
        Self: 'i;
    type GridItemStyle<'i>
        = &'i TaffyStyle
    where
        Self: 'i;

    fn get_grid_container_style(&self, id: NodeId) -> &TaffyStyle {
        self.style_of(id)
    }

    fn get_grid_child_style(&self, id: NodeId) -> &TaffyStyle {
        self.style_of(id)
    }
}
