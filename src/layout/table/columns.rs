//! The widths of a table's columns, shared out as browsers do it (CSS Tables 3 §3.8, as Chromium has it).

use crate::{
    layout::boxes::measure::Widths,
    template::style::{Extent, Style},
};

/// What is known of one column before widths are shared out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Column {
    /// What its cells need and want.
    pub(crate) widths: Widths,
    /// The part of the table that it asks for.
    pub(crate) part: Option<f32>,
    /// Whether it asks for a length.
    pub(crate) constrained: bool,
}

impl Column {
    /// A column as `col` asks for it.
    pub(crate) fn of(style: &Style) -> Self {
        let least = points(style.min_width).unwrap_or(0.0);
        let asked = points(style.width);
        let widths = Widths { least, most: asked.unwrap_or(0.0).max(least) };
        Self { widths, part: part(style.width), constrained: asked.is_some() }
    }

    /// What a cell asks of its column: `content` is the width of its content with padding and borders, `around`
    /// those alone.
    pub(crate) fn of_cell(style: &Style, content: Widths, around: f32) -> Self {
        let outer =
            |extent: Extent| points(extent).map(|points| if style.border_box { points } else { points + around });
        let (asked, least, most) = (outer(style.width), outer(style.min_width), outer(style.max_width));
        let most = most.unwrap_or(f32::INFINITY);
        let narrowest = content.least.min(most).max(least.unwrap_or(0.0));
        let widest = asked.unwrap_or(content.most).max(least.unwrap_or(0.0)).min(most).max(narrowest);
        Self {
            widths: Widths { least: narrowest, most: widest },
            part: part(style.width),
            constrained: asked.is_some(),
        }
    }

    /// Makes room for what one cell asks.
    pub(crate) fn take(&mut self, cell: Self) {
        self.widths.least = self.widths.least.max(cell.widths.least);
        self.widths.most = match (self.constrained, cell.constrained) {
            (true, false) => self.widths.most.max(cell.widths.least),
            (false, true) => cell.widths.most,
            _ => self.widths.most.max(cell.widths.most),
        }
        .max(self.widths.least);
        self.constrained |= cell.constrained;
        self.part = [self.part, cell.part].into_iter().flatten().reduce(f32::max);
    }
}

fn points(extent: Extent) -> Option<f32> {
    if let Extent::Points(points) = extent { Some(points) } else { None }
}

fn part(extent: Extent) -> Option<f32> {
    if let Extent::Part(part) = extent { Some(part) } else { None }
}

/// Makes room for a cell over several columns, `gap` apart.
pub(crate) fn take_spanning(columns: &mut [Column], cell: Column, gap: f32) {
    let gaps = gap * columns.len().saturating_sub(1) as f32;
    if let Some(part) = cell.part {
        let taken: f32 = columns.iter().filter_map(|column| column.part).sum();
        let open = || columns.iter().filter(|column| column.part.is_none());
        let (count, wanted) = (open().count() as f32, open().map(|column| column.widths.most).sum::<f32>());
        let rest = part - taken;
        if rest > 0.0 && count > 0.0 {
            for column in columns.iter_mut().filter(|column| column.part.is_none()) {
                let share = if wanted > 0.0 { column.widths.most / wanted } else { 1.0 / count };
                column.part = Some(rest * share);
            }
        }
    }
    let least = distribute(columns, cell.widths.least - gaps);
    for (column, share) in columns.iter_mut().zip(least) {
        column.widths.least = column.widths.least.max(share);
        column.widths.most = column.widths.most.max(column.widths.least);
    }
    let most = distribute(columns, cell.widths.most - gaps);
    for (column, share) in columns.iter_mut().zip(most) {
        column.widths.most = column.widths.most.max(share);
    }
}

/// Takes back what columns ask for together beyond the whole table, from the last ones.
pub(crate) fn bound_parts(columns: &mut [Column]) {
    let mut left = 1.0;
    for part in columns.iter_mut().filter_map(|column| column.part.as_mut()) {
        *part = part.min(left);
        left -= *part;
    }
}

/// The narrowest and the natural width of all columns together.
pub(crate) fn together(columns: &[Column]) -> Widths {
    const WIDEST: f32 = 1e6;
    let least = columns.iter().map(|column| column.widths.least).sum();
    let most: f32 = columns.iter().map(|column| column.widths.most).sum();
    let parts: f32 = columns.iter().filter_map(|column| column.part).sum();
    // A column that is to be a fifth of the table wants a table five times as wide as itself.
    let of_parts = columns.iter().filter_map(|column| {
        let part = column.part?;
        Some(if part > 0.0 { column.widths.most / part } else { 0.0 })
    });
    let rest: f32 = columns.iter().filter(|column| column.part.is_none()).map(|column| column.widths.most).sum();
    let of_rest = match parts {
        parts if parts >= 1.0 && rest > 0.0 => WIDEST,
        parts if parts >= 1.0 => 0.0,
        parts => rest / (1.0 - parts),
    };
    let most = if parts > 0.0 { of_parts.fold(most.max(of_rest), f32::max).min(WIDEST) } else { most };
    Widths { least, most: most.max(least) }
}

/// Shares a width out among columns: first what they need, then the parts and lengths that they ask for, then what
/// the others want; what is left over goes to those that ask for nothing.
pub(crate) fn distribute(columns: &[Column], width: f32) -> Vec<f32> {
    let guess = |column: &Column| {
        let Widths { least, most } = column.widths;
        match column.part {
            Some(part) => {
                let part = (part * width).max(least);
                [least, part, part, part]
            }
            None if column.constrained => [least, least, most, most],
            None => [least, least, least, most],
        }
    };
    let guesses: Vec<[f32; 4]> = columns.iter().map(guess).collect();
    let total = |i: usize| guesses.iter().map(|guess| guess[i]).sum::<f32>();
    let totals = [total(0), total(1), total(2), total(3)];
    let between = |from: usize| {
        let share = (width - totals[from]) / (totals[from + 1] - totals[from]);
        guesses.iter().map(|guess| guess[from] + (guess[from + 1] - guess[from]) * share).collect()
    };
    match totals.iter().rposition(|total| width >= *total) {
        None => guesses.iter().map(|guess| guess[0]).collect(),
        Some(3) => {
            let widest: Vec<f32> = guesses.iter().map(|guess| guess[3]).collect();
            with_excess(columns, widest, width - totals[3])
        }
        Some(from) => between(from),
    }
}

/// Adds what is more than all columns want.
fn with_excess(columns: &[Column], mut widths: Vec<f32>, excess: f32) -> Vec<f32> {
    let open = |column: &Column| column.part.is_none() && !column.constrained;
    let most = |column: &Column| column.widths.most;
    // The first of these that weighs anything takes all of it.
    let weights: [&dyn Fn(&Column) -> f32; 4] = [
        &|column| if open(column) { most(column) } else { 0.0 },
        &|column| if open(column) { 1.0 } else { 0.0 },
        &|column| if column.part.is_none() { most(column) } else { 0.0 },
        &|column| column.part.unwrap_or(0.0),
    ];
    let total = |weight: &dyn Fn(&Column) -> f32| columns.iter().map(weight).sum::<f32>();
    if let Some(weight) = weights.into_iter().find(|weight| total(weight) > 0.0) {
        let each = excess / total(weight);
        widths.iter_mut().zip(columns).for_each(|(width, column)| *width += each * weight(column));
    }
    widths
}

/// Shares the width of a table with `table-layout: fixed` out: columns get what they ask for, the others share the
/// rest equally (CSS 2.1 §17.5.2.1). With no others, those that ask for a length take the rest, in proportion; with
/// none of these either, all do.
pub(crate) fn fixed(asked: &[Extent], width: f32) -> Vec<f32> {
    let mut widths: Vec<f32> = asked.iter().map(|asked| asked.within(width).unwrap_or(0.0)).collect();
    let rest = (width - widths.iter().sum::<f32>()).max(0.0);
    let is_open = |asked: &Extent| *asked == Extent::Auto;
    let is_length = |asked: &Extent| matches!(asked, Extent::Points(points) if *points > 0.0);
    let open = asked.iter().filter(|asked| is_open(asked)).count();
    let lengths = asked.iter().any(is_length);
    let grows = |asked: &Extent| if open > 0 { is_open(asked) } else { !lengths || is_length(asked) };
    let total: f32 = asked.iter().zip(&widths).filter(|(asked, _)| grows(asked)).map(|(_, width)| width).sum();
    for (asked, width) in asked.iter().zip(&mut widths).filter(|(asked, _)| grows(asked)) {
        *width = match is_open(asked) {
            true => rest / open as f32,
            false if total > 0.0 => *width + rest * *width / total,
            false => *width,
        };
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(least: f32, most: f32) -> Column {
        Column { widths: Widths { least, most }, ..Column::default() }
    }

    #[test]
    fn fixed_columns_share_what_is_left() {
        let columns = [Extent::Points(100.0), Extent::Part(0.25), Extent::Auto, Extent::Auto];
        assert_eq!(fixed(&columns, 400.0), [100.0, 100.0, 100.0, 100.0]);
        assert_eq!(fixed(&columns[..2], 400.0), [300.0, 100.0]);
        assert_eq!(fixed(&[Extent::Part(0.25), Extent::Part(0.25)], 400.0), [200.0, 200.0]);
    }

    #[test]
    fn auto_columns_follow_their_content() {
        let columns = [column(10.0, 50.0), column(20.0, 150.0)];
        assert_eq!(distribute(&columns, 200.0), [50.0, 150.0]);
        assert_eq!(distribute(&columns, 400.0), [100.0, 300.0]);
        assert_eq!(distribute(&columns, 115.0), [30.0, 85.0]);
        assert_eq!(distribute(&columns, 5.0), [10.0, 20.0]);
        let asking = Column { constrained: true, ..column(10.0, 60.0) };
        assert_eq!(distribute(&[asking, column(10.0, 20.0)], 200.0), [60.0, 140.0]);
        let half = Column { part: Some(0.5), ..column(10.0, 20.0) };
        assert_eq!(distribute(&[half, column(10.0, 20.0)], 200.0), [100.0, 100.0]);
    }

    #[test]
    fn a_part_makes_the_whole_table_wider() {
        let fifth = Column { part: Some(0.2), ..column(10.0, 20.0) };
        assert_eq!(together(&[fifth, column(10.0, 40.0)]), Widths { least: 20.0, most: 100.0 });
        assert_eq!(together(&[fifth, column(10.0, 80.0)]), Widths { least: 20.0, most: 100.0 });
    }

    #[test]
    fn no_columns_no_widths() {
        assert_eq!(distribute(&[], 100.0), [0.0; 0]);
        assert_eq!(fixed(&[], 100.0), [0.0; 0]);
    }
}
