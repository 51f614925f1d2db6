//! The document's structure, written while its pages are: what tagged PDF is about.
//!
//! A tag gets its object number when it begins. What is on a page belongs to it by number, and when nothing more will
//! be added to it (it is closed, and every page with a part of it is written) its element is written and forgotten.
//! So what stays in memory is what is open: the document, a table and its body, a row.
//!
//! Children stand in the order in which their tags began, whatever order they are drawn in; between them stand the
//! parts of the page that the parent draws itself, where it draws them.
//!
//! **Invariant:** every marked-content sequence with a number has exactly one element, found in both directions.

mod element;
mod headings;
mod parents;
mod tables;

use std::{
    collections::VecDeque,
    io::{self, Write},
};

use self::{
    element::{Element, Kid, name},
    headings::Headings,
    parents::ParentTree,
};
use super::file::{ObjectFile, Ref};
use crate::layout::page::{Page, Rect, Role, Tag, TagEvent, TagId};

/// The structure as far as it isn't written.
#[derive(Debug)]
pub(crate) struct Structure {
    root: Ref,
    /// By id, which is the order of beginning; the first is the root of the tree.
    open: Vec<Element>,
    /// Tags that are closed but may have content on pages to come.
    closing: VecDeque<TagId>,
    /// How many have been settled.
    settled: u64,
    headings: Headings,
    parents: ParentTree,
    page: Ref,
    /// The content streams being drawn: the page's, and those of forms in it.
    streams: Vec<Stream>,
}

/// A content stream, and the element of each of its marked-content sequences.
#[derive(Debug)]
struct Stream {
    form: Option<Ref>,
    owners: Vec<Ref>,
}

impl Structure {
    /// Begins the structure of a document.
    pub(crate) fn new<W: Write>(file: &mut ObjectFile<W>) -> io::Result<Self> {
        let root = file.reserve()?;
        Ok(Self {
            root,
            open: vec![Element::new(0, (0, root), root, Role::Document, None)],
            closing: VecDeque::new(),
            settled: 0,
            headings: Headings::default(),
            parents: ParentTree::default(),
            page: root,
            streams: Vec::new(),
        })
    }

    /// Turns to a page: takes in what became of the structure since the one before.
    pub(crate) fn begin_page<W: Write>(&mut self, page: &Page, at: Ref, file: &mut ObjectFile<W>) -> io::Result<()> {
        self.page = at;
        for event in &page.tags {
            match event {
                TagEvent::OpenPlain { id, parent, role } => self.open(*id, *parent, *role, None, file)?,
                TagEvent::Open { id, parent, tag } => {
                    self.open(*id, *parent, tag.role, Some(tag.clone()), file)?;
                }
                TagEvent::Close(id) => self.closing.push_back(*id),
            }
        }
        Ok(())
    }

    fn open<W: Write>(
        &mut self,
        id: TagId,
        parent: TagId,
        role: Role,
        tag: Option<Box<Tag>>,
        file: &mut ObjectFile<W>,
    ) -> io::Result<()> {
        // A parent that is unknown would be a fault of the layout; its children then stand in the document itself.
        let above = self.find(parent.0).unwrap_or(0);
        self.make_room(above, file)?;
        let at = file.reserve()?;
        let parent = &mut self.open[above];
        parent.children += 1;
        parent.count_cell(role, tag.as_deref());
        parent.waiting.push((id.0, at));
        let parent = (parent.id, parent.at);
        self.open.push(Element::new(id.0, parent, at, role, tag));
        Ok(())
    }

    /// Begins the page's content, or that of a form in it.
    pub(crate) fn begin_content(&mut self, form: Option<Ref>) {
        self.streams.push(Stream { form, owners: Vec::new() });
    }

    /// Begins a marked-content sequence of the current content; says what it is called and its number. Nothing if it
    /// belongs to no element: then it is an artifact.
    pub(crate) fn mark(&mut self, owner: TagId) -> Option<(&'static str, usize)> {
        let index = self.owner(owner).filter(|index| !self.open[*index].is_decoration)?;
        self.attach(index);
        let stream = self.streams.last_mut()?;
        let mcid = stream.owners.len();
        let element = &mut self.open[index];
        stream.owners.push(element.at);
        let page = self.page;
        let kid = match stream.form {
            None => Kid::Content { page, mcid: mcid as u32 },
            Some(form) => Kid::Form { page, form, mcid: mcid as u32 },
        };
        element.add(page, kid);
        Some((name(element.role), mcid))
    }

    /// Notes where an element draws a picture, on a page of this height.
    pub(crate) fn covers(&mut self, owner: TagId, area: &Rect, height: f32) {
        if let Some(index) = self.owner(owner) {
            self.open[index].covers(self.page, area, height);
        }
    }

    /// Ends the content that began last, and returns its key in the parent tree if anything in it has an element.
    pub(crate) fn end_content<W: Write>(&mut self, file: &mut ObjectFile<W>) -> io::Result<Option<u32>> {
        let Some(stream) = self.streams.pop().filter(|stream| !stream.owners.is_empty()) else { return Ok(None) };
        let at = file.reserve()?;
        file.element(at, |out| {
            out.push(b'[');
            for owner in &stream.owners {
                element::push_reference(out, *owner);
                out.push(b' ');
            }
            out.push(b']');
        });
        self.parents.add(at, file).map(Some)
    }

    /// Adds a link's annotation of this page to its element and returns its key in the parent tree. What belongs to
    /// no link gets an element of its own: readers who can't see it would never find it otherwise.
    pub(crate) fn annotation<W: Write>(
        &mut self,
        owner: TagId,
        annotation: Ref,
        file: &mut ObjectFile<W>,
    ) -> io::Result<u32> {
        let (page, kid) = (self.page, Kid::Annotation { page: self.page, annotation });
        let owner = self.owner(owner);
        if let Some(index) = owner.filter(|index| self.open[*index].role == Role::Link) {
            self.attach(index);
            self.open[index].add(page, kid);
            return self.parents.add(self.open[index].at, file);
        }
        let at = file.reserve()?;
        // Else in the document's own element, if it has begun.
        let above = owner.unwrap_or(1.min(self.open.len() - 1));
        let parent = (self.open[above].id, self.open[above].at);
        let mut link = Element::new(0, parent, at, Role::Link, None);
        link.add(page, kid);
        file.element(at, |out| link.write(out));
        self.attach(above);
        self.open[above].kids.push(Kid::Element(at));
        self.parents.add(at, file)
    }

    /// Writes the elements to which nothing more will be added: `closed` tags in all.
    pub(crate) fn settle<W: Write>(&mut self, closed: u64, file: &mut ObjectFile<W>) -> io::Result<()> {
        while self.settled < closed {
            let Some(id) = self.closing.pop_front() else { break };
            self.settled += 1;
            if let Some(index) = self.find(id.0) {
                self.write(index, file)?;
            }
        }
        self.open.retain(|element| !element.written);
        file.relieve()
    }

    /// Writes what is left, and the root of the structure.
    pub(crate) fn finish<W: Write>(mut self, file: &mut ObjectFile<W>) -> io::Result<Ref> {
        // Children began later than their parents.
        for index in (1..self.open.len()).rev() {
            self.write(index, file)?;
        }
        let mut kids = Vec::new();
        let root = &mut self.open[0];
        root.attach(u32::MAX);
        for kid in &root.kids {
            if let Kid::Element(at) = kid {
                element::push_reference(&mut kids, *at);
                kids.push(b' ');
            }
        }
        let (parents, next) = self.parents.finish(file)?;
        let mut body = b"<</Type/StructTreeRoot/K[".to_vec();
        body.extend_from_slice(&kids);
        body.extend_from_slice(format!("]/ParentTree {} 0 R/ParentTreeNextKey {next}>>", parents.0).as_bytes());
        file.object(self.root, &body)?;
        Ok(self.root)
    }

    /// Writes an element, unless there is nothing in it.
    fn write<W: Write>(&mut self, index: usize, file: &mut ObjectFile<W>) -> io::Result<()> {
        if self.open[index].written {
            return Ok(());
        }
        self.open[index].attach(u32::MAX);
        self.complete_table(index, file)?;
        let element = &mut self.open[index];
        element.written = true;
        let (at, parent) = (element.at, element.parent);
        if !element.kids.is_empty() || element.holds_its_place() {
            // Here and not before, because headings of nothing don't count.
            element.role = self.headings.level(element.role);
            file.element(at, |out| element.write(out));
        } else if let Some(parent) = self.find(parent) {
            self.open[parent].drop_child(at);
        }
        Ok(())
    }

    /// Takes an element, and so everything that it stands in, among the kids of what it stands in.
    fn attach(&mut self, mut index: usize) {
        while index > 0 {
            let (id, parent) = (self.open[index].id, self.open[index].parent);
            let Some(above) = self.find(parent).filter(|above| self.open[*above].attached < id) else { return };
            self.open[above].attach(id);
            index = above;
        }
    }

    /// The place of an element that isn't written.
    fn owner(&self, owner: TagId) -> Option<usize> {
        if owner == TagId::ARTIFACT { None } else { self.find(owner.0) }
    }

    fn find(&self, id: u32) -> Option<usize> {
        // Tags are counted as they begin, so that most stand where the newest says.
        let last = self.open.last()?.id.checked_sub(id)?;
        let guess = (self.open.len() - 1).checked_sub(last as usize).filter(|at| self.open[*at].id == id);
        guess.or_else(|| self.open.binary_search_by_key(&id, |element| element.id).ok())
    }
}
