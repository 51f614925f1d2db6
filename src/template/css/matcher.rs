//! Which selectors match: all of a template's selectors taken apart into steps that are asked of one element at a time.
//!
//! A step is a compound together with everything on its left. Whether it matches an element follows from the element
//! itself and from the steps that its parent, its ancestors or its siblings have matched, which are known by then. So
//! matching never searches, and the steps that an element matched are all that the elements in it can see of it.

use std::{collections::BTreeSet, sync::Arc};

use crate::template::css::selector::{Attribute, Combinator, Comparison, Nth, Selector, Test};

/// The steps of all selectors; those on the left, and those within others, come first.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    steps: Vec<Step>,
    pub(crate) asks: Asks,
}

/// A compound and what is on its left.
#[derive(Debug)]
struct Step {
    tag: Option<Arc<str>>,
    tests: Vec<Ask>,
    /// The step on the left, and how it is joined.
    left: Option<(Combinator, u32)>,
}

/// A condition on one element, selectors within it being steps.
#[derive(Debug)]
enum Ask {
    Plain(Test),
    Some(Vec<u32>),
    NotAny(Vec<u32>),
}

/// What some selector asks about, so that nothing else needs to be found out.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    /// Names of attributes.
    pub(crate) attributes: BTreeSet<Arc<str>>,
    /// Siblings before an element.
    pub(crate) siblings: bool,
    /// Whether an element is empty.
    pub(crate) emptiness: bool,
    /// Languages.
    pub(crate) languages: bool,
    /// Whether an element is the last one.
    pub(crate) last: bool,
    /// All `an+b` that count from the beginning.
    pub(crate) nths: Vec<(i32, i32)>,
}

/// A set of steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Matched(Vec<u64>);

impl Matched {
    pub(crate) fn has(&self, step: u32) -> bool {
        self.0.get(step as usize / 64).is_some_and(|word| word >> (step % 64) & 1 == 1)
    }

    fn add(&mut self, step: u32) {
        let word = step as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (step % 64);
    }

    /// Whether all steps of another set are in this one.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        other.0.iter().enumerate().all(|(i, word)| word & !self.0.get(i).copied().unwrap_or(0) == 0)
    }

    /// Both sets together.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let (longer, shorter) = if self.0.len() >= other.0.len() { (self, other) } else { (other, self) };
        let mut both = longer.clone();
        both.0.iter_mut().zip(&shorter.0).for_each(|(word, more)| *word |= more);
        both
    }
}

/// An element among its siblings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// Its number, from 1.
    pub(crate) index: usize,
    /// How many there are; `None` while they are still coming.
    pub(crate) count: Option<usize>,
    /// Its number among those of its name.
    pub(crate) index_of_type: usize,
    /// How many of its name there are.
    pub(crate) count_of_type: Option<usize>,
    /// What the sibling just before it matched.
    pub(crate) previous: Option<Arc<Matched>>,
    /// What all siblings before it matched.
    pub(crate) earlier: Option<Arc<Matched>>,
}

/// What selectors may ask about an element itself, its name apart, which is never new.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'e> {
    pub(crate) id: Option<&'e str>,
    /// Words, as `class` has them.
    pub(crate) classes: &'e str,
    /// Those that some selector asks about.
    pub(crate) attributes: &'e [(&'static str, String)],
    pub(crate) language: Option<&'e str>,
    pub(crate) empty: bool,
    pub(crate) place: &'e Place,
}

/// What the elements around an element matched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'m> {
    pub(crate) parent: &'m Matched,
    pub(crate) ancestors: &'m Matched,
}

/// What is known of an element before there is data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'e> {
    pub(crate) tag: &'e str,
    pub(crate) id: Option<&'e str>,
    /// `None` when they depend on data.
    pub(crate) classes: Option<&'e str>,
}

impl Matcher {
    /// Adds a selector; the number of the step that stands for all of it.
    pub(crate) fn add(&mut self, selector: &Selector) -> u32 {
        let mut left = None;
        for (combinator, compound) in &selector.steps {
            self.asks.siblings |= matches!(combinator, Combinator::Next | Combinator::Subsequent);
            let tests = compound.tests.iter().map(|test| self.ask(test)).collect();
            let left_of_this = left.map(|step| (*combinator, step));
            self.steps.push(Step { tag: compound.tag.clone(), tests, left: left_of_this });
            left = Some(self.steps.len() as u32 - 1);
        }
        left.unwrap_or_default()
    }

    fn ask(&mut self, test: &Test) -> Ask {
        match test {
            Test::Is(list) | Test::Where(list) => return Ask::Some(list.iter().map(|inner| self.add(inner)).collect()),
            Test::Not(list) => return Ask::NotAny(list.iter().map(|inner| self.add(inner)).collect()),
            Test::Attribute(attribute) => {
                self.asks.attributes.insert(attribute.name.clone());
            }
            Test::Empty => self.asks.emptiness = true,
            Test::Nth(Nth { from_end: true, .. }) => self.asks.last = true,
            Test::Nth(Nth { a, b, .. }) => self.asks.nths.push((*a, *b)),
            Test::Lang(_) => self.asks.languages = true,
            Test::Id(_) | Test::Class(_) | Test::Root => {}
        }
        Ask::Plain(test.clone())
    }

    /// How many steps there are.
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The steps that an element can match at all, whatever the data.
    pub(crate) fn candidates(&self, known: Known<'_>) -> Vec<u32> {
        let possible = |step: &Step| {
            step.tag.as_deref().is_none_or(|tag| tag == known.tag)
                && step.tests.iter().all(|ask| match ask {
                    Ask::Plain(Test::Id(id)) => known.id == Some(id),
                    Ask::Plain(Test::Class(class)) => known.classes.is_none_or(|classes| has_word(classes, class)),
                    _ => true,
                })
        };
        (0..self.steps.len() as u32).filter(|step| possible(&self.steps[*step as usize])).collect()
    }

    /// Whether one of these steps counts siblings from the end, beyond the last one.
    pub(crate) fn counts_from_end(&self, candidates: &[u32]) -> bool {
        let counts = |ask: &Ask| matches!(ask, Ask::Plain(Test::Nth(nth)) if nth.from_end && (nth.a, nth.b) != (0, 1));
        candidates.iter().any(|step| self.steps[*step as usize].tests.iter().any(counts))
    }

    /// The steps among `candidates` that an element matches; `around` is none for the root.
    pub(crate) fn matched(&self, candidates: &[u32], facts: Facts<'_>, around: Option<Around<'_>>) -> Matched {
        let mut matched = Matched::default();
        for &number in candidates {
            let step = &self.steps[number as usize];
            if step.left_matches(facts.place, around)
                && step.tests.iter().all(|ask| ask.holds(facts, around.is_none(), &matched))
            {
                matched.add(number);
            }
        }
        matched
    }
}

impl Step {
    fn left_matches(&self, place: &Place, around: Option<Around<'_>>) -> bool {
        let Some((combinator, left)) = self.left else { return true };
        match combinator {
            Combinator::Child => around.is_some_and(|around| around.parent.has(left)),
            Combinator::Descendant => around.is_some_and(|around| around.ancestors.has(left)),
            Combinator::Next => place.previous.as_ref().is_some_and(|previous| previous.has(left)),
            Combinator::Subsequent => place.earlier.as_ref().is_some_and(|earlier| earlier.has(left)),
        }
    }
}

impl Ask {
    /// `so_far` are the steps within others, which come first.
    fn holds(&self, facts: Facts<'_>, is_root: bool, so_far: &Matched) -> bool {
        match self {
            Self::Some(steps) => steps.iter().any(|step| so_far.has(*step)),
            Self::NotAny(steps) => !steps.iter().any(|step| so_far.has(*step)),
            Self::Plain(test) => test.holds(facts, is_root),
        }
    }
}

impl Test {
    fn holds(&self, facts: Facts<'_>, is_root: bool) -> bool {
        match self {
            Self::Id(id) => facts.id == Some(id),
            Self::Class(class) => has_word(facts.classes, class),
            Self::Attribute(attribute) => attribute.holds(facts),
            Self::Root => is_root,
            Self::Empty => facts.empty,
            Self::Lang(ranges) => facts.language.is_some_and(|language| {
                let language = language.to_ascii_lowercase();
                ranges.iter().any(|range| begins_part(&language, &range.to_ascii_lowercase()))
            }),
            Self::Nth(nth) => nth.holds(facts.place),
            // They are steps of their own.
            Self::Is(_) | Self::Not(_) | Self::Where(_) => false,
        }
    }
}

impl Nth {
    /// Whether the element's number is `a·n + b` for some n ≥ 0.
    fn holds(self, place: &Place) -> bool {
        let (index, count) = match self.of_type {
            true => (place.index_of_type, place.count_of_type),
            false => (place.index, place.count),
        };
        let number = if self.from_end { count.map(|count| count + 1 - index.min(count)) } else { Some(index) };
        let Some(number) = number.and_then(|number| i64::try_from(number).ok()) else { return false };
        let (a, b) = (i64::from(self.a), i64::from(self.b));
        let distance = number - b;
        if a == 0 { distance == 0 } else { distance % a == 0 && distance / a >= 0 }
    }
}

impl Attribute {
    fn holds(&self, facts: Facts<'_>) -> bool {
        let own = match &*self.name {
            "class" => Some(facts.classes).filter(|classes| !classes.is_empty()),
            "id" => facts.id,
            name => facts.attributes.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str()),
        };
        let Some(own) = own else { return false };
        let Some((comparison, value)) = &self.value else { return true };
        if self.ignores_case {
            comparison.holds(&own.to_ascii_lowercase(), &value.to_ascii_lowercase())
        } else {
            comparison.holds(own, value)
        }
    }
}

impl Comparison {
    fn holds(self, own: &str, value: &str) -> bool {
        match self {
            Self::Equals => own == value,
            Self::HasWord => !value.is_empty() && has_word(own, value),
            Self::HasPart => begins_part(own, value),
            Self::BeginsWith => !value.is_empty() && own.starts_with(value),
            Self::EndsWith => !value.is_empty() && own.ends_with(value),
            Self::Contains => !value.is_empty() && own.contains(value),
        }
    }
}

fn has_word(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|own| own == word)
}

/// Whether `part` is all of `text`, or stands before the first dash; `en` begins `en-GB`.
fn begins_part(text: &str, part: &str) -> bool {
    text.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) && !part.is_empty()
}

#[cfg(test)]
mod tests {
    use cssparser::Parser;

    use super::*;

    /// One element of a little document: its parent, name, id, classes, attributes.
    struct Node(
        Option<usize>,
        &'static str,
        Option<&'static str>,
        &'static str,
        &'static [(&'static str, &'static str)],
    );

    /// `<body><h2 id=top></h2><p class="a b" lang=en-GB>…<i></i><b></b></p><p></p><div><i></i></div></body>`
    const NODES: &[Node] = &[
        Node(None, "body", None, "", &[]),
        Node(Some(0), "h2", Some("top"), "", &[]),
        Node(Some(0), "p", None, "a b", &[("lang", "en-GB"), ("title", "One two")]),
        Node(Some(2), "i", None, "", &[]),
        Node(Some(2), "b", None, "c", &[("href", "https://x.org/a.pdf")]),
        Node(Some(0), "p", None, "", &[]),
        Node(Some(0), "div", None, "", &[]),
        Node(Some(6), "i", None, "", &[]),
    ];

    fn place(index: usize, matched: &[(Matched, Matched)]) -> Place {
        let siblings = |of: usize| {
            let parent = NODES[of].0;
            (0..NODES.len()).filter(move |other| NODES[*other].0 == parent)
        };
        let same = |of: usize| siblings(of).filter(move |other| NODES[*other].1 == NODES[of].1);
        let before: Vec<usize> = siblings(index).take_while(|other| *other < index).collect();
        let earlier = before.iter().fold(Matched::default(), |all, other| all.and(&matched[*other].0));
        Place {
            index: before.len() + 1,
            count: Some(siblings(index).count()),
            index_of_type: same(index).position(|other| other == index).unwrap() + 1,
            count_of_type: Some(same(index).count()),
            previous: before.last().map(|other| Arc::new(matched[*other].0.clone())),
            earlier: Some(Arc::new(earlier)),
        }
    }

    /// The numbers of the nodes that match.
    fn matching(text: &str) -> Vec<usize> {
        let selectors = Parser::new(text).parse_entirely(Selector::parse_list).unwrap_or_else(|_| panic!("{text}"));
        let mut matcher = Matcher::default();
        let steps: Vec<u32> = selectors.iter().map(|selector| matcher.add(selector)).collect();
        let mut matched: Vec<(Matched, Matched)> = Vec::new();
        for (index, Node(parent, tag, id, classes, attributes)) in NODES.iter().enumerate() {
            let place = place(index, &matched);
            let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            let language = [2, 3, 4].contains(&index).then_some("en-GB");
            let empty = ![0, 2, 6].contains(&index);
            let facts = Facts { id: *id, classes, attributes: &attributes, language, empty, place: &place };
            let around = parent.map(|parent| Around { parent: &matched[parent].0, ancestors: &matched[parent].1 });
            let candidates = matcher.candidates(Known { tag, id: *id, classes: Some(classes) });
            let own = matcher.matched(&candidates, facts, around);
            let within = around.map_or(own.clone(), |around| own.and(around.ancestors));
            matched.push((own, within));
        }
        (0..NODES.len()).filter(|index| steps.iter().any(|step| matched[*index].0.has(*step))).collect()
    }

    #[test]
    fn matches_as_css_says() {
        for (text, expected) in [
            ("p", &[2, 5][..]),
            ("P.a.b, #top", &[1, 2]),
            ("*", &[0, 1, 2, 3, 4, 5, 6, 7]),
            ("body i", &[3, 7]),
            ("body > i", &[]),
            ("p > i, div>i", &[3, 7]),
            ("h2 + p", &[2]),
            ("h2 ~ p", &[2, 5]),
            ("p + p", &[5]),
            ("h2 + p b", &[4]),
            ("h2 ~ div i", &[7]),
            (".a ~ div > i:only-child", &[7]),
            (":root", &[0]),
            (":root > :first-child", &[1]),
            ("body > :last-child", &[6]),
            ("body > :nth-child(even)", &[2, 6]),
            ("body > :nth-last-child(-n+2)", &[5, 6]),
            ("p:nth-of-type(2)", &[5]),
            ("p:last-of-type", &[5]),
            ("p:first-of-type, div:only-of-type", &[2, 6]),
            ("i:only-child", &[7]),
            (":not(p):not(body):empty", &[1, 3, 4, 7]),
            ("body > :not(p, h2)", &[6]),
            (":not(body > *):not(body)", &[3, 4, 7]),
            (":is(.a, div) i", &[3, 7]),
            (":where(h2 + p) > :is(i + b)", &[4]),
            ("[title]", &[2]),
            ("[title='One two']", &[2]),
            ("[title='one two' i]", &[2]),
            ("[title='one two']", &[]),
            ("[title~=two]", &[2]),
            ("[lang|=en]", &[2]),
            ("[lang|=e]", &[]),
            ("[href^='https:'][href$='.pdf'][href*='x.org']", &[4]),
            ("[href^='']", &[]),
            ("[class~=b], [id=top]", &[1, 2]),
            (":lang(EN)", &[2, 3, 4]),
            ("p:lang(en) + p", &[5]),
            (":lang(de)", &[]),
        ] {
            assert_eq!(matching(text), expected, "{text}");
        }
    }
}
