//! The cascade: which rules match an element, and the style that they leave.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use crate::{
    fault::Fault,
    layout::text::{FontBook, FontStackId},
    template::{
        css::{
            self, Rule,
            declaration::{Builder, Declaration, FaceUnits, Longhand},
            draft::Weight,
            selector::Subject,
            sheet::{self, Declared},
            variable::{self, Custom},
        },
        source::Source,
        style::Style,
    },
};

static BROWSER: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let source = Source::new("browser.css".into(), css::BROWSER.to_owned());
    sheet::parse(&source, 0, source.text(), &mut Vec::new()).rules
});

/// No template asks for more fonts than this before its elements are looked at: families times weights add up.
const MOST_STACKS: usize = 2000;

type StackKey = (Arc<[Arc<str>]>, u16, bool);

/// All rules of a template, with the fonts that they can ask for.
#[derive(Debug)]
pub struct Cascade {
    rules: Vec<Rule>,
    stacks: HashMap<StackKey, FontStackId>,
    units: HashMap<FontStackId, FaceUnits>,
    asks_for_last: bool,
    /// From which index on `:nth-child()` repeats, and after how many.
    cycle: (usize, usize),
}

/// What finding a style brings to light besides the style.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Values that custom properties leave without meaning.
    pub(crate) faults: Vec<Fault>,
    /// Fonts that only this style asks for.
    missing: Vec<StackKey>,
}

/// A declaration that applies to an element, and whether the browser's own sheet says it.
type Applying<'d> = (bool, Cow<'d, Declaration>);

impl Cascade {
    /// Prepares rules, in the order in which they stand, and `more` declarations that stand elsewhere.
    pub(crate) fn new(rules: Vec<Rule>, more: &[&Declared], fonts: &mut FontBook) -> Self {
        let selectors = || rules.iter().chain(BROWSER.iter()).map(|rule| &rule.selector);
        let asks_for_last = selectors().any(|selector| selector.asks_for_last());
        let cycle = cycle(selectors().flat_map(|selector| selector.nths()));
        let all = rules.iter().chain(BROWSER.iter()).flat_map(|rule| rule.declared.iter());
        let keys = stack_keys(all.chain(more.iter().copied()).map(|declared| &declared.declaration));
        let (stacks, units) = Default::default();
        let mut cascade = Self { rules, stacks, units, asks_for_last, cycle };
        cascade.add_stacks(keys, fonts);
        cascade
    }

    /// Adds the fonts that some styles turned out to need.
    pub(crate) fn complete(&mut self, notes: Notes, fonts: &mut FontBook) {
        self.add_stacks(notes.missing, fonts);
    }

    fn add_stacks(&mut self, keys: Vec<StackKey>, fonts: &mut FontBook) {
        for key in keys {
            let (families, weight, italic) = &key;
            let names: Vec<&str> = families.iter().map(|name| &**name).collect();
            let stack = fonts.stack(&names, *weight, *italic);
            self.units.entry(stack).or_insert_with(|| units(fonts, stack));
            self.stacks.insert(key, stack);
        }
    }

    /// The style of an element under `parent`, which is `None` for the root.
    pub(crate) fn style<S: Subject>(
        &self,
        element: &S,
        own: &[Declared],
        parent: Option<&Style>,
        root_size: Option<f32>,
        notes: &mut Notes,
    ) -> Style {
        let initial = Style::default();
        let mut matched: Vec<(bool, u32, &Rule)> = Vec::new();
        for (author, rules) in [(false, &*BROWSER), (true, &self.rules)] {
            let matching = rules.iter().filter(|rule| rule.selector.matches(element));
            matched.extend(matching.map(|rule| (author, rule.selector.specificity, rule)));
        }
        matched.sort_by_key(|(author, specificity, _)| (*author, *specificity));
        let of_rules = || {
            matched.iter().flat_map(|(author, _, rule)| rule.declared.iter().map(move |declared| (!*author, declared)))
        };
        let declared = || of_rules().chain(own.iter().map(|declared| (false, declared)));
        let ordered = || {
            let of = |important: bool| declared().filter(move |(_, declared)| declared.important == important);
            of(false).chain(of(true)).map(|(browser, declared)| (browser, Cow::Borrowed(&declared.declaration)))
        };
        self.build(parent.unwrap_or(&initial), root_size, ordered().collect(), notes)
    }

    /// A style from declarations alone, as margin boxes have it.
    pub(crate) fn bare_style<'d>(&self, parent: &Style, declared: impl Iterator<Item = &'d Declared>) -> Style {
        let applying = declared.map(|declared| (false, Cow::Borrowed(&declared.declaration))).collect();
        self.build(parent, Some(Style::default().font_size), applying, &mut Notes::default())
    }

    fn build(
        &self,
        parent: &Style,
        root_size: Option<f32>,
        declarations: Vec<Applying<'_>>,
        notes: &mut Notes,
    ) -> Style {
        let custom = custom(&declarations, parent);
        let declarations = substituted(declarations, custom.as_ref(), notes);
        let browser: Vec<&Declaration> =
            declarations.iter().filter(|(browser, _)| *browser).map(|(_, declaration)| &**declaration).collect();
        let of_font = |declaration: &Declaration| declaration.longhand().is_some_and(Longhand::is_of_font);
        let mut builder = Builder::new(parent, root_size, self.units_of(parent.stack));
        for (_, declaration) in declarations.iter().filter(|(_, declaration)| of_font(declaration)) {
            builder.apply(declaration, &browser);
        }
        let style = builder.font();
        style.custom = custom;
        let key = (style.families.clone(), style.weight, style.italic);
        let stack = self.stacks.get(&key).copied();
        if stack.is_none() && !notes.missing.contains(&key) {
            notes.missing.push(key);
        }
        style.stack = stack.unwrap_or_default();
        let units = self.units_of(style.stack);
        builder.face(units, root_size.is_none());
        for (_, declaration) in declarations.iter().filter(|(_, declaration)| !of_font(declaration)) {
            builder.apply(declaration, &browser);
        }
        builder.finish()
    }

    fn units_of(&self, stack: FontStackId) -> FaceUnits {
        const USUAL: FaceUnits = FaceUnits { ex: 500.0, ch: 500.0, line: 1200.0 };
        self.units.get(&stack).copied().unwrap_or(USUAL)
    }

    /// A number that two siblings share only if no selector tells their places apart.
    pub(crate) fn place_class(&self, index: usize, last: bool) -> usize {
        let (start, period) = self.cycle;
        let class = if index <= start { index } else { start + 1 + (index - start - 1) % period };
        class * 2 + usize::from(last && self.asks_for_last)
    }
}

/// The custom properties that an element has.
fn custom(declarations: &[Applying<'_>], parent: &Style) -> Option<Arc<Custom>> {
    let own = declarations.iter().filter_map(|(_, declaration)| match &**declaration {
        Declaration::Custom(name, value) => Some((name.clone(), value.clone())),
        _ => None,
    });
    variable::resolve(&own.collect(), parent.custom.as_ref())
}

/// The declarations with those parsed that waited for custom properties.
fn substituted<'d>(
    declarations: Vec<Applying<'d>>,
    custom: Option<&Arc<Custom>>,
    notes: &mut Notes,
) -> Vec<Applying<'d>> {
    if !declarations.iter().any(|(_, declaration)| matches!(**declaration, Declaration::Pending(_))) {
        return declarations;
    }
    let mut all = Vec::with_capacity(declarations.len());
    for (browser, declaration) in declarations {
        match &*declaration {
            Declaration::Pending(pending) => {
                let parsed = pending.parse(custom).unwrap_or_else(|fault| {
                    if !notes.faults.contains(&fault) {
                        notes.faults.push(fault);
                    }
                    pending.unset()
                });
                all.extend(parsed.into_iter().map(|declaration| (browser, Cow::Owned(declaration))));
            }
            _ => all.push((browser, declaration)),
        }
    }
    all
}

/// Every stack that some combination of the declarations can ask for.
fn stack_keys<'d>(declarations: impl Iterator<Item = &'d Declaration>) -> Vec<StackKey> {
    let mut families = vec![Style::default().families];
    let mut weights = vec![100, 400, 700, 900];
    for declaration in declarations {
        match declaration {
            Declaration::Families(list) if !families.contains(list) => families.push(list.clone()),
            Declaration::Weight(Weight::Is(weight)) if !weights.contains(weight) => weights.push(*weight),
            _ => {}
        }
    }
    let slants = |weight: u16| [(weight, false), (weight, true)];
    let faces: Vec<(u16, bool)> = weights.into_iter().flat_map(slants).collect();
    let keys = families.iter().flat_map(|list| faces.iter().map(|(weight, italic)| (list.clone(), *weight, *italic)));
    keys.take(MOST_STACKS).collect()
}

fn units(fonts: &FontBook, stack: FontStackId) -> FaceUnits {
    let face = fonts.face(fonts.primary(stack));
    let metrics = face.metrics;
    FaceUnits {
        ex: face.font.metrics().x_height.map_or(500.0, |height| height.to_f32() * face.scale),
        ch: face.glyph('0').map_or(500.0, |zero| face.advance(zero)),
        line: metrics.ascent + metrics.descent + metrics.line_gap,
    }
}

fn cycle(nths: impl Iterator<Item = (i32, i32)>) -> (usize, usize) {
    const LONGEST: usize = 1 << 16;
    let (mut start, mut period) = (1, 1);
    for (a, b) in nths {
        start = start.max(b.unsigned_abs() as usize);
        let a = (a.unsigned_abs() as usize).max(1);
        period = (period / gcd(period, a)).saturating_mul(a);
    }
    // Longer cycles would only make a cache miss more often; nothing depends on the bound but speed.
    if start.saturating_add(period) > LONGEST { (usize::MAX - 1, 1) } else { (start, period) }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_own_sheet_has_no_faults() {
        let source = Source::new("browser.css".into(), css::BROWSER.to_owned());
        let mut faults = Vec::new();
        assert!(sheet::parse(&source, 0, source.text(), &mut faults).rules.len() > 40);
        assert_eq!(faults, []);
    }

    #[test]
    fn places_repeat_with_the_selectors() {
        assert_eq!(cycle([(2, 0), (3, 1)].into_iter()), (1, 6));
        assert_eq!(cycle([(0, 5), (-1, 3)].into_iter()), (5, 1));
        let (start, _) = cycle([(i32::MIN, i32::MIN)].into_iter());
        assert_eq!(start, usize::MAX - 1);
    }
}
