//! The widths of a table's columns.

use crate::{layout::boxes::measure::Widths, template::style::Extent};

/// What is known of one column before widths are shared out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Column {
    /// The width that `col` or a cell asks for.
    pub(crate) asked: Extent,
    /// What its content needs and wants; nothing in fixed layout.
    pub(crate) content: Widths,
}

/// Shares the width of a table with `table-layout: fixed` out: columns get what they ask for, the others share the
/// rest equally (CSS 2.1 §17.5.2.1).
pub(crate) fn fixed(columns: &[Column], width: f32) -> Vec<f32> {
    let asked: Vec<Option<f32>> = columns.iter().map(|column| column.asked.within(width)).collect();
    let taken: f32 = asked.iter().flatten().sum();
    let open = asked.iter().filter(|asked| asked.is_none()).count();
    let share = if open > 0 { (width - taken).max(0.0) / open as f32 } else { 0.0 };
    // With nothing open, all grow alike until the table is filled.
    let stretch = if open == 0 && taken > 0.0 && taken < width { width / taken } else { 1.0 };
    asked.into_iter().map(|asked| asked.map_or(share, |asked| asked * stretch)).collect()
}

/// Shares the width of a table with `table-layout: auto` out, as browsers do: what columns ask for, then by what
/// their content needs and wants. `asked` is the table's own width, `available` its containing block's.
pub(crate) fn auto(columns: &[Column], asked: Option<f32>, available: f32) -> Vec<f32> {
    let wanted = columns.iter().map(|column| match column.asked {
        Extent::Points(points) => {
            let width = points.max(column.content.least);
            Widths { least: width, most: width }
        }
        _ => column.content,
    });
    let wanted: Vec<Widths> = wanted.collect();
    let least: f32 = wanted.iter().map(|widths| widths.least).sum();
    let most: f32 = wanted.iter().map(|widths| widths.most).sum();
    let width = asked.unwrap_or(most.min(available)).max(least);
    let mut shares = percentages(columns, &wanted, width);
    let open: Vec<usize> = (0..columns.len()).filter(|i| shares[*i].is_none()).collect();
    let rest = width - shares.iter().flatten().sum::<f32>();
    let flexible: Vec<usize> =
        open.iter().copied().filter(|i| !matches!(columns[*i].asked, Extent::Points(_))).collect();
    let of = |columns: &[usize], measure: fn(&Widths) -> f32| columns.iter().map(|i| measure(&wanted[*i])).sum::<f32>();
    let (open_least, open_most) = (of(&open, |w| w.least), of(&open, |w| w.most));
    for &i in &open {
        let Widths { least, most } = wanted[i];
        let share = if rest <= open_least {
            least
        } else if rest < open_most {
            least + (most - least) * (rest - open_least) / (open_most - open_least)
        } else {
            // More room than wanted goes to the columns that ask for no width, as far as they want any.
            let growing = if flexible.is_empty() { &open } else { &flexible };
            let wanted_by_growing = of(growing, |w| w.most);
            let extra = rest - open_most;
            match growing.contains(&i) {
                true if wanted_by_growing > 0.0 => most + extra * most / wanted_by_growing,
                true => most + extra / growing.len() as f32,
                false => most,
            }
        };
        shares[i] = Some(share);
    }
    shares.into_iter().map(|share| share.unwrap_or(0.0)).collect()
}

/// The widths of columns that ask for a part of the table.
fn percentages(columns: &[Column], wanted: &[Widths], width: f32) -> Vec<Option<f32>> {
    let share = |(column, wanted): (&Column, &Widths)| match column.asked {
        Extent::Part(part) => Some((part * width).max(wanted.least)),
        _ => None,
    };
    columns.iter().zip(wanted).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(asked: Extent, least: f32, most: f32) -> Column {
        Column { asked, content: Widths { least, most } }
    }

    #[test]
    fn fixed_columns_share_what_is_left() {
        let columns = [
            column(Extent::Points(100.0), 0.0, 0.0),
            column(Extent::Part(0.25), 0.0, 0.0),
            column(Extent::Auto, 0.0, 0.0),
            column(Extent::Auto, 0.0, 0.0),
        ];
        assert_eq!(fixed(&columns, 400.0), [100.0, 100.0, 100.0, 100.0]);
        assert_eq!(fixed(&columns[..2], 400.0), [200.0, 200.0]);
    }

    #[test]
    fn auto_columns_follow_their_content() {
        let columns = [column(Extent::Auto, 10.0, 50.0), column(Extent::Auto, 20.0, 150.0)];
        assert_eq!(auto(&columns, None, 1000.0), [50.0, 150.0]);
        assert_eq!(auto(&columns, Some(400.0), 1000.0), [100.0, 300.0]);
        assert_eq!(auto(&columns, None, 115.0), [30.0, 85.0]);
        assert_eq!(auto(&columns, None, 5.0), [10.0, 20.0]);
        let columns = [column(Extent::Points(60.0), 10.0, 20.0), column(Extent::Auto, 10.0, 20.0)];
        assert_eq!(auto(&columns, Some(200.0), 1000.0), [60.0, 140.0]);
        let columns = [column(Extent::Part(0.5), 10.0, 20.0), column(Extent::Auto, 10.0, 20.0)];
        assert_eq!(auto(&columns, Some(200.0), 1000.0), [100.0, 100.0]);
    }

    #[test]
    fn no_columns_no_widths() {
        assert_eq!(auto(&[], Some(100.0), 100.0), [0.0; 0]);
        assert_eq!(fixed(&[], 100.0), [0.0; 0]);
    }
}
