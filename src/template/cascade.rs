//! The cascade: which rules match an element, and the style that they leave.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use crate::{
    layout::text::{FontBook, FontStackId},
    template::{
        css::{
            self, Rule,
            declaration::{Builder, Declaration},
            selector::Subject,
            sheet::{self, Declared},
        },
        source::Source,
        style::Style,
    },
};

static BROWSER: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let source = Source::new("browser.css".into(), css::BROWSER.to_owned());
    sheet::parse(&source, 0, source.text(), &mut Vec::new()).rules
});

type StackKey = (Arc<[Arc<str>]>, u16, bool);

/// All rules of a template, with the fonts that they can ask for.
#[derive(Debug)]
pub struct Cascade {
    rules: Vec<Rule>,
    stacks: HashMap<StackKey, FontStackId>,
    asks_for_last: bool,
    /// From which index on `:nth-child()` repeats, and after how many.
    cycle: (usize, usize),
}

impl Cascade {
    /// Prepares rules, in the order in which they stand, and `more` declarations that stand elsewhere.
    pub(crate) fn new(rules: Vec<Rule>, more: &[&Declared], fonts: &mut FontBook) -> Self {
        let selectors = || rules.iter().chain(BROWSER.iter()).map(|rule| &rule.selector);
        let asks_for_last = selectors().any(|selector| selector.asks_for_last());
        let cycle = cycle(selectors().flat_map(|selector| selector.nths()));
        let all = rules.iter().chain(BROWSER.iter()).flat_map(|rule| rule.declared.iter());
        let all = all.chain(more.iter().copied());
        let stacks = stacks(all.map(|declared| &declared.declaration), fonts);
        Self { rules, stacks, asks_for_last, cycle }
    }

    /// The style of an element under `parent`, which is `None` for the root.
    pub(crate) fn style<S: Subject>(
        &self,
        element: &S,
        own: &[Declared],
        parent: Option<&Style>,
        root_size: Option<f32>,
    ) -> Style {
        let initial = Style::default();
        let mut matched: Vec<(bool, u32, &Rule)> = Vec::new();
        for (author, rules) in [(false, &*BROWSER), (true, &self.rules)] {
            let matching = rules.iter().filter(|rule| rule.selector.matches(element));
            matched.extend(matching.map(|rule| (author, rule.selector.specificity, rule)));
        }
        matched.sort_by_key(|(author, specificity, _)| (*author, *specificity));
        let declared = || matched.iter().flat_map(|(_, _, rule)| rule.declared.iter()).chain(own);
        let ordered = || {
            let of = |important: bool| declared().filter(move |declared| declared.important == important);
            of(false).chain(of(true)).map(|declared| &declared.declaration)
        };
        self.build(parent.unwrap_or(&initial), root_size, ordered().collect())
    }

    /// A style from declarations alone, as margin boxes have it.
    pub(crate) fn bare_style<'d>(&self, parent: &Style, declared: impl Iterator<Item = &'d Declared>) -> Style {
        self.build(parent, Some(Style::default().font_size), declared.map(|declared| &declared.declaration).collect())
    }

    fn build(&self, parent: &Style, root_size: Option<f32>, declarations: Vec<&Declaration>) -> Style {
        let mut builder = Builder::new(parent, root_size, declarations.iter().copied());
        for declaration in declarations {
            builder.apply(declaration);
        }
        let mut style = builder.finish();
        let key = (style.families.clone(), style.weight, style.italic);
        style.stack = self.stacks.get(&key).copied().unwrap_or_default();
        style
    }

    /// A number that two siblings share only if no selector tells their places apart.
    pub(crate) fn place_class(&self, index: usize, last: bool) -> usize {
        let (start, period) = self.cycle;
        let class = if index <= start { index } else { start + 1 + (index - start - 1) % period };
        class * 2 + usize::from(last && self.asks_for_last)
    }
}

/// Every stack that some combination of the declarations can ask for.
fn stacks<'d>(
    declarations: impl Iterator<Item = &'d Declaration>,
    fonts: &mut FontBook,
) -> HashMap<StackKey, FontStackId> {
    let mut families = vec![Style::default().families];
    let mut weights = vec![400, 700, 900];
    for declaration in declarations {
        match declaration {
            Declaration::Families(list) if !families.contains(list) => families.push(list.clone()),
            Declaration::Weight(weight) if !weights.contains(weight) => weights.push(*weight),
            _ => {}
        }
    }
    let mut stacks = HashMap::new();
    for list in families {
        let names: Vec<&str> = list.iter().map(|name| &**name).collect();
        for &weight in &weights {
            for italic in [false, true] {
                stacks.insert((list.clone(), weight, italic), fonts.stack(&names, weight, italic));
            }
        }
    }
    stacks
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
