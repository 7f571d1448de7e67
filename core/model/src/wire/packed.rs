//! One segment's entries as they travelled, made to stand alone: what a ledger keeps of them, at less than half the size of their texts
//! and without packing anything anew.

use super::WireError;
use super::pack::{self, Before, Common, Source, Streams};
use crate::entry::Text;
use crate::id::{ChainEpoch, DeviceId, DocumentId};
use crate::limits;

/// The entries of one segment, packed. Unpacking gives back the very bytes of their texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(Vec<u8>);

impl Packed {
    /// What of three streams belongs to one segment, with what the entry before it was.
    pub(super) fn of(before: &Before, words: &str, numbers: &[u8], random: &[u8]) -> Packed {
        let mut front = Streams::default();
        before.write(&mut front);
        front.number(words.len() as u64);
        front.number(numbers.len() as u64);
        Packed([&front.numbers, &front.random, words.as_bytes(), numbers, random].concat())
    }

    /// What was kept, again. Nothing is looked at: see [`Packed::unpack`].
    pub fn kept(bytes: &[u8]) -> Packed {
        Packed(bytes.to_vec())
    }

    /// As it is kept.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The texts of `n` entries of a device's segment of a document, out of bytes that were kept.
    ///
    /// # Errors
    /// When the bytes are not those of as many entries.
    pub fn unpack(bytes: &[u8], device: &DeviceId, epoch: ChainEpoch, doc: &DocumentId, n: u32) -> Result<Vec<Text>, WireError> {
        let mut front = Source { words: "", numbers: bytes, random: &[], line: 0, budget: 0 };
        let (mut before, words, numbers) = Before::read(&mut front)?;
        let rest = front.numbers;
        let (words, rest) = rest.split_at_checked(words).ok_or_else(|| front.bad("followed by its words"))?;
        let (numbers, random) = rest.split_at_checked(numbers).ok_or_else(|| front.bad("followed by its numbers"))?;
        let words = std::str::from_utf8(words).map_err(|_| front.bad("UTF-8"))?;
        let mut from = Source { words, numbers, random, line: 0, budget: limits::INFLATED_BYTES };
        let common = Common::new(device.as_str(), &doc.to_string(), epoch);
        let (mut texts, mut text) = (Vec::with_capacity(n.min(1_024) as usize), String::new());
        for _ in 0..n {
            pack::unpack(&mut from, &common, &mut before, &mut text, |_, _| ())?;
            texts.push(Text::from(text.as_str()));
        }
        from.ended()?;
        Ok(texts)
    }
}
