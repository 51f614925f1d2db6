//! A style sheet: rules, `@page`, `@font-face`, `@media print`.

use std::sync::Arc;

use cssparser::{Delimiter, ParseError, ParseErrorKind, Parser, Token, match_ignore_ascii_case, parse_important};

use crate::{
    fault::Fault,
    template::{
        css::{
            declaration::Declaration,
            font_face::{Descriptors, FontFace},
            longhand::Pending,
            media,
            page::{self, MarginBoxRule, PageRule, PageSelector, Slot},
            property,
            selector::Selector,
            unsupported,
            value::{Parsed, Remedy, is_word, refuse, unexpected},
            variable,
        },
        document::Text,
        folder,
        source::Source,
        style::{Filled, Generated},
    },
};

/// A parsed style sheet.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) rules: Vec<Rule>,
    pub(crate) pages: Vec<PageRule>,
    pub(crate) faces: Vec<FontFace>,
    /// Sheets whose rules come before those of this one.
    pub(crate) imports: Vec<Import>,
}

/// One selector with what it declares.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) selector: Selector,
    pub(crate) declared: Arc<[Declared]>,
    /// The file that it stands in.
    pub(crate) source: Source,
}

/// A longhand and whether it is `!important`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Declared {
    pub(crate) declaration: Declaration,
    pub(crate) important: bool,
}

/// One `@import`.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    /// As written; relative to the sheet.
    pub(crate) url: String,
    /// Where the rule stands.
    pub(crate) offset: usize,
}

/// Parses a style sheet that stands at byte `base` of `source`.
pub(crate) fn parse(source: &Source, base: usize, text: &str, faults: &mut Vec<Fault>) -> Sheet {
    let mut reader = Reader { source, base, faults, sheet: Sheet::default() };
    reader.rules(&mut Parser::new(text));
    reader.sheet
}

/// Parses the value of a `style` attribute that stands at byte `base` of `source`.
pub(crate) fn parse_attribute(source: &Source, base: usize, text: &str, faults: &mut Vec<Fault>) -> Vec<Declared> {
    let mut reader = Reader { source, base, faults, sheet: Sheet::default() };
    reader.declarations(&mut Parser::new(text))
}

/// Nobody reads more faults; what follows them is read when they are mended.
const MOST_FAULTS: usize = 10_000;

struct Reader<'a> {
    source: &'a Source,
    base: usize,
    faults: &'a mut Vec<Fault>,
    sheet: Sheet,
}

impl Reader<'_> {
    fn rules(&mut self, input: &mut Parser<'_>) {
        while !input.is_exhausted() && self.faults.len() < MOST_FAULTS {
            input.skip_whitespace();
            let start = input.state();
            let at_rule = match input.next() {
                Ok(Token::AtKeyword(name)) => Some(name.to_string()),
                Ok(Token::CDO | Token::CDC) => continue,
                _ => None,
            };
            match at_rule {
                Some(name) => self.at_rule(&name, input),
                None => {
                    input.reset(&start);
                    self.style_rule(input);
                }
            }
        }
    }

    fn style_rule(&mut self, input: &mut Parser<'_>) {
        let start = input.position();
        let selectors = input.parse_until_before(Delimiter::CurlyBracketBlock, Selector::parse_list);
        if let Err(error) = &selectors {
            let prelude = shortened(input.slice_from(start));
            self.fault(start.byte_index(), format!("selector `{prelude}` is not supported"), error);
        }
        let declared: Arc<[Declared]> = self.block(input, |reader, input| reader.declarations(input)).into();
        for selector in selectors.unwrap_or_default() {
            self.sheet.rules.push(Rule { selector, declared: declared.clone(), source: self.source.clone() });
        }
    }

    /// The contents of the `{ … }` that comes next; nothing when none comes.
    fn block<T: Default>(&mut self, input: &mut Parser<'_>, read: impl FnOnce(&mut Self, &mut Parser<'_>) -> T) -> T {
        let at = input.position().byte_index();
        if input.expect_curly_bracket_block().is_err() {
            self.fault(at, "a `{ … }` block is missing".to_owned(), &ParseError::unexpected_token());
            return T::default();
        }
        let contents = input.parse_nested_block(|input| Ok::<T, ParseError<Remedy>>(read(self, input)));
        contents.unwrap_or_default()
    }

    fn declarations(&mut self, input: &mut Parser<'_>) -> Vec<Declared> {
        let mut declared = Vec::new();
        self.each_declaration(input, |reader, name, input| reader.declared(name, input, &mut declared));
        declared
    }

    /// Reads the value of a property and adds its longhands.
    fn declared(&mut self, name: &str, input: &mut Parser<'_>, declared: &mut Vec<Declared>) -> Parsed<()> {
        let longhands = match self.unparsed(name, input)? {
            Some(unparsed) => vec![unparsed],
            None => {
                let start = input.position();
                let longhands = self.located(property::parse(name, input)?)?;
                self.filled(longhands, start.byte_index(), input.slice_from(start))?
            }
        };
        let important = input.try_parse(parse_important).is_ok();
        declared.extend(longhands.into_iter().map(|declaration| Declared { declaration, important }));
        Ok(())
    }

    /// Says where in the templates folder the pictures are, and where in the file they are named.
    fn located(&self, mut longhands: Vec<Declaration>) -> Parsed<Vec<Declaration>> {
        for declaration in &mut longhands {
            let Declaration::BackgroundImages(images) = declaration else { continue };
            for picture in images.iter_mut().flatten() {
                picture.at += self.base;
                match folder::resolve(self.source.path(), &picture.source) {
                    Ok(path) => picture.source = Arc::from(format!("/{path}")),
                    Err(_) => {
                        return refuse(
                            "put the picture into the templates folder and write its path relative to this file",
                        );
                    }
                }
            }
        }
        Ok(longhands)
    }

    /// Reads the expressions in the texts of `content`, which stands as `raw` at byte `at` of the sheet.
    fn filled(&mut self, mut longhands: Vec<Declaration>, at: usize, raw: &str) -> Parsed<Vec<Declaration>> {
        let [Declaration::Content(Some(pieces))] = &mut longhands[..] else { return Ok(longhands) };
        let mut filled = pieces.to_vec();
        for piece in &mut filled {
            let Generated::Text(text) = piece else { continue };
            if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
                continue;
            }
            match Text::parse(self.source, self.base + at, raw, text) {
                Ok(text) => *piece = Generated::Filled(Filled(Arc::new(text))),
                Err(fault) => self.faults.push(fault),
            }
        }
        *pieces = filled.into();
        Ok(longhands)
    }

    /// A custom property, or one whose value waits for custom properties.
    fn unparsed(&self, name: &str, input: &mut Parser<'_>) -> Parsed<Option<Declaration>> {
        let value = |input: &mut Parser<'_>| {
            input.skip_whitespace();
            let start = input.position();
            input.parse_until_before(Delimiter::Bang, |input| {
                variable::check(input)?;
                Ok::<_, ParseError<Remedy>>(Arc::from(input.slice_from(start).trim()))
            })
        };
        if let Some(custom) = name.strip_prefix("--") {
            return Ok(Some(Declaration::Custom(Arc::from(custom), value(input)?)));
        }
        let state = input.state();
        let waits = variable::is_in(input);
        input.reset(&state);
        if !waits {
            return Ok(None);
        }
        if property::longhands(name).is_none() {
            return refuse(unsupported::instead_of(name));
        }
        let place = self.source.place(self.base + state.position().byte_index());
        let pending = Pending { name: Arc::from(name), text: value(input)?, file: self.source.file().clone(), place };
        Ok(Some(Declaration::Pending(Arc::new(pending))))
    }

    /// Calls `read` for each `name: value`; at-rules are faults unless `read` gets them as `@name`.
    fn each_declaration(
        &mut self,
        input: &mut Parser<'_>,
        mut read: impl FnMut(&mut Self, &str, &mut Parser<'_>) -> Parsed<()>,
    ) {
        while !input.is_exhausted() && self.faults.len() < MOST_FAULTS {
            input.skip_whitespace();
            let start = input.position();
            let name = match input.next() {
                Ok(Token::Semicolon) => continue,
                Ok(Token::AtKeyword(name)) => {
                    let name = format!("@{name}");
                    if let Err(error) = read(self, &name, input) {
                        self.fault(start.byte_index(), format!("`{name}` is not supported here"), &error);
                    }
                    continue;
                }
                Ok(Token::Ident(name)) => Ok(name.to_string()),
                _ => Err(()),
            };
            let result = input.parse_until_after(Delimiter::Semicolon, |input| {
                let Ok(name) = &name else { return unexpected() };
                input.expect_colon()?;
                read(self, name, input)?;
                input.expect_exhausted()?;
                Ok(())
            });
            if let Err(error) = result {
                let text = shortened(input.slice_from(start).trim_end_matches(';'));
                self.fault(start.byte_index(), format!("`{text}` is not supported"), &error);
            }
        }
    }

    fn at_rule(&mut self, name: &str, input: &mut Parser<'_>) {
        let start = input.position().byte_index();
        let at = start.saturating_sub(name.len() + 1);
        match_ignore_ascii_case! { name,
            "page" => self.page_rule(input, at),
            "font-face" => self.font_face(input, at),
            "media" => {
                match input.parse_until_before(Delimiter::CurlyBracketBlock, media::applies) {
                    Ok(true) => self.block(input, |reader, input| reader.rules(input)),
                    // What is only for the screen is for the browser in which the template is written.
                    Ok(false) => self.block(input, |_, input| while input.next().is_ok() {}),
                    Err(error) => {
                        self.fault(at, "this media query is not supported".to_owned(), &error);
                        self.block(input, |_, input| while input.next().is_ok() {});
                    }
                }
            },
            "import" => {
                let import = input.parse_until_after(Delimiter::Semicolon, |input| {
                    let url = input.expect_url_or_string()?.to_string();
                    if input.try_parse(|input| input.expect_function_matching("supports")).is_ok()
                        || input.try_parse(|input| input.expect_function_matching("layer")).is_ok()
                        || is_word(input, "layer")
                    {
                        return refuse("write `@import \"sheet.css\"`, with `print` or `screen` after it at most");
                    }
                    Ok((url, media::applies(input)?))
                });
                let first = self.sheet.rules.is_empty() && self.sheet.pages.is_empty() && self.sheet.faces.is_empty();
                match import {
                    Ok((url, true)) if first => self.sheet.imports.push(Import { url, offset: self.base + at }),
                    Ok((_, false)) if first => {}
                    Ok(_) => {
                        let remedy = Remedy("put it before all other rules".to_owned());
                        self.fault(at, "`@import` stands after other rules".to_owned(), &ParseError::custom(remedy));
                    }
                    Err(error) => self.fault(at, "this `@import` is not supported".to_owned(), &error),
                }
            },
            _ => {
                let remedy = Remedy(unsupported::instead_of_rule(name).to_owned());
                self.fault(at, format!("`@{name}` is not supported"), &ParseError::custom(remedy));
                skip_rule(input);
            },
        }
    }

    fn page_rule(&mut self, input: &mut Parser<'_>, at: usize) {
        let selectors = input.parse_until_before(Delimiter::CurlyBracketBlock, PageSelector::parse_list);
        if let Err(error) = &selectors {
            self.fault(at, "this page selector is not supported".to_owned(), error);
        }
        let mut rule = PageRule { offset: self.base + at, ..PageRule::default() };
        self.block(input, |reader, input| {
            reader.each_declaration(input, |reader, name, input| reader.page_declaration(&mut rule, name, input));
        });
        for selector in selectors.unwrap_or_default() {
            self.sheet.pages.push(PageRule { selector, ..rule.clone() });
        }
    }

    fn page_declaration(&mut self, rule: &mut PageRule, name: &str, input: &mut Parser<'_>) -> Parsed<()> {
        if let Some(slot) = name.strip_prefix('@') {
            return self.margin_box(rule, slot, input);
        }
        if name.eq_ignore_ascii_case("size") {
            rule.size = Some(page::size(input)?);
            return Ok(());
        }
        if !page::is_of_page(name) {
            return refuse(
                "in `@page` use `size`, `margin`, `padding`, `border`, `background`, and text properties for the \
                 margin boxes; put the rest on `body`",
            );
        }
        self.declared(name, input, &mut rule.declared)
    }

    fn margin_box(&mut self, rule: &mut PageRule, name: &str, input: &mut Parser<'_>) -> Parsed<()> {
        let Some(slot) = Slot::parse(name) else {
            self.block(input, |_, input| while input.next().is_ok() {});
            return refuse(
                "the margin boxes are `@top-left`, `@top-center`, `@right-middle` … as CSS Paged Media has them",
            );
        };
        let base = self.base;
        let mut margin_box = MarginBoxRule { slot, content: None, declared: Vec::new() };
        self.block(input, |reader, input| {
            reader.each_declaration(input, |reader, name, input| {
                if name.eq_ignore_ascii_case("content") {
                    margin_box.content = Some(page::content(input, base)?);
                    return Ok(());
                }
                if page::is_foreign_to_margin_box(name) {
                    return refuse("a margin box can't have it; give it to an element that is shown with `element()`");
                }
                reader.declared(name, input, &mut margin_box.declared)
            });
        });
        rule.boxes.push(margin_box);
        Ok(())
    }

    fn font_face(&mut self, input: &mut Parser<'_>, at: usize) {
        let mut descriptors = Descriptors::default();
        self.block(input, |reader, input| {
            reader.each_declaration(input, |_, name, input| descriptors.read(name, input));
        });
        match descriptors.finish(self.base + at) {
            Some(face) => self.sheet.faces.push(face),
            None => {
                let remedy = Remedy("write `font-family: \"Name\"; src: url(\"fonts/name.ttf\")`".to_owned());
                let message = "`@font-face` lacks its family or source".to_owned();
                self.fault(at, message, &ParseError::custom(remedy));
            }
        }
    }

    fn fault(&mut self, at: usize, message: String, error: &ParseError<Remedy>) {
        let fault = self.source.fault(self.base + at, message);
        self.faults.push(match &error.kind {
            ParseErrorKind::Custom(Remedy(remedy)) if !remedy.is_empty() => fault.help(remedy.clone()),
            _ => fault.help("the value can't be read; docs/TEMPLATES.md lists what is supported"),
        });
    }
}

/// Passes over a rule that isn't supported: up to its semicolon or the end of its block.
fn skip_rule(input: &mut Parser<'_>) {
    let skip = |input: &mut Parser<'_>| {
        while input.next().is_ok() {}
        Ok::<(), ParseError<Remedy>>(())
    };
    let _prelude = input.parse_until_before(Delimiter::Semicolon | Delimiter::CurlyBracketBlock, skip);
    if let Ok(Token::CurlyBracketBlock) = input.next() {
        let _block = input.parse_nested_block(skip);
    }
}

fn shortened(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &one_line[..end]),
        None => one_line,
    }
}
