//! Selectors, and whether they match.

use std::sync::Arc;

use cssparser::{Parser, Token, match_ignore_ascii_case, parse_nth};

use crate::template::css::value::{Parsed, refuse, unexpected};

/// A selector: compounds from right to left, each with what joins it to the one on its right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selector {
    subject: Compound,
    ancestors: Vec<(Combinator, Compound)>,
    /// Ids, then classes and their like, then types; compared as one number.
    pub(crate) specificity: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Combinator {
    Descendant,
    Child,
}

/// Conditions on one element.
#[derive(Debug, Clone, Default, PartialEq)]
struct Compound {
    tag: Option<Arc<str>>,
    tests: Vec<Test>,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Id(Arc<str>),
    Class(Arc<str>),
    Root,
    Nth { a: i32, b: i32 },
    LastChild,
    Not(Compound),
}

/// What a selector may ask about an element; the parent is asked in the same way.
pub(crate) trait Subject {
    /// The element's name.
    fn tag(&self) -> &str;
    /// The value of `id`.
    fn id(&self) -> Option<&str>;
    /// Whether it has a class.
    fn has_class(&self, class: &str) -> bool;
    /// Its number among its siblings, from 1.
    fn index(&self) -> usize;
    /// Whether no sibling follows.
    fn is_last(&self) -> bool;
    /// The parent.
    fn parent(&self) -> Option<&Self>;
}

impl Selector {
    /// Parses a list of selectors.
    pub(crate) fn parse_list(input: &mut Parser<'_>) -> Parsed<Vec<Self>> {
        input.parse_comma_separated(Self::parse)
    }

    fn parse(input: &mut Parser<'_>) -> Parsed<Self> {
        input.skip_whitespace();
        let mut compounds = vec![(Combinator::Descendant, compound(input)?)];
        loop {
            let spaced = input.try_parse(|input| input.expect_whitespace().map(|_| ())).is_ok();
            input.skip_whitespace();
            if input.is_exhausted() {
                break;
            }
            let state = input.state();
            let combinator = match *input.next()? {
                Token::Delim('>') => Combinator::Child,
                Token::Delim('+' | '~') => {
                    return refuse("sibling selectors are not supported yet; give the element a class");
                }
                _ if spaced => {
                    input.reset(&state);
                    Combinator::Descendant
                }
                _ => return unexpected(),
            };
            input.skip_whitespace();
            compounds.push((combinator, compound(input)?));
        }
        let specificity = compounds.iter().map(|(_, compound)| compound.specificity()).sum();
        // The combinator before a compound joins it to the one on its left; seen from the right, it belongs to that one.
        let (mut joint, subject) = compounds.pop().unwrap_or((Combinator::Descendant, Compound::default()));
        let mut ancestors = Vec::new();
        while let Some((combinator, compound)) = compounds.pop() {
            ancestors.push((joint, compound));
            joint = combinator;
        }
        Ok(Self { subject, ancestors, specificity })
    }

    /// Whether an element matches.
    pub(crate) fn matches<S: Subject>(&self, element: &S) -> bool {
        self.subject.matches(element) && ancestors_match(&self.ancestors, element)
    }

    /// All `an+b` of its `:nth-child()`.
    pub(crate) fn nths(&self) -> impl Iterator<Item = (i32, i32)> {
        fn of(compound: &Compound, found: &mut Vec<(i32, i32)>) {
            for test in &compound.tests {
                match test {
                    Test::Nth { a, b } => found.push((*a, *b)),
                    Test::Not(inner) => of(inner, found),
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        of(&self.subject, &mut found);
        self.ancestors.iter().for_each(|(_, compound)| of(compound, &mut found));
        found.into_iter()
    }

    /// Whether it asks for the last child.
    pub(crate) fn asks_for_last(&self) -> bool {
        fn of(compound: &Compound) -> bool {
            compound.tests.iter().any(|test| match test {
                Test::LastChild => true,
                Test::Not(inner) => of(inner),
                _ => false,
            })
        }
        of(&self.subject) || self.ancestors.iter().any(|(_, compound)| of(compound))
    }
}

fn ancestors_match<S: Subject>(ancestors: &[(Combinator, Compound)], element: &S) -> bool {
    let Some(((combinator, compound), rest)) = ancestors.split_first() else { return true };
    let mut candidate = element.parent();
    while let Some(parent) = candidate {
        if compound.matches(parent) && ancestors_match(rest, parent) {
            return true;
        }
        if *combinator == Combinator::Child {
            return false;
        }
        candidate = parent.parent();
    }
    false
}

impl Compound {
    fn matches<S: Subject>(&self, element: &S) -> bool {
        self.tag.as_deref().is_none_or(|tag| tag == element.tag()) && self.tests.iter().all(|test| test.holds(element))
    }

    fn specificity(&self) -> u32 {
        let test = |test: &Test| match test {
            Test::Id(_) => 1 << 20,
            Test::Not(inner) => inner.specificity(),
            _ => 1 << 10,
        };
        u32::from(self.tag.is_some()) + self.tests.iter().map(test).sum::<u32>()
    }
}

impl Test {
    fn holds<S: Subject>(&self, element: &S) -> bool {
        match self {
            Self::Id(id) => element.id() == Some(id),
            Self::Class(class) => element.has_class(class),
            Self::Root => element.parent().is_none(),
            Self::Nth { a, b } => nth_holds(*a, *b, element.index()),
            Self::LastChild => element.is_last(),
            Self::Not(inner) => !inner.matches(element),
        }
    }
}

/// Whether `index` is `a·n + b` for some n ≥ 0.
fn nth_holds(a: i32, b: i32, index: usize) -> bool {
    let Ok(index) = i64::try_from(index) else { return false };
    let (a, b) = (i64::from(a), i64::from(b));
    let distance = index - b;
    if a == 0 { distance == 0 } else { distance % a == 0 && distance / a >= 0 }
}

fn compound(input: &mut Parser<'_>) -> Parsed<Compound> {
    let mut compound = Compound::default();
    let mut any = false;
    loop {
        let state = input.state();
        match input.next_including_whitespace().cloned() {
            Ok(Token::Ident(tag)) if !any => compound.tag = Some(Arc::from(tag.to_ascii_lowercase())),
            Ok(Token::Delim('*')) if !any => {}
            Ok(Token::IDHash(id)) => compound.tests.push(Test::Id(Arc::from(&*id))),
            Ok(Token::Delim('.')) => {
                compound.tests.push(Test::Class(Arc::from(&*input.expect_ident_cloned()?)));
            }
            Ok(Token::Colon) => compound.tests.push(pseudo(input)?),
            Ok(Token::SquareBracketBlock) => {
                return refuse("attribute selectors are not supported yet; give the element a class");
            }
            _ if any => {
                input.reset(&state);
                return Ok(compound);
            }
            _ => return unexpected(),
        }
        any = true;
    }
}

fn pseudo(input: &mut Parser<'_>) -> Parsed<Test> {
    let first_child = Test::Nth { a: 0, b: 1 };
    match input.next_including_whitespace()?.clone() {
        Token::Ident(name) => Ok(match_ignore_ascii_case! { &name,
            "first-child" => first_child,
            "last-child" => Test::LastChild,
            "root" => Test::Root,
            _ => return refuse(SUPPORTED_PSEUDOS),
        }),
        Token::Function(name) => match_ignore_ascii_case! { &name,
            "nth-child" => {
                let (a, b) = input.parse_nested_block(|input| Ok::<_, cssparser::ParseError<_>>(parse_nth(input)?))?;
                Ok(Test::Nth { a, b })
            },
            "not" => {
                let inner = input.parse_nested_block(|input| {
                    input.skip_whitespace();
                    let inner = compound(input)?;
                    input.skip_whitespace();
                    match input.is_exhausted() {
                        true => Ok(inner),
                        false => refuse("`:not()` takes one simple selector for now"),
                    }
                })?;
                Ok(Test::Not(inner))
            },
            _ => refuse(SUPPORTED_PSEUDOS),
        },
        _ => refuse(SUPPORTED_PSEUDOS),
    }
}

const SUPPORTED_PSEUDOS: &str = "supported are `:first-child`, `:last-child`, `:nth-child()`, `:not()` and `:root`";

#[cfg(test)]
mod tests {
    use super::*;

    struct Node<'a> {
        tag: &'static str,
        id: Option<&'static str>,
        class: &'static str,
        index: usize,
        last: bool,
        parent: Option<&'a Node<'a>>,
    }

    impl<'a> Subject for Node<'a> {
        fn tag(&self) -> &str {
            self.tag
        }
        fn id(&self) -> Option<&str> {
            self.id
        }
        fn has_class(&self, class: &str) -> bool {
            self.class == class
        }
        fn index(&self) -> usize {
            self.index
        }
        fn is_last(&self) -> bool {
            self.last
        }
        fn parent(&self) -> Option<&Self> {
            self.parent
        }
    }

    #[test]
    fn matches_as_css_says() {
        let body = Node { tag: "body", id: None, class: "", index: 2, last: true, parent: None };
        let table = Node { tag: "table", id: Some("doses"), class: "wide", index: 1, last: false, parent: Some(&body) };
        let row = Node { tag: "tr", id: None, class: "late", index: 4, last: true, parent: Some(&table) };
        let cell = Node { tag: "td", id: None, class: "", index: 1, last: false, parent: Some(&row) };
        let yes = "td|*|tr td|body td|tr > td|table tr.late td|#doses td|td:first-child|tr:nth-child(even) > td|\
            body > table td|tr:last-child td|td:not(:last-child)|TD|.late td|tr:nth-child(-n+4) td|:root td";
        let no = "th|body > td|table > td|td:last-child|tr:nth-child(odd) td|td.late|#other td|td:not(:first-child)|\
            tr:nth-child(-n+3) td|tr tr td";
        for (list, expected) in [(yes, true), (no, false)] {
            for text in list.split('|') {
                let selectors = Parser::new(text).parse_entirely(Selector::parse_list).unwrap();
                assert_eq!(selectors[0].matches(&cell), expected, "{text}");
            }
        }
    }

    #[test]
    fn specificity_orders_ids_classes_types() {
        let of = |text| Parser::new(text).parse_entirely(Selector::parse_list).unwrap()[0].specificity;
        assert!(of("#a") > of(".a.b.c td"));
        assert!(of(".a") > of("table tr td"));
        assert!(of("tr:nth-child(2) td") > of("tr td"));
        assert_eq!(of("td:not(.a)"), of("td.a"));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in ["a + b", "a ~ b", "[href]", "a:hover", "p::before", "> a", "a >", "", "a..b", "a:not(b c)"] {
            assert!(Parser::new(text).parse_entirely(Selector::parse_list).is_err(), "{text}");
        }
    }
}
