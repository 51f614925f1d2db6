//! HTML as written: tokens become a strict tree.
//!
//! A browser repairs what isn't well-formed, each repair a surprise in a document that nobody looks at before it is
//! sent; so here every element is closed, stands where it may stand, and is one of those supported.

use html5gum::{DefaultEmitter, Span, Token, Tokenizer};

use crate::{
    fault::Fault,
    template::{
        attribute,
        css::media,
        document::{Child, Document, Element, ElementId, Text},
        source::Source,
        vocabulary::{self, Content, Known},
    },
};

/// No deeper than this: layout recurses as deep as elements are nested.
const MAX_DEPTH: usize = 64;

/// What the HTML of a template holds.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) document: Document,
    /// The texts of `<style>` elements with their byte offsets, and the addresses of style sheets with theirs.
    pub(crate) sheets: Vec<SheetReference>,
}

/// A style sheet of the document, in document order.
#[derive(Debug)]
pub(crate) enum SheetReference {
    Inline { offset: usize, text: String },
    Linked { offset: usize, href: String },
}

/// Reads a whole document, listing every fault.
pub(crate) fn parse(source: &Source, faults: &mut Vec<Fault>) -> Parsed {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut reader = Reader { source, faults, parsed: Parsed::default(), open: Vec::new(), text: None };
    for token in Tokenizer::new_with_emitter(source.text(), emitter) {
        let Ok(token) = token;
        reader.token(token);
    }
    reader.finish()
}

struct Reader<'a> {
    source: &'a Source,
    faults: &'a mut Vec<Fault>,
    parsed: Parsed,
    /// The open elements, outermost first; those that aren't supported have no place in the document.
    open: Vec<Open>,
    /// Text since the last tag: the tokenizer hands it over in pieces.
    text: Option<(Span<usize>, String)>,
}

struct Open {
    tag: String,
    offset: usize,
    known: Option<(ElementId, &'static Known)>,
}

impl Reader<'_> {
    fn token(&mut self, token: Token<usize>) {
        match token {
            Token::String(text) => {
                let more = String::from_utf8_lossy(&text.value).into_owned();
                match &mut self.text {
                    Some((span, so_far)) => {
                        span.end = text.span.end;
                        so_far.push_str(&more);
                    }
                    None => self.text = Some((text.span, more)),
                }
            }
            Token::StartTag(tag) => {
                self.flush_text();
                self.start_tag(&tag);
            }
            Token::EndTag(tag) => {
                self.flush_text();
                self.end_tag(&String::from_utf8_lossy(&tag.name), tag.span.start);
            }
            Token::Comment(_) | Token::Doctype(_) => {}
            Token::Error(error) => {
                let message = format!("this is not valid HTML: {}", error.value.to_string().replace('-', " "));
                let help = "write `&lt;` for `<` and `&amp;` for `&`, and quote attribute values";
                self.faults.push(self.source.fault(error.span.start, message).help(help));
            }
        }
    }

    fn start_tag(&mut self, tag: &html5gum::StartTag<usize>) {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        let offset = tag.span.start;
        let Some(known) = vocabulary::find(&name) else {
            let help = vocabulary::instead_of_element(&name);
            self.faults.push(self.source.fault(offset, format!("`<{name}>` is not supported")).help(help));
            self.push_unknown(name, offset, tag.self_closing);
            return;
        };
        if !self.may_stand_here(known, offset) || self.open.len() >= MAX_DEPTH {
            if self.open.len() >= MAX_DEPTH {
                self.faults.push(self.source.fault(offset, format!("elements are nested deeper than {MAX_DEPTH}")));
            }
            self.push_unknown(name, offset, tag.self_closing || known.content == Content::Void);
            return;
        }
        if tag.self_closing && known.content != Content::Void {
            let help = format!("write `<{name}></{name}>`");
            self.faults.push(self.source.fault(offset, format!("`<{name}/>` is not closed by its slash")).help(help));
        }
        let id = self.add(known, tag);
        if known.content != Content::Void {
            self.open.push(Open { tag: name, offset, known: Some((id, known)) });
        }
    }

    fn push_unknown(&mut self, tag: String, offset: usize, closed: bool) {
        const VOID: [&str; 7] = ["area", "base", "embed", "input", "source", "track", "wbr"];
        if !closed && !VOID.contains(&tag.as_str()) {
            self.open.push(Open { tag, offset, known: None });
        }
    }

    fn may_stand_here(&mut self, known: &'static Known, offset: usize) -> bool {
        let (message, help) = match self.open.last() {
            None if known.tag == "html" && self.parsed.document.elements.is_empty() => return true,
            None => (
                format!("`<{}>` stands outside of `<html>`", known.tag),
                "write `<html lang=\"en\"><head>…</head><body>…</body></html>`".to_owned(),
            ),
            // Whatever stands in an unsupported element has been reported with it.
            Some(Open { known: None, .. }) => return false,
            Some(Open { known: Some((_, parent)), .. }) if parent.allows(known) => return true,
            Some(Open { known: Some((_, parent)), .. }) => (
                format!("`<{}>` can't stand in `<{}>`", known.tag, parent.tag),
                match (parent.tag, known.tag) {
                    ("table", "tr") => "put rows into `<thead>`, `<tbody>` or `<tfoot>`".to_owned(),
                    (_, "li") => "put it into `<ul>` or `<ol>`".to_owned(),
                    (_, "td" | "th") => "put it into `<tr>`".to_owned(),
                    ("p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6", _) => {
                        format!("close `<{}>` first, or use `<div>` in its place", parent.tag)
                    }
                    _ => "docs/TEMPLATES.md says what may stand where".to_owned(),
                },
            ),
        };
        self.faults.push(self.source.fault(offset, message).help(help));
        false
    }

    fn add(&mut self, known: &'static Known, tag: &html5gum::StartTag<usize>) -> ElementId {
        let parent = self.open.last().and_then(|open| open.known).map(|(id, _)| id);
        let id = ElementId(self.parsed.document.elements.len() as u32);
        let mut element = Element::new(known.tag, self.source.place(tag.span.start), parent);
        let mut attributes: Vec<_> = tag.attributes.iter().collect();
        attributes.sort_by_key(|(_, value)| value.span.start);
        for (name, value) in attributes {
            let written = attribute::Written {
                name: &String::from_utf8_lossy(name),
                value: &String::from_utf8_lossy(&value.value),
                span: value.span.start..value.span.end,
            };
            if let Err(fault) = attribute::read(self.source, known, &written, &mut element, self.faults) {
                self.faults.push(fault);
            }
        }
        if known.tag == "link" {
            self.link(tag, &element);
        }
        self.parsed.document.elements.push(element);
        if let Some(ElementId(parent)) = parent {
            self.parsed.document.elements[parent as usize].children.push(Child::Element(id));
        }
        id
    }

    /// A style sheet in a file of its own, unless it is for screens alone.
    fn link(&mut self, tag: &html5gum::StartTag<usize>, element: &Element) {
        let literal = |name| element.attribute(name).and_then(Text::literal);
        if !literal("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("stylesheet")) {
            let help = "leave it out: only `<link rel=\"stylesheet\" href=\"…\">` means something in a report";
            self.faults.push(self.source.fault(tag.span.start, "this `<link>` is not supported").help(help));
            return;
        }
        let media = cssparser::Parser::new(literal("media").unwrap_or_default()).parse_entirely(media::applies);
        let href = tag.attributes.iter().find(|(name, _)| ***name == *b"href").map(|(_, value)| value);
        match (media, href) {
            (Err(_), _) => {
                let fault = self.source.fault(tag.span.start, "this media query is not supported");
                self.faults.push(fault.help("use `media=\"print\"` or `media=\"screen\"`"));
            }
            (Ok(true), Some(href)) => {
                let (offset, href) = (href.span.start, String::from_utf8_lossy(&href.value).into_owned());
                self.parsed.sheets.push(SheetReference::Linked { offset, href });
            }
            (Ok(true), None) => {
                self.faults.push(self.source.fault(tag.span.start, "`<link>` has no `href`"));
            }
            (Ok(false), _) => {}
        }
    }

    fn end_tag(&mut self, name: &str, offset: usize) {
        if vocabulary::find(name).is_some_and(|known| known.content == Content::Void) {
            self.faults.push(self.source.fault(offset, format!("`</{name}>`: `<{name}>` has no end tag")));
            return;
        }
        let Some(index) = self.open.iter().rposition(|open| open.tag == name) else {
            self.faults.push(self.source.fault(offset, format!("`</{name}>` closes nothing")));
            return;
        };
        for unclosed in self.open.drain(index..).skip(1).collect::<Vec<_>>() {
            self.report_unclosed(&unclosed);
        }
    }

    fn report_unclosed(&mut self, open: &Open) {
        let help = format!("write `</{}>`", open.tag);
        self.faults.push(self.source.fault(open.offset, format!("`<{}>` is never closed", open.tag)).help(help));
    }

    fn flush_text(&mut self) {
        let Some((span, text)) = self.text.take() else { return };
        let blank = text.bytes().all(|b| b.is_ascii_whitespace());
        let Some(open) = self.open.last() else {
            if !blank {
                self.faults.push(self.source.fault(span.start, "text stands outside of `<html>`"));
            }
            return;
        };
        let Some((id, known)) = open.known else { return };
        if known.tag == "style" {
            self.parsed.sheets.push(SheetReference::Inline { offset: span.start, text });
            return;
        }
        if matches!(known.content, Content::Only(_)) {
            if !blank {
                let at = span.start + (text.len() - text.trim_start().len());
                let message = format!("text can't stand directly in `<{}>`", known.tag);
                self.faults.push(self.source.fault(at, message).help("put it into an element that may stand there"));
            }
            return;
        }
        let raw = self.source.text().get(span.start..span.end).unwrap_or_default();
        match Text::parse(self.source, span.start, raw, &text) {
            Ok(text) => self.parsed.document.elements[id.0 as usize].children.push(Child::Text(text)),
            Err(fault) => self.faults.push(fault),
        }
    }

    fn finish(mut self) -> Parsed {
        self.flush_text();
        for open in std::mem::take(&mut self.open) {
            self.report_unclosed(&open);
        }
        for needed in ["html", "body"] {
            if self.faults.is_empty() && self.parsed.document.find(needed).is_none() {
                let help = "write `<html lang=\"en\"><head>…</head><body>…</body></html>`";
                self.faults.push(self.source.fault(0, format!("there is no `<{needed}>`")).help(help));
            }
        }
        self.parsed
    }
}
