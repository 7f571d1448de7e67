//! Reading entries from the pieces that they travel in. Most of an entry is said once a push, once a segment or in numbers, so there is no need to
//! find it again in the text that these are joined to.

use super::pack::Pieces;
use crate::entry::{Author, Entry, Mono, PlanRef, Read, Recorded, VERSION, statement};
use crate::id::{ChainEpoch, DeviceId, DocumentId, EntryId};
use crate::limits;
use crate::time::Millis;
use serde::de::DeserializeOwned;

/// Reads the entries of a push, one after the other.
pub(super) struct Reader {
    device: DeviceId,
    epoch: ChainEpoch,
    author: Last<Author>,
    plan: Last<PlanRef>,
}

/// What a piece said that one entry mostly has in common with the next.
struct Last<T> {
    json: String,
    says: Option<T>,
}

impl<T: DeserializeOwned + Clone> Last<T> {
    fn new() -> Last<T> {
        Last { json: String::new(), says: None }
    }

    fn read(&mut self, json: &str) -> Option<T> {
        if self.json != json {
            self.says = serde_json::from_str(json).ok();
            self.json.replace_range(.., json);
        }
        self.says.clone()
    }
}

impl Reader {
    /// For the entries of a device in one stretch of its chain.
    pub fn new(device: &DeviceId, epoch: ChainEpoch) -> Reader {
        Reader { device: device.clone(), epoch, author: Last::new(), plan: Last::new() }
    }

    /// What [`Read::parse`] reads from the text that these pieces join to, where it is an entry of today's version; `None` leaves it to that.
    ///
    /// Each piece has to be one whole value by itself: so nothing in it reaches into what stands around it.
    pub fn read(&mut self, doc: &DocumentId, p: &Pieces<'_>, text: &str) -> Option<Read> {
        // What the text says of its version.
        const { assert!(VERSION == 1) };
        if text.len() > limits::ENTRY_BYTES {
            return None;
        }
        let plain = |text: &str| !text.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\');
        let happened = match p.happened {
            Some(json) => Some(serde_json::from_str(json).ok()?),
            None => None,
        };
        let plan = match p.plan {
            Some(json) => Some(self.plan.read(json)?),
            None => None,
        };
        let reference = match p.reference {
            Some(text) if plain(text) => Some(text.to_owned()),
            Some(_) => return None,
            None => None,
        };
        Some(Read::Known(Box::new(Entry {
            v: VERSION,
            id: EntryId::from_bytes(p.id.0)?,
            doc: doc.clone(),
            author: self.author.read(p.author)?,
            device: self.device.clone(),
            epoch: self.epoch,
            seq: p.seq,
            happened,
            recorded: Recorded { at: Millis(p.at), offset_min: i16::try_from(p.offset_min).ok()? },
            mono: Mono { boot: p.boot, ms: p.mono },
            plan,
            reference,
            body: statement(p.body)?,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::super::pack::Common;
    use super::*;
    use crate::entry::{Body, Note, NoteType};
    use crate::id::BootId;
    use proptest::prelude::*;

    fn doc() -> DocumentId {
        DocumentId::parse("visit:V-1").expect("a literal")
    }

    fn device() -> DeviceId {
        DeviceId::new("D-1").expect("a literal")
    }

    fn joined(p: &Pieces<'_>, epoch: ChainEpoch) -> String {
        let mut text = String::new();
        p.join(&Common::new(device().as_str(), &doc().to_string(), epoch), &mut text);
        text
    }

    /// Pieces that are one value, and pieces that reach into what stands around them.
    fn piece(honest: &'static [&'static str]) -> impl Strategy<Value = String> {
        let hostile = prop_oneof![
            Just(String::new()),
            Just("{}".to_owned()),
            Just("null".to_owned()),
            Just("{\"a\":{}".to_owned()),
            prop::sample::select(honest).prop_map(|json| format!(" {json} ")),
            prop::sample::select(honest).prop_map(|json| format!("{json},\"v\":1")),
            prop::sample::select(honest).prop_map(|json| format!("{json},\"id\":\"01890000-0000-7000-8000-000000000000\"")),
            prop::sample::select(honest).prop_map(|json| format!("{json},\"ref\":\"r\"")),
            prop::sample::select(honest).prop_map(|json| format!("{json},\"more\":{{}}")),
            prop::sample::select(honest).prop_map(|json| json.replacen('{', "{\"kind\":\"note\",", 1)),
            prop::sample::select(honest).prop_map(|json| json.replacen('}', ",\"more\":[1]}", 1)),
        ];
        prop_oneof![3 => prop::sample::select(honest).prop_map(str::to_owned), 1 => hostile]
    }

    const AUTHORS: &[&str] = &[r#"{"worker":"W-1"}"#, r#"{"name":"Bo","unconfirmed":true,"worker":"W-2"}"#];
    const BODIES: &[&str] = &[
        r#"{"about":"general","kind":"note","text":"slept {well}"}"#,
        r#"{"kind":"on_the_way"}"#,
        r#"{"entry":"01890000-0000-7000-8000-000000000000","kind":"withdrawn","reason":"typed wrong"}"#,
        r#"{"kind":"of_a_later_version","text":"x"}"#,
    ];
    const TIMES: &[&str] = &[r#"{"at":5,"basis":"seen"}"#, r#"{"at":5,"basis":"told","give_or_take_min":10}"#];
    const PLANS: &[&str] = &[r#"{"digest":"0000000000000000000000000000000000000000000000000000000000000000","person":"P-1","version":3}"#];
    const REFERENCES: &[&str] = &["R-17", "é", "a\"b", "a\\u0041", "x\",\"v\":2,\"y\":\"", "\u{7}", "\u{7f}"];

    proptest! {
        /// Whatever the pieces are: what is read from them is what is read from the text that they make.
        #[test]
        fn pieces_say_what_their_text_says(
            author in piece(AUTHORS),
            body in piece(BODIES),
            happened in prop::option::of(piece(TIMES)),
            plan in prop::option::of(piece(PLANS)),
            reference in prop::option::of(prop::sample::select(REFERENCES)),
            (id, version) in (any::<[u8; 16]>(), any::<bool>()),
            (at, mono, offset_min) in (any::<i64>(), any::<i64>(), prop_oneof![Just(60i64), Just(40_000), any::<i64>()]),
            (seq, boot) in (0..=i64::MAX as u64, any::<[u8; 8]>()),
        ) {
            let id = if version { EntryId::make(at, id[..10].try_into().expect("ten bytes")) } else { EntryId(id) };
            let (happened, plan) = (happened.as_deref(), plan.as_deref());
            let p = Pieces { author: &author, body: &body, happened, id, boot: BootId(boot), mono, plan, at, offset_min, reference, seq };
            let epoch = ChainEpoch([3; 8]);
            let text = joined(&p, epoch);
            let mut reader = Reader::new(&device(), epoch);
            // Twice: what is remembered of one entry says the same of the next.
            for _ in 0..2 {
                if let Some(read) = reader.read(&doc(), &p, &text) {
                    prop_assert_eq!(Read::parse(&text), Ok(read), "{}", text);
                }
            }
        }
    }

    #[test]
    fn an_honest_entry_is_read_from_its_pieces_and_one_that_is_too_long_is_not() {
        let body =
            |text: &str| serde_json::to_value(Body::Note(Note { about: NoteType::General, text: text.into() })).map(|v| v.to_string());
        for (note, reads) in [("slept well".to_owned(), true), ("x".repeat(limits::ENTRY_BYTES), false)] {
            let body = body(&note).expect("string keys only");
            let p = Pieces {
                author: AUTHORS[0],
                body: &body,
                happened: Some(TIMES[0]),
                id: EntryId::make(1, [7; 10]),
                boot: BootId([1; 8]),
                mono: 7,
                plan: Some(PLANS[0]),
                at: 1,
                offset_min: 60,
                reference: Some("R-17"),
                seq: 4,
            };
            let epoch = ChainEpoch([3; 8]);
            let text = joined(&p, epoch);
            let read = Reader::new(&device(), epoch).read(&doc(), &p, &text);
            assert_eq!(read.is_some(), reads);
            assert_eq!(Read::parse(&text).is_ok(), reads);
        }
    }
}
