//! Compression. It bounds the speed of the writer, so the level is chosen by what is compressed.

use libdeflater::{CompressionLvl, Compressor};

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For page content, of which there is much: level 1 takes a third of the time of level 6 for a tenth more bytes.
    Fast,
    /// For elements of the structure, which are much alike.
    Elements,
    /// For fonts and pictures, which are compressed once.
    Best,
}

/// A compressor of each effort, with memory to use again.
pub(crate) struct Deflate {
    fast: Compressor,
    elements: Compressor,
}

impl Deflate {
    pub(crate) fn new() -> Self {
        let compressor = |level| Compressor::new(CompressionLvl::new(level).unwrap_or_default());
        Self { fast: compressor(1), elements: compressor(3) }
    }

    /// Appends the zlib stream of `data` to `out`.
    pub(crate) fn append(&mut self, data: &[u8], effort: Effort, out: &mut Vec<u8>) {
        match effort {
            Effort::Fast => append(&mut self.fast, data, out),
            Effort::Elements => append(&mut self.elements, data, out),
            Effort::Best => append(&mut Compressor::new(CompressionLvl::default()), data, out),
        }
    }
}

/// The zlib stream of `data`, compressed well.
pub(crate) fn best(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Deflate::new().append(data, Effort::Best, &mut out);
    out
}

fn append(compressor: &mut Compressor, data: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + compressor.zlib_compress_bound(data.len()), 0);
    // The bound makes "too little space", the only error, impossible.
    let length = compressor.zlib_compress(data, &mut out[start..]).unwrap_or(0);
    out.truncate(start + length);
}
