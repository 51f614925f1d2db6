//! The composer: takes a filled document through its parts, from the body's first block to the last page.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    layout::{
        boxes::measure::Measured,
        boxes::position::Containing,
        data::{Context, Interrupted, Pages, Rows},
        error::LayoutError,
        fill::Filler,
        paged::galley::{Galley, Note},
        paged::pager::Pager,
        paged::press::Press,
        paged::turning::{Container, first_page},
        table::band::Bench,
        tags::Tags,
        text::{FontStackId, Shaper},
    },
    template::{
        Template,
        locale::Locale,
        page::PageKind,
        scope::{Binding, Record, Scope, Table},
        style::{Direction, LineHeight, Style},
    },
    value::Value,
};

/// So many rows of one dataset may be kept for `data-for`.
const MAX_KEPT: usize = 20_000;

/// Cells and flex items within each other. Each level measures what is in it more than once, so that time grows with
/// a power of this.
const MAX_DEPTH: usize = 8;

/// The pager looks at the galley when so many events have gathered.
const EVENTS_BETWEEN_SETTLING: usize = 64;

/// What a document came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many pages.
    pub pages: u64,
    /// Rows on those pages, for each dataset that was opened, in the order of opening.
    pub rows: Vec<(Arc<str>, u64)>,
    /// How often which character was drawn as a box, because no font has it.
    pub missing: BTreeMap<char, u64>,
}

/// Lays a document out: pulls rows from `rows`, hands finished pages to `pages`.
///
/// One pass: a page leaves as soon as it is full (the first hundred wait when they show the number of pages), and
/// memory doesn't grow with the rows of streamed tables. Succeeds only if every row that came is on a page. `shaper`
/// draws with the template's own fonts; it may be kept for the next document.
pub fn paginate(
    template: &Template,
    context: &Context,
    shaper: &mut Shaper,
    rows: &mut dyn Rows,
    pages: &mut dyn Pages,
) -> Result<Totals, LayoutError> {
    let mut totals = Totals::default();
    shaper.take_missing();
    let scope = root_scope(template, context, rows, &mut totals)?;
    let mut filler = Filler::new(template, shaper.stop().cloned());
    let body = filler.body(&scope)?;
    let pager = Pager::new(template, body.as_ref().and_then(|body| first_page(body).clone()), context.max_pages);
    let mut composer = Composer {
        template,
        filler,
        shaper,
        rows,
        width: pager.next_width(),
        pager,
        press: Press::new(pages, context.max_pages),
        scope,
        containers: Vec::new(),
        stray: Vec::new(),
        totals,
        marker: None,
        link: None,
        depth: 0,
        bench: Bench::default(),
        tags: Tags::new(context.tagged),
        direction: body.as_ref().map_or_else(Direction::default, |body| body.style.direction),
        containing_height: None,
        positioned: Vec::new(),
        measured: Measured::default(),
    };
    let mut galley = Galley::of_pages(composer.tags.closed());
    if let Some(body) = body {
        let width = composer.width;
        let height = template.pages().of(&PageKind { number: 1, ..PageKind::default() }).content_height();
        // What is placed by the page is laid out first, and belongs to the document like all else.
        composer.tagged(&body, |composer| {
            composer.begin_root(&mut galley, &body, width, height)?;
            composer.containers.push(Container::of_page(width));
            composer.block(&mut galley, &body, 0.0, width)?;
            composer.containers.pop();
            composer.end_root(&mut galley);
            Ok(())
        })?;
    }
    galley.settle_margin();
    composer.settle(&mut galley, true)?;
    composer.finish()
}

/// Everything that laying out needs at hand.
pub(crate) struct Composer<'a> {
    pub(crate) template: &'a Template,
    pub(crate) filler: Filler<'a>,
    pub(crate) shaper: &'a mut Shaper,
    pub(crate) rows: &'a mut dyn Rows,
    pub(crate) pager: Pager<'a>,
    pub(crate) press: Press<'a>,
    /// The names that are known everywhere.
    pub(crate) scope: Scope,
    /// The width of the content of the page that what comes now begins on.
    pub(crate) width: f32,
    /// The blocks around what is laid out now, outermost first; only those that pages end in.
    pub(crate) containers: Vec<Container>,
    /// Running elements met where no page ends, until it is known what they become a part of.
    pub(crate) stray: Vec<Note>,
    pub(crate) totals: Totals,
    /// The marker of a list item that waits for the item's first line.
    pub(crate) marker: Option<(String, Arc<Style>)>,
    /// Where the link leads that everything stands in.
    pub(crate) link: Option<Arc<str>>,
    /// How many cells and flex items are around.
    pub(crate) depth: usize,
    /// Memory for rows of tables.
    pub(crate) bench: Bench,
    /// The structure so far.
    pub(crate) tags: Tags,
    /// The direction of the box that what is laid out now stands in.
    pub(crate) direction: Direction,
    /// What percentages of a height refer to; `None` where the content decides it.
    pub(crate) containing_height: Option<f32>,
    /// The positioned boxes around, by which absolutely placed ones are placed.
    pub(crate) positioned: Vec<Containing>,
    /// Sizes that flex and grid containers have asked for.
    pub(crate) measured: Measured,
}

impl Composer<'_> {
    /// Ends the layout once nobody wants its pages. Asked for each box and line, because pages may be long in coming:
    /// a hundred of them wait for their number, a table in memory is measured before its first row is placed.
    pub(crate) fn look_up(&self) -> Result<(), LayoutError> {
        if self.shaper.is_stopped() { Err(Interrupted.into()) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<Totals, LayoutError> {
        self.look_up()?;
        let total = self.pager.finish()?;
        if let Some(last) = self.pager.full.last_mut() {
            last.page.closed = self.tags.closed().get();
        }
        self.print()?;
        self.print_held(Some(total))?;
        self.totals.missing = self.shaper.take_missing();
        self.totals.pages = u64::from(total);
        self.filler.rest();
        Ok(self.totals)
    }

    /// Lets the pager take what it can of the galley, all of it at the `end`, and prints the pages that are full.
    pub(crate) fn settle(&mut self, galley: &mut Galley, end: bool) -> Result<(), LayoutError> {
        self.pager.settle(galley, end)?;
        self.print()
    }

    /// Lays out within a cell or flex item, where pages can't end.
    pub(crate) fn deeper(
        &mut self,
        lay_out: impl FnOnce(&mut Self) -> Result<(), LayoutError>,
    ) -> Result<(), LayoutError> {
        if self.depth == MAX_DEPTH {
            return Err(LayoutError::TooDeep(MAX_DEPTH));
        }
        self.depth += 1;
        let result = lay_out(self);
        self.depth -= 1;
        result
    }

    /// Lays out only to see how large something becomes: nothing is tagged.
    pub(crate) fn measuring<T>(&mut self, lay_out: impl FnOnce(&mut Self) -> T) -> T {
        self.tags.mute();
        let result = lay_out(self);
        self.tags.unmute();
        result
    }

    /// Lets the pager take what it can, once enough has gathered; only where pages may end.
    pub(crate) fn relieve(&mut self, galley: &mut Galley) -> Result<(), LayoutError> {
        if self.depth == 0 && galley.events.len() >= EVENTS_BETWEEN_SETTLING {
            self.settle(galley, false)?;
        }
        Ok(())
    }

    /// `rows`: how many there were of each dataset, `NULL` where that isn't known yet.
    pub(crate) fn rows_so_far(&self) -> (Arc<str>, Binding) {
        rows_so_far(self.template, &self.totals)
    }

    /// Above and below the baseline, what a line of this style takes at least.
    pub(crate) fn strut(&self, style: &Style) -> Strut {
        strut(self.shaper, style)
    }
}

/// How far a line reaches above and below its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Strut {
    pub(crate) above: f32,
    pub(crate) below: f32,
}

impl Strut {
    pub(crate) fn height(self) -> f32 {
        self.above + self.below
    }

    /// Moved up by `shift`, joined with another.
    pub(crate) fn join(self, other: Self, shift: f32) -> Self {
        Self { above: self.above.max(other.above + shift), below: self.below.max(other.below - shift) }
    }
}

/// A CSS pixel in points.
pub(crate) const PIXEL: f32 = 0.75;

/// The strut of a style: its font's height, with half of the leading above and half below.
pub(crate) fn strut(shaper: &Shaper, style: &Style) -> Strut {
    let (ascent, descent, gap) = vertical(shaper, style.stack, style.font_size);
    let height = match style.line_height {
        LineHeight::Normal => ascent + descent + gap,
        LineHeight::Times(times) => times * style.font_size,
        LineHeight::Points(points) => points,
    };
    // Browsers put a whole number of pixels above, so that text of one size stands alike on every line.
    let leading = height - ascent - descent;
    let above = (leading / 2.0 / PIXEL).floor() * PIXEL;
    Strut { above: ascent + above, below: descent + leading - above }
}

/// Ascent, descent and line gap in points. Browsers round each to whole CSS pixels, so that lines of one size are
/// all equally high.
pub(crate) fn vertical(shaper: &Shaper, stack: FontStackId, size: f32) -> (f32, f32, f32) {
    let book = shaper.book();
    let metrics = book.metrics(book.primary(stack));
    let rounded = |thousandths: f32| (thousandths / 1000.0 * size / PIXEL).round() * PIXEL;
    (rounded(metrics.ascent), rounded(metrics.descent), rounded(metrics.line_gap))
}

fn rows_so_far(template: &Template, totals: &Totals) -> (Arc<str>, Binding) {
    let known = |name: &Arc<str>| totals.rows.iter().find(|(dataset, _)| dataset == name).map(|(_, rows)| *rows);
    let of_others = template.datasets().into_iter().filter(|name| known(name).is_none());
    let count = |rows: u64| Value::Int(i64::try_from(rows).unwrap_or(i64::MAX));
    let facts = totals.rows.iter().map(|(name, rows)| (name.clone(), count(*rows)));
    (Arc::from("rows"), Binding::Facts(facts.chain(of_others.map(|name| (name, Value::Null))).collect()))
}

/// The names that are known everywhere, datasets kept in memory included.
fn root_scope(
    template: &Template,
    context: &Context,
    rows: &mut dyn Rows,
    totals: &mut Totals,
) -> Result<Scope, LayoutError> {
    let text = |text: &str| Value::text(text);
    let report: Arc<[_]> =
        Arc::from([(Arc::from("title"), text(&context.title)), (Arc::from("description"), text(&context.description))]);
    let mut names: Vec<(Arc<str>, Binding)> = vec![
        (Arc::from("report"), Binding::Facts(report)),
        (Arc::from("tenant"), Binding::Value(text(&context.tenant))),
        (Arc::from("generated_at"), Binding::Value(Value::Instant(context.generated_at))),
        (Arc::from("parameters"), Binding::Facts(context.parameters.clone().into())),
    ];
    for dataset in context.single.iter().filter(|name| template.uses(name)) {
        let columns = rows.open(dataset)?;
        let Some(row) = rows.next()? else { return Err(LayoutError::NoRow(dataset.clone())) };
        if rows.next()?.is_some() {
            return Err(LayoutError::SeveralRows(dataset.clone()));
        }
        totals.rows.push((dataset.clone(), 1));
        names.push((dataset.clone(), Binding::Record(Record { columns, row: Arc::new(row) })));
    }
    for dataset in template.kept().iter().filter(|name| !context.single.contains(name)) {
        let columns = rows.open(dataset)?;
        let mut kept = Vec::new();
        while let Some(row) = rows.next()? {
            if kept.len() == MAX_KEPT {
                return Err(LayoutError::TooManyKept { dataset: dataset.clone(), limit: MAX_KEPT });
            }
            kept.push(Arc::new(row));
        }
        totals.rows.push((dataset.clone(), kept.len() as u64));
        names.push((dataset.clone(), Binding::Table(Arc::new(Table { columns, rows: kept }))));
    }
    names.push(rows_so_far(template, totals));
    Ok(Scope::root(names, context.time_zone, Locale::of(&context.language)))
}
