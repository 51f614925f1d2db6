//! Compression. It bounds the speed of the writer, so the level is chosen by what is compressed.

use std::sync::{Mutex, PoisonError};

use libdeflater::{CompressionLvl, Compressor};

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For page content, of which there is much: level 1 takes a third of the time of level 6 for a tenth more bytes.
    Fast,
    /// For elements of the structure, which are much alike.
    Elements,
}

/// A compressor of each effort, with memory to use again: by the next document, once this one is written.
pub(crate) struct Deflate(Box<Compressors>);

struct Compressors {
    fast: Compressor,
    elements: Compressor,
}

/// Compressors that no document uses at the moment. To make them takes longer than a short document does otherwise.
static IDLE: Mutex<Vec<Box<Compressors>>> = Mutex::new(Vec::new());

/// No more of them are kept, each of half a megabyte.
const MOST_IDLE: usize = 16;

impl Deflate {
    pub(crate) fn new() -> Self {
        let compressor = |level| Compressor::new(CompressionLvl::new(level).unwrap_or_default());
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self(idle.unwrap_or_else(|| Box::new(Compressors { fast: compressor(1), elements: compressor(3) })))
    }

    /// Hands the compressors on to the documents that follow.
    pub(crate) fn rest(self) {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(self.0);
        }
    }

    /// Appends the zlib stream of `data` to `out`.
    pub(crate) fn append(&mut self, data: &[u8], effort: Effort, out: &mut Vec<u8>) {
        match effort {
            Effort::Fast => append(&mut self.0.fast, data, out),
            Effort::Elements => append(&mut self.0.elements, data, out),
        }
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
