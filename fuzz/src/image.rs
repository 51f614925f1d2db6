//! Random bytes as a picture: refused, or drawn and embedded.

use std::fs;

use crate::press;

/// The bytes are a picture.
pub fn image(bytes: &[u8]) {
    let name = if bytes.starts_with(&[0xFF, 0xD8]) { "picture.jpg" } else { "picture.png" };
    fs::write(press::folder().join(name), bytes).expect("the folder can be written to");
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>T</title><style>@page {{ size: 200pt 200pt; margin: 10pt; }}</style>\
         </head><body><p><img src=\"{name}\" alt=\"A picture\" style=\"max-width: 100%\"></p></body></html>"
    );
    press::press(&html, Vec::new(), false);
}
