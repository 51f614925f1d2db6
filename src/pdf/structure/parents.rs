//! The parent tree: from a page's content, and from annotations, back to the elements that they belong to.

use std::io::{self, Write};

use crate::pdf::{
    file::{ObjectFile, Ref},
    number::push_integer,
};

/// Entries per leaf.
const FAN_OUT: u32 = 64;

/// A number tree whose leaves are written as they fill; it keeps four bytes for each.
#[derive(Debug, Default)]
pub(super) struct ParentTree {
    next: u32,
    /// The entries of the leaf that is being filled, and the key of its first.
    leaf: Vec<u8>,
    first: u32,
    /// The leaves so far.
    leaves: Vec<Ref>,
}

impl ParentTree {
    /// Adds an entry and returns its key.
    pub(super) fn add<W: Write>(&mut self, value: Ref, file: &mut ObjectFile<W>) -> io::Result<u32> {
        let key = self.next;
        self.next += 1;
        push_integer(&mut self.leaf, i64::from(key));
        self.leaf.push(b' ');
        push_integer(&mut self.leaf, i64::from(value.0));
        self.leaf.extend_from_slice(b" 0 R ");
        if self.next - self.first == FAN_OUT {
            self.write_leaf(file)?;
        }
        Ok(key)
    }

    fn write_leaf<W: Write>(&mut self, file: &mut ObjectFile<W>) -> io::Result<()> {
        if self.next == self.first {
            return Ok(());
        }
        let at = file.reserve()?;
        let last = self.next - 1;
        let mut body = format!("<</Limits[{} {last}]/Nums[", self.first).into_bytes();
        body.append(&mut self.leaf);
        body.extend_from_slice(b"]>>");
        file.object(at, &body)?;
        self.leaves.push(at);
        self.first = self.next;
        Ok(())
    }

    /// Writes the tree's root; returns it and the next key that would be free.
    pub(super) fn finish<W: Write>(mut self, file: &mut ObjectFile<W>) -> io::Result<(Ref, u32)> {
        self.write_leaf(file)?;
        let at = file.reserve()?;
        if self.leaves.is_empty() {
            file.object(at, b"<</Nums[]>>")?;
            return Ok((at, self.next));
        }
        let mut body = b"<</Kids[".to_vec();
        for leaf in &self.leaves {
            push_integer(&mut body, i64::from(leaf.0));
            body.extend_from_slice(b" 0 R ");
        }
        body.extend_from_slice(b"]>>");
        file.object(at, &body)?;
        Ok((at, self.next))
    }
}
