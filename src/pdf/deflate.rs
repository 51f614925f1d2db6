//! Compression. It bounds the speed of the writer, so the level is chosen by what is compressed.

use std::sync::{Mutex, PoisonError};

use libdeflater::{CompressionLvl, Compressor};

/// The level for what grows with the document. For page content it takes a third of the time of level 6 for a tenth
/// more bytes, for elements of the structure a quarter of that of level 3 for a twelfth more.
const FAST: i32 = 1;

/// A compressor with memory to use again: by the next document, once this one is written.
pub(crate) struct Deflate(Compressor);

/// Compressors that no document uses at the moment: to make one takes a good part of a short document's time.
static IDLE: Mutex<Vec<Compressor>> = Mutex::new(Vec::new());

/// No more of them are kept; each takes some hundred kilobytes.
const MOST_IDLE: usize = 16;

impl Deflate {
    pub(crate) fn new() -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self(idle.unwrap_or_else(|| Compressor::new(CompressionLvl::new(FAST).unwrap_or_default())))
    }

    /// Hands the compressor on to the documents that follow.
    pub(crate) fn rest(self) {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(self.0);
        }
    }

    /// Appends the zlib stream of `data` to `out`.
    pub(crate) fn append(&mut self, data: &[u8], out: &mut Vec<u8>) {
        append(&mut self.0, data, out);
    }
}

/// The zlib stream of `data`, compressed well: for fonts and pictures, which are compressed once.
pub(crate) fn best(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    append(&mut Compressor::new(CompressionLvl::default()), data, &mut out);
    out
}

fn append(compressor: &mut Compressor, data: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + compressor.zlib_compress_bound(data.len()), 0);
    // The bound makes "too little space", the only error, impossible.
    let length = compressor.zlib_compress(data, &mut out[start..]).unwrap_or(0);
    out.truncate(start + length);
}
