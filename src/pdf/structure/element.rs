//! One element of the structure: what gathers about it until it is written.

use smallvec::SmallVec;

use crate::{
    layout::page::{Numbering, Rect, Role, Scope, Tag},
    pdf::{
        file::Ref,
        number::{push, push_integer},
        object::push_text,
    },
};

/// An element that isn't written yet.
#[derive(Debug)]
pub(super) struct Element {
    /// Its [`crate::layout::page::TagId`].
    pub(super) id: u32,
    pub(super) parent: u32,
    pub(super) at: Ref,
    pub(super) parent_at: Ref,
    pub(super) role: Role,
    pub(super) tag: Option<Box<Tag>>,
    /// A figure that says nothing: what it draws is no content.
    pub(super) is_decoration: bool,
    /// The page of its first content.
    pub(super) page: Option<Ref>,
    pub(super) kids: Kids,
    /// Children that have begun and aren't among the kids yet, in document order.
    pub(super) waiting: Vec<(u32, Ref)>,
    /// All children up to this id are among the kids.
    pub(super) attached: u32,
    /// How many children have begun.
    pub(super) children: u32,
    /// Columns of a row so far, or of the table by its first row.
    pub(super) columns: u32,
    /// Whether some cell of the row or table reaches into rows below.
    pub(super) is_interlocked: bool,
    /// Head, body or foot of a table that were written.
    pub(super) sections: Sections,
    /// What it covers of its first page, from the page's bottom.
    pub(super) area: Option<[f32; 4]>,
    pub(super) written: bool,
}

/// Which parts of a table were written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sections {
    pub(super) head_or_foot: bool,
    pub(super) body: bool,
}

/// What an element consists of; most of nothing but a part of a page.
pub(super) type Kids = SmallVec<[Kid; 1]>;

/// A part of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kid {
    /// Another element.
    Element(Ref),
    /// A marked-content sequence of a page.
    Content { page: Ref, mcid: u32 },
    /// The same within a form that the page draws.
    Form { page: Ref, form: Ref, mcid: u32 },
    /// An annotation.
    Annotation { page: Ref, annotation: Ref },
}

impl Element {
    pub(super) fn new(id: u32, (parent, parent_at): (u32, Ref), at: Ref, role: Role, tag: Option<Box<Tag>>) -> Self {
        let alternative = tag.as_ref().and_then(|tag| tag.alternative.as_deref()).unwrap_or_default();
        let is_decoration = role == Role::Figure && alternative.trim().is_empty();
        Self {
            id,
            parent,
            at,
            parent_at,
            role: if is_decoration { Role::Div } else { role },
            tag,
            is_decoration,
            page: None,
            kids: Kids::new(),
            waiting: Vec::new(),
            attached: 0,
            children: 0,
            columns: 0,
            is_interlocked: false,
            sections: Sections::default(),
            area: None,
            written: false,
        }
    }

    /// Adds a part of a page's content, or an annotation.
    pub(super) fn add(&mut self, page: Ref, kid: Kid) {
        self.page.get_or_insert(page);
        self.kids.push(kid);
    }

    /// Takes its children up to `id` among the kids.
    pub(super) fn attach(&mut self, id: u32) {
        self.attached = self.attached.max(id);
        let count = self.waiting.iter().take_while(|(child, _)| *child <= id).count();
        self.kids.extend(self.waiting.drain(..count).map(|(_, at)| Kid::Element(at)));
    }

    /// Forgets a child, in which there was nothing.
    pub(super) fn drop_child(&mut self, at: Ref) {
        self.waiting.retain(|(_, child)| *child != at);
        if let Some(place) = self.kids.iter().rposition(|kid| *kid == Kid::Element(at)) {
            self.kids.remove(place);
        }
    }

    /// Notes that it draws a picture there, on its first page.
    pub(super) fn covers(&mut self, page: Ref, area: &Rect, height: f32) {
        if self.page.is_some_and(|first| first != page) {
            return;
        }
        let (bottom, top) = (height - area.y - area.height, height - area.y);
        let own = [area.x, bottom, area.x + area.width, top];
        self.area = Some(self.area.map_or(own, |[left, low, right, high]| {
            [left.min(own[0]), low.min(bottom), right.max(own[2]), high.max(top)]
        }));
    }

    /// Whether it stays in the structure though there is nothing in it: a row would have too few cells without it.
    pub(super) fn holds_its_place(&self) -> bool {
        matches!(self.role, Role::TD | Role::TH)
    }

    /// Appends the dictionary.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<</S/");
        out.extend_from_slice(name(self.role).as_bytes());
        out.extend_from_slice(b"/P ");
        push_reference(out, self.parent_at);
        if let Some(page) = self.page {
            out.extend_from_slice(b"/Pg ");
            push_reference(out, page);
        }
        if let Some(tag) = &self.tag {
            self.write_tag(tag, out);
        } else if self.role == Role::TH {
            out.extend_from_slice(b"/A<</O/Table/Scope/Column>>");
        }
        self.write_kids(out);
        out.extend_from_slice(b">>");
    }

    fn write_kids(&self, out: &mut Vec<u8>) {
        match self.kids.as_slice() {
            [] => {}
            [Kid::Content { mcid, .. }] => {
                out.extend_from_slice(b"/K ");
                push_integer(out, i64::from(*mcid));
            }
            kids => {
                out.extend_from_slice(b"/K[");
                kids.iter().for_each(|kid| self.write_kid(*kid, out));
                out.push(b']');
            }
        }
    }

    fn write_kid(&self, kid: Kid, out: &mut Vec<u8>) {
        match kid {
            Kid::Element(at) => push_reference(out, at),
            Kid::Content { page, mcid } if Some(page) == self.page => push_integer(out, i64::from(mcid)),
            Kid::Content { page, mcid } => {
                out.extend_from_slice(format!("<</Type/MCR/Pg {} 0 R/MCID {mcid}>>", page.0).as_bytes());
            }
            Kid::Form { page, form, mcid } => {
                let (page, form) = (page.0, form.0);
                out.extend_from_slice(format!("<</Type/MCR/Pg {page} 0 R/Stm {form} 0 R/MCID {mcid}>>").as_bytes());
            }
            Kid::Annotation { page, annotation } => {
                out.extend_from_slice(format!("<</Type/OBJR/Pg {} 0 R/Obj {} 0 R>>", page.0, annotation.0).as_bytes());
            }
        }
        out.push(b' ');
    }

    fn write_tag(&self, tag: &Tag, out: &mut Vec<u8>) {
        if let Some(alternative) = &tag.alternative {
            out.extend_from_slice(b"/Alt");
            push_text(out, alternative);
        }
        if let Some(language) = tag.language.as_ref().filter(|language| is_language(language)) {
            out.extend_from_slice(b"/Lang");
            push_text(out, language);
        }
        let mut attributes: Vec<Vec<u8>> = Vec::new();
        if let Some(table) = table_attributes(self.role, tag) {
            attributes.push(table);
        }
        if let Some(numbering) = tag.numbering.filter(|_| self.role == Role::L) {
            attributes.push(format!("<</O/List/ListNumbering/{}>>", numbering_name(numbering)).into_bytes());
        }
        if let Some(area) = self.area.filter(|_| self.role == Role::Figure) {
            let mut layout = b"<</O/Layout/Placement/Block/BBox[".to_vec();
            for edge in area {
                push(&mut layout, edge);
                layout.push(b' ');
            }
            layout.extend_from_slice(b"]>>");
            attributes.push(layout);
        }
        match attributes.as_slice() {
            [] => {}
            [one] => out.extend([b"/A", &one[..]].concat()),
            several => out.extend([b"/A[", &several.concat()[..], b"]"].concat()),
        }
    }
}

/// Whether a language is named as RFC 3066 says, which PDF/UA insists on.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let fits = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    parts.next().is_some_and(|first| fits(first) && first.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && parts.all(fits)
}

fn table_attributes(role: Role, tag: &Tag) -> Option<Vec<u8>> {
    if !matches!(role, Role::TH | Role::TD) {
        return None;
    }
    let mut attributes = b"<</O/Table".to_vec();
    let bare = attributes.len();
    if role == Role::TH {
        let scope = match tag.scope.unwrap_or(Scope::Column) {
            Scope::Column => "Column",
            Scope::Row => "Row",
            Scope::Both => "Both",
        };
        attributes.extend_from_slice(format!("/Scope/{scope}").as_bytes());
    }
    for (key, span) in [("ColSpan", tag.columns), ("RowSpan", tag.rows)] {
        if span > 1 {
            attributes.extend_from_slice(format!("/{key} {span}").as_bytes());
        }
    }
    let told = attributes.len() > bare;
    attributes.extend_from_slice(b">>");
    told.then_some(attributes)
}

fn numbering_name(numbering: Numbering) -> &'static str {
    match numbering {
        Numbering::Disc => "Disc",
        Numbering::Circle => "Circle",
        Numbering::Square => "Square",
        Numbering::Decimal => "Decimal",
        Numbering::UpperRoman => "UpperRoman",
        Numbering::LowerRoman => "LowerRoman",
        Numbering::UpperAlpha => "UpperAlpha",
        Numbering::LowerAlpha => "LowerAlpha",
    }
}

/// A role's name in the file.
pub(super) fn name(role: Role) -> &'static str {
    match role {
        Role::Document => "Document",
        Role::Sect => "Sect",
        Role::Art => "Art",
        Role::Div => "Div",
        Role::BlockQuote => "BlockQuote",
        Role::Caption => "Caption",
        Role::P => "P",
        Role::H1 => "H1",
        Role::H2 => "H2",
        Role::H3 => "H3",
        Role::H4 => "H4",
        Role::H5 => "H5",
        Role::H6 => "H6",
        Role::L => "L",
        Role::LI => "LI",
        Role::Lbl => "Lbl",
        Role::LBody => "LBody",
        Role::Table => "Table",
        Role::TR => "TR",
        Role::TH => "TH",
        Role::TD => "TD",
        Role::THead => "THead",
        Role::TBody => "TBody",
        Role::TFoot => "TFoot",
        Role::Span => "Span",
        Role::Quote => "Quote",
        Role::Code => "Code",
        Role::Link => "Link",
        Role::Figure => "Figure",
    }
}

pub(super) fn push_reference(out: &mut Vec<u8>, at: Ref) {
    push_integer(out, i64::from(at.0));
    out.extend_from_slice(b" 0 R");
}
