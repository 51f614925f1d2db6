//! Selectors as written.

use std::sync::Arc;

use cssparser::{ParseError, Parser, Token, match_ignore_ascii_case, parse_nth};

use crate::template::css::value::{Parsed, Remedy, is_word, refuse, unexpected};

/// A selector: compounds from left to right, each with what joins it to the one on its left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selector {
    pub(crate) steps: Vec<(Combinator, Compound)>,
    /// What of the element it is for, when not for the element itself.
    pub(crate) pseudo: Option<Pseudo>,
    /// Ids, then classes and their like, then types; compared as one number.
    pub(crate) specificity: u32,
}

/// How a compound is joined to the one on its left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combinator {
    /// Some ancestor matches; for the leftmost compound, nothing is asked.
    Descendant,
    /// The parent matches.
    Child,
    /// The sibling just before matches.
    Next,
    /// Some sibling before matches.
    Subsequent,
}

/// Content that CSS adds to an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pseudo {
    Before,
    After,
}

/// Conditions on one element.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Compound {
    pub(crate) tag: Option<Arc<str>>,
    pub(crate) tests: Vec<Test>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Id(Arc<str>),
    Class(Arc<str>),
    Attribute(Attribute),
    Root,
    Empty,
    Lang(Vec<Arc<str>>),
    Nth(Nth),
    Is(Vec<Selector>),
    Not(Vec<Selector>),
    /// `:where()`: `:is()` that weighs nothing.
    Where(Vec<Selector>),
}

/// `:nth-child()` and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nth {
    pub(crate) a: i32,
    pub(crate) b: i32,
    pub(crate) from_end: bool,
    pub(crate) of_type: bool,
}

/// `[name]`, `[name="value"]` and its like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) name: Arc<str>,
    pub(crate) value: Option<(Comparison, Arc<str>)>,
    pub(crate) ignores_case: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equals,
    HasWord,
    /// Is it, or begins with it and a dash.
    HasPart,
    BeginsWith,
    EndsWith,
    Contains,
}

/// `:is()` and its like are nested no deeper.
const DEEPEST: usize = 8;

impl Selector {
    /// Parses a list of selectors.
    pub(crate) fn parse_list(input: &mut Parser<'_>) -> Parsed<Vec<Self>> {
        input.parse_comma_separated(|input| Self::parse(input, 0))
    }

    fn parse(input: &mut Parser<'_>, depth: usize) -> Parsed<Self> {
        input.skip_whitespace();
        let mut steps = Vec::new();
        let mut combinator = Combinator::Descendant;
        let pseudo = loop {
            let (compound, pseudo) = compound(input, depth)?;
            steps.push((combinator, compound));
            let spaced = input.try_parse(|input| input.expect_whitespace().map(|_| ())).is_ok();
            input.skip_whitespace();
            if input.is_exhausted() {
                break pseudo;
            }
            if pseudo.is_some() {
                return refuse("`::before` and `::after` stand at the end of a selector");
            }
            let state = input.state();
            combinator = match *input.next()? {
                Token::Delim('>') => Combinator::Child,
                Token::Delim('+') => Combinator::Next,
                Token::Delim('~') => Combinator::Subsequent,
                _ if spaced => {
                    input.reset(&state);
                    Combinator::Descendant
                }
                _ => return unexpected(),
            };
            input.skip_whitespace();
        };
        let own = steps.iter().map(|(_, compound)| compound.specificity()).fold(0, u32::saturating_add);
        Ok(Self { steps, pseudo, specificity: own.saturating_add(u32::from(pseudo.is_some())) })
    }
}

impl Compound {
    fn specificity(&self) -> u32 {
        let most = |list: &[Selector]| list.iter().map(|selector| selector.specificity).max().unwrap_or(0);
        let test = |test: &Test| match test {
            Test::Id(_) => 1 << 20,
            Test::Is(list) | Test::Not(list) => most(list),
            Test::Where(_) => 0,
            _ => 1 << 10,
        };
        self.tests.iter().map(test).fold(u32::from(self.tag.is_some()), u32::saturating_add)
    }
}

fn compound(input: &mut Parser<'_>, depth: usize) -> Parsed<(Compound, Option<Pseudo>)> {
    let mut compound = Compound::default();
    let mut any = false;
    loop {
        let state = input.state();
        match input.next_including_whitespace().cloned() {
            Ok(Token::Ident(tag)) if !any => compound.tag = Some(Arc::from(tag.to_ascii_lowercase())),
            Ok(Token::Delim('*')) if !any => {}
            Ok(Token::IDHash(id)) => compound.tests.push(Test::Id(Arc::from(&*id))),
            Ok(Token::Delim('.')) => {
                let Ok(Token::Ident(class)) = input.next_including_whitespace() else { return unexpected() };
                compound.tests.push(Test::Class(Arc::from(&**class)));
            }
            Ok(Token::SquareBracketBlock) => {
                compound.tests.push(Test::Attribute(input.parse_nested_block(attribute)?));
            }
            Ok(Token::Colon) => match pseudo(input, depth)? {
                Found::Test(test) => compound.tests.push(test),
                Found::Element(_) if depth > 0 => return refuse("it can't stand within another selector"),
                Found::Element(element) => return Ok((compound, Some(element))),
            },
            Ok(Token::Delim('&')) => return refuse("rules don't nest; write the whole selector"),
            _ if any => {
                input.reset(&state);
                return Ok((compound, None));
            }
            _ => return unexpected(),
        }
        any = true;
    }
}

fn attribute(input: &mut Parser<'_>) -> Parsed<Attribute> {
    let name = input.expect_ident_cloned()?.to_ascii_lowercase();
    if name == "style" || name.starts_with("data-") {
        return refuse("give the element a class");
    }
    // These values mean the same in capitals (HTML standard, "case-sensitivity of selectors").
    let mut ignores_case = ["align", "dir", "lang", "rel", "scope", "type", "valign"].contains(&&*name);
    let value = match input.next().cloned() {
        Err(_) => None,
        Ok(token) => {
            let comparison = match token {
                Token::Delim('=') => Comparison::Equals,
                Token::IncludeMatch => Comparison::HasWord,
                Token::DashMatch => Comparison::HasPart,
                Token::PrefixMatch => Comparison::BeginsWith,
                Token::SuffixMatch => Comparison::EndsWith,
                Token::SubstringMatch => Comparison::Contains,
                _ => return unexpected(),
            };
            let value = Arc::from(&**input.expect_ident_or_string()?);
            ignores_case = (ignores_case || is_word(input, "i")) && !is_word(input, "s");
            Some((comparison, value))
        }
    };
    Ok(Attribute { name: Arc::from(name), value, ignores_case })
}

/// What stands after a colon.
enum Found {
    Test(Test),
    Element(Pseudo),
}

fn pseudo(input: &mut Parser<'_>, depth: usize) -> Parsed<Found> {
    let nth = |a, b, from_end, of_type| Test::Nth(Nth { a, b, from_end, of_type });
    let only = |of_type| {
        let compound = Compound { tag: None, tests: vec![nth(0, 1, false, of_type), nth(0, 1, true, of_type)] };
        let specificity = 1 << 10;
        Test::Is(vec![Selector { steps: vec![(Combinator::Descendant, compound)], pseudo: None, specificity }])
    };
    match input.next_including_whitespace()?.clone() {
        Token::Colon => element(input).map(Found::Element),
        Token::Ident(name) => Ok(Found::Test(match_ignore_ascii_case! { &name,
            "first-child" => nth(0, 1, false, false),
            "last-child" => nth(0, 1, true, false),
            "only-child" => only(false),
            "first-of-type" => nth(0, 1, false, true),
            "last-of-type" => nth(0, 1, true, true),
            "only-of-type" => only(true),
            "root" => Test::Root,
            "empty" => Test::Empty,
            // The older way to write pseudo-elements.
            "before" => return Ok(Found::Element(Pseudo::Before)),
            "after" => return Ok(Found::Element(Pseudo::After)),
            "first-line" | "first-letter" => return refuse(FIRST),
            "hover" | "active" | "focus" | "focus-within" | "focus-visible" | "target" | "visited" | "checked"
            | "disabled" | "enabled" => return refuse("nobody points at paper; leave the rule out"),
            "link" | "any-link" => return refuse("use `a[href]`"),
            _ => return refuse(SUPPORTED_PSEUDOS),
        })),
        Token::Function(name) => input.parse_nested_block(|input| function(&name, input, depth)).map(Found::Test),
        _ => refuse(SUPPORTED_PSEUDOS),
    }
}

const FIRST: &str = "put the text into a `<span>` of its own";

fn element(input: &mut Parser<'_>) -> Parsed<Pseudo> {
    match input.next_including_whitespace()?.clone() {
        Token::Ident(name) => match_ignore_ascii_case! { &name,
            "before" => Ok(Pseudo::Before),
            "after" => Ok(Pseudo::After),
            "first-line" | "first-letter" => refuse(FIRST),
            "marker" => refuse("use `list-style-type`, or `list-style: none` with `::before`"),
            _ => refuse("the pseudo-elements are `::before` and `::after`"),
        },
        _ => refuse("the pseudo-elements are `::before` and `::after`"),
    }
}

fn function(name: &str, input: &mut Parser<'_>, depth: usize) -> Parsed<Test> {
    let list = |input: &mut Parser<'_>| {
        if depth >= DEEPEST {
            return refuse("selectors are nested too deeply");
        }
        input.parse_comma_separated(|input| Selector::parse(input, depth + 1))
    };
    let nth = |input: &mut Parser<'_>, from_end, of_type| {
        let (a, b) = parse_nth(input)?;
        if is_word(input, "of") {
            return refuse("`of` is not supported; use `:nth-of-type()`, or give the elements a class");
        }
        Ok::<Test, ParseError<Remedy>>(Test::Nth(Nth { a, b, from_end, of_type }))
    };
    match_ignore_ascii_case! { name,
        "nth-child" => nth(input, false, false),
        "nth-last-child" => nth(input, true, false),
        "nth-of-type" => nth(input, false, true),
        "nth-last-of-type" => nth(input, true, true),
        "is" => list(input).map(Test::Is),
        "where" => list(input).map(Test::Where),
        "not" => list(input).map(Test::Not),
        "lang" => {
            let range = |input: &mut Parser<'_>| Ok(Arc::from(&**input.expect_ident_or_string()?));
            input.parse_comma_separated(range).map(Test::Lang)
        },
        "has" => refuse("what is inside isn't known when an element is drawn; give the element a class"),
        _ => refuse(SUPPORTED_PSEUDOS),
    }
}

const SUPPORTED_PSEUDOS: &str = "supported are `:first-child`, `:last-child`, `:only-child`, `:nth-child()` and the \
    same with `of-type`, `:not()`, `:is()`, `:where()`, `:root`, `:empty`, `:lang()`, `::before` and `::after`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specificity_orders_ids_classes_types() {
        let of = |text| Parser::new(text).parse_entirely(Selector::parse_list).unwrap()[0].specificity;
        assert!(of("#a") > of(".a.b.c td"));
        assert!(of(".a") > of("table tr td"));
        assert!(of("tr:nth-child(2) td") > of("tr td"));
        assert_eq!(of("td:not(.a)"), of("td.a"));
        assert_eq!(of("td:is(.a, #b)"), of("td#b"));
        assert_eq!(of(":where(#a) td"), of("td"));
        assert_eq!(of("td::before"), of("tr td"));
        assert_eq!(of("a[href]"), of("a.b"));
        assert_eq!(of("p:only-child"), of("p.b"));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in [
            "a:hover",
            "p::first-line",
            "li::marker",
            "> a",
            "a >",
            "",
            "a..b",
            "a. b",
            "a + > b",
            "a::before b",
            ":is(a::before)",
            "a:not()",
            "a:has(b)",
            "a[]",
            "a[b=]",
            "a[b=c d]",
            "[data-if]",
            ":nth-child(2 of p)",
            "a::before::after",
        ] {
            assert!(Parser::new(text).parse_entirely(Selector::parse_list).is_err(), "{text}");
        }
        let deep = format!("{}a{}", ":is(".repeat(100), ")".repeat(100));
        assert!(Parser::new(&deep).parse_entirely(Selector::parse_list).is_err());
    }
}
