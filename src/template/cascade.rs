//! The cascade: which rules match an element, and the style that they leave.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use crate::{
    fault::Fault,
    layout::text::{FontBook, FontStackId},
    template::{
        ancestry::Ancestry,
        css::{
            self, Rule,
            declaration::{Builder, Declaration, FaceUnits, Longhand},
            draft::Weight,
            matcher::{Asks, Facts, Known, Matched, Matcher},
            selector::Pseudo,
            sheet::{self, Declared},
            variable::{self, Custom},
        },
        document::{Child, Document, Element, ElementId, Text},
        source::Source,
        style::{Display, Style},
        styles::Number,
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
    rules: Vec<Stated>,
    matcher: Matcher,
    /// The steps that each element can match.
    candidates: Vec<Box<[u32]>>,
    stacks: HashMap<StackKey, FontStackId>,
    units: HashMap<FontStackId, FaceUnits>,
    /// From which index on `:nth-child()` repeats, and after how many.
    cycle: (usize, usize),
}

/// A rule whose selector is a step of the matcher.
#[derive(Debug)]
struct Stated {
    step: u32,
    pseudo: Option<Pseudo>,
    author: bool,
    specificity: u32,
    declared: Arc<[Declared]>,
}

/// What is known of an element: its style, and what it matched, which the elements in it may ask about.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) style: Arc<Style>,
    /// Its `::before`.
    pub(crate) before: Option<Arc<Style>>,
    /// Its `::after`.
    pub(crate) after: Option<Arc<Style>>,
    pub(crate) matched: Arc<Matched>,
    /// What it or some element around it matched.
    pub(crate) within: Arc<Matched>,
    /// Its number among the styles of its document, once it is one of them.
    pub(crate) number: Number,
}

/// What finding a style brings to light besides the style.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Values that custom properties leave without meaning.
    pub(crate) faults: Vec<Fault>,
    /// Texts with expressions that CSS adds to elements.
    pub(crate) contents: Vec<(ElementId, Arc<Text>)>,
    /// The names of elements that are taken out of the flow for margin boxes.
    pub(crate) running: BTreeSet<Arc<str>>,
    /// Fonts that only this style asks for.
    missing: Vec<StackKey>,
}

/// A declaration that applies to an element, and whether the browser's own sheet says it.
type Applying<'d> = (bool, Cow<'d, Declaration>);

impl Cascade {
    /// Prepares rules, in the order in which they stand, and `more` declarations that stand elsewhere. Fails with
    /// what to do when there are too many rules for so many elements.
    pub(crate) fn new(
        document: &Document,
        rules: Vec<Rule>,
        more: &[&Declared],
        fonts: &mut FontBook,
    ) -> Result<Self, Fault> {
        let mut matcher = Matcher::default();
        let all = BROWSER.iter().map(|rule| (false, rule)).chain(rules.iter().map(|rule| (true, rule)));
        let mut stated: Vec<Stated> = all
            .map(|(author, rule)| Stated {
                step: matcher.add(&rule.selector),
                pseudo: rule.selector.pseudo,
                author,
                specificity: rule.selector.specificity,
                declared: rule.declared.clone(),
            })
            .collect();
        // In the order of the cascade; rules that weigh the same stay in the order in which they stand.
        stated.sort_by_key(|rule| (rule.author, rule.specificity));
        let candidates = candidates(document, &matcher, &stated)?;
        let all = stated.iter().flat_map(|rule| rule.declared.iter());
        let keys = stack_keys(all.chain(more.iter().copied()).map(|declared| &declared.declaration));
        let cycle = cycle(matcher.asks.nths.iter().copied());
        let (stacks, units) = Default::default();
        let mut cascade = Self { rules: stated, matcher, candidates, stacks, units, cycle };
        cascade.add_stacks(keys, fonts);
        Ok(cascade)
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

    /// What selectors ask about.
    pub(crate) fn asks(&self) -> &Asks {
        &self.matcher.asks
    }

    /// Whether an element's style may depend on data by more than its class: by attributes, or by being empty.
    pub(crate) fn looks_at_data(&self, element: &Element) -> bool {
        let asks = self.asks();
        let asked = |name: &str| asks.attributes.contains(name) || (name == "lang" && asks.languages);
        let depends = |child: &Child| match child {
            Child::Text(text) => text.literal().is_none(),
            Child::Element(_) => true,
        };
        element.attributes.iter().any(|(name, text)| text.literal().is_none() && asked(name))
            || (asks.emptiness && element.children.iter().any(depends))
    }

    /// Whether some selector that may match this element counts siblings from the end, beyond the last one.
    pub(crate) fn counts_from_end(&self, id: ElementId) -> bool {
        self.matcher.counts_from_end(self.candidates_of(id))
    }

    /// What an element matches.
    pub(crate) fn matched(&self, id: ElementId, facts: Facts<'_>, parent: Option<&Ancestry>) -> Matched {
        self.matcher.matched(self.candidates_of(id), facts, parent.map(Ancestry::around))
    }

    fn candidates_of(&self, id: ElementId) -> &[u32] {
        self.candidates.get(id.0 as usize).map(AsRef::as_ref).unwrap_or_default()
    }

    /// The styles of an element under `parent`, which is `None` for the root. `root_size` is the root's font size.
    pub(crate) fn resolve(
        &self,
        matched: Matched,
        own: &[Declared],
        parent: Option<&Ancestry>,
        root_size: Option<f32>,
        notes: &mut Notes,
    ) -> Resolved {
        let initial = Style::default();
        let above = parent.map_or(&initial, |parent| parent.style());
        let style = self.build(above, root_size, self.applying(&matched, None, own), notes);
        let root_size = root_size.or(Some(style.font_size));
        let mut pseudo = |pseudo| {
            let applying = self.applying(&matched, Some(pseudo), &[]);
            let made = (!applying.is_empty()).then(|| self.build(&style, root_size, applying, notes));
            made.filter(|made| made.content.is_some() && made.display != Display::None).map(Arc::new)
        };
        let (before, after) = (pseudo(Pseudo::Before), pseudo(Pseudo::After));
        let within = parent.map_or_else(|| matched.clone(), |parent| parent.around().ancestors.and(&matched));
        let (style, matched, within) = (Arc::new(style), Arc::new(matched), Arc::new(within));
        Resolved { style, before, after, matched, within, number: Number::default() }
    }

    /// What is declared for an element or for content that CSS adds to it, in the order of the cascade.
    fn applying<'d>(&'d self, matched: &Matched, pseudo: Option<Pseudo>, own: &'d [Declared]) -> Vec<Applying<'d>> {
        let rules: Vec<&Stated> =
            self.rules.iter().filter(|rule| rule.pseudo == pseudo && matched.has(rule.step)).collect();
        let of_rules =
            || rules.iter().flat_map(|rule| rule.declared.iter().map(move |declared| (!rule.author, declared)));
        let declared = || of_rules().chain(own.iter().map(|declared| (false, declared)));
        let of = |important: bool| declared().filter(move |(_, declared)| declared.important == important);
        of(false).chain(of(true)).map(|(browser, declared)| (browser, Cow::Borrowed(&declared.declaration))).collect()
    }

    /// A style from declarations alone, as margin boxes have it.
    pub(crate) fn bare_style<'d>(
        &self,
        parent: &Style,
        root_size: f32,
        declared: impl Iterator<Item = &'d Declared>,
        notes: &mut Notes,
    ) -> Style {
        let applying = declared.map(|declared| (false, Cow::Borrowed(&declared.declaration))).collect();
        self.build(parent, Some(root_size), applying, notes)
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
        class * 2 + usize::from(last && self.matcher.asks.last)
    }
}

/// No template has more declarations for its elements together, as far as selectors can tell before there is data:
/// trying each with each would take minutes.
const MOST_DECLARATIONS: usize = 20_000_000;

/// Likewise for the selectors alone.
const MOST_TRIALS: usize = 200_000_000;

/// The steps that each element can match.
fn candidates(document: &Document, matcher: &Matcher, rules: &[Stated]) -> Result<Vec<Box<[u32]>>, Fault> {
    let too_many = || Fault::new("there are too many rules for so many elements").help("use fewer selectors");
    if matcher.len().saturating_mul(document.iter().count()) > MOST_TRIALS {
        return Err(too_many());
    }
    let mut weights = vec![1; matcher.len()];
    for rule in rules {
        weights[rule.step as usize] += rule.declared.len();
    }
    let (mut all, mut weight) = (Vec::new(), 0);
    for (_, element) in document.iter() {
        let classes = element.class.as_ref().map_or(Some(""), Text::literal);
        let of_element = matcher.candidates(Known { tag: element.tag, id: element.id.as_deref(), classes });
        weight += of_element.iter().map(|step| weights[*step as usize]).sum::<usize>();
        if weight > MOST_DECLARATIONS {
            return Err(too_many());
        }
        all.push(of_element.into());
    }
    Ok(all)
}

/// No more faults of one kind are told.
const MOST_FAULTS: usize = 1000;

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
                    if notes.faults.len() < MOST_FAULTS && !notes.faults.contains(&fault) {
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
