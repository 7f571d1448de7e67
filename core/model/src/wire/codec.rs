//! Bodies to values and back, with every bound checked before memory is taken.

use super::frame::{Inflated, boxed};
use super::pack::{self, Before, Common, Source, Streams};
use super::packed::Packed;
use super::pieces::Reader;
use super::sealed::{self, SealedPush};
use super::{Push, PushHeader, SegmentHead, SyncReply, SyncRequest};
use crate::document::Segment;
use crate::entry::{Read, Text};
use crate::id::{ActorId, ChainEpoch, DeviceId, Digest, DocumentId};
use crate::limits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// Why bytes are no request or reply. Says where, never what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Larger than a body may be, as it travels or inflated.
    #[error("larger than a message may be")]
    TooLarge,
    /// Not this framing, or a broken zstd frame.
    #[error("not a whole message")]
    Compression,
    /// A line of the words, or what belongs to it, is not what its place demands.
    #[error("line {line} is not {wanted}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What should have stood there.
        wanted: &'static str,
    },
    /// A later version of the protocol.
    #[error("protocol version {0} is newer than this software")]
    Newer(u32),
}

impl WireError {
    /// The stable code of a refusal.
    pub fn code(&self) -> &'static str {
        match self {
            WireError::TooLarge => "body_too_large",
            WireError::Compression => "body_broken",
            WireError::Line { .. } => "body_malformed",
            WireError::Newer(_) => "protocol_newer",
        }
    }
}

/// First bytes of every body: the version of the framing.
const MAGIC: &[u8; 4] = b"HFS1";

/// The line of a push as it travels. The digests that its header lists are among the random bytes.
#[derive(Serialize, Deserialize)]
struct PushLine<'a> {
    device: Cow<'a, str>,
    epoch: ChainEpoch,
    first: u64,
    count: u32,
    prev: Digest,
    head: Digest,
    sig: Cow<'a, str>,
    /// How many segments the header lists.
    listed: u32,
    /// How many of them follow.
    here: u32,
}

/// A head with the counts of what follows it: each is named only where there is any.
#[derive(Serialize)]
struct HeadLine<'a, H> {
    #[serde(flatten)]
    head: &'a H,
    #[serde(skip_serializing_if = "is_zero")]
    pushes: u32,
    #[serde(skip_serializing_if = "is_zero")]
    parcels: u32,
    #[serde(skip_serializing_if = "is_zero")]
    sealed: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// A push as its author packed and compressed it: whoever hands on all of it hands on these bytes, and spends nothing on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel(Arc<[u8]>);

impl Parcel {
    /// Packs a push.
    pub fn of(push: &Push) -> Parcel {
        let mut to = Streams::default();
        encode_push(&mut to, push);
        Parcel(boxed(&to, &[]).into())
    }

    /// How many bytes it is as it travels.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// The push again, within what is left of a body's bound.
    fn open(bytes: &[u8], budget: &mut usize, aside: Option<&mut Aside>) -> Result<Push, WireError> {
        let inflated = Inflated::of(bytes, *budget)?;
        *budget -= inflated.words.len() + inflated.numbers.len();
        let mut from = inflated.source(*budget)?;
        let push = decode_push(&mut from, aside)?;
        from.ended()?;
        *budget = from.budget;
        Ok(push)
    }

    /// The push again, with what whoever keeps it and hands it on needs beside it.
    fn arrive(bytes: &[u8], budget: &mut usize) -> Result<Arrived, WireError> {
        let mut aside = Aside::default();
        let push = Parcel::open(bytes, budget, Some(&mut aside))?;
        Ok(Arrived { push, parcel: Parcel(bytes.into()), packed: aside.packed, reads: aside.reads })
    }
}

/// A push that arrived whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    /// The push.
    pub push: Push,
    /// The bytes that it came as.
    pub parcel: Parcel,
    /// For each of its segments the entries as they came.
    pub packed: Vec<Packed>,
    /// For each of its segments what its entries say, as far as that was read on the way: the same that [`Read::parse`] reads.
    pub reads: Vec<Vec<Option<Read>>>,
}

/// What arrived with a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who asks.
    pub head: SyncRequest,
    /// What they bring.
    pub pushes: Vec<Arrived>,
    /// What they bring and cannot read.
    pub sealed: Vec<SealedPush>,
}

/// Writes a request: what the device brings, and what it brings and cannot read.
pub fn encode_request(head: &SyncRequest, pushes: &[Push], sealed: &[SealedPush]) -> Vec<u8> {
    let parcels: Vec<Parcel> = pushes.iter().map(Parcel::of).collect();
    encode(head, &[], &parcels, sealed)
}

/// Reads a request, within the bounds of [`crate::limits`].
pub fn decode_request(body: &[u8]) -> Result<Request, WireError> {
    if body.len() > limits::BODY_BYTES {
        return Err(WireError::TooLarge);
    }
    const WANTED: &str = "a request's head";
    match decode(body, WANTED, Parcel::arrive)? {
        Whole { head, pushes, parcels, sealed } if pushes.is_empty() => Ok(Request { head, pushes: parcels, sealed }),
        _ => Err(WireError::Line { line: 1, wanted: WANTED }),
    }
}

/// Writes a reply: parts of pushes, and whole ones as they came.
pub fn encode_reply(head: &SyncReply, pushes: &[Push], parcels: &[Parcel]) -> Vec<u8> {
    encode(head, pushes, parcels, &[])
}

/// Reads a reply, within the bounds of [`crate::limits`].
pub fn decode_reply(body: &[u8]) -> Result<(SyncReply, Vec<Push>), WireError> {
    if body.len() > limits::INFLATED_BYTES {
        return Err(WireError::TooLarge);
    }
    const WANTED: &str = "a reply's head";
    let Whole { head, mut pushes, parcels, sealed } = decode(body, WANTED, |bytes, budget| Parcel::open(bytes, budget, None))?;
    if !sealed.is_empty() {
        return Err(WireError::Line { line: 1, wanted: WANTED });
    }
    pushes.extend(parcels);
    Ok((head, pushes))
}

fn encode(head: &impl Serialize, pushes: &[Push], parcels: &[Parcel], sealed: &[SealedPush]) -> Vec<u8> {
    let mut to = Streams::default();
    json_line(&mut to, &HeadLine { head, pushes: pushes.len() as u32, parcels: parcels.len() as u32, sealed: sealed.len() as u32 });
    pushes.iter().for_each(|push| encode_push(&mut to, push));
    for Parcel(bytes) in parcels {
        to.number(bytes.len() as u64);
        to.random.extend_from_slice(bytes);
    }
    sealed.iter().for_each(|push| sealed::encode(&mut to, push));
    boxed(&to, MAGIC)
}

fn encode_push(to: &mut Streams, push: &Push) {
    let header = &push.header;
    let line = PushLine {
        device: header.device.as_str().into(),
        epoch: header.epoch,
        first: header.first,
        count: header.count,
        prev: header.prev,
        head: header.head,
        sig: header.sig.as_str().into(),
        listed: header.segments.len() as u32,
        here: push.segments.len() as u32,
    };
    json_line(to, &line);
    // All of a push lists what follows: the reader takes the digests from there.
    let all = header.segments.iter().copied().eq(push.segments.iter().map(|segment| segment.head.digest()));
    to.number(u64::from(!all));
    if !all {
        header.segments.iter().for_each(|digest| to.random.extend_from_slice(&digest.0));
    }
    let (mut before, mut actor) = (Before::default(), None);
    for segment in &push.segments {
        let head = &segment.head;
        let doc = head.doc.to_string();
        to.line(&doc);
        let same_actor = actor == Some(head.actor);
        // What the reader finds by itself from the texts need not travel.
        let texts_said = head.texts != segment.texts_digest();
        for n in
            [u64::from(!same_actor) | u64::from(texts_said) << 1, head.actor_seq, head.start_op, u64::from(head.n), head.deps.len() as u64]
        {
            to.number(n);
        }
        if !same_actor {
            to.random.extend_from_slice(&head.actor.0);
            actor = Some(head.actor);
        }
        for digest in head.deps.iter().chain(texts_said.then_some(&head.texts)).chain([&head.changes]) {
            to.random.extend_from_slice(&digest.0);
        }
        let common = Common::new(header.device.as_str(), &doc, header.epoch);
        segment.texts.iter().for_each(|text| pack::pack(text, &common, &mut before, to));
    }
}

fn json_line(to: &mut Streams, value: &impl Serialize) {
    serde_json::to_writer(&mut to.words, value).expect("wire records have string keys only, and memory does not fail");
    to.words.push(b'\n');
}

/// Everything a body holds; a parcel as `P`.
struct Whole<H, P> {
    head: H,
    pushes: Vec<Push>,
    parcels: Vec<P>,
    sealed: Vec<SealedPush>,
}

fn decode<H: DeserializeOwned, P>(
    body: &[u8],
    wanted: &'static str,
    open: impl Fn(&[u8], &mut usize) -> Result<P, WireError>,
) -> Result<Whole<H, P>, WireError> {
    #[derive(Deserialize)]
    struct Counts {
        v: u32,
        #[serde(default)]
        pushes: u32,
        #[serde(default)]
        parcels: u32,
        #[serde(default)]
        sealed: u32,
    }
    let inflated = Inflated::of(unmarked(body)?, limits::INFLATED_BYTES)?;
    let mut from = inflated.source(limits::INFLATED_BYTES)?;
    let first = from.line(wanted)?;
    if first.len() > limits::HEAD_BYTES {
        return Err(WireError::TooLarge);
    }
    let counts: Counts = serde_json::from_str(first).map_err(|_| from.bad(wanted))?;
    if counts.v > super::VERSION {
        return Err(WireError::Newer(counts.v));
    }
    let head: H = serde_json::from_str(first).map_err(|_| from.bad(wanted))?;
    let mut whole = Whole { pushes: Vec::new(), parcels: Vec::new(), sealed: Vec::new(), head };
    for _ in 0..counts.pushes {
        whole.pushes.push(decode_push(&mut from, None)?);
    }
    for _ in 0..counts.parcels {
        let length = usize::try_from(from.number()?).map_err(|_| WireError::TooLarge)?;
        let bytes = from.bytes(length)?;
        whole.parcels.push(open(bytes, &mut from.budget)?);
    }
    for _ in 0..counts.sealed {
        whole.sealed.push(sealed::decode(&mut from)?);
    }
    from.ended()?;
    Ok(whole)
}

/// A body without the mark of its framing.
fn unmarked(body: &[u8]) -> Result<&[u8], WireError> {
    let (mark, rest) = body.split_first_chunk::<4>().ok_or(WireError::Compression)?;
    if mark[..3] != MAGIC[..3] || !mark[3].is_ascii_digit() {
        return Err(WireError::Compression);
    }
    if mark != MAGIC { Err(WireError::Newer(u32::from(mark[3] - b'0'))) } else { Ok(rest) }
}

/// What whoever keeps a push and hands it on needs beside it: see [`Arrived`].
#[derive(Default)]
struct Aside {
    packed: Vec<Packed>,
    reads: Vec<Vec<Option<Read>>>,
}

/// Reads a push; `aside` takes what is worth keeping beside it.
fn decode_push(from: &mut Source<'_>, mut aside: Option<&mut Aside>) -> Result<Push, WireError> {
    const WANTED: &str = "a push within bounds";
    let line = from.line(WANTED)?;
    let fits = line.len() <= limits::HEAD_BYTES;
    let line: PushLine<'_> = fits.then(|| serde_json::from_str(line).ok()).flatten().ok_or(from.bad(WANTED))?;
    let device = DeviceId::new(line.device).map_err(|_| from.bad(WANTED))?;
    if line.count as usize > limits::PUSH_ENTRIES {
        return Err(WireError::TooLarge);
    }
    if line.listed > line.count || line.here > line.listed {
        return Err(from.bad(WANTED));
    }
    let mut listed = Vec::with_capacity(line.listed as usize);
    let named = from.number()? != 0;
    if !named && line.here != line.listed {
        return Err(from.bad(WANTED));
    }
    for _ in 0..if named { line.listed } else { 0 } {
        listed.push(Digest(from.random()?));
    }
    let (mut before, mut actor, mut text) = (Before::default(), ActorId([0; 16]), String::new());
    let mut reader = Reader::new(&device, line.epoch);
    let mut entries = 0;
    let mut segments = Vec::with_capacity(line.here as usize);
    for _ in 0..line.here {
        let (head, texts_said) = decode_segment(from, &mut actor)?;
        entries += head.n;
        if entries > line.count {
            return Err(from.bad(WANTED));
        }
        let common = Common::new(device.as_str(), &head.doc.to_string(), line.epoch);
        let (began, words, numbers, random) = (before.clone(), from.words, from.numbers, from.random);
        let mut texts = Vec::with_capacity(head.n as usize);
        let mut reads = Vec::with_capacity(if aside.is_some() { head.n as usize } else { 0 });
        for _ in 0..head.n {
            let mut read = None;
            pack::unpack(from, &common, &mut before, &mut text, |pieces, text| {
                if aside.is_some() {
                    read = reader.read(&head.doc, pieces, text);
                }
            })?;
            texts.push(Text::from(text.as_str()));
            if aside.is_some() {
                reads.push(read);
            }
        }
        let mut segment = Segment { head, texts };
        if !texts_said {
            segment.head.texts = segment.texts_digest();
        }
        if !named {
            listed.push(segment.head.digest());
        }
        segments.push(segment);
        if let Some(aside) = &mut aside {
            aside.reads.push(reads);
            aside.packed.push(Packed::of(
                &began,
                &words[..words.len() - from.words.len()],
                &numbers[..numbers.len() - from.numbers.len()],
                &random[..random.len() - from.random.len()],
            ));
        }
    }
    let header = PushHeader {
        device,
        epoch: line.epoch,
        first: line.first,
        count: line.count,
        prev: line.prev,
        head: line.head,
        segments: listed,
        sig: line.sig.into_owned(),
    };
    Ok(Push { header, segments })
}

/// A segment's head, and whether it says the digest of its texts. `actor` is the segment's before it, and becomes its own.
fn decode_segment(from: &mut Source<'_>, actor: &mut ActorId) -> Result<(SegmentHead, bool), WireError> {
    const WANTED: &str = "a segment within bounds";
    let doc = DocumentId::parse(from.line(WANTED)?).map_err(|_| from.bad(WANTED))?;
    let form = from.number()?;
    if form > 3 {
        return Err(from.bad(WANTED));
    }
    let (new_actor, texts_said) = (form & 1 != 0, form & 2 != 0);
    let (actor_seq, start_op, n, deps_count) = (from.number()?, from.number()?, from.number()?, from.number()?);
    if n > limits::SEGMENT_CHANGES as u64 || deps_count > limits::DEPS as u64 {
        return Err(from.bad(WANTED));
    }
    if new_actor {
        *actor = ActorId(from.random()?);
    }
    let mut deps = Vec::with_capacity(deps_count as usize);
    for _ in 0..deps_count {
        deps.push(Digest(from.random()?));
    }
    let texts = if texts_said { Digest(from.random()?) } else { Digest::ZERO };
    let changes = Digest(from.random()?);
    Ok((SegmentHead { doc, actor: *actor, actor_seq, start_op, deps, n: n as u32, texts, changes }, texts_said))
}
