//! Grids: tracks, areas and places.

use std::sync::Arc;

use cssparser::{ParseError, Parser, Token, match_ignore_ascii_case};

use crate::template::{
    css::{
        declaration::{Declaration, Longhand},
        draft::{TrackAsWritten, TrackSizeAsWritten as Size},
        property::edge::Make,
        value::{Parsed, Remedy, at_end, is_word, length, refuse, unexpected, whole, word},
    },
    style::Line,
};

/// No grid has more tracks along one axis.
const MOST_TRACKS: usize = 1000;

pub(super) fn single(longhand: Longhand, input: &mut Parser<'_>) -> Option<Parsed<Declaration>> {
    use Declaration as D;
    Some(match longhand {
        Longhand::GridColumns => template_tracks(input).map(D::GridColumns),
        Longhand::GridRows => template_tracks(input).map(D::GridRows),
        Longhand::GridAutoColumns => auto_tracks(input).map(D::GridAutoColumns),
        Longhand::GridAutoRows => auto_tracks(input).map(D::GridAutoRows),
        Longhand::GridAutoFlow => auto_flow(input).map(D::GridAutoFlow),
        Longhand::GridAreas => areas(input).map(D::GridAreas),
        Longhand::GridRowStart => line(input).map(D::GridRowStart),
        Longhand::GridRowEnd => line(input).map(D::GridRowEnd),
        Longhand::GridColumnStart => line(input).map(D::GridColumnStart),
        Longhand::GridColumnEnd => line(input).map(D::GridColumnEnd),
        _ => return None,
    })
}

fn template_tracks(input: &mut Parser<'_>) -> Parsed<Vec<TrackAsWritten>> {
    if is_word(input, "none") {
        return Ok(Vec::new());
    }
    tracks(input, true)
}

fn auto_tracks(input: &mut Parser<'_>) -> Parsed<Vec<TrackAsWritten>> {
    tracks(input, false)
}

/// Tracks up to the end, a slash or a string.
fn tracks(input: &mut Parser<'_>, repeats: bool) -> Parsed<Vec<TrackAsWritten>> {
    let mut tracks = Vec::new();
    loop {
        let state = input.state();
        match input.next().cloned() {
            Ok(Token::Function(name)) if repeats && name.eq_ignore_ascii_case("repeat") => {
                input.parse_nested_block(|input| repeat(input, &mut tracks))?;
            }
            Ok(Token::SquareBracketBlock) => {
                return refuse("lines have no names; use line numbers or `grid-template-areas`");
            }
            Ok(Token::Ident(name)) if name.eq_ignore_ascii_case("subgrid") => {
                return refuse("subgrids are not supported; repeat the columns in the inner grid");
            }
            Err(_) | Ok(Token::Delim('!' | '/')) => {
                input.reset(&state);
                break;
            }
            Ok(_) => {
                input.reset(&state);
                tracks.push(track(input)?);
            }
        }
        if tracks.len() > MOST_TRACKS {
            return refuse(format!("no grid has more than {MOST_TRACKS} tracks"));
        }
    }
    if tracks.is_empty() { unexpected() } else { Ok(tracks) }
}

fn repeat(input: &mut Parser<'_>, into: &mut Vec<TrackAsWritten>) -> Parsed<()> {
    if input.try_parse(|input| word(input, &[("auto-fill", ()), ("auto-fit", ())])).is_ok() {
        return refuse("say how often: `repeat(3, 1fr)`");
    }
    let times = whole(input, 1, MOST_TRACKS as i32)?;
    input.expect_comma()?;
    let repeated = tracks(input, false)?;
    if repeated.len() * times as usize > MOST_TRACKS {
        return refuse(format!("no grid has more than {MOST_TRACKS} tracks"));
    }
    for _ in 0..times {
        into.extend(repeated.iter().cloned());
    }
    Ok(())
}

fn track(input: &mut Parser<'_>) -> Parsed<TrackAsWritten> {
    if input.try_parse(|input| input.expect_function_matching("minmax")).is_ok() {
        return input.parse_nested_block(|input| {
            let least = breadth(input)?;
            input.expect_comma()?;
            let most = breadth(input)?;
            match least {
                Size::Fraction(_) => refuse("the least size of `minmax()` is no `fr`"),
                least => Ok(TrackAsWritten { least, most }),
            }
        });
    }
    if input.try_parse(|input| input.expect_function_matching("fit-content")).is_ok() {
        let most = input.parse_nested_block(|input| length(input, false))?;
        return Ok(TrackAsWritten { least: Size::Auto, most: Size::FitContent(most) });
    }
    Ok(match breadth(input)? {
        Size::Fraction(fraction) => TrackAsWritten { least: Size::Auto, most: Size::Fraction(fraction) },
        same => TrackAsWritten { least: same.clone(), most: same },
    })
}

fn breadth(input: &mut Parser<'_>) -> Parsed<Size> {
    let state = input.state();
    match input.next()?.clone() {
        Token::Dimension { value, unit, .. } if unit.eq_ignore_ascii_case("fr") => match value {
            value if (0.0..=100_000.0).contains(&value) => Ok(Size::Fraction(value)),
            _ => refuse("use an `fr` of at least 0"),
        },
        Token::Ident(name) => Ok(match_ignore_ascii_case! { &name,
            "auto" => Size::Auto,
            "min-content" => Size::MinContent,
            "max-content" => Size::MaxContent,
            _ => return refuse("use a length, a percentage, `fr`, `auto`, `min-content`, `max-content`, `minmax()` or `repeat()`"),
        }),
        _ => {
            input.reset(&state);
            length(input, false).map(Size::Fixed)
        }
    }
}

fn auto_flow(input: &mut Parser<'_>) -> Parsed<(bool, bool)> {
    let (mut by_column, mut dense) = (None, false);
    while !at_end(input) {
        match word(input, &[("row", 0), ("column", 1), ("dense", 2)])? {
            2 if !dense => dense = true,
            direction @ (0 | 1) if by_column.is_none() => by_column = Some(direction == 1),
            _ => return unexpected(),
        }
    }
    if by_column.is_none() && !dense { unexpected() } else { Ok((by_column.unwrap_or(false), dense)) }
}

type Areas = Vec<(Arc<str>, [i16; 4])>;

fn areas(input: &mut Parser<'_>) -> Parsed<Areas> {
    if is_word(input, "none") {
        return Ok(Areas::new());
    }
    let mut rows = Vec::new();
    while let Ok(row) = input.try_parse(|input| input.expect_string_cloned()) {
        rows.push(row.to_string());
    }
    areas_of(&rows)
}

/// The named rectangles of rows such as `"head head"`.
fn areas_of(rows: &[String]) -> Parsed<Areas> {
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.split_ascii_whitespace().collect()).collect();
    let columns = cells.first().map_or(0, Vec::len);
    if columns == 0 || columns > MOST_TRACKS || rows.len() > MOST_TRACKS {
        return refuse("write the areas' names, one string for each row");
    }
    if cells.iter().any(|row| row.len() != columns) {
        return refuse("all rows need the same number of names; `.` is an empty cell");
    }
    let mut areas = Areas::new();
    for (y, row) in cells.iter().enumerate() {
        for (x, name) in row.iter().enumerate().filter(|(_, name)| name.bytes().any(|b| b != b'.')) {
            let (x, y) = (x as i16 + 1, y as i16 + 1);
            match areas.iter_mut().find(|(known, _)| **known == **name) {
                Some((_, [_, bottom, _, right])) => {
                    *bottom = y + 1;
                    *right = (*right).max(x + 1);
                }
                None => areas.push((Arc::from(*name), [y, y + 1, x, x + 1])),
            }
            if areas.len() > MOST_TRACKS {
                return refuse("there are too many areas");
            }
        }
    }
    for (name, [top, bottom, left, right]) in &areas {
        let within = &cells[*top as usize - 1..*bottom as usize - 1];
        let filled =
            within.iter().all(|row| row[*left as usize - 1..*right as usize - 1].iter().all(|cell| *cell == &**name));
        let count = cells.iter().flatten().filter(|cell| **cell == &**name).count();
        if !filled || count != ((bottom - top) as usize) * ((right - left) as usize) {
            return refuse(format!("area `{name}` is not one rectangle"));
        }
    }
    Ok(areas)
}

fn line(input: &mut Parser<'_>) -> Parsed<Line> {
    if is_word(input, "auto") {
        return Ok(Line::Auto);
    }
    if is_word(input, "span") {
        return match input.try_parse(|input| whole(input, 1, MOST_TRACKS as i32)) {
            Ok(tracks) => Ok(Line::Span(tracks as u16)),
            Err(_) => refuse("write how many tracks: `span 2`"),
        };
    }
    match input.next()?.clone() {
        Token::Number { int_value: Some(number), .. } if number != 0 && number.unsigned_abs() <= MOST_TRACKS as u32 => {
            Ok(Line::Number(number as i16))
        }
        Token::Ident(name) => Ok(Line::Area(Arc::from(&*name))),
        _ => {
            refuse(format!("use a line from 1 to {MOST_TRACKS}, counted from the end when negative, or an area's name"))
        }
    }
}

/// The end of an area that only has a start: the same name, else `auto`.
fn opposite(line: &Line) -> Line {
    match line {
        Line::Area(name) => Line::Area(name.clone()),
        _ => Line::Auto,
    }
}

pub(super) fn lines(input: &mut Parser<'_>, make: [Make<Line>; 2]) -> Parsed<Vec<Declaration>> {
    let start = line(input)?;
    let end = match input.try_parse(|input| input.expect_delim('/')) {
        Ok(()) => line(input)?,
        Err(_) => opposite(&start),
    };
    let [first, second] = make;
    Ok(vec![first(start), second(end)])
}

pub(super) fn area(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let mut given = vec![line(input)?];
    while given.len() < 4 && input.try_parse(|input| input.expect_delim('/')).is_ok() {
        given.push(line(input)?);
    }
    let mut given = given.into_iter();
    let row = given.next().unwrap_or_default();
    let column = given.next().unwrap_or_else(|| opposite(&row));
    let row_end = given.next().unwrap_or_else(|| opposite(&row));
    let column_end = given.next().unwrap_or_else(|| opposite(&column));
    Ok(vec![
        Declaration::GridRowStart(row),
        Declaration::GridColumnStart(column),
        Declaration::GridRowEnd(row_end),
        Declaration::GridColumnEnd(column_end),
    ])
}

/// `rows / columns`, or strings of areas, each with its row's height, and the columns after a slash.
pub(super) fn template(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let auto = || TrackAsWritten { least: Size::Auto, most: Size::Auto };
    let make = |rows, columns, areas| {
        Ok(vec![Declaration::GridRows(rows), Declaration::GridColumns(columns), Declaration::GridAreas(areas)])
    };
    if is_word(input, "none") {
        return make(Vec::new(), Vec::new(), Areas::new());
    }
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    while let Ok(row) = input.try_parse(|input| input.expect_string_cloned()) {
        names.push(row.to_string());
        rows.push(input.try_parse(track).unwrap_or_else(|_: ParseError<Remedy>| auto()));
    }
    if names.is_empty() {
        rows = template_tracks(input)?;
    }
    let slash = input.try_parse(|input| input.expect_delim('/')).is_ok();
    let columns = match (slash, names.is_empty()) {
        (true, _) => template_tracks(input)?,
        (false, true) => return refuse("write `rows / columns`"),
        (false, false) => Vec::new(),
    };
    let areas = if names.is_empty() { Areas::new() } else { areas_of(&names)? };
    make(rows, columns, areas)
}
