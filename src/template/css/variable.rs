//! Custom properties: `var(--name, otherwise)` is replaced by text before a value is parsed.

use std::{collections::BTreeMap, sync::Arc};

use cssparser::{ParseError, Parser, SourcePosition, Token};

use crate::template::css::value::{Parsed, Remedy, refuse, unexpected};

/// The custom properties of an element.
pub(crate) type Custom = BTreeMap<Arc<str>, Arc<str>>;

/// What all replacements of one element may come to, in bytes: properties that double each other grow without end.
const LONGEST: usize = 16 * 1024;

/// Custom properties that refer to each other, and fallbacks within fallbacks, go no deeper.
const DEEPEST: usize = 32;

/// Why a value has no meaning for an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaningless {
    /// A custom property that isn't there, or refers to itself.
    Undefined(String),
    /// The value is too long.
    TooLong,
}

/// Whether `var()` is somewhere in what is left of the input, which is consumed.
pub(crate) fn is_in(input: &mut Parser<'_>) -> bool {
    let mut found = false;
    while let Ok(token) = input.next().cloned() {
        found |= matches!(&token, Token::Function(name) if name.eq_ignore_ascii_case("var"));
        if opens_block(&token) {
            let inner = input.parse_nested_block(|input| Ok::<_, ParseError<Remedy>>(is_in(input)));
            found |= inner.unwrap_or(false);
        }
    }
    found
}

/// Checks that what is left of the input is a value that may be kept as text.
pub(crate) fn check(input: &mut Parser<'_>) -> Parsed<()> {
    while let Ok(token) = input.next().cloned() {
        match &token {
            Token::BadString(_) | Token::BadUrl(_) => return unexpected(),
            Token::CloseParenthesis | Token::CloseSquareBracket | Token::CloseCurlyBracket => return unexpected(),
            Token::Function(name) if name.eq_ignore_ascii_case("var") => {
                input.parse_nested_block(|input| {
                    if !input.expect_ident_cloned()?.starts_with("--") {
                        return refuse("write `var(--name)`, or `var(--name, otherwise)`");
                    }
                    if !input.is_exhausted() {
                        input.expect_comma()?;
                    }
                    check(input)
                })?;
            }
            token if opens_block(token) => input.parse_nested_block(check)?,
            _ => {}
        }
    }
    Ok(())
}

fn opens_block(token: &Token<'_>) -> bool {
    use Token::{CurlyBracketBlock, Function, ParenthesisBlock, SquareBracketBlock};
    matches!(token, Function(_) | ParenthesisBlock | SquareBracketBlock | CurlyBracketBlock)
}

/// The custom properties of an element that declares `own`, the last of a name winning, under `inherited` ones.
pub(crate) fn resolve(own: &Custom, inherited: Option<&Arc<Custom>>) -> Option<Arc<Custom>> {
    if own.is_empty() {
        return inherited.cloned();
    }
    let mut resolver = Resolver { own, inherited, done: BTreeMap::new(), open: Vec::new(), left: LONGEST };
    let mut all = inherited.map(|inherited| (**inherited).clone()).unwrap_or_default();
    for name in own.keys() {
        match resolver.value(name) {
            Some(value) => all.insert(name.clone(), value),
            None => all.remove(name),
        };
    }
    Some(Arc::new(all))
}

struct Resolver<'a> {
    own: &'a Custom,
    inherited: Option<&'a Arc<Custom>>,
    done: BTreeMap<Arc<str>, Option<Arc<str>>>,
    /// The properties whose values are being found, and whether each is part of a circle.
    open: Vec<(Arc<str>, bool)>,
    left: usize,
}

impl Resolver<'_> {
    fn value(&mut self, name: &str) -> Option<Arc<str>> {
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let above = || self.inherited.and_then(|inherited| inherited.get(name).cloned());
        let Some((name, text)) = self.own.get_key_value(name) else { return above() };
        if let Some(start) = self.open.iter().position(|(open, _)| open == name) {
            self.open[start..].iter_mut().for_each(|(_, circular)| *circular = true);
            return None;
        }
        let value = match text.to_ascii_lowercase().as_str() {
            "inherit" | "unset" | "revert" => above(),
            "initial" => None,
            lower if !lower.contains("var(") => Some(text.clone()),
            _ if self.open.len() >= DEEPEST => None,
            _ => {
                self.open.push((name.clone(), false));
                let mut left = self.left;
                let replaced = replace(text, &mut left, &mut |name| self.value(name));
                self.left = self.left.min(left);
                let circular = self.open.pop().is_some_and(|(_, circular)| circular);
                replaced.ok().filter(|_| !circular).map(Arc::from)
            }
        };
        self.done.insert(name.clone(), value.clone());
        value
    }
}

/// A value with its `var()` replaced.
pub(crate) fn substitute(text: &str, custom: Option<&Arc<Custom>>) -> Result<String, Meaningless> {
    replace(text, &mut LONGEST.clone(), &mut |name| custom.and_then(|custom| custom.get(name).cloned()))
}

type Lookup<'l> = &'l mut dyn FnMut(&str) -> Option<Arc<str>>;

fn replace(text: &str, left: &mut usize, lookup: Lookup<'_>) -> Result<String, Meaningless> {
    let mut writer = Writer { out: String::new(), left, lookup, fault: None };
    let mut input = Parser::new(text);
    let mut copied = input.position();
    writer.walk(&mut input, &mut copied, 0);
    writer.push(input.slice_from(copied));
    match writer.fault {
        None => Ok(writer.out),
        Some(fault) => Err(fault),
    }
}

struct Writer<'l> {
    out: String,
    left: &'l mut usize,
    lookup: Lookup<'l>,
    fault: Option<Meaningless>,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        match self.left.checked_sub(text.len()) {
            Some(left) => {
                *self.left = left;
                self.out.push_str(text);
            }
            None => self.fault = self.fault.take().or(Some(Meaningless::TooLong)),
        }
    }

    /// Copies the input from `copied` on, replacing each `var()`.
    fn walk(&mut self, input: &mut Parser<'_>, copied: &mut SourcePosition, depth: usize) {
        loop {
            let start = input.position();
            let Ok(token) = input.next_including_whitespace_and_comments().cloned() else { return };
            if self.fault.is_some() {
                return;
            }
            match &token {
                Token::Function(name) if name.eq_ignore_ascii_case("var") => {
                    self.push(input.slice(*copied..start));
                    let _replaced = input.parse_nested_block(|input| {
                        self.variable(input, depth);
                        Ok::<(), ParseError<Remedy>>(())
                    });
                    *copied = input.position();
                }
                token if opens_block(token) => {
                    let _walked = input.parse_nested_block(|input| {
                        self.walk(input, copied, depth);
                        Ok::<(), ParseError<Remedy>>(())
                    });
                }
                _ => {}
            }
        }
    }

    fn variable(&mut self, input: &mut Parser<'_>, depth: usize) {
        let Ok(name) = input.expect_ident_cloned() else { return };
        let custom = name.strip_prefix("--").unwrap_or(&name);
        let otherwise = input.expect_comma().is_ok();
        if let Some(value) = (self.lookup)(custom) {
            // Comments keep the text from running together with what stands beside it.
            self.push("/**/");
            self.push(&value);
            self.push("/**/");
        } else if otherwise && depth < DEEPEST {
            let mut copied = input.position();
            self.walk(input, &mut copied, depth + 1);
            self.push(input.slice_from(copied));
        } else {
            self.fault = self.fault.take().or_else(|| Some(Meaningless::Undefined(name.to_string())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(pairs: &[(&str, &str)]) -> Custom {
        pairs.iter().map(|(name, value)| (Arc::from(*name), Arc::from(*value))).collect()
    }

    fn of(text: &str, own: &[(&str, &str)]) -> Result<String, Meaningless> {
        let above = Arc::new(custom(&[("up", "3pt"), ("teal", "#088")]));
        let resolved = resolve(&custom(own), Some(&above));
        substitute(text, resolved.as_ref()).map(|text| text.replace("/**/", ""))
    }

    #[test]
    fn values_replace_names_wherever_they_stand() {
        assert_eq!(of("1px solid var(--teal)", &[]).unwrap(), "1px solid #088");
        assert_eq!(of("calc(var(--up) * (2 + var(--n)))", &[("n", "1")]).unwrap(), "calc(3pt * (2 + 1))");
        assert_eq!(of("var(--none, var(--nor, 4px 5px))", &[]).unwrap().trim(), "4px 5px");
        assert_eq!(of("var(--a)", &[("a", "x var(--b)"), ("b", "var(--up)")]).unwrap(), "x 3pt");
        assert_eq!(of("var(--up)", &[("up", "inherit")]).unwrap(), "3pt");
        assert_eq!(of("'var(--up)'", &[]).unwrap(), "'var(--up)'");
    }

    #[test]
    fn what_is_not_there_or_circular_has_no_meaning() {
        let undefined = |name: &str| Err(Meaningless::Undefined(name.to_owned()));
        assert_eq!(of("var(--none)", &[]), undefined("--none"));
        assert_eq!(of("var(--up)", &[("up", "initial")]), undefined("--up"));
        assert_eq!(of("var(--a)", &[("a", "var(--b)"), ("b", "var(--a)")]), undefined("--a"));
        assert_eq!(of("var(--b)", &[("a", "var(--b, 1px)"), ("b", "var(--a, 1px)")]), undefined("--b"));
        assert_eq!(of("var(--a, 1px)", &[("a", "var(--a)")]).unwrap().trim(), "1px");
    }

    #[test]
    fn values_that_grow_without_end_are_given_up() {
        let names: Vec<(String, String)> =
            (0..40).map(|i| (format!("v{i}"), format!("var(--v{}) var(--v{})", i + 1, i + 1))).collect();
        let mut own: Custom = names.iter().map(|(n, v)| (Arc::from(n.as_str()), Arc::from(v.as_str()))).collect();
        own.insert(Arc::from("v40"), Arc::from("some text"));
        let resolved = resolve(&own, None).unwrap();
        assert!(resolved.values().map(|value| value.len()).sum::<usize>() < 2 * LONGEST);
        assert!(substitute("var(--v0)", Some(&resolved)).is_err());
    }
}
