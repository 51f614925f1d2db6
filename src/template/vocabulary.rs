//! The elements and attributes that a template may use, and where.

/// What an element may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing: it has no end tag.
    Void,
    /// Text alone.
    Text,
    /// Text and elements within lines.
    Phrasing,
    /// Anything that stands in a body.
    Flow,
    /// Only these elements.
    Only(&'static [&'static str]),
}

/// Where an element may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Within lines, and wherever blocks may stand.
    Phrasing,
    /// Where blocks may stand.
    Block,
    /// Only in parents that name it.
    Part,
}

/// A supported element.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) tag: &'static str,
    kind: Kind,
    pub(crate) content: Content,
    /// Attributes besides those of [`GLOBAL_ATTRIBUTES`].
    attributes: &'static [&'static str],
}

const fn known(tag: &'static str, kind: Kind, content: Content, attributes: &'static [&'static str]) -> Known {
    Known { tag, kind, content, attributes }
}

const ELEMENTS: &[Known] = &[
    known("html", Kind::Part, Content::Only(&["head", "body"]), &[]),
    known("head", Kind::Part, Content::Only(&["title", "meta", "link", "style"]), &[]),
    known("title", Kind::Part, Content::Text, &[]),
    known("meta", Kind::Part, Content::Void, &["charset", "name", "content"]),
    known("link", Kind::Part, Content::Void, &["rel", "href", "media"]),
    known("style", Kind::Part, Content::Text, &[]),
    known("body", Kind::Part, Content::Flow, &[]),
    known("header", Kind::Block, Content::Flow, &[]),
    known("footer", Kind::Block, Content::Flow, &[]),
    known("main", Kind::Block, Content::Flow, &[]),
    known("section", Kind::Block, Content::Flow, &[]),
    known("article", Kind::Block, Content::Flow, &[]),
    known("aside", Kind::Block, Content::Flow, &[]),
    known("nav", Kind::Block, Content::Flow, &[]),
    known("div", Kind::Block, Content::Flow, &[]),
    known("address", Kind::Block, Content::Flow, &[]),
    known("blockquote", Kind::Block, Content::Flow, &[]),
    known("figure", Kind::Block, Content::Flow, &[]),
    known("figcaption", Kind::Block, Content::Flow, &[]),
    known("h1", Kind::Block, Content::Phrasing, &[]),
    known("h2", Kind::Block, Content::Phrasing, &[]),
    known("h3", Kind::Block, Content::Phrasing, &[]),
    known("h4", Kind::Block, Content::Phrasing, &[]),
    known("h5", Kind::Block, Content::Phrasing, &[]),
    known("h6", Kind::Block, Content::Phrasing, &[]),
    known("p", Kind::Block, Content::Phrasing, &[]),
    known("pre", Kind::Block, Content::Phrasing, &[]),
    known("hr", Kind::Block, Content::Void, &[]),
    known("ul", Kind::Block, Content::Only(&["li"]), &[]),
    known("ol", Kind::Block, Content::Only(&["li"]), &["start", "type"]),
    known("li", Kind::Part, Content::Flow, &["value"]),
    known("dl", Kind::Block, Content::Only(&["dt", "dd", "div"]), &[]),
    known("dt", Kind::Part, Content::Flow, &[]),
    known("dd", Kind::Part, Content::Flow, &[]),
    known("table", Kind::Block, Content::Only(&["caption", "colgroup", "thead", "tbody", "tfoot"]), &["data-rows"]),
    known("caption", Kind::Part, Content::Flow, &[]),
    known("colgroup", Kind::Part, Content::Only(&["col"]), &["span"]),
    known("col", Kind::Part, Content::Void, &["span"]),
    known("thead", Kind::Part, Content::Only(&["tr"]), &[]),
    known("tbody", Kind::Part, Content::Only(&["tr"]), &[]),
    known("tfoot", Kind::Part, Content::Only(&["tr"]), &[]),
    known(
        "tr",
        Kind::Part,
        Content::Only(&["td", "th"]),
        &["data-group", "data-group-footer", "data-repeat", "data-empty"],
    ),
    known("td", Kind::Part, Content::Flow, &["colspan", "rowspan"]),
    known("th", Kind::Part, Content::Flow, &["colspan", "rowspan", "scope"]),
    known("a", Kind::Phrasing, Content::Phrasing, &["href"]),
    known("span", Kind::Phrasing, Content::Phrasing, &[]),
    known("strong", Kind::Phrasing, Content::Phrasing, &[]),
    known("b", Kind::Phrasing, Content::Phrasing, &[]),
    known("em", Kind::Phrasing, Content::Phrasing, &[]),
    known("i", Kind::Phrasing, Content::Phrasing, &[]),
    known("cite", Kind::Phrasing, Content::Phrasing, &[]),
    known("u", Kind::Phrasing, Content::Phrasing, &[]),
    known("s", Kind::Phrasing, Content::Phrasing, &[]),
    known("small", Kind::Phrasing, Content::Phrasing, &[]),
    known("sub", Kind::Phrasing, Content::Phrasing, &[]),
    known("sup", Kind::Phrasing, Content::Phrasing, &[]),
    known("code", Kind::Phrasing, Content::Phrasing, &[]),
    known("time", Kind::Phrasing, Content::Phrasing, &["datetime"]),
    known("abbr", Kind::Phrasing, Content::Phrasing, &[]),
    known("q", Kind::Phrasing, Content::Phrasing, &["cite"]),
    known("mark", Kind::Phrasing, Content::Phrasing, &[]),
    known("ins", Kind::Phrasing, Content::Phrasing, &["datetime"]),
    known("del", Kind::Phrasing, Content::Phrasing, &["datetime"]),
    known("kbd", Kind::Phrasing, Content::Phrasing, &[]),
    known("samp", Kind::Phrasing, Content::Phrasing, &[]),
    known("var", Kind::Phrasing, Content::Phrasing, &[]),
    known("dfn", Kind::Phrasing, Content::Phrasing, &[]),
    known("data", Kind::Phrasing, Content::Phrasing, &["value"]),
    known("bdi", Kind::Phrasing, Content::Phrasing, &[]),
    known("bdo", Kind::Phrasing, Content::Phrasing, &[]),
    known("wbr", Kind::Phrasing, Content::Void, &[]),
    known("br", Kind::Phrasing, Content::Void, &[]),
    known("img", Kind::Phrasing, Content::Void, &["src", "alt", "width", "height"]),
];

/// Attributes that every element may have.
const GLOBAL_ATTRIBUTES: &[&str] = &[
    "id",
    "class",
    "style",
    "title",
    "lang",
    "dir",
    "hidden",
    "data-if",
    "data-else-if",
    "data-else",
    "data-for",
    "data-with",
];

/// The element of this name.
pub(crate) fn find(tag: &str) -> Option<&'static Known> {
    ELEMENTS.iter().find(|known| known.tag == tag)
}

impl Known {
    /// The attribute's name, when the element may have it.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static str> {
        GLOBAL_ATTRIBUTES.iter().chain(self.attributes).find(|known| **known == name).copied()
    }

    /// Whether it holds text or whatever stands in a body, to which CSS can add.
    pub(crate) fn holds_content(&self) -> bool {
        matches!(self.content, Content::Phrasing | Content::Flow) || matches!(self.tag, "ul" | "ol" | "dl")
    }

    /// Whether it stands within lines.
    pub(crate) fn is_phrasing(&self) -> bool {
        self.kind == Kind::Phrasing
    }

    /// Whether `child` may stand in this element.
    pub(crate) fn allows(&self, child: &Self) -> bool {
        match self.content {
            Content::Void | Content::Text => false,
            Content::Phrasing => child.kind == Kind::Phrasing,
            Content::Flow => child.kind != Kind::Part,
            Content::Only(children) => children.contains(&child.tag),
        }
    }
}

/// What to write instead of an element that isn't supported.
pub(crate) fn instead_of_element(tag: &str) -> &'static str {
    match tag {
        "script" | "noscript" | "template" => "templates run no scripts; use `data-if`, `data-for` and expressions",
        "iframe" | "object" | "embed" | "video" | "audio" => "nothing from elsewhere is shown in a report",
        "svg" | "canvas" | "math" => "use a PNG or JPEG picture for now",
        "form" | "input" | "select" | "textarea" | "button" | "label" => "use text and borders: paper has no forms",
        "font" | "center" => "use CSS: `color`, `font-size`, `text-align: center`",
        "strike" => "use `<s>`",
        "tt" => "use `<code>`",
        "big" => "use CSS: `font-size: larger`",
        "details" | "summary" | "dialog" => "paper doesn't unfold; use `<div>`",
        "hgroup" | "search" | "menu" => "use `<div>`",
        "ruby" | "rt" | "rp" => "put the reading into parentheses",
        "meter" | "progress" => "use a `<div>` with a width and a `background-color`",
        "base" => "write paths relative to the template",
        _ => "docs/TEMPLATES.md lists what is supported",
    }
}

/// What to write instead of an attribute that isn't supported.
pub(crate) fn instead_of_attribute(tag: &str, name: &str) -> &'static str {
    match (tag, name) {
        (_, "align" | "valign" | "bgcolor" | "border" | "cellpadding" | "cellspacing" | "background") => "use CSS",
        ("col" | "table" | "td" | "th", "width" | "height") => "use CSS: `style=\"width: …\"`",
        ("ol", "reversed") => "lists count up; give each `<li>` its `value`",
        ("ul" | "li", "type") => "use `list-style-type`",
        ("td" | "th", "nowrap") => "use `white-space: nowrap`",
        (_, "color" | "face" | "size") => "use CSS",
        ("img", "srcset" | "loading") => "use `src`",
        (_, "data-rows") => "it belongs on a `<table>`",
        (_, "data-group" | "data-group-footer" | "data-repeat" | "data-empty") => {
            "it belongs on a `<tr>` of a table with `data-rows`"
        }
        (_, name) if name.starts_with("data-") => {
            "known are data-for, data-if, data-else-if, data-else, data-with, data-rows, data-group, data-group-footer, \
             data-repeat and data-empty"
        }
        (_, name) if name.starts_with("on") => "templates run no scripts",
        _ => "docs/TEMPLATES.md lists what is supported",
    }
}
