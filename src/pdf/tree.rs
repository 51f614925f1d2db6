//! The page tree: balanced nodes of 64, written as they fill.

use std::io::{self, Write};

use super::{
    file::{ObjectFile, Ref},
    number::push_integer,
};

/// Kids per node. Four levels hold sixteen million pages.
const FAN_OUT: usize = 64;

/// The nodes that are still open, one per level from the leaves up.
#[derive(Default)]
pub(crate) struct PageTree {
    open: Vec<Node>,
    pages: u64,
}

struct Node {
    at: Ref,
    kids: Vec<Ref>,
    pages: u64,
}

impl PageTree {
    /// How many pages there are.
    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    /// The node that the next page belongs to.
    pub(crate) fn parent<W: Write>(&mut self, file: &mut ObjectFile<W>) -> io::Result<Ref> {
        self.level(0, file)
    }

    /// Adds a page, which names [`Self::parent`] as its parent.
    pub(crate) fn add<W: Write>(&mut self, page: Ref, file: &mut ObjectFile<W>) -> io::Result<()> {
        self.pages += 1;
        self.level(0, file)?;
        let mut level = 0;
        let (mut kid, mut pages) = (page, 1);
        loop {
            let node = &mut self.open[level];
            node.kids.push(kid);
            node.pages += pages;
            if node.kids.len() < FAN_OUT {
                return Ok(());
            }
            let parent = self.level(level + 1, file)?;
            let full = &mut self.open[level];
            (kid, pages) = (full.at, full.pages);
            write(full, Some(parent), file)?;
            let at = file.reserve()?;
            self.open[level] = Node { at, kids: Vec::with_capacity(FAN_OUT), pages: 0 };
            level += 1;
        }
    }

    /// Writes the open nodes and returns the root.
    pub(crate) fn finish<W: Write>(mut self, file: &mut ObjectFile<W>) -> io::Result<Ref> {
        for level in 0..self.open.len().saturating_sub(1) {
            let node = &self.open[level];
            let (kid, pages, parent) = (node.at, node.pages, self.open[level + 1].at);
            if pages == 0 {
                // Reserved for pages that didn't come; its number stays free.
                continue;
            }
            write(node, Some(parent), file)?;
            self.open[level + 1].kids.push(kid);
            self.open[level + 1].pages += pages;
        }
        let at = self.level(self.open.len().saturating_sub(1), file)?;
        if let Some(root) = self.open.last() {
            write(root, None, file)?;
        }
        Ok(at)
    }

    /// The open node of a level, begun if there is none.
    fn level<W: Write>(&mut self, level: usize, file: &mut ObjectFile<W>) -> io::Result<Ref> {
        while self.open.len() <= level {
            self.open.push(Node { at: file.reserve()?, kids: Vec::with_capacity(FAN_OUT), pages: 0 });
        }
        Ok(self.open[level].at)
    }
}

fn write<W: Write>(node: &Node, parent: Option<Ref>, file: &mut ObjectFile<W>) -> io::Result<()> {
    let mut body = b"<</Type/Pages/Count ".to_vec();
    push_integer(&mut body, node.pages as i64);
    if let Some(parent) = parent {
        body.extend_from_slice(format!("/Parent {} 0 R", parent.0).as_bytes());
    }
    body.extend_from_slice(b"/Kids[");
    for kid in &node.kids {
        push_integer(&mut body, i64::from(kid.0));
        body.extend_from_slice(b" 0 R ");
    }
    body.extend_from_slice(b"]>>");
    file.object(node.at, &body)
}
