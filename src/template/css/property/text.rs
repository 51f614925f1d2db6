//! Text: its alignment, spacing, breaking and decoration.

use cssparser::{Parser, Token};

use crate::template::{
    css::{
        color::Paint,
        declaration::{Declaration, Longhand},
        draft::{DecorationLines, TextAlignAsWritten, VerticalAlignAsWritten},
        value::{Length, Parsed, absolute, at_end, color, is_word, length, number, refuse, unexpected, word},
    },
    style::*,
};

pub(super) fn single(longhand: Longhand, input: &mut Parser<'_>) -> Option<Parsed<Declaration>> {
    use Declaration as D;
    Some(match longhand {
        Longhand::Color => text_color(input),
        Longhand::TextAlign => text_align(input).map(D::TextAlign),
        Longhand::TextIndent => length(input, true).map(|indent| D::TextIndent(Some(indent))),
        Longhand::LetterSpacing => spacing(input).map(D::LetterSpacing),
        Longhand::WordSpacing => spacing(input).map(D::WordSpacing),
        Longhand::TextTransform => word(input, TRANSFORMS).map(D::TextTransform),
        Longhand::WhiteSpace => word(input, WHITE_SPACES).map(D::WhiteSpace),
        Longhand::TabSize => tab_size(input).map(D::TabSize),
        Longhand::Ellipsis => word(input, &[("clip", false), ("ellipsis", true)]).map(D::Ellipsis),
        Longhand::OverflowWrap => word(input, OVERFLOW_WRAPS).map(D::OverflowWrap),
        Longhand::SoftHyphens => hyphens(input).map(D::SoftHyphens),
        Longhand::Direction => word(input, &[("ltr", Direction::Ltr), ("rtl", Direction::Rtl)]).map(D::Direction),
        Longhand::Isolation => word(input, ISOLATIONS).map(D::Isolation),
        Longhand::VerticalAlign => vertical_align(input).map(D::VerticalAlign),
        Longhand::DecorationLines => decoration_lines(input).map(D::DecorationLines),
        Longhand::DecorationStyle => decoration_style(input).map(D::DecorationStyle),
        Longhand::DecorationColor => color(input).map(D::DecorationColor),
        Longhand::DecorationThickness => thickness(input).map(D::DecorationThickness),
        _ => return None,
    })
}

const TEXT_ALIGNS: &[(&str, TextAlignAsWritten)] = &[
    ("left", TextAlignAsWritten::Is(TextAlign::Left)),
    ("right", TextAlignAsWritten::Is(TextAlign::Right)),
    ("center", TextAlignAsWritten::Is(TextAlign::Center)),
    ("justify", TextAlignAsWritten::Is(TextAlign::Justify)),
    ("start", TextAlignAsWritten::Is(TextAlign::Start)),
    ("end", TextAlignAsWritten::Is(TextAlign::End)),
    ("match-parent", TextAlignAsWritten::MatchParent),
];

const VERTICAL_ALIGNS: &[(&str, VerticalAlign)] = &[
    ("baseline", VerticalAlign::Baseline),
    ("top", VerticalAlign::Top),
    ("middle", VerticalAlign::Middle),
    ("bottom", VerticalAlign::Bottom),
    ("super", VerticalAlign::Super),
    ("sub", VerticalAlign::Sub),
    ("text-top", VerticalAlign::TextTop),
    ("text-bottom", VerticalAlign::TextBottom),
];

const WHITE_SPACES: &[(&str, WhiteSpace)] = &[
    ("normal", WhiteSpace::Normal),
    ("nowrap", WhiteSpace::Nowrap),
    ("pre", WhiteSpace::Pre),
    ("pre-wrap", WhiteSpace::PreWrap),
    ("pre-line", WhiteSpace::PreLine),
];

const TRANSFORMS: &[(&str, TextTransform)] = &[
    ("none", TextTransform::None),
    ("uppercase", TextTransform::Uppercase),
    ("lowercase", TextTransform::Lowercase),
    ("capitalize", TextTransform::Capitalize),
];

const OVERFLOW_WRAPS: &[(&str, OverflowWrap)] =
    &[("normal", OverflowWrap::Normal), ("break-word", OverflowWrap::BreakWord), ("anywhere", OverflowWrap::Anywhere)];

const ISOLATIONS: &[(&str, Isolation)] = &[
    ("normal", Isolation::Normal),
    ("embed", Isolation::Embed),
    ("isolate", Isolation::Isolate),
    ("plaintext", Isolation::Plaintext),
    ("bidi-override", Isolation::Override),
];

/// `color: currentcolor` is the parent's colour.
fn text_color(input: &mut Parser<'_>) -> Parsed<Declaration> {
    use crate::template::css::longhand::Wide;
    Ok(match color(input)? {
        Paint::Is(color) => Declaration::Color(color),
        Paint::Current => Declaration::Wide(Longhand::Color, Wide::Inherit),
    })
}

fn text_align(input: &mut Parser<'_>) -> Parsed<TextAlignAsWritten> {
    // The word of browsers' own sheets for `th`.
    if is_word(input, "-internal-center") {
        return Ok(TextAlignAsWritten::HeaderCell);
    }
    word(input, TEXT_ALIGNS)
}

fn vertical_align(input: &mut Parser<'_>) -> Parsed<VerticalAlignAsWritten> {
    match input.try_parse(|input| length(input, true)) {
        Ok(raised) => Ok(VerticalAlignAsWritten::Raised(raised)),
        Err(_) => word(input, VERTICAL_ALIGNS).map(VerticalAlignAsWritten::Is),
    }
}

fn spacing(input: &mut Parser<'_>) -> Parsed<Length> {
    if is_word(input, "normal") { Ok(Length::ZERO) } else { absolute(input, true) }
}

fn tab_size(input: &mut Parser<'_>) -> Parsed<f32> {
    match input.try_parse(number) {
        Ok(spaces) if (0.0..=1000.0).contains(&spaces) => Ok(spaces),
        _ => refuse("write how many spaces a tab is wide, such as `4`"),
    }
}

fn hyphens(input: &mut Parser<'_>) -> Parsed<bool> {
    if is_word(input, "auto") {
        return refuse("words are not hyphenated by themselves; put `&shy;` where they may be, and write `manual`");
    }
    word(input, &[("none", false), ("manual", true)])
}

/// The older `break-word` is a way to write `overflow-wrap: anywhere`.
pub(super) fn word_break(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    if is_word(input, "break-word") {
        let wrap = Declaration::OverflowWrap(OverflowWrap::Anywhere);
        return Ok(vec![Declaration::WordBreak(WordBreak::Normal), wrap]);
    }
    let kinds = [("normal", WordBreak::Normal), ("break-all", WordBreak::BreakAll), ("keep-all", WordBreak::KeepAll)];
    Ok(vec![Declaration::WordBreak(word(input, &kinds)?)])
}

fn decoration_lines(input: &mut Parser<'_>) -> Parsed<DecorationLines> {
    let mut lines = DecorationLines::default();
    if is_word(input, "none") {
        return Ok(lines);
    }
    add_line(&mut lines, input)?;
    while input.try_parse(|input| add_line(&mut lines, input)).is_ok() {}
    Ok(lines)
}

fn add_line(lines: &mut DecorationLines, input: &mut Parser<'_>) -> Parsed<()> {
    let line = match word(input, &[("underline", 0), ("overline", 1), ("line-through", 2)])? {
        0 => &mut lines.underline,
        1 => &mut lines.overline,
        _ => &mut lines.line_through,
    };
    if std::mem::replace(line, true) { unexpected() } else { Ok(()) }
}

fn decoration_style(input: &mut Parser<'_>) -> Parsed<LineStyle> {
    word(
        input,
        &[
            ("solid", LineStyle::Solid),
            ("double", LineStyle::Double),
            ("dotted", LineStyle::Dotted),
            ("dashed", LineStyle::Dashed),
        ],
    )
}

fn thickness(input: &mut Parser<'_>) -> Parsed<Option<Length>> {
    match input.try_parse(|input| word(input, &[("auto", ()), ("from-font", ())])) {
        Ok(()) => Ok(None),
        Err(_) => length(input, false).map(Some),
    }
}

pub(super) fn decoration(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let (mut lines, mut style, mut ink, mut thick) = (None, None, None, None);
    while !at_end(input) {
        if lines.is_none()
            && let Ok(value) = input.try_parse(decoration_lines)
        {
            lines = Some(value);
        } else if style.is_none()
            && let Ok(value) = input.try_parse(decoration_style)
        {
            style = Some(value);
        } else if thick.is_none()
            && let Ok(value) = input.try_parse(thickness)
        {
            thick = Some(value);
        } else if ink.is_none()
            && let Ok(value) = input.try_parse(color)
        {
            ink = Some(value);
        } else {
            return match input.next()? {
                Token::Ident(_) => refuse(
                    "use `none`, `underline`, `overline`, `line-through`, `solid`, `double`, `dotted`, `dashed`, a colour and a thickness",
                ),
                _ => unexpected(),
            };
        }
    }
    Ok(vec![
        Declaration::DecorationLines(lines.unwrap_or_default()),
        Declaration::DecorationStyle(style.unwrap_or_default()),
        Declaration::DecorationColor(ink.unwrap_or(Paint::Current)),
        Declaration::DecorationThickness(thick.flatten()),
    ])
}
