//! Three streams as they travel: two of them compressed, against a dictionary that both sides have. Every bound is checked before
//! memory is taken.

use super::WireError;
use super::pack::{Source, Streams};
use std::cell::RefCell;
use std::io::Read;
use std::sync::LazyLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// Level of compression: what is gained above it costs more than it saves.
const ZSTD_LEVEL: i32 = 3;
/// What both sides know beforehand: words that most bodies have. Part of the framing: another text is another framing.
const DICTIONARY: &[u8] = include_bytes!("dictionary.txt");
/// Largest window a frame may ask for, as a power of two: 8 MiB.
const WINDOW_LOG_MAX: u32 = 23;

/// Bytes before the first stream: length of the words, length of the numbers.
const LENGTHS: usize = 8;

static TO_WORDS: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, ZSTD_LEVEL));
static FROM_WORDS: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    /// Making a context costs more than a small frame.
    static COMPRESSOR: RefCell<Compressor<'static>> =
        RefCell::new(Compressor::with_prepared_dictionary(&TO_WORDS).expect("memory for one context"));
    static DECOMPRESSOR: RefCell<Decompressor<'static>> =
        RefCell::new(Decompressor::with_prepared_dictionary(&FROM_WORDS).expect("memory for one context"));
}

/// The three streams as they travel, behind `front`.
pub(super) fn boxed(streams: &Streams, front: &[u8]) -> Vec<u8> {
    let (words, numbers) = COMPRESSOR.with_borrow_mut(|with| {
        const FITS: &str = "the destination is as large as the frame can get";
        let numbers = if streams.numbers.is_empty() { Vec::new() } else { with.compress(&streams.numbers).expect(FITS) };
        (with.compress(&streams.words).expect(FITS), numbers)
    });
    let mut body = Vec::with_capacity(front.len() + LENGTHS + words.len() + numbers.len() + streams.random.len());
    body.extend_from_slice(front);
    body.extend_from_slice(&(words.len() as u32).to_le_bytes());
    body.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    body.extend_from_slice(&words);
    body.extend_from_slice(&numbers);
    body.extend_from_slice(&streams.random);
    body
}

/// The three streams, inflated.
pub(super) struct Inflated<'a> {
    pub words: Vec<u8>,
    pub numbers: Vec<u8>,
    random: &'a [u8],
}

impl<'a> Inflated<'a> {
    /// Takes streams apart, and inflates two of them to no more than `bound` bytes.
    pub fn of(bytes: &'a [u8], bound: usize) -> Result<Inflated<'a>, WireError> {
        let (lengths, rest) = bytes.split_first_chunk::<LENGTHS>().ok_or(WireError::Compression)?;
        let [w0, w1, w2, w3, n0, n1, n2, n3] = *lengths;
        let (words, rest) = rest.split_at_checked(u32::from_le_bytes([w0, w1, w2, w3]) as usize).ok_or(WireError::Compression)?;
        let (numbers, random) = rest.split_at_checked(u32::from_le_bytes([n0, n1, n2, n3]) as usize).ok_or(WireError::Compression)?;
        let words = inflate(words, bound)?;
        let numbers = if numbers.is_empty() { Vec::new() } else { inflate(numbers, bound - words.len())? };
        Ok(Inflated { words, numbers, random })
    }

    /// What is read from them, with `budget` bytes of entries' text to be made.
    pub fn source(&self, budget: usize) -> Result<Source<'_>, WireError> {
        let words = std::str::from_utf8(&self.words).map_err(|_| WireError::Line { line: 1, wanted: "UTF-8" })?;
        Ok(Source { words, numbers: &self.numbers, random: self.random, line: 0, budget })
    }
}

/// Inflates a frame that is all of `frame`, to no more than `bound` bytes.
fn inflate(frame: &[u8], bound: usize) -> Result<Vec<u8>, WireError> {
    if zstd::zstd_safe::find_frame_compressed_size(frame) != Ok(frame.len()) {
        return Err(WireError::Compression);
    }
    match zstd::zstd_safe::get_frame_content_size(frame) {
        // Reserved, not touched: what is not there is never written to.
        Ok(Some(size)) if size <= bound as u64 => {
            DECOMPRESSOR.with_borrow_mut(|with| with.decompress(frame, size as usize)).map_err(|_| WireError::Compression)
        }
        Ok(Some(_)) => Err(WireError::TooLarge),
        Ok(None) => inflate_unsized(frame, bound),
        Err(_) => Err(WireError::Compression),
    }
}

/// Inflates a frame that does not say how long it is, and stops one byte after the bound.
fn inflate_unsized(frame: &[u8], bound: usize) -> Result<Vec<u8>, WireError> {
    let mut inflated = Vec::with_capacity(frame.len().saturating_mul(4).min(bound));
    let mut frame = zstd::stream::read::Decoder::with_dictionary(frame, DICTIONARY).map_err(|_| WireError::Compression)?.single_frame();
    frame.window_log_max(WINDOW_LOG_MAX).map_err(|_| WireError::Compression)?;
    frame.take(bound as u64 + 1).read_to_end(&mut inflated).map_err(|_| WireError::Compression)?;
    if inflated.len() > bound { Err(WireError::TooLarge) } else { Ok(inflated) }
}
