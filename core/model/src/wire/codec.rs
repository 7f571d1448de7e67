//! Lines to values and back, with every bound checked before memory is taken.

use super::{Push, PushHeader, SegmentHead, SyncReply, SyncRequest};
use crate::document::Segment;
use crate::limits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
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
    /// Not a zstd frame, or a broken one.
    #[error("not a whole zstd frame")]
    Compression,
    /// A line is not what its place demands.
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
            WireError::Compression => "body_not_zstd",
            WireError::Line { .. } => "body_malformed",
            WireError::Newer(_) => "protocol_newer",
        }
    }
}

/// The first line of a push as it travels: the header, and how many of its segments follow.
#[derive(Serialize, Deserialize)]
struct PushLine<H> {
    push: H,
    here: u32,
}

/// Writes a request.
pub fn encode_request(head: &SyncRequest, pushes: &[Push]) -> Vec<u8> {
    encode(&SyncRequest { pushes: pushes.len() as u32, ..head.clone() }, pushes)
}

/// Reads a request, within the bounds of [`crate::limits`].
pub fn decode_request(body: &[u8]) -> Result<(SyncRequest, Vec<Push>), WireError> {
    if body.len() > limits::BODY_BYTES {
        return Err(WireError::TooLarge);
    }
    decode(body, "a request's head", |head: &SyncRequest| head.pushes)
}

/// Writes a reply.
pub fn encode_reply(head: &SyncReply, pushes: &[Push]) -> Vec<u8> {
    encode(&SyncReply { pushes: pushes.len() as u32, ..head.clone() }, pushes)
}

/// Reads a reply, within the bounds of [`crate::limits`].
pub fn decode_reply(body: &[u8]) -> Result<(SyncReply, Vec<Push>), WireError> {
    if body.len() > limits::INFLATED_BYTES {
        return Err(WireError::TooLarge);
    }
    decode(body, "a reply's head", |head: &SyncReply| head.pushes)
}

fn encode(head: &impl Serialize, pushes: &[Push]) -> Vec<u8> {
    let texts: usize = pushes.iter().flat_map(|p| &p.segments).map(|s| 512 + s.text_bytes() + s.texts.len()).sum();
    let mut lines = Vec::with_capacity(4096 + texts);
    json_line(&mut lines, head);
    for push in pushes {
        json_line(&mut lines, &PushLine { push: &push.header, here: push.segments.len() as u32 });
        for segment in &push.segments {
            json_line(&mut lines, &segment.head);
            for text in &segment.texts {
                lines.extend_from_slice(text.as_bytes());
                lines.push(b'\n');
            }
        }
    }
    zstd::bulk::compress(&lines, ZSTD_LEVEL).expect("the destination is as large as the frame can get")
}

fn json_line(lines: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(&mut *lines, value).expect("wire records have string keys only, and memory does not fail");
    lines.push(b'\n');
}

fn decode<H: DeserializeOwned>(body: &[u8], wanted: &'static str, pushes: fn(&H) -> u32) -> Result<(H, Vec<Push>), WireError> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let inflated = inflate(body)?;
    let text = std::str::from_utf8(&inflated).map_err(|_| WireError::Line { line: 1, wanted: "UTF-8" })?;
    let mut lines = Lines { rest: text, number: 0 };
    let first = lines.next(wanted)?;
    let version: Version = serde_json::from_str(first).map_err(|_| WireError::Line { line: 1, wanted })?;
    if version.v > super::VERSION {
        return Err(WireError::Newer(version.v));
    }
    let head: H = serde_json::from_str(first).map_err(|_| WireError::Line { line: 1, wanted })?;
    let mut all = Vec::new();
    for _ in 0..pushes(&head) {
        all.push(lines.push()?);
    }
    if lines.rest.is_empty() { Ok((head, all)) } else { Err(WireError::Line { line: lines.number + 1, wanted: "the end" }) }
}

/// Inflates a frame, and stops one byte after the bound: memory follows what is really there, not what a header claims.
fn inflate(body: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut frame = zstd::stream::read::Decoder::with_buffer(body).map_err(|_| WireError::Compression)?.single_frame();
    frame.window_log_max(WINDOW_LOG_MAX).map_err(|_| WireError::Compression)?;
    let mut inflated = Vec::with_capacity(body.len().saturating_mul(4).min(limits::INFLATED_BYTES));
    (&mut frame).take(limits::INFLATED_BYTES as u64 + 1).read_to_end(&mut inflated).map_err(|_| WireError::Compression)?;
    if inflated.len() > limits::INFLATED_BYTES {
        return Err(WireError::TooLarge);
    }
    if frame.finish().is_empty() { Ok(inflated) } else { Err(WireError::Compression) }
}

/// What is left of a body, line by line.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self, wanted: &'static str) -> Result<&'a str, WireError> {
        self.number += 1;
        let (line, rest) = self.rest.split_once('\n').ok_or(WireError::Line { line: self.number, wanted })?;
        self.rest = rest;
        Ok(line)
    }

    fn json<T: DeserializeOwned>(&mut self, wanted: &'static str) -> Result<T, WireError> {
        let line = self.next(wanted)?;
        let fits = line.len() <= limits::HEAD_BYTES;
        let value = fits.then(|| serde_json::from_str(line).ok()).flatten();
        value.ok_or(WireError::Line { line: self.number, wanted })
    }

    fn push(&mut self) -> Result<Push, WireError> {
        let PushLine { push: header, here } = self.json::<PushLine<PushHeader>>("a push")?;
        let bad = |line| WireError::Line { line, wanted: "a push within bounds" };
        if header.count as usize > limits::PUSH_ENTRIES
            || here as usize > header.segments.len()
            || header.segments.len() > header.count as usize
        {
            return Err(bad(self.number));
        }
        let mut entries = 0;
        let mut segments = Vec::with_capacity(here as usize);
        for _ in 0..here {
            let head: SegmentHead = self.json("a segment")?;
            entries += head.n as usize;
            if head.n as usize > limits::SEGMENT_CHANGES || entries > header.count as usize || head.deps.len() > limits::DEPS {
                return Err(bad(self.number));
            }
            let mut texts = Vec::with_capacity(head.n as usize);
            for _ in 0..head.n {
                texts.push(Arc::from(self.next("an entry")?));
            }
            segments.push(Segment { head, texts });
        }
        Ok(Push { header, segments })
    }
}
