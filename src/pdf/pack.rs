//! Small objects on their way into a compressed object stream.

use super::number::push_integer;

/// Objects that leave together, in the order of their numbers: numbers, places and often what the objects say then
/// go up step by step, which compresses well.
#[derive(Debug, Default)]
pub(crate) struct Pack {
    bytes: Vec<u8>,
    /// Number, start and end of each.
    objects: Vec<(u32, u32, u32)>,
}

impl Pack {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Adds the object that `write` appends.
    pub(crate) fn add(&mut self, number: u32, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len() as u32;
        write(&mut self.bytes);
        self.objects.push((number, start, self.bytes.len() as u32));
    }

    /// Empties it into `data`, as an object stream has it; returns the numbers in order, and where the first begins.
    pub(crate) fn take(&mut self, data: &mut Vec<u8>) -> (Vec<u32>, usize) {
        self.objects.sort_unstable_by_key(|(number, ..)| *number);
        let mut offset = 0;
        for (number, start, end) in &self.objects {
            push_integer(data, i64::from(*number));
            data.push(b' ');
            push_integer(data, i64::from(offset));
            data.push(b' ');
            offset += end - start + 1;
        }
        let first = data.len();
        for (_, start, end) in &self.objects {
            data.extend_from_slice(&self.bytes[*start as usize..*end as usize]);
            data.push(b'\n');
        }
        let numbers = self.objects.drain(..).map(|(number, ..)| number).collect();
        self.bytes.clear();
        (numbers, first)
    }
}
