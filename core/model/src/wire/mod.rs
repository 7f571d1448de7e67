//! What travels between a phone and the office: one request, one reply, whatever the number of documents.
//!
//! A body is three streams: *words* (a zstd frame of lines: the head as JSON, a JSON line a push, a line a segment,
//! a line an entry), *numbers* (a zstd frame of variable-length integers) and *random* bytes (digests, ids) as they are. An entry's
//! text travels without what its push, its segment and the entry before it say already, and arrives byte for byte. A device packs each
//! push as a [`Parcel`], three streams of its own among the random bytes, so that the office can hand it on as it came.
//! The format is described for other implementers in `docs/protocol.md`.

mod codec;
mod frame;
mod inspect;
mod pack;
mod packed;
mod pieces;
mod sealed;

pub use codec::{Arrived, Parcel, Request, WireError, decode_reply, decode_request, encode_reply, encode_request};
pub use inspect::{Hold, Inspected, InspectedEntry, PushError, inspect, inspect_unsealed, push_header};
pub use packed::Packed;
pub use sealed::{SealedEntry, SealedPush, Unopened, Unsealed, proof};

use crate::document::Segment;
use crate::entry::PlanRef;
use crate::id::{ActorId, BootId, BranchId, ChainEpoch, DeviceId, Digest, DocumentId, ProviderId, ServerEpoch, WorkerId};
use crate::time::{ClockReading, Millis};
use serde::{Deserialize, Serialize};

/// The version of the protocol that this code speaks.
pub const VERSION: u32 = 1;
/// HTTP header that carries the device's (request) or the office's (reply) signature, base64url without padding.
pub const SIGNATURE_HEADER: &str = "holdfast-signature";
/// HTTP header that names the device of a request.
pub const DEVICE_HEADER: &str = "holdfast-device";
/// Media type of both bodies.
pub const MEDIA_TYPE: &str = "application/vnd.holdfast.sync+zstd";

/// First line of a request: who asks, what its clocks say, how it is, from where it wants to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// Protocol version.
    pub v: u32,
    /// The asking device.
    pub device: DeviceId,
    /// Its current chain epoch.
    pub epoch: ChainEpoch,
    /// Counts requests of this epoch upwards; a repeated number is a replay.
    pub number: u64,
    /// The device's clocks as the request leaves.
    pub clock: ClockReading,
    /// Clock samples taken since the last reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<ClockSample>,
    /// Where the last reply left off; absent on the first contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Most bytes of entries' text wanted back; 0 for a push only.
    pub want_bytes: u32,
    /// Whose vault is open on the phone: the proof that the office gave that worker ([`EnrolReply::reader`]). Absent while locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    /// How the device is.
    pub heartbeat: Heartbeat,
}

/// How a device is, as the console's page of phones shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Heartbeat {
    /// Version of the software.
    pub app: String,
    /// Entries on board that no receipt covers, those of this request included.
    pub waiting: u32,
    /// Wall-clock time of the oldest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_waiting: Option<Millis>,
    /// Battery, per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub battery: Option<u8>,
    /// Digest over the plan versions on board, sorted: the office asks for the list when it differs from its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plans: Option<Digest>,
    /// The list itself, after it changed or when the office asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plans_held: Option<Vec<PlanRef>>,
}

/// What a device's clocks said at one moment, and what the true time was, if that was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSample {
    /// The run of the monotonic clock.
    pub boot: BootId,
    /// Its reading in milliseconds.
    pub mono_ms: i64,
    /// The wall clock at the same moment.
    pub wall: Millis,
    /// True time at that moment, from an exchange with the office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth: Option<Truth>,
}

/// A true time with a bound on its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Office time.
    pub at: Millis,
    /// Half the round trip: the true time lies within `at` ± this.
    pub err_ms: u32,
}

/// The signed head of a push: which stretch of whose chain follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushHeader {
    /// Whose chain.
    pub device: DeviceId,
    /// Which stretch of it.
    pub epoch: ChainEpoch,
    /// First sequence number.
    pub first: u64,
    /// How many entries.
    pub count: u32,
    /// Head of the chain before `first`.
    pub prev: Digest,
    /// Head of the chain after the last.
    pub head: Digest,
    /// Digest of every segment of the push, in order; a segment verifies alone against this list.
    pub segments: Vec<Digest>,
    /// P-256 signature (fixed length, base64url without padding) over [`PushHeader::signed_bytes`].
    pub sig: String,
}

impl PushHeader {
    /// Last sequence number.
    pub fn last(&self) -> u64 {
        self.first + u64::from(self.count).saturating_sub(1)
    }
    /// The bytes that the device's key signs: a name for the purpose, then the header without its signature.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let bare = PushHeader { sig: String::new(), ..self.clone() };
        let mut bytes = b"holdfast push v1\n".to_vec();
        bytes.extend(serde_json::to_vec(&bare).expect("a header has string keys only"));
        bytes
    }
}

/// A push as it is held in memory: the header and some or all of its segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// The signed head.
    pub header: PushHeader,
    /// The segments that are here: all of them from the author, those in scope from the office.
    pub segments: Vec<Segment>,
}

/// First line of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentHead {
    /// The document that all its changes belong to.
    pub doc: DocumentId,
    /// The actor of all its changes.
    pub actor: ActorId,
    /// Sequence of the first change within the actor, from 1.
    pub actor_seq: u64,
    /// Operation counter of the first change; each further change counts one on.
    pub start_op: u64,
    /// What the first change's author had seen: change hashes, sorted. Each further change has seen the one before it.
    pub deps: Vec<Digest>,
    /// How many changes.
    pub n: u32,
    /// SHA-256 over the SHA-256 of each entry's text: what the signature holds, whatever Automerge's encoder does.
    pub texts: Digest,
    /// SHA-256 over the change hashes that Automerge's encoder gave the author: what the gate compares.
    pub changes: Digest,
}

impl SegmentHead {
    /// The digest that a push header lists.
    pub fn digest(&self) -> Digest {
        let text = serde_json::to_vec(self).expect("a segment head has string keys only");
        Digest::of_parts(&[b"holdfast segment v1\n", &text])
    }
}

/// First line of a reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncReply {
    /// Protocol version.
    pub v: u32,
    /// Which life of the ledger answers. New after a restore: the phone then re-offers what it holds.
    pub server_epoch: ServerEpoch,
    /// Office time when the request arrived.
    pub t1: Millis,
    /// Office time when the reply left.
    pub t2: Millis,
    /// Receipts for the pushes of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
    /// Last sequence number of the asking device's epoch that is durable here; 0 for none.
    pub have_to: u64,
    /// Where the next request goes on. Opaque, signed, bound to the device.
    pub cursor: String,
    /// True when there is more to pull at once.
    #[serde(default)]
    pub more: bool,
    /// Milliseconds to wait before the next request without need: the phone's slot after a storm.
    #[serde(default)]
    pub slot_ms: u32,
    /// True when the office wants [`Heartbeat::plans_held`] with the next request.
    #[serde(default)]
    pub want_plans: bool,
    /// Documents that left the device's scope: to be purged once nothing of them waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<DocumentId>,
    /// The device is revoked: it is served nothing, its pushes are held for checking.
    #[serde(default)]
    pub revoked: bool,
    /// Until when the phone may be read without contact, in milliseconds from now.
    #[serde(default)]
    pub lease_ms: i64,
    /// The worker who asked does not read on this phone, as far as the office knows: they were served nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_a_reader: bool,
    /// Clock samples of the phones whose entries are in the device's scope, as far as it was not told them before: with these it places
    /// a colleague's entries as the office does. At most [`crate::limits::REPLY_CLOCKS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<(DeviceId, ClockSample)>,
    /// When each of the pushes that follow reached the office, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrived: Vec<Millis>,
}

/// The office's signed statement that a stretch of a device's entries is durable there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which life of the ledger.
    pub server_epoch: ServerEpoch,
    /// Whose chain.
    pub device: DeviceId,
    /// Which stretch of it.
    pub epoch: ChainEpoch,
    /// First sequence number.
    pub first: u64,
    /// Last sequence number.
    pub last: u64,
    /// Head of the chain after `last`.
    pub head: Digest,
    /// Sequence numbers that are durable, but held for checking, each with a stable code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<(u64, String)>,
    /// Office time.
    pub at: Millis,
    /// The office's signature (P-256, fixed length, base64url without padding) over [`Receipt::signed_bytes`].
    pub sig: String,
}

impl Receipt {
    /// The bytes that the office's key signs.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let bare = Receipt { sig: String::new(), ..self.clone() };
        let mut bytes = b"holdfast receipt v1\n".to_vec();
        bytes.extend(serde_json::to_vec(&bare).expect("a receipt has string keys only"));
        bytes
    }
}

/// The bytes that a device signs for a request with this body.
pub fn request_signed_bytes(body: &[u8]) -> Vec<u8> {
    [b"holdfast request v1\n".as_slice(), &Digest::of(body).0].concat()
}

/// The bytes that the office signs for a reply: bound to the request it answers, so that an old reply proves nothing.
pub fn reply_signed_bytes(request_body: &[u8], reply_body: &[u8]) -> Vec<u8> {
    [b"holdfast reply v1\n".as_slice(), &Digest::of(request_body).0, &Digest::of(reply_body).0].concat()
}

/// What a phone sends to be enrolled (`POST /v1/enrol`, JSON).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// Protocol version.
    pub v: u32,
    /// The one-time code, as typed.
    pub code: String,
    /// The device's public key: P-256, uncompressed point, base64url without padding.
    pub device_key: String,
    /// What people call the phone: "D-03, blue case".
    pub label: String,
    /// The device's chain epoch.
    pub epoch: ChainEpoch,
    /// The name that an office gave this device before: it keeps it, also where the office has forgotten it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Whose lock is to be made anew; the code must be that worker's. Absent: whoever the code is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
}

/// What the office answers to an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolReply {
    /// Protocol version.
    pub v: u32,
    /// The provider.
    pub provider: ProviderId,
    /// The branch.
    pub branch: BranchId,
    /// The name the office gave the device.
    pub device: DeviceId,
    /// Whom the code was made for.
    pub worker: WorkerId,
    /// Their name as it is said.
    pub worker_name: String,
    /// What they may do.
    pub role: Role,
    /// Which life of the ledger answers.
    pub server_epoch: ServerEpoch,
    /// The office's signing key: P-256, uncompressed point, base64url without padding.
    pub office_key: String,
    /// The provider's key for sealing: X25519, base64url without padding.
    pub provider_key: String,
    /// Milliseconds that the phone may be read without contact.
    pub lease_ms: i64,
    /// Proof that this worker reads on this device: opaque, kept in the worker's vault, sent while that is open
    /// ([`SyncRequest::reader`]). Absent from an office that knows one worker a phone only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Care worker: own runs.
    Worker,
    /// Shift lead: own runs and the plans of today's people.
    Lead,
    /// Coordinator: the branch, in the office.
    Coordinator,
    /// Registered manager, deputy.
    Manager,
    /// Imports, enrols, revokes, backs up.
    Administrator,
}

/// A refusal, as JSON, with any status but 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable code; `docs/errors.md` lists them.
    pub code: String,
    /// For a person: what happened, what is safe, what to do.
    pub says: String,
    /// Milliseconds after which to try again, when that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u32>,
}
