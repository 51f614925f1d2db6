//! The file: objects one after the other, small ones together in object streams.

use std::io::{self, Write};

use super::{deflate::Deflate, number::push_integer, pack::Pack, xref::Places};

/// Names an object of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ref(pub(crate) u32);

/// The most objects that PDF/A-2 allows in a file (ISO 19005-2, 6.1.13).
const MAX_OBJECTS: u32 = 8_388_607;

/// This many small objects share one compressed stream.
const PACKED_OBJECTS: usize = 200;

/// More of them, where they are small and alike.
const PACKED_ELEMENTS: usize = 400;

/// A file would have more objects than PDF/A allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_OBJECTS} objects")]
pub(crate) struct TooManyObjects;

/// A PDF file being written. It keeps sixteen bytes for each stream, and for each row of objects that were packed
/// together in the order of their numbers.
pub(crate) struct ObjectFile<W> {
    out: W,
    offset: u64,
    last: u32,
    places: Places,
    deflate: Deflate,
    /// Bytes on their way out; its memory is used again.
    buffer: Vec<u8>,
    unpacked: Vec<u8>,
    packed: Pack,
    elements: Pack,
}

impl<W: Write> ObjectFile<W> {
    /// Begins a file.
    pub(crate) fn new(out: W) -> io::Result<Self> {
        let mut file = Self {
            out,
            offset: 0,
            last: 0,
            places: Places::default(),
            deflate: Deflate::new(),
            buffer: Vec::new(),
            unpacked: Vec::new(),
            packed: Pack::default(),
            elements: Pack::default(),
        };
        // Bytes above 127 in the second line tell transfer programs that the file is binary.
        file.send(&[b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"])?;
        Ok(file)
    }

    /// A number for an object that is written later.
    pub(crate) fn reserve(&mut self) -> io::Result<Ref> {
        if self.last == MAX_OBJECTS {
            return Err(io::Error::other(TooManyObjects));
        }
        self.last += 1;
        Ok(Ref(self.last))
    }

    /// Writes a small object; it leaves with others in a compressed stream.
    pub(crate) fn object(&mut self, at: Ref, body: &[u8]) -> io::Result<()> {
        self.packed.add(at.0, |out| out.extend_from_slice(body));
        if self.packed.len() >= PACKED_OBJECTS { self.send_packed() } else { Ok(()) }
    }

    /// Writes an element of the document's structure, which leaves with others like it in [`Self::relieve`].
    pub(crate) fn element(&mut self, at: Ref, write: impl FnOnce(&mut Vec<u8>)) {
        self.elements.add(at.0, write);
    }

    /// Lets the elements leave, when there are enough to be worth it.
    pub(crate) fn relieve(&mut self) -> io::Result<()> {
        if self.elements.len() >= PACKED_ELEMENTS { self.send_elements() } else { Ok(()) }
    }

    /// Compresses and writes a stream. `entries` are those of its dictionary beside length and filter.
    pub(crate) fn stream(&mut self, at: Ref, entries: &[u8], data: &[u8]) -> io::Result<()> {
        let mut compressed = std::mem::take(&mut self.buffer);
        self.deflate.append(data, &mut compressed);
        let header = [entries, b"/Filter/FlateDecode"].concat();
        let sent = self.encoded_stream(at, &header, &compressed);
        compressed.clear();
        self.buffer = compressed;
        sent
    }

    /// Writes a stream whose data is encoded already, as `entries` say.
    pub(crate) fn encoded_stream(&mut self, at: Ref, entries: &[u8], data: &[u8]) -> io::Result<()> {
        self.places.at_offset(at.0, self.offset);
        self.raw_stream(at, entries, data)
    }

    /// Ends the file and returns its size in bytes and where it was written.
    pub(crate) fn finish(mut self, trailer: &[u8]) -> io::Result<(u64, W)> {
        self.send_elements()?;
        self.send_packed()?;
        let at = self.reserve()?;
        let start = self.offset;
        self.places.at_offset(at.0, start);
        let mut entries = b"/Type/XRef/Size ".to_vec();
        push_integer(&mut entries, i64::from(self.last) + 1);
        entries.extend_from_slice(trailer);
        let (keys, rows) = std::mem::take(&mut self.places).finish(self.last + 1, &mut self.deflate)?;
        entries.extend_from_slice(keys);
        self.raw_stream(at, &entries, &rows)?;
        self.send(&[format!("startxref\n{start}\n%%EOF\n").as_bytes()])?;
        self.out.flush()?;
        self.deflate.rest();
        Ok((self.offset, self.out))
    }

    fn raw_stream(&mut self, at: Ref, entries: &[u8], data: &[u8]) -> io::Result<()> {
        let mut head = Vec::with_capacity(entries.len() + 64);
        push_integer(&mut head, i64::from(at.0));
        head.extend_from_slice(b" 0 obj\n<<");
        head.extend_from_slice(entries);
        head.extend_from_slice(b"/Length ");
        push_integer(&mut head, data.len() as i64);
        head.extend_from_slice(b">>stream\n");
        self.send(&[&head, data, b"\nendstream\nendobj\n"])
    }

    fn send_packed(&mut self) -> io::Result<()> {
        let mut pack = std::mem::take(&mut self.packed);
        let sent = self.send_pack(&mut pack);
        self.packed = pack;
        sent
    }

    fn send_elements(&mut self) -> io::Result<()> {
        let mut pack = std::mem::take(&mut self.elements);
        let sent = self.send_pack(&mut pack);
        self.elements = pack;
        sent
    }

    fn send_pack(&mut self, pack: &mut Pack) -> io::Result<()> {
        if pack.len() == 0 {
            return Ok(());
        }
        let at = self.reserve()?;
        let mut data = std::mem::take(&mut self.unpacked);
        let (numbers, first) = pack.take(&mut data);
        for (index, number) in numbers.iter().enumerate() {
            self.places.packed(*number, at.0, index as u16);
        }
        let mut entries = b"/Type/ObjStm/N ".to_vec();
        push_integer(&mut entries, numbers.len() as i64);
        entries.extend_from_slice(b"/First ");
        push_integer(&mut entries, first as i64);
        self.stream(at, &entries, &data)?;
        data.clear();
        self.unpacked = data;
        Ok(())
    }

    fn send(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        for part in parts {
            self.out.write_all(part)?;
            self.offset += part.len() as u64;
        }
        Ok(())
    }
}
