//! Writes lopdf's objects, whose own writer is private to whole documents.

use lopdf::{Dictionary, Object};

use super::{file::Ref, number::push_integer};

/// Appends an object. References are renamed by `rename`; one that it doesn't know becomes `null`.
pub(crate) fn push(out: &mut Vec<u8>, object: &Object, rename: &dyn Fn(lopdf::ObjectId) -> Option<Ref>) {
    match object {
        Object::Null => push_word(out, b"null"),
        Object::Boolean(true) => push_word(out, b"true"),
        Object::Boolean(false) => push_word(out, b"false"),
        Object::Integer(value) => push_number(out, |out| push_integer(out, *value)),
        Object::Real(value) => push_number(out, |out| super::number::push(out, *value)),
        Object::Name(name) => push_name(out, name),
        Object::String(bytes, _) => push_string(out, bytes),
        Object::Array(items) => {
            out.push(b'[');
            items.iter().for_each(|item| push(out, item, rename));
            out.push(b']');
        }
        Object::Dictionary(dictionary) => push_dictionary(out, dictionary, rename),
        // A stream can only be an object of its own, which the caller writes; here only its dictionary has a place.
        Object::Stream(stream) => push_dictionary(out, &stream.dict, rename),
        Object::Reference(id) => match rename(*id) {
            Some(Ref(number)) => push_word(out, format!("{number} 0 R").as_bytes()),
            None => push_word(out, b"null"),
        },
    }
}

/// Appends a dictionary in angle brackets.
pub(crate) fn push_dictionary(
    out: &mut Vec<u8>,
    dictionary: &Dictionary,
    rename: &dyn Fn(lopdf::ObjectId) -> Option<Ref>,
) {
    out.extend_from_slice(b"<<");
    push_entries(out, dictionary, rename);
    out.extend_from_slice(b">>");
}

/// Appends the entries of a dictionary.
pub(crate) fn push_entries(
    out: &mut Vec<u8>,
    dictionary: &Dictionary,
    rename: &dyn Fn(lopdf::ObjectId) -> Option<Ref>,
) {
    for (key, value) in dictionary.iter() {
        push_name(out, key);
        push(out, value, rename);
    }
}

/// Appends a name with its slash.
pub(crate) fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for &byte in name {
        if byte.is_ascii_alphanumeric() || b"-_+.*:".contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("#{byte:02X}").as_bytes());
        }
    }
}

/// Appends bytes as a literal string.
pub(crate) fn push_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'(');
    bytes.iter().for_each(|&byte| push_escaped(out, byte));
    out.push(b')');
}

/// Appends one byte of a literal string. A bare carriage return would be read as a line feed.
pub(crate) fn push_escaped(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'(' | b')' | b'\\' => out.extend([b'\\', byte]),
        b'\r' => out.extend_from_slice(b"\\r"),
        _ => out.push(byte),
    }
}

/// Whether a byte of a literal string isn't written as it is.
pub(crate) fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'\\' | b'\r')
}

/// Appends text for people: as ASCII if it is, else as UTF-16 with its mark.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) {
    if text.is_ascii() {
        return push_string(out, text.as_bytes());
    }
    let mut bytes = vec![0xFE, 0xFF];
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    push_string(out, &bytes);
}

/// Numbers and words need a space before them where another one ends.
fn push_number(out: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>)) {
    out.push(b' ');
    push(out);
}

fn push_word(out: &mut Vec<u8>, word: &[u8]) {
    push_number(out, |out| out.extend_from_slice(word));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_written_as_the_standard_says() {
        let object = Object::Array(vec![
            Object::Integer(-3),
            Object::Real(0.5),
            Object::Name(b"A B".to_vec()),
            Object::string_literal("a(b)\\\r"),
            Object::Reference((7, 0)),
            Object::Reference((8, 0)),
            Object::Dictionary(Dictionary::from_iter([("K", Object::Boolean(true))])),
        ]);
        let mut out = Vec::new();
        push(&mut out, &object, &|id| (id.0 == 7).then_some(Ref(42)));
        assert_eq!(String::from_utf8(out).unwrap(), r"[ -3 .5/A#20B(a\(b\)\\\r) 42 0 R null<</K true>>]");
    }
}
