//! The file: objects with their offsets, object streams and the cross-reference stream.

use std::io::{self, Write};

use super::{
    deflate::{Deflate, Effort},
    number::push_integer,
};

/// Names an object of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ref(pub(crate) u32);

/// The most objects that PDF/A-2 allows in a file (ISO 19005-2, 6.1.13).
const MAX_OBJECTS: u32 = 8_388_607;

/// This many small objects share one compressed stream.
const PACKED_OBJECTS: usize = 200;

/// Where an object is: an offset, or (with this bit set) the number of an object stream and a place in it.
const PACKED: u64 = 1 << 63;

/// A PDF file being written. It keeps eight bytes per object: a million pages are two million objects, 16 MB.
pub(crate) struct ObjectFile<W> {
    out: W,
    offset: u64,
    /// By object number; 0 is an object that was reserved and isn't written yet.
    places: Vec<u64>,
    deflate: Deflate,
    /// Bytes on their way out; its memory is used again.
    buffer: Vec<u8>,
    packed: Vec<u8>,
    /// Number and offset of each object in `packed`.
    packed_index: Vec<(u32, u32)>,
}

impl<W: Write> ObjectFile<W> {
    /// Begins a file.
    pub(crate) fn new(out: W) -> io::Result<Self> {
        let mut file = Self {
            out,
            offset: 0,
            // Object 0 is never used; its entry begins the list of free objects.
            places: vec![0],
            deflate: Deflate::new(),
            buffer: Vec::new(),
            packed: Vec::new(),
            packed_index: Vec::new(),
        };
        // Bytes above 127 in the second line tell transfer programs that the file is binary.
        file.buffer.extend_from_slice(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
        file.send()?;
        Ok(file)
    }

    /// A number for an object that is written later.
    pub(crate) fn reserve(&mut self) -> io::Result<Ref> {
        let number = self.places.len() as u32;
        if number > MAX_OBJECTS {
            return Err(io::Error::other("the document has more objects than PDF/A allows"));
        }
        self.places.push(0);
        Ok(Ref(number))
    }

    /// Writes a small object; it leaves with others in a compressed stream.
    pub(crate) fn object(&mut self, at: Ref, body: &[u8]) -> io::Result<()> {
        self.packed_index.push((at.0, self.packed.len() as u32));
        self.packed.extend_from_slice(body);
        self.packed.push(b'\n');
        if self.packed_index.len() >= PACKED_OBJECTS { self.send_packed() } else { Ok(()) }
    }

    /// Compresses and writes a stream. `entries` are those of its dictionary beside length and filter.
    pub(crate) fn stream(&mut self, at: Ref, entries: &[u8], data: &[u8], effort: Effort) -> io::Result<()> {
        let mut compressed = std::mem::take(&mut self.buffer);
        self.deflate.append(data, effort, &mut compressed);
        let header = [entries, b"/Filter/FlateDecode"].concat();
        let sent = self.encoded_stream(at, &header, &compressed);
        compressed.clear();
        self.buffer = compressed;
        sent
    }

    /// Writes a stream whose data is encoded already, as `entries` say.
    pub(crate) fn encoded_stream(&mut self, at: Ref, entries: &[u8], data: &[u8]) -> io::Result<()> {
        self.places[at.0 as usize] = self.offset;
        let mut head = Vec::with_capacity(entries.len() + 64);
        push_integer(&mut head, i64::from(at.0));
        head.extend_from_slice(b" 0 obj\n<<");
        head.extend_from_slice(entries);
        head.extend_from_slice(b"/Length ");
        push_integer(&mut head, data.len() as i64);
        head.extend_from_slice(b">>stream\n");
        for part in [&head[..], data, b"\nendstream\nendobj\n"] {
            self.out.write_all(part)?;
            self.offset += part.len() as u64;
        }
        Ok(())
    }

    /// Ends the file and returns its size in bytes and where it was written.
    pub(crate) fn finish(mut self, trailer: &[u8]) -> io::Result<(u64, W)> {
        self.send_packed()?;
        let at = self.reserve()?;
        let start = self.offset;
        self.places[at.0 as usize] = start;
        let mut rows = Vec::with_capacity(self.places.len() * 8);
        // The entry of object 0: free, followed by none.
        rows.extend_from_slice(&[0, 0, 0, 0, 0, 0, 255, 255]);
        for place in &self.places[1..] {
            let (kind, field, index) = match place {
                // Reserved and never needed: free, not to be used again.
                0 => (0, 0, u16::MAX),
                place if place & PACKED != 0 => (2, (place & !PACKED) >> 16, *place as u16),
                place => (1, *place, 0),
            };
            rows.push(kind);
            rows.extend_from_slice(&field.to_be_bytes()[3..]);
            rows.extend_from_slice(&index.to_be_bytes());
        }
        let mut entries = b"/Type/XRef/W[1 5 2]/Size ".to_vec();
        push_integer(&mut entries, self.places.len() as i64);
        entries.extend_from_slice(trailer);
        self.stream(at, &entries, &rows, Effort::Fast)?;
        self.buffer.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        self.send()?;
        self.out.flush()?;
        Ok((self.offset, self.out))
    }

    fn send_packed(&mut self) -> io::Result<()> {
        if self.packed_index.is_empty() {
            return Ok(());
        }
        let at = self.reserve()?;
        let mut data = Vec::with_capacity(self.packed.len() + 12 * self.packed_index.len());
        for (index, (number, offset)) in self.packed_index.iter().enumerate() {
            self.places[*number as usize] = PACKED | u64::from(at.0) << 16 | index as u64;
            push_integer(&mut data, i64::from(*number));
            data.push(b' ');
            push_integer(&mut data, i64::from(*offset));
            data.push(b' ');
        }
        let mut entries = b"/Type/ObjStm/N ".to_vec();
        push_integer(&mut entries, self.packed_index.len() as i64);
        entries.extend_from_slice(b"/First ");
        push_integer(&mut entries, data.len() as i64);
        data.extend_from_slice(&self.packed);
        self.packed.clear();
        self.packed_index.clear();
        self.stream(at, &entries, &data, Effort::Fast)
    }

    fn send(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
