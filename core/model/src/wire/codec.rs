//! Bodies to values and back, with every bound checked before memory is taken.

use super::pack::{self, Before, Common, Source, Streams};
use super::sealed::{self, SealedPush};
use super::{Push, PushHeader, SegmentHead, SyncReply, SyncRequest};
use crate::document::Segment;
use crate::id::{ActorId, ChainEpoch, DeviceId, Digest, DocumentId};
use crate::limits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

/// Level of compression: what is gained above it costs more than it saves.
const ZSTD_LEVEL: i32 = 3;
/// Largest window a frame may ask for, as a power of two: 8 MiB.
const WINDOW_LOG_MAX: u32 = 23;

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
/// Bytes before the first stream: magic, length of the words, length of the numbers.
const FRONT: usize = 12;

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

/// A request's head with the count of the sealed pushes, which only a request that has some names.
#[derive(Serialize)]
struct RequestLine<'a> {
    #[serde(flatten)]
    head: &'a SyncRequest,
    sealed: u32,
}

/// Writes a request.
pub fn encode_request(head: &SyncRequest, pushes: &[Push]) -> Vec<u8> {
    encode(&SyncRequest { pushes: pushes.len() as u32, ..head.clone() }, pushes, &[])
}

/// Writes a request that also hands over what the device cannot read.
pub fn encode_request_sealed(head: &SyncRequest, pushes: &[Push], sealed: &[SealedPush]) -> Vec<u8> {
    if sealed.is_empty() {
        return encode_request(head, pushes);
    }
    let head = SyncRequest { pushes: pushes.len() as u32, ..head.clone() };
    encode(&RequestLine { head: &head, sealed: sealed.len() as u32 }, pushes, sealed)
}

/// Reads a request without sealed pushes, within the bounds of [`crate::limits`]. One that has some is refused as not understood.
pub fn decode_request(body: &[u8]) -> Result<(SyncRequest, Vec<Push>), WireError> {
    match decode_request_sealed(body)? {
        (head, pushes, sealed) if sealed.is_empty() => Ok((head, pushes)),
        _ => Err(WireError::Line { line: 1, wanted: "a request without sealed pushes" }),
    }
}

/// Reads a request, within the bounds of [`crate::limits`].
pub fn decode_request_sealed(body: &[u8]) -> Result<(SyncRequest, Vec<Push>, Vec<SealedPush>), WireError> {
    if body.len() > limits::BODY_BYTES {
        return Err(WireError::TooLarge);
    }
    decode(body, "a request's head", |head: &SyncRequest| head.pushes)
}

/// Writes a reply.
pub fn encode_reply(head: &SyncReply, pushes: &[Push]) -> Vec<u8> {
    encode(&SyncReply { pushes: pushes.len() as u32, ..head.clone() }, pushes, &[])
}

/// Reads a reply, within the bounds of [`crate::limits`].
pub fn decode_reply(body: &[u8]) -> Result<(SyncReply, Vec<Push>), WireError> {
    if body.len() > limits::INFLATED_BYTES {
        return Err(WireError::TooLarge);
    }
    let (head, pushes, sealed) = decode(body, "a reply's head", |head: &SyncReply| head.pushes)?;
    if sealed.is_empty() { Ok((head, pushes)) } else { Err(WireError::Line { line: 1, wanted: "a reply's head" }) }
}

fn encode(head: &impl Serialize, pushes: &[Push], sealed: &[SealedPush]) -> Vec<u8> {
    let mut to = Streams::default();
    json_line(&mut to, head);
    pushes.iter().for_each(|push| encode_push(&mut to, push));
    sealed.iter().for_each(|push| sealed::encode(&mut to, push));
    let mut with = zstd::bulk::Compressor::new(ZSTD_LEVEL).expect("the level is one of zstd's");
    let mut compress = |stream: &[u8]| with.compress(stream).expect("the destination is as large as the frame can get");
    let words = compress(&to.words);
    let numbers = if to.numbers.is_empty() { Vec::new() } else { compress(&to.numbers) };
    let mut body = Vec::with_capacity(FRONT + words.len() + numbers.len() + to.random.len());
    body.extend_from_slice(MAGIC);
    body.extend_from_slice(&(words.len() as u32).to_le_bytes());
    body.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    body.extend_from_slice(&words);
    body.extend_from_slice(&numbers);
    body.extend_from_slice(&to.random);
    body
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
    header.segments.iter().for_each(|digest| to.random.extend_from_slice(&digest.0));
    let (mut before, mut actor, mut scratch) = (Before::default(), None, String::new());
    for Segment { head, texts } in &push.segments {
        let doc = head.doc.to_string();
        to.line(&doc);
        let same_actor = actor == Some(head.actor);
        for n in [u64::from(!same_actor), head.actor_seq, head.start_op, u64::from(head.n), head.deps.len() as u64] {
            to.number(n);
        }
        if !same_actor {
            to.random.extend_from_slice(&head.actor.0);
            actor = Some(head.actor);
        }
        for digest in head.deps.iter().chain([&head.texts, &head.changes]) {
            to.random.extend_from_slice(&digest.0);
        }
        let common = Common::new(header.device.as_str(), &doc, header.epoch);
        texts.iter().for_each(|text| pack::pack(text, &common, &mut before, &mut scratch, to));
    }
}

fn json_line(to: &mut Streams, value: &impl Serialize) {
    serde_json::to_writer(&mut to.words, value).expect("wire records have string keys only, and memory does not fail");
    to.words.push(b'\n');
}

/// Everything a body holds, in the order it travels.
type Whole<H> = (H, Vec<Push>, Vec<SealedPush>);

fn decode<H: DeserializeOwned>(body: &[u8], wanted: &'static str, pushes: fn(&H) -> u32) -> Result<Whole<H>, WireError> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
        #[serde(default)]
        sealed: u32,
    }
    let [words, numbers, random] = split(body)?;
    let mut with = zstd::bulk::Decompressor::new().expect("memory for one context");
    let words = inflate(&mut with, words, limits::INFLATED_BYTES)?;
    let numbers = if numbers.is_empty() { Vec::new() } else { inflate(&mut with, numbers, limits::INFLATED_BYTES - words.len())? };
    let words = std::str::from_utf8(&words).map_err(|_| WireError::Line { line: 1, wanted: "UTF-8" })?;
    let mut from = Source { words, numbers: &numbers, random, line: 0, budget: limits::INFLATED_BYTES };
    let first = from.line(wanted)?;
    if first.len() > limits::HEAD_BYTES {
        return Err(WireError::TooLarge);
    }
    let version: Version = serde_json::from_str(first).map_err(|_| from.bad(wanted))?;
    if version.v > super::VERSION {
        return Err(WireError::Newer(version.v));
    }
    let head: H = serde_json::from_str(first).map_err(|_| from.bad(wanted))?;
    let mut all = Vec::new();
    for _ in 0..pushes(&head) {
        all.push(decode_push(&mut from)?);
    }
    let mut sealed = Vec::new();
    for _ in 0..version.sealed {
        sealed.push(sealed::decode(&mut from)?);
    }
    if from.words.is_empty() && from.numbers.is_empty() && from.random.is_empty() {
        Ok((head, all, sealed))
    } else {
        Err(from.bad("the last"))
    }
}

/// The three streams of a body, two of them still compressed.
fn split(body: &[u8]) -> Result<[&[u8]; 3], WireError> {
    let (front, rest) = body.split_first_chunk::<FRONT>().ok_or(WireError::Compression)?;
    let [m0, m1, m2, version, w0, w1, w2, w3, n0, n1, n2, n3] = *front;
    if [m0, m1, m2] != MAGIC[..3] || !version.is_ascii_digit() {
        return Err(WireError::Compression);
    }
    if version != MAGIC[3] {
        return Err(WireError::Newer(u32::from(version - b'0')));
    }
    let (words, rest) = rest.split_at_checked(u32::from_le_bytes([w0, w1, w2, w3]) as usize).ok_or(WireError::Compression)?;
    let (numbers, random) = rest.split_at_checked(u32::from_le_bytes([n0, n1, n2, n3]) as usize).ok_or(WireError::Compression)?;
    Ok([words, numbers, random])
}

/// Inflates a frame that is all of `frame`, to no more than `bound` bytes.
fn inflate(with: &mut zstd::bulk::Decompressor<'_>, frame: &[u8], bound: usize) -> Result<Vec<u8>, WireError> {
    if zstd::zstd_safe::find_frame_compressed_size(frame) != Ok(frame.len()) {
        return Err(WireError::Compression);
    }
    match zstd::zstd_safe::get_frame_content_size(frame) {
        // Reserved, not touched: what is not there is never written to.
        Ok(Some(size)) if size <= bound as u64 => with.decompress(frame, size as usize).map_err(|_| WireError::Compression),
        Ok(Some(_)) => Err(WireError::TooLarge),
        Ok(None) => inflate_unsized(frame, bound),
        Err(_) => Err(WireError::Compression),
    }
}

/// Inflates a frame that does not say how long it is, and stops one byte after the bound.
fn inflate_unsized(frame: &[u8], bound: usize) -> Result<Vec<u8>, WireError> {
    let mut inflated = Vec::with_capacity(frame.len().saturating_mul(4).min(bound));
    let mut frame = zstd::stream::read::Decoder::with_buffer(frame).map_err(|_| WireError::Compression)?.single_frame();
    frame.window_log_max(WINDOW_LOG_MAX).map_err(|_| WireError::Compression)?;
    frame.take(bound as u64 + 1).read_to_end(&mut inflated).map_err(|_| WireError::Compression)?;
    if inflated.len() > bound { Err(WireError::TooLarge) } else { Ok(inflated) }
}

fn decode_push(from: &mut Source<'_>) -> Result<Push, WireError> {
    const WANTED: &str = "a push within bounds";
    let line = from.line(WANTED)?;
    let fits = line.len() <= limits::HEAD_BYTES;
    let line: PushLine<'_> = fits.then(|| serde_json::from_str(line).ok()).flatten().ok_or(from.bad(WANTED))?;
    let device = DeviceId::new(line.device).map_err(|_| from.bad(WANTED))?;
    if line.count as usize > limits::PUSH_ENTRIES || line.listed > line.count || line.here > line.listed {
        return Err(from.bad(WANTED));
    }
    let mut listed = Vec::with_capacity(line.listed as usize);
    for _ in 0..line.listed {
        listed.push(Digest(from.random()?));
    }
    let (mut before, mut actor, mut text) = (Before::default(), ActorId([0; 16]), String::new());
    let mut entries = 0;
    let mut segments = Vec::with_capacity(line.here as usize);
    for _ in 0..line.here {
        let head = decode_segment(from, &mut actor)?;
        entries += head.n;
        if entries > line.count {
            return Err(from.bad(WANTED));
        }
        let common = Common::new(device.as_str(), &head.doc.to_string(), line.epoch);
        let mut texts = Vec::with_capacity(head.n as usize);
        for _ in 0..head.n {
            pack::unpack(from, &common, &mut before, &mut text)?;
            texts.push(Arc::from(text.as_str()));
        }
        segments.push(Segment { head, texts });
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

/// A segment's head. `actor` is the segment's before it, and becomes its own.
fn decode_segment(from: &mut Source<'_>, actor: &mut ActorId) -> Result<SegmentHead, WireError> {
    const WANTED: &str = "a segment within bounds";
    let doc = DocumentId::parse(from.line(WANTED)?).map_err(|_| from.bad(WANTED))?;
    let new_actor = from.number()? != 0;
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
    let (texts, changes) = (Digest(from.random()?), Digest(from.random()?));
    Ok(SegmentHead { doc, actor: *actor, actor_seq, start_op, deps, n: n as u32, texts, changes })
}
