//! Entries on the wire without what every one of them repeats.
//!
//! Most of an entry's text follows from its push, its segment and the entry before it. What does not is taken apart by kind,
//! because one compressor does badly on words and random bytes together: the *words* stay lines of text, small *numbers* become
//! variable-length integers, *random* bytes go as they are. Unpacking gives back the very bytes of the text: what would be written in
//! another way than it stands is not taken apart, and such a text is carried as it is.

use super::WireError;
use crate::id::{BootId, ChainEpoch, EntryId};
use memchr::memmem;

/// Longest piece (author, plan, time said, reference) that a packed entry may repeat from the one before.
const PIECE_BYTES: usize = 512;
/// Length of a ULID, and of its 130 bits in bytes.
const ULID_CHARS: usize = 26;
const ULID_BYTES: usize = 17;
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Bits of the number that stands for each entry.
mod flag {
    pub const VERBATIM: u64 = 1;
    pub const AUTHOR: u64 = 2;
    pub const HAPPENED: u64 = 4;
    pub const PLAN: u64 = 8;
    pub const SAME_PLAN: u64 = 16;
    pub const ULID: u64 = 32;
    pub const REFERENCE: u64 = 64;
    pub const IRREGULAR: u64 = 128;
    pub const ALL: u64 = 255;
}

/// The three streams of a body, as they are written.
#[derive(Default)]
pub(super) struct Streams {
    pub words: Vec<u8>,
    pub numbers: Vec<u8>,
    pub random: Vec<u8>,
}

impl Streams {
    pub fn line(&mut self, text: &str) {
        self.words.extend_from_slice(text.as_bytes());
        self.words.push(b'\n');
    }
    /// LEB128: seven bits a byte, low ones first.
    pub fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.numbers.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.numbers.push(n as u8);
    }
    /// Small for small numbers of either sign: 0, -1, 1, -2 … become 0, 1, 2, 3 …
    fn signed(&mut self, n: i64) {
        self.number(((n << 1) ^ (n >> 63)) as u64);
    }
}

/// What is left of the three streams, as they are read.
pub(super) struct Source<'a> {
    pub words: &'a str,
    pub numbers: &'a [u8],
    pub random: &'a [u8],
    /// Lines read so far: for errors.
    pub line: usize,
    /// Bytes of entries' text that may still be made.
    pub budget: usize,
}

impl<'a> Source<'a> {
    pub fn bad(&self, wanted: &'static str) -> WireError {
        WireError::Line { line: self.line, wanted }
    }
    /// Nothing may be left.
    pub fn ended(&self) -> Result<(), WireError> {
        let empty = self.words.is_empty() && self.numbers.is_empty() && self.random.is_empty();
        if empty { Ok(()) } else { Err(self.bad("the last")) }
    }
    pub fn line(&mut self, wanted: &'static str) -> Result<&'a str, WireError> {
        self.line += 1;
        let end = memchr::memchr(b'\n', self.words.as_bytes()).ok_or(WireError::Line { line: self.line, wanted })?;
        let line = &self.words[..end];
        self.words = &self.words[end + 1..];
        Ok(line)
    }
    pub fn number(&mut self) -> Result<u64, WireError> {
        let mut n = 0u64;
        for (i, byte) in self.numbers.iter().enumerate().take(10) {
            let part = u64::from(byte & 0x7f);
            if i == 9 && part > 1 {
                break;
            }
            n |= part << (7 * i);
            if byte & 0x80 == 0 {
                self.numbers = &self.numbers[i + 1..];
                return Ok(n);
            }
        }
        Err(self.bad("followed by its numbers"))
    }
    fn signed(&mut self) -> Result<i64, WireError> {
        let n = self.number()?;
        Ok((n >> 1) as i64 ^ -((n & 1) as i64))
    }
    pub fn random<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.random.split_first_chunk::<N>().ok_or_else(|| self.bad("followed by its bytes"))?;
        self.random = rest;
        Ok(*taken)
    }
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.random.split_at_checked(length).ok_or_else(|| self.bad("followed by its bytes"))?;
        self.random = rest;
        Ok(taken)
    }
}

/// What the entry before it was, in the order they travel: what a packed entry is told against.
#[derive(Clone)]
pub(super) struct Before {
    author: String,
    plan: String,
    seq: u64,
    at: i64,
    offset_min: i64,
    boot: BootId,
    /// Monotonic clock less wall clock.
    lag: i64,
}

/// The words that every entry of one segment has in common: `,"device":"…","doc":"…","epoch":"…"`.
pub(super) struct Common {
    text: String,
    finder: memmem::Finder<'static>,
}

impl Common {
    pub fn new(device: &str, doc: &str, epoch: ChainEpoch) -> Common {
        // Identifiers hold no character that JSON escapes.
        let text = format!(r#","device":"{device}","doc":"{doc}","epoch":"{epoch}""#);
        Common { finder: memmem::Finder::new(text.as_bytes()).into_owned(), text }
    }
}

/// An entry's text in its pieces.
pub(super) struct Pieces<'a> {
    pub author: &'a str,
    pub body: &'a str,
    pub happened: Option<&'a str>,
    pub id: EntryId,
    pub boot: BootId,
    pub mono: i64,
    pub plan: Option<&'a str>,
    pub at: i64,
    pub offset_min: i64,
    pub reference: Option<&'a str>,
    pub seq: u64,
}

impl<'a> Pieces<'a> {
    /// Takes a text apart at the members that every entry has, in the order of the canonical text. [`Pieces::join`] gives the same text again:
    /// between the pieces stand the very words that it writes, and a number or an id is a piece only as it would write it.
    fn of(text: &'a str, common: &Common) -> Option<Pieces<'a>> {
        let mut rest = Cut(text);
        rest.eat(r#"{"author":"#)?;
        let author = rest.object()?;
        rest.eat(r#","body":"#)?;
        let at = common.finder.find(rest.0.as_bytes())?;
        let body = rest.take(at)?;
        rest.eat(&common.text)?;
        let happened = if rest.eat(r#","happened":"#).is_some() { Some(rest.object()?) } else { None };
        rest.eat(r#","id":""#)?;
        let id = rest.take(36)?;
        let id = EntryId::parse(id).ok().filter(|parsed| parsed.chars() == id.as_bytes())?;
        rest.eat(r#"","mono":{"boot":""#)?;
        let boot = rest.take(16)?;
        let boot = BootId::parse(boot).ok().filter(|_| !boot.bytes().any(|b| b.is_ascii_uppercase()))?;
        rest.eat(r#"","ms":"#)?;
        let mono = rest.number()?;
        rest.eat("}")?;
        let plan = if rest.eat(r#","plan":"#).is_some() { Some(rest.object()?) } else { None };
        rest.eat(r#","recorded":{"at":"#)?;
        let at = rest.number()?;
        rest.eat(r#","offset_min":"#)?;
        let offset_min = rest.number()?;
        rest.eat("}")?;
        let reference = if rest.eat(r#","ref":""#).is_some() { Some(rest.until('"')?) } else { None };
        rest.eat(r#","seq":"#)?;
        let seq = u64::try_from(rest.number()?).ok()?;
        rest.eat(r#","v":1}"#)?;
        let short = [Some(author), happened, plan, reference].iter().flatten().all(|piece| piece.len() <= PIECE_BYTES);
        let pieces = Pieces { author, body, happened, id, boot, mono, plan, at, offset_min, reference, seq };
        (rest.0.is_empty() && short).then_some(pieces)
    }

    /// The text again.
    pub fn join(&self, common: &Common, text: &mut String) {
        text.push_str(r#"{"author":"#);
        text.push_str(self.author);
        text.push_str(r#","body":"#);
        text.push_str(self.body);
        text.push_str(&common.text);
        if let Some(happened) = self.happened {
            text.push_str(r#","happened":"#);
            text.push_str(happened);
        }
        text.push_str(r#","id":""#);
        text.push_str(std::str::from_utf8(&self.id.chars()).unwrap_or_default());
        text.push_str(r#"","mono":{"boot":""#);
        data_encoding::HEXLOWER.encode_append(&self.boot.0, text);
        text.push_str(r#"","ms":"#);
        push_number(text, self.mono);
        text.push('}');
        if let Some(plan) = self.plan {
            text.push_str(r#","plan":"#);
            text.push_str(plan);
        }
        text.push_str(r#","recorded":{"at":"#);
        push_number(text, self.at);
        text.push_str(r#","offset_min":"#);
        push_number(text, self.offset_min);
        text.push('}');
        if let Some(reference) = self.reference {
            text.push_str(r#","ref":""#);
            text.push_str(reference);
            text.push('"');
        }
        text.push_str(r#","seq":"#);
        push_number(text, self.seq as i64);
        text.push_str(r#","v":1}"#);
    }

    /// What [`Pieces::of`] promises.
    fn joins_to(&self, text: &str, common: &Common) -> bool {
        let mut joined = String::with_capacity(text.len());
        self.join(common, &mut joined);
        joined == text
    }

    /// No more bytes than [`Pieces::join`] writes.
    fn most_bytes(&self, common: &Common) -> usize {
        let pieces = [Some(self.author), Some(self.body), self.happened, self.plan, self.reference];
        320 + common.text.len() + pieces.iter().flatten().map(|piece| piece.len()).sum::<usize>()
    }
}

/// What is left of a text that is being taken apart.
struct Cut<'a>(&'a str);

impl<'a> Cut<'a> {
    fn eat(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }
    /// Up to the next such character, which is passed over.
    fn until(&mut self, end: char) -> Option<&'a str> {
        let (piece, rest) = self.0.split_once(end)?;
        self.0 = rest;
        Some(piece)
    }
    /// An object without objects in it.
    fn object(&mut self) -> Option<&'a str> {
        let end = self.0.find('}')?;
        self.take(end + 1)
    }
    /// A number as it would be written: without a sign that says nothing, without zeros in front.
    fn number(&mut self) -> Option<i64> {
        let end = self.0.bytes().position(|b| !(b.is_ascii_digit() || b == b'-'))?;
        let digits = self.take(end)?;
        let short = digits == "0" || !digits.strip_prefix('-').unwrap_or(digits).starts_with('0');
        digits.parse().ok().filter(|_| short)
    }
    fn take(&mut self, bytes: usize) -> Option<&'a str> {
        let (piece, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(piece)
    }
}

/// Packs one entry's text.
pub(super) fn pack(text: &str, common: &Common, before: &mut Before, to: &mut Streams) {
    let Some(p) = Pieces::of(text, common) else {
        to.number(flag::VERBATIM);
        to.line(text);
        return;
    };
    debug_assert!(p.joins_to(text, common));
    let ulid = p.reference.and_then(fold_ulid);
    let lag = p.mono.wrapping_sub(p.at);
    let id_ms = id_ms(&p.id);
    let regular = p.seq == before.seq.wrapping_add(1)
        && p.offset_min == before.offset_min
        && p.boot == before.boot
        && lag == before.lag
        && id_ms == p.at;
    let mut flags = 0;
    let mut set = |bit, on: bool| flags |= if on { bit } else { 0 };
    set(flag::AUTHOR, p.author != before.author);
    set(flag::HAPPENED, p.happened.is_some());
    set(flag::PLAN, p.plan.is_some_and(|plan| plan != before.plan));
    set(flag::SAME_PLAN, p.plan.is_some_and(|plan| plan == before.plan));
    set(flag::ULID, ulid.is_some());
    set(flag::REFERENCE, p.reference.is_some() && ulid.is_none());
    set(flag::IRREGULAR, !regular);
    to.number(flags);
    to.signed(p.at.wrapping_sub(before.at));
    if !regular {
        to.signed(p.seq.wrapping_sub(before.seq.wrapping_add(1)) as i64);
        to.signed(p.offset_min.wrapping_sub(before.offset_min));
        to.signed(lag.wrapping_sub(before.lag));
        to.signed(id_ms.wrapping_sub(p.at));
        to.number(u64::from(p.boot != before.boot));
        if p.boot != before.boot {
            to.random.extend_from_slice(&p.boot.0);
        }
    }
    to.random.extend_from_slice(&p.id.0[6..]);
    if let Some(bytes) = ulid {
        to.random.extend_from_slice(&bytes);
    }
    to.line(p.body);
    for (bit, piece) in [(flag::AUTHOR, Some(p.author)), (flag::HAPPENED, p.happened), (flag::PLAN, p.plan), (flag::REFERENCE, p.reference)]
    {
        if let (true, Some(piece)) = (flags & bit != 0, piece) {
            to.line(piece);
        }
    }
    before.went(&p);
}

/// Unpacks the next entry's text into `text`, which is cleared first. `look` is shown its pieces and it, if it came in pieces.
pub(super) fn unpack(
    from: &mut Source<'_>,
    common: &Common,
    before: &mut Before,
    text: &mut String,
    look: impl FnOnce(&Pieces<'_>, &str),
) -> Result<(), WireError> {
    text.clear();
    let flags = from.number()?;
    if flags == flag::VERBATIM {
        let line = from.line("an entry")?;
        from.budget = from.budget.checked_sub(line.len()).ok_or(WireError::TooLarge)?;
        text.push_str(line);
        return Ok(());
    }
    let both = |a, b| flags & a != 0 && flags & b != 0;
    if flags & !flag::ALL != 0 || flags & flag::VERBATIM != 0 || both(flag::PLAN, flag::SAME_PLAN) || both(flag::ULID, flag::REFERENCE) {
        return Err(from.bad("followed by an entry's form"));
    }
    let at = before.at.wrapping_add(from.signed()?);
    let (mut seq, mut offset_min, mut lag, mut id_ms, mut boot) =
        (before.seq.wrapping_add(1), before.offset_min, before.lag, at, before.boot);
    if flags & flag::IRREGULAR != 0 {
        seq = seq.wrapping_add(from.signed()? as u64);
        offset_min = offset_min.wrapping_add(from.signed()?);
        lag = lag.wrapping_add(from.signed()?);
        id_ms = id_ms.wrapping_add(from.signed()?);
        if from.number()? != 0 {
            boot = BootId(from.random()?);
        }
    }
    if i64::try_from(seq).is_err() {
        return Err(from.bad("followed by a sequence number"));
    }
    let mut id = [0; 16];
    id[..6].copy_from_slice(&id_ms.to_be_bytes()[2..]);
    id[6..].copy_from_slice(&from.random::<10>()?);
    let mut ulid = [0; ULID_CHARS];
    if flags & flag::ULID != 0 {
        unfold_ulid(&from.random()?, &mut ulid);
    }
    let body = from.line("an entry's statement")?;
    let mut piece = |bit| if flags & bit != 0 { from.line("a piece of an entry").map(Some) } else { Ok(None) };
    let (author, happened, plan, reference) = (piece(flag::AUTHOR)?, piece(flag::HAPPENED)?, piece(flag::PLAN)?, piece(flag::REFERENCE)?);
    if [author, happened, plan, reference].iter().flatten().any(|piece| piece.len() > PIECE_BYTES) {
        return Err(from.bad("as short as a piece of an entry"));
    }
    if let Some(author) = author {
        before.author.replace_range(.., author);
    }
    if let Some(plan) = plan {
        before.plan.replace_range(.., plan);
    }
    let pieces = Pieces {
        author: &before.author,
        body,
        happened,
        id: EntryId(id),
        boot,
        mono: lag.wrapping_add(at),
        plan: (flags & (flag::PLAN | flag::SAME_PLAN) != 0).then_some(&before.plan),
        at,
        offset_min,
        reference: reference.or_else(|| (flags & flag::ULID != 0).then(|| std::str::from_utf8(&ulid).unwrap_or_default())),
        seq,
    };
    from.budget = from.budget.checked_sub(pieces.most_bytes(common)).ok_or(WireError::TooLarge)?;
    pieces.join(common, text);
    look(&pieces, text);
    (before.seq, before.at, before.offset_min, before.boot, before.lag) = (seq, at, offset_min, boot, lag);
    Ok(())
}

impl Default for Before {
    fn default() -> Before {
        Before { author: String::new(), plan: String::new(), seq: 0, at: 0, offset_min: 0, boot: BootId([0; 8]), lag: 0 }
    }
}

impl Before {
    /// Writes it down, to be read by [`Before::read`]: numbers, and texts and the boot behind them.
    pub fn write(&self, to: &mut Streams) {
        to.number(self.author.len() as u64);
        to.number(self.plan.len() as u64);
        to.number(self.seq);
        [self.at, self.offset_min, self.lag].into_iter().for_each(|n| to.signed(n));
        [self.author.as_bytes(), self.plan.as_bytes(), &self.boot.0].into_iter().for_each(|bytes| to.random.extend_from_slice(bytes));
    }

    /// Reads it, and two numbers behind the numbers, out of bytes that stand where `from` has its numbers; leaves what follows there.
    pub fn read(from: &mut Source<'_>) -> Result<(Before, usize, usize), WireError> {
        let length = |from: &mut Source<'_>| from.number().and_then(|n| usize::try_from(n).map_err(|_| WireError::TooLarge));
        let (author, plan, seq) = (length(from)?, length(from)?, from.number()?);
        let (at, offset_min, lag) = (from.signed()?, from.signed()?, from.signed()?);
        let (words, numbers) = (length(from)?, length(from)?);
        from.random = std::mem::take(&mut from.numbers);
        let mut piece = |length: usize| {
            if length > PIECE_BYTES {
                return Err(from.bad("as short as a piece of an entry"));
            }
            let bytes = from.bytes(length)?;
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| from.bad("UTF-8"))
        };
        let (author, plan) = (piece(author)?, piece(plan)?);
        let boot = BootId(from.random()?);
        from.numbers = std::mem::take(&mut from.random);
        Ok((Before { author, plan, seq, at, offset_min, boot, lag }, words, numbers))
    }

    fn went(&mut self, p: &Pieces<'_>) {
        if p.author != self.author {
            self.author.replace_range(.., p.author);
        }
        if let Some(plan) = p.plan.filter(|plan| *plan != self.plan) {
            self.plan.replace_range(.., plan);
        }
        (self.seq, self.at, self.offset_min, self.boot) = (p.seq, p.at, p.offset_min, p.boot);
        self.lag = p.mono.wrapping_sub(p.at);
    }
}

/// Writes a number in decimal digits.
fn push_number(text: &mut String, n: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        text.push('-');
    }
    text.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

/// The time part of an id.
fn id_ms(id: &EntryId) -> i64 {
    id.0[..6].iter().fold(0, |ms, byte| ms << 8 | i64::from(*byte))
}

/// The 26 characters of a ULID as 130 bits, high ones first; `None` for anything else.
fn fold_ulid(text: &str) -> Option<[u8; ULID_BYTES]> {
    if text.len() != ULID_CHARS {
        return None;
    }
    let mut bytes = [0; ULID_BYTES];
    let (mut held, mut bits, mut n) = (0u32, 0, 0);
    for c in text.bytes() {
        let value = CROCKFORD.iter().position(|d| *d == c)?;
        held = held << 5 | value as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes[n] = (held >> bits) as u8;
            n += 1;
        }
    }
    bytes[n] = (held << (8 - bits)) as u8;
    Some(bytes)
}

fn unfold_ulid(bytes: &[u8; ULID_BYTES], chars: &mut [u8; ULID_CHARS]) {
    let (mut held, mut bits) = (0u32, 0);
    let mut source = bytes.iter();
    for c in chars {
        if bits < 5 {
            held = held << 8 | source.next().map_or(0, |b| u32::from(*b));
            bits += 8;
        }
        bits -= 5;
        *c = CROCKFORD[(held >> bits) as usize & 31];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ulid_folds_to_its_bits_and_back() {
        for text in ["JA5J6D6V9MHM3RJGSGRAG8MSDA", "00000000000000000000000000", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "7NYH4E6HK3PPNJ2W1S8C6V5T0R"]
        {
            let mut back = [0; ULID_CHARS];
            unfold_ulid(&fold_ulid(text).expect("a ULID"), &mut back);
            assert_eq!(std::str::from_utf8(&back), Ok(text));
        }
        assert_eq!(fold_ulid("JA5J6D6V9MHM3RJGSGRAG8MSDU"), None, "U is no digit of it");
        assert_eq!(fold_ulid("JA5J"), None);
    }

    #[test]
    fn numbers_of_every_length_read_back() {
        let mut to = Streams::default();
        let all = [0, 1, -1, 63, -64, 64, i64::from(i32::MAX), i64::MAX, i64::MIN];
        all.iter().for_each(|n| to.signed(*n));
        to.number(u64::MAX);
        let mut from = Source { words: "", numbers: &to.numbers, random: &[], line: 0, budget: 0 };
        for n in all {
            assert_eq!(from.signed(), Ok(n));
        }
        assert_eq!(from.number(), Ok(u64::MAX));
        for n in all {
            let mut text = String::new();
            push_number(&mut text, n);
            assert_eq!(text, n.to_string());
        }
        assert!(from.number().is_err());
        let mut endless = Source { numbers: &[0xff; 11], ..from };
        assert!(endless.number().is_err());
    }
}
