//! The outline: bookmarks in each other, written as the next ones come.

use std::io::{self, Write};

use super::{
    destinations::push_place,
    file::{ObjectFile, Ref},
    object::push_text,
};

/// The bookmarks that still wait for something: the last one and those that it stands in.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// The root's number, and what is open from the outermost on.
    root: Option<Entry>,
    open: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    at: Ref,
    level: u8,
    title: String,
    place: (Ref, f32),
    before: Option<Ref>,
    first: Option<Ref>,
    last: Option<Ref>,
    /// Entries in it, at any depth: all are shown.
    count: u64,
}

impl Entry {
    fn new(at: Ref, level: u8, title: &str, place: (Ref, f32), before: Option<Ref>) -> Self {
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { at, level, title, place, before, first: None, last: None, count: 0 }
    }
}

impl Outline {
    /// Adds a bookmark to a page at a height from its bottom.
    pub(crate) fn add<W: Write>(
        &mut self,
        level: u8,
        title: &str,
        place: (Ref, f32),
        file: &mut ObjectFile<W>,
    ) -> io::Result<()> {
        if self.root.is_none() {
            self.root = Some(Entry::new(file.reserve()?, 0, "", place, None));
        }
        let at = file.reserve()?;
        let mut before = None;
        while self.open.last().is_some_and(|entry| entry.level >= level) {
            // Only the outermost of those that end here has the new one beside it.
            let stands_beside = self.open.len() == 1 || self.open[self.open.len() - 2].level < level;
            before = self.close(stands_beside.then_some(at), file)?;
        }
        if let Some(parent) = self.open.last_mut().or(self.root.as_mut()) {
            parent.first.get_or_insert(at);
            parent.last = Some(at);
            parent.count += 1;
        }
        self.open.push(Entry::new(at, level, title, place, before));
        Ok(())
    }

    /// Writes the last bookmark, which `next` follows in the same one; returns where it is.
    fn close<W: Write>(&mut self, next: Option<Ref>, file: &mut ObjectFile<W>) -> io::Result<Option<Ref>> {
        let Some(entry) = self.open.pop() else { return Ok(None) };
        let Some(parent) = self.open.last_mut().or(self.root.as_mut()) else { return Ok(None) };
        parent.count += entry.count;
        let mut body = b"<</Title".to_vec();
        push_text(&mut body, &entry.title);
        body.extend_from_slice(b"/Dest");
        push_place(&mut body, entry.place.0, entry.place.1);
        push_references(&mut body, &[("Parent", Some(parent.at)), ("Prev", entry.before), ("Next", next)]);
        push_references(&mut body, &[("First", entry.first), ("Last", entry.last)]);
        if entry.count > 0 {
            body.extend_from_slice(format!("/Count {}", entry.count).as_bytes());
        }
        body.extend_from_slice(b">>");
        file.object(entry.at, &body)?;
        Ok(Some(entry.at))
    }

    /// Writes what is open and returns the root; nothing if there are no bookmarks.
    pub(crate) fn finish<W: Write>(mut self, file: &mut ObjectFile<W>) -> io::Result<Option<Ref>> {
        while !self.open.is_empty() {
            self.close(None, file)?;
        }
        let Some(root) = self.root else { return Ok(None) };
        let mut body = format!("<</Type/Outlines/Count {}", root.count).into_bytes();
        push_references(&mut body, &[("First", root.first), ("Last", root.last)]);
        body.extend_from_slice(b">>");
        file.object(root.at, &body)?;
        Ok(Some(root.at))
    }
}

fn push_references(out: &mut Vec<u8>, entries: &[(&str, Option<Ref>)]) {
    for (key, at) in entries {
        if let Some(at) = at {
            out.extend_from_slice(format!("/{key} {} 0 R", at.0).as_bytes());
        }
    }
}
