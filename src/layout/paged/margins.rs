//! Where margin boxes stand: the sizes of three boxes that share one side of a page (CSS Paged Media 3, 5.3.2).
//!
//! **Invariant:** knows lengths alone, nothing of what is in the boxes.

/// One box along its side of the page: lengths of its margin box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wanted {
    /// The least that holds its content.
    pub(crate) least: f32,
    /// What its content would take.
    pub(crate) most: f32,
    /// What it asks for; `None` for `auto`.
    pub(crate) asked: Option<f32>,
    /// Its bounds.
    pub(crate) bounds: (f32, f32),
}

/// Shares a side out among the boxes at its beginning, middle and end: where each begins and how long it is. The
/// middle one stands in the middle.
pub(crate) fn share(mut boxes: [Option<Wanted>; 3], room: f32) -> [(f32, f32); 3] {
    let mut sizes = resolve(boxes, room);
    // Bounds come after: what breaks one is as if it had asked for the bound; the lower one wins.
    let bounds: [fn(&Wanted, f32) -> f32; 2] =
        [|wanted, size| size.min(wanted.bounds.1), |wanted, size| size.max(wanted.bounds.0)];
    for bound in bounds {
        let mut changed = false;
        for (wanted, size) in boxes.iter_mut().zip(sizes) {
            let Some(wanted) = wanted else { continue };
            let bounded = bound(wanted, size);
            if bounded != size {
                (wanted.asked, changed) = (Some(bounded), true);
            }
        }
        if changed {
            sizes = resolve(boxes, room);
        }
    }
    let [start, middle, end] = sizes;
    [(0.0, start), ((room - middle) / 2.0, middle), (room - end, end)]
}

fn resolve([start, middle, end]: [Option<Wanted>; 3], room: f32) -> [f32; 3] {
    let Some(middle) = middle else {
        let (start, end) = pair(start, end, room);
        return [start, 0.0, end];
    };
    let (middle, _) = pair(Some(middle), beside(start, end), room);
    let side = |wanted: Option<Wanted>| wanted.map_or(0.0, |wanted| wanted.asked.unwrap_or((room - middle) / 2.0));
    [side(start), middle, side(end)]
}

/// The boxes beside the middle one as if they were one box, twice as long as the longer one.
fn beside(start: Option<Wanted>, end: Option<Wanted>) -> Option<Wanted> {
    let both = || [start, end].into_iter().flatten();
    both().next()?;
    let longest = |of: fn(&Wanted) -> f32| 2.0 * both().map(|wanted| of(&wanted)).fold(0.0, f32::max);
    let all_ask = both().all(|wanted| wanted.asked.is_some());
    Some(Wanted {
        least: longest(|wanted| wanted.least),
        most: longest(|wanted| wanted.most),
        asked: all_ask.then(|| longest(|wanted| wanted.asked.unwrap_or(0.0))),
        bounds: (0.0, f32::INFINITY),
    })
}

/// The sizes of two boxes that share all the room.
fn pair(first: Option<Wanted>, second: Option<Wanted>, room: f32) -> (f32, f32) {
    let (a, b) = match (first, second) {
        (Some(a), Some(b)) => (a, b),
        (Some(a), None) => return (a.asked.unwrap_or(room), 0.0),
        (None, Some(b)) => return (0.0, b.asked.unwrap_or(room)),
        (None, None) => return (0.0, 0.0),
    };
    let rest = |taken: f32| (room - taken).max(0.0);
    match (a.asked, b.asked) {
        (Some(a), Some(b)) => (a, b),
        (Some(a), None) => (a, rest(a)),
        (None, Some(b)) => (rest(b), b),
        (None, None) => {
            let first = if a.most + b.most <= room {
                grown((a.most, a.most), (b.most, b.most), room)
            } else if a.least + b.least <= room {
                grown((a.least, a.most - a.least), (b.least, b.most - b.least), room)
            } else {
                grown((a.least, a.least), (b.least, b.least), room)
            };
            (first, room - first)
        }
    }
}

/// The first of two boxes, given as size and weight, that grow by their weights until they fill the room.
fn grown(a: (f32, f32), b: (f32, f32), room: f32) -> f32 {
    let weights = a.1 + b.1;
    let part = if weights > 0.0 { a.1 / weights } else { 0.5 };
    a.0 + (room - a.0 - b.0) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(least: f32, most: f32) -> Option<Wanted> {
        Some(Wanted { least, most, asked: None, bounds: (0.0, f32::INFINITY) })
    }

    fn asking(size: f32) -> Option<Wanted> {
        Some(Wanted { least: 5.0, most: 5.0, asked: Some(size), bounds: (0.0, f32::INFINITY) })
    }

    fn sizes(boxes: [Option<Wanted>; 3]) -> [f32; 3] {
        share(boxes, 220.0).map(|(_, size)| (size * 10.0).round() / 10.0)
    }

    #[test]
    fn boxes_share_their_side_as_css_says() {
        assert_eq!(sizes([None, None, None]), [0.0, 0.0, 0.0]);
        assert_eq!(sizes([of(5.0, 50.0), None, None]), [220.0, 0.0, 0.0]);
        assert_eq!(sizes([of(5.0, 10.0), None, of(5.0, 30.0)]), [55.0, 0.0, 165.0]);
        assert_eq!(sizes([of(20.0, 200.0), None, of(20.0, 200.0)]), [110.0, 0.0, 110.0]);
        assert_eq!(sizes([of(300.0, 400.0), None, of(100.0, 400.0)]), [165.0, 0.0, 55.0]);
        assert_eq!(sizes([asking(50.0), None, of(5.0, 30.0)]), [50.0, 0.0, 170.0]);
        assert_eq!(sizes([None, of(5.0, 20.0), None]), [0.0, 220.0, 0.0]);
        assert_eq!(sizes([of(5.0, 10.0), of(5.0, 20.0), None]), [55.0, 110.0, 0.0]);
        // Chromium gives the box in the middle 15.6 points here.
        let [start, middle, end] = sizes([asking(50.0), of(5.06, 5.06), of(5.0, 33.2)]);
        assert_eq!((start, end), (50.0, (220.0 - middle) / 2.0));
    }

    #[test]
    fn bounds_come_last_and_the_middle_stays_in_the_middle() {
        let bounded = |bounds| of(5.0, 10.0).map(|wanted| Wanted { bounds, ..wanted });
        assert_eq!(sizes([bounded((0.0, 30.0)), None, of(5.0, 10.0)]), [30.0, 0.0, 190.0]);
        assert_eq!(sizes([bounded((150.0, 30.0)), None, of(5.0, 10.0)]), [150.0, 0.0, 70.0]);
        let [_, (middle_at, middle), _] = share([of(5.0, 10.0), of(5.0, 20.0), of(5.0, 60.0)], 220.0);
        assert_eq!(middle_at + middle / 2.0, 110.0);
    }
}
