//! The heights of rows that share cells, and of rows that share a table's height, as browsers share them out.

/// A row's height so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct RowHeight {
    pub(crate) points: f32,
    /// Whether CSS gives it: such rows grow last.
    pub(crate) constrained: bool,
    /// Whether nothing but cells over several rows begins in it.
    pub(crate) only_spanning: bool,
}

/// Lets rows grow, `gap` apart, until together they are `wanted` high, for a cell that spans them.
pub(crate) fn grow_for_cell(rows: &mut [RowHeight], wanted: f32, gap: f32) {
    let missing = missing(rows, wanted, gap);
    if missing <= 0.0 {
        return;
    }
    let spanning = rows.iter().filter(|row| row.only_spanning && row.points == 0.0).count();
    if spanning > 0 && spanning < rows.len() || rows.iter().all(|row| row.points == 0.0) {
        if let Some(last) = rows.iter_mut().rev().find(|row| row.points == 0.0) {
            last.points += missing;
        }
        return;
    }
    share(rows, missing);
}

/// Lets rows grow, `gap` apart, until together they are `wanted` high, for the table's own height.
pub(crate) fn grow_for_table(rows: &mut [RowHeight], wanted: f32, gap: f32) {
    let missing = missing(rows, wanted, gap);
    if missing <= 0.0 {
        return;
    }
    if rows.iter().all(|row| row.points == 0.0) {
        let share = missing / rows.len() as f32;
        rows.iter_mut().for_each(|row| row.points += share);
        return;
    }
    share(rows, missing);
}

fn missing(rows: &[RowHeight], wanted: f32, gap: f32) -> f32 {
    let have: f32 = rows.iter().map(|row| row.points).sum();
    wanted - have - gap * rows.len().saturating_sub(1) as f32
}

/// Rows that CSS gives no height grow in proportion to what they are; without such, all do.
fn share(rows: &mut [RowHeight], missing: f32) {
    let free = rows.iter().any(|row| !row.constrained && row.points > 0.0);
    let grows = |row: &RowHeight| row.points > 0.0 && !(free && row.constrained);
    let total: f32 = rows.iter().filter(|row| grows(row)).map(|row| row.points).sum();
    for row in rows.iter_mut().filter(|row| grows(row)) {
        row.points += missing * row.points / total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(points: &[f32]) -> Vec<RowHeight> {
        points.iter().map(|points| RowHeight { points: *points, ..RowHeight::default() }).collect()
    }

    fn heights(rows: &[RowHeight]) -> Vec<f32> {
        rows.iter().map(|row| row.points).collect()
    }

    #[test]
    fn rows_grow_in_proportion() {
        let mut grown = rows(&[10.0, 30.0]);
        grow_for_cell(&mut grown, 82.0, 2.0);
        assert_eq!(heights(&grown), [20.0, 60.0]);
    }

    #[test]
    fn rows_with_a_height_of_their_own_stay() {
        let mut grown = rows(&[10.0, 30.0]);
        grown[1].constrained = true;
        grow_for_table(&mut grown, 100.0, 0.0);
        assert_eq!(heights(&grown), [70.0, 30.0]);
    }

    #[test]
    fn empty_rows_take_all_or_share_alike() {
        let mut grown = rows(&[0.0, 0.0]);
        grow_for_cell(&mut grown, 20.0, 0.0);
        assert_eq!(heights(&grown), [0.0, 20.0]);
        let mut grown = rows(&[0.0, 0.0]);
        grow_for_table(&mut grown, 20.0, 0.0);
        assert_eq!(heights(&grown), [10.0, 10.0]);
    }
}
