//! Proving, before there is any document, that a picture or font can be put into one.
//!
//! What a picture becomes is kept for the documents to come, so that proving it costs nothing on top.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::{image, program};
use crate::layout::{
    page::Image,
    text::{FontBook, FontId},
};

/// Why a picture or font can't be put into a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A picture can't be decoded.
    #[error("it is damaged, or of a kind that can't be drawn")]
    Picture,
    /// A glyph has no outline that can be read.
    #[error("it is damaged: glyph {0} has no readable outline")]
    Outline(u16),
    /// The font can't be subset.
    #[error("it is damaged, or of a kind that can't be embedded")]
    Font,
}

/// Files to remember as sound; beyond it the memory starts anew.
const MAX_SOUND: usize = 1000;

/// SHA-256 of the fonts that were found sound: large ones take long, and reports share them.
static SOUND: LazyLock<Mutex<HashSet<[u8; 32]>>> = LazyLock::new(Mutex::default);

/// Decodes a picture from beginning to end.
pub fn prove_picture(picture: &Image) -> Result<(), Unfit> {
    image::prove(&picture.bytes).map_err(|_| Unfit::Picture)
}

/// Reads the outline of every glyph of a face, and embeds them all.
pub fn prove_font(book: &FontBook, font: FontId) -> Result<(), Unfit> {
    let face = book.face(font);
    let sound = || SOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if sound().contains(face.digest()) {
        return Ok(());
    }
    if let Some(glyph) = face.unreadable_glyph() {
        return Err(Unfit::Outline(glyph));
    }
    program::prove(face).map_err(|_| Unfit::Font)?;
    let mut sound = sound();
    if sound.len() >= MAX_SOUND {
        sound.clear();
    }
    sound.insert(*face.digest());
    Ok(())
}
