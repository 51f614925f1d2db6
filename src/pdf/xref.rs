//! Where each object is, and the cross-reference stream that says so.
//!
//! Objects that were packed together and are numbered one after the other take sixteen bytes as one run, so that the
//! millions of small objects of a long tagged document fit into memory.

use std::io::{self, Write};

use flate2::{Compression, write::ZlibEncoder};

use super::deflate::Deflate;

/// Bytes of an entry: its kind, an offset or the number of an object stream, a place in that stream.
const WIDTHS: [usize; 3] = [1, 5, 2];
const WIDTH: usize = WIDTHS[0] + WIDTHS[1] + WIDTHS[2];

/// Up to so many bytes, entries are compressed in one go, which is faster than in a stream; past it that many at once.
const IN_ONE_GO: usize = 1 << 20;

/// Where objects are.
#[derive(Debug, Default)]
pub(crate) struct Places {
    runs: Vec<Run>,
}

/// Objects numbered one after the other: one at an offset, or several beside each other in one object stream.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: u32,
    count: u16,
    /// The place of the first in its stream.
    index: u16,
    /// An offset, or (with [`PACKED`] set) the number of an object stream.
    at: u64,
}

const PACKED: u64 = 1 << 63;

impl Places {
    /// Notes that an object begins at an offset of the file.
    pub(crate) fn at_offset(&mut self, number: u32, offset: u64) {
        self.runs.push(Run { first: number, count: 1, index: 0, at: offset });
    }

    /// Notes that an object has this place in an object stream.
    pub(crate) fn packed(&mut self, number: u32, stream: u32, index: u16) {
        let at = PACKED | u64::from(stream);
        match self.runs.last_mut() {
            Some(run)
                if run.at == at
                    && run.first + u32::from(run.count) == number
                    && run.index + run.count == index
                    && run.count < u16::MAX =>
            {
                run.count += 1;
            }
            _ => self.runs.push(Run { first: number, count: 1, index, at }),
        }
    }

    /// The entries of objects 0 to `size`, compressed, and the keys that tell how to read them.
    ///
    /// Each entry is told by how it differs from the one before, so that a run takes next to nothing.
    pub(crate) fn finish(mut self, size: u32, deflate: &mut Deflate) -> io::Result<(&'static [u8], Vec<u8>)> {
        self.runs.sort_unstable_by_key(|run| run.first);
        let mut rows = Rows::default();
        // Object 0 is never used; its entry begins the list of free objects.
        rows.push(0, 0, u16::MAX)?;
        let mut next = 1;
        for run in self.runs {
            rows.free(run.first - next)?;
            for step in 0..run.count {
                match run.at & PACKED {
                    0 => rows.push(1, run.at, 0)?,
                    _ => rows.push(2, run.at & !PACKED, run.index + step)?,
                }
            }
            next = run.first + u32::from(run.count);
        }
        rows.free(size - next)?;
        let keys = b"/W[1 5 2]/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 8>>";
        Ok((keys, rows.finish(deflate)?))
    }
}

/// Entries on their way to be compressed.
#[derive(Default)]
struct Rows {
    plain: Vec<u8>,
    stream: Option<ZlibEncoder<Vec<u8>>>,
    before: [u8; WIDTH],
}

impl Rows {
    /// Entries of objects that were reserved and never needed: free, and not to be used again.
    fn free(&mut self, count: u32) -> io::Result<()> {
        (0..count).try_for_each(|_| self.push(0, 0, u16::MAX))
    }

    fn push(&mut self, kind: u8, field: u64, index: u16) -> io::Result<()> {
        let mut row = [0; WIDTH];
        row[0] = kind;
        row[1..6].copy_from_slice(&field.to_be_bytes()[3..]);
        row[6..].copy_from_slice(&index.to_be_bytes());
        // PNG's "up" filter, named in front of each row.
        let mut told = [2; WIDTH + 1];
        for (to, (now, before)) in told[1..].iter_mut().zip(row.iter().zip(self.before)) {
            *to = now.wrapping_sub(before);
        }
        self.before = row;
        self.plain.extend_from_slice(&told);
        if self.plain.len() >= IN_ONE_GO {
            let stream = self.stream.get_or_insert_with(|| ZlibEncoder::new(Vec::new(), Compression::fast()));
            stream.write_all(&self.plain)?;
            self.plain.clear();
        }
        Ok(())
    }

    fn finish(self, deflate: &mut Deflate) -> io::Result<Vec<u8>> {
        let Some(mut stream) = self.stream else {
            let mut out = Vec::new();
            deflate.append(&self.plain, &mut out);
            return Ok(out);
        };
        stream.write_all(&self.plain)?;
        stream.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_a_stream_are_one_run() {
        let mut places = Places::default();
        places.at_offset(1, 15);
        (10..200).for_each(|number| places.packed(number, 5, number as u16 - 10));
        places.packed(3, 5, 190);
        places.at_offset(5, 900);
        assert_eq!(places.runs.len(), 4);
        let (_, compressed) = places.finish(201, &mut Deflate::new()).unwrap();
        let mut rows = flate2::read::ZlibDecoder::new(&compressed[..]);
        let mut plain = Vec::new();
        io::Read::read_to_end(&mut rows, &mut plain).unwrap();
        let mut row = [0_u8; WIDTH];
        let mut entries = Vec::new();
        for told in plain.chunks_exact(WIDTH + 1) {
            assert_eq!(told[0], 2);
            row.iter_mut().zip(&told[1..]).for_each(|(row, told)| *row = row.wrapping_add(*told));
            entries.push(row);
        }
        assert_eq!(entries.len(), 201);
        assert_eq!(entries[1], [1, 0, 0, 0, 0, 15, 0, 0]);
        assert_eq!(entries[2], [0, 0, 0, 0, 0, 0, 255, 255]);
        assert_eq!(entries[3], [2, 0, 0, 0, 0, 5, 0, 190]);
        assert_eq!(entries[199], [2, 0, 0, 0, 0, 5, 0, 189]);
        assert_eq!(entries[200][0], 0);
    }

    #[test]
    fn many_entries_are_compressed_as_they_come() {
        let mut places = Places::default();
        let count = (IN_ONE_GO / WIDTH) as u32;
        (1..=count).for_each(|number| places.at_offset(number, u64::from(number) * 7));
        let (_, compressed) = places.finish(count + 1, &mut Deflate::new()).unwrap();
        let mut plain = Vec::new();
        io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(&compressed[..]), &mut plain).unwrap();
        assert_eq!(plain.len(), (count as usize + 1) * (WIDTH + 1));
    }
}
