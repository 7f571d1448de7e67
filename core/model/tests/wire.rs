//! The wire: whatever honest devices write arrives byte for byte; whatever else arrives does no harm and is not believed.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, Numbers, ask, asked, nested, push, reply, request, visit};
use holdfast_model::document::{GateError, check_texts, rebuild, segments};
use holdfast_model::entry::{Read, Text};
use holdfast_model::id::{DeviceId, Digest};
use holdfast_model::limits;
use holdfast_model::wire::{
    Arrived, Hold, Packed, Parcel, Push, PushError, SyncRequest, WireError, decode_reply, decode_request, encode_reply, inspect,
    push_header,
};
use proptest::prelude::*;

/// True when a receiver would take everything of a push as its device's own and honest.
fn believed(push: &Push, signed: &[u8]) -> bool {
    push.header.signed_bytes() == signed
        && inspect(push).is_ok_and(|inspected| {
            inspected.entries.iter().all(|e| e.read.is_ok()) && (0..push.segments.len()).all(|s| inspected.rebuild(push, s).is_ok())
        })
}

/// What was read of entries on the way is what their texts say.
fn read_as_their_texts_say(arrived: &Arrived) -> Result<(), String> {
    for (segment, reads) in arrived.push.segments.iter().zip(&arrived.reads) {
        for (text, read) in segment.texts.iter().zip(reads) {
            if read.as_ref().is_some_and(|read| Read::parse(text).as_ref() != Ok(read)) {
                return Err(text.to_string());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_honest_devices_write_arrives_and_is_believed(seed in any::<u64>(), count in 1u64..40) {
        let push = push(seed, count);
        let (head, mut pushes) = asked(&ask(&request(&push), std::slice::from_ref(&push))).unwrap();
        prop_assert_eq!(head, request(&push));
        let arrived = pushes.remove(0);
        prop_assert_eq!(&arrived, &push);
        prop_assert!(believed(&arrived, &push.header.signed_bytes()));
        let seqs: Vec<u64> = inspect(&arrived).unwrap().entries.iter().map(|e| e.seq).collect();
        prop_assert_eq!(seqs, (push.header.first..=push.header.last()).collect::<Vec<_>>());
    }

    #[test]
    fn replies_carry_pushes_of_many_devices_and_parts_of_them(seed in any::<u64>(), counts in prop::collection::vec(1u64..12, 0..6)) {
        let mut pushes: Vec<Push> = counts.iter().enumerate().map(|(i, c)| push(seed ^ i as u64, *c)).collect();
        if let Some(first) = pushes.first_mut() {
            first.segments.remove(0);
        }
        let (head, arrived) = decode_reply(&encode_reply(&reply(), &pushes, &[])).unwrap();
        prop_assert_eq!(head, reply());
        prop_assert_eq!(arrived, pushes);
    }

    /// What is handed on as it came is what was brought.
    #[test]
    fn a_parcel_is_handed_on_as_it_came(seed in any::<u64>(), counts in prop::collection::vec(1u64..12, 1..5)) {
        let pushes: Vec<Push> = counts.iter().enumerate().map(|(i, c)| push(seed ^ i as u64, *c)).collect();
        let arrived = decode_request(&ask(&request(&pushes[0]), &pushes)).unwrap().pushes;
        let parcels: Vec<Parcel> = arrived.into_iter().map(|a| a.parcel).collect();
        prop_assert_eq!(&parcels, &pushes.iter().map(Parcel::of).collect::<Vec<_>>());
        let (_, handed_on) = decode_reply(&encode_reply(&reply(), &pushes[..1], &parcels[1..])).unwrap();
        prop_assert_eq!(handed_on, pushes);
    }

    /// What a ledger keeps of each segment stands alone.
    #[test]
    fn packed_entries_unpack_alone(seed in any::<u64>(), count in 1u64..40, cut in any::<prop::sample::Index>(), bits in 1u8..) {
        let push = push(seed, count);
        let Push { header, segments } = &push;
        let arrived = decode_request(&ask(&request(&push), std::slice::from_ref(&push))).unwrap().pushes.remove(0);
        prop_assert_eq!(read_as_their_texts_say(&arrived), Ok(()));
        let texts = segments.iter().flat_map(|s| &s.texts);
        for (text, read) in texts.zip(arrived.reads.iter().flatten()) {
            prop_assert!(read.is_some() || text.contains('\\'), "{}", &**text);
        }
        for (segment, packed) in segments.iter().zip(arrived.packed) {
            let unpack = |bytes: &[u8]| Packed::unpack(bytes, &header.device, header.epoch, &segment.head.doc, segment.head.n);
            prop_assert_eq!(unpack(packed.as_bytes()), Ok(segment.texts.clone()));
            let mut spoilt = packed.as_bytes().to_vec();
            prop_assert!(unpack(&spoilt[..cut.index(spoilt.len())]).is_err());
            *cut.get_mut(&mut spoilt) ^= bits;
            let _ = unpack(&spoilt);
        }
    }

    /// Texts that no device writes, some of them nearly entries: packing must not change a byte of any.
    #[test]
    fn any_text_travels_as_it_is(
        seed in any::<u64>(),
        odd in prop::collection::vec(prop_oneof![
            "[^\n]{0,60}",
            Just(String::new()),
            Just(r#"{"author":{},"body":{},"device":"D","doc":"visit:V-1","epoch":"00"}"#.to_owned()),
        ], 1..5),
        from in "\"(at|ms|seq|v|boot|id|epoch)\":\"?[0-9a-f]{0,3}",
        to in "\"(at|ms|seq|v|boot|id)\":\"?[-+0]{0,2}[0-9A-F]{0,25}",
    ) {
        let mut push = push(seed, 6);
        for segment in &mut push.segments {
            for text in &mut segment.texts {
                *text = Text::from(text.replacen(&from, &to, 1));
            }
            segment.texts.extend(odd.iter().map(|t| Text::from(t.as_str())));
            segment.head.n = segment.texts.len() as u32;
        }
        push.header.count = push.segments.iter().map(|s| s.head.n).sum();
        let arrived = decode_request(&ask(&request(&push), std::slice::from_ref(&push))).unwrap().pushes.remove(0);
        prop_assert_eq!(&arrived.push, &push);
        prop_assert_eq!(read_as_their_texts_say(&arrived), Ok(()));
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..2_000), framed in any::<bool>()) {
        if framed && bytes.len() > 12 {
            bytes[..4].copy_from_slice(b"HFS1");
            bytes[6..8].fill(0);
            bytes[10..12].fill(0);
        }
        let _ = asked(&bytes);
        let _ = decode_reply(&bytes);
    }

    /// Lines, numbers and random bytes that an attacker composed, correctly compressed: refused or read, never a panic, and no
    /// more text than a body may hold.
    #[test]
    fn composed_streams_never_panic_nor_exceed_the_bounds(
        lines in prop::collection::vec(prop_oneof!["[a-z{}\":,]{0,30}", Just("visit:V-1".to_owned()), Just("x".repeat(500))], 0..40),
        numbers in prop::collection::vec(prop_oneof![any::<u8>(), 0u8..4, Just(32u8), Just(128u8)], 0..400),
        random in prop::collection::vec(any::<u8>(), 0..800),
        (count, listed, here) in (0u32..3_000, 0u32..9, 0u32..9),
    ) {
        let head = serde_json::to_string(&reply()).unwrap().replacen('{', r#"{"pushes":1,"#, 1);
        let zeros = "0".repeat(64);
        let push_line = format!(
            r#"{{"device":"D-1","epoch":"{}","first":1,"count":{count},"prev":"{zeros}","head":"{zeros}","sig":"","listed":{listed},"here":{here}}}"#,
            "0".repeat(16),
        );
        let words = [head, push_line].into_iter().chain(lines).map(|l| l + "\n").collect::<String>();
        if let Ok((_, pushes)) = decode_reply(&body(words.as_bytes(), &numbers, &random)) {
            let total: usize = pushes.iter().flat_map(|p| &p.segments).map(|s| s.text_bytes()).sum();
            prop_assert!(total <= limits::INFLATED_BYTES);
            let _ = inspect(&pushes[0]);
            pushes[0].segments.iter().for_each(|s| { let _ = rebuild(s); });
        }
    }

    /// A body with any few bytes changed is refused, or says the same, or is not believed.
    #[test]
    fn a_changed_body_is_never_believed_to_say_something_else(
        seed in any::<u64>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4),
        inflated in any::<bool>(),
    ) {
        let push = push(seed, 9);
        let body = encode_reply(&reply(), std::slice::from_ref(&push), &[]);
        let changed = if inflated { change_inside(&body, &flips) } else {
            let mut changed = body.clone();
            for (at, bits) in &flips {
                *at.get_mut(&mut changed) ^= bits;
            }
            changed
        };
        if let Ok((_, pushes)) = decode_reply(&changed) {
            let signed = push.header.signed_bytes();
            for other in &pushes {
                // The signature itself is not what is signed: another one is refused by whoever holds the device's key.
                let mut other = other.clone();
                other.header.sig.clone_from(&push.header.sig);
                prop_assert!(other == push || !believed(&other, &signed), "{other:?}");
            }
        }
    }

    /// Every single fact of a push, changed: the signature, the chain, the list or the gate notices.
    #[test]
    fn no_fact_of_a_push_can_be_changed(seed in any::<u64>(), which in 0usize..16, at in any::<prop::sample::Index>(), by in 1u64..9) {
        let honest = push(seed, 9);
        let signed = honest.header.signed_bytes();
        prop_assert!(believed(&honest, &signed));
        let mut push = honest.clone();
        let n = push.segments.len();
        let s = at.index(n);
        let digest = Digest::of(&by.to_le_bytes());
        {
            let segment = &mut push.segments[s];
            let t = at.index(segment.texts.len());
            match which {
                0 => segment.head.doc = visit(90),
                1 => segment.head.actor.0[0] ^= by as u8,
                2 => segment.head.actor_seq += by,
                3 => segment.head.start_op += by,
                4 => segment.head.deps.push(digest),
                5 => segment.head.deps = vec![digest],
                6 => segment.head.texts = digest,
                7 => segment.head.changes = digest,
                8 => segment.head.n += by as u32,
                9 => segment.texts[t] = Text::from(segment.texts[t].replacen("\"v\":1", "\"v\":2", 1)),
                10 => { segment.texts.remove(t); }
                11 => { let again = segment.texts[t].clone(); segment.texts.push(again); }
                12 => push.header.first += by,
                13 => push.header.prev = digest,
                14 => push.header.count += by as u32,
                _ => push.header.segments.reverse(),
            }
        }
        prop_assert!(push == honest || !believed(&push, &signed));
    }
}

/// A body out of three streams.
fn body(words: &[u8], numbers: &[u8], random: &[u8]) -> Vec<u8> {
    let (words, numbers) = (zstd::bulk::compress(words, 1).unwrap(), zstd::bulk::compress(numbers, 1).unwrap());
    let mut body = b"HFS1".to_vec();
    body.extend((words.len() as u32).to_le_bytes());
    body.extend((numbers.len() as u32).to_le_bytes());
    [body, words, numbers, random.to_vec()].concat()
}

/// Changes bytes of the streams before they are compressed: what a sender with the same software could send.
fn change_inside(whole: &[u8], flips: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let length = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()) as usize;
    let (words, rest) = whole[12..].split_at(length(4));
    let (numbers, random) = rest.split_at(length(8));
    let mut with = zstd::bulk::Decompressor::with_dictionary(include_bytes!("../src/wire/dictionary.txt")).unwrap();
    let mut inflate = |frame| with.decompress(frame, 1 << 20).unwrap();
    let mut streams = [inflate(words), inflate(numbers), random.to_vec()];
    for (i, (at, bits)) in flips.iter().enumerate() {
        let stream = &mut streams[(usize::from(*bits) + i) % 3];
        *at.get_mut(stream.as_mut_slice()) ^= bits;
    }
    body(&streams[0], &streams[1], &streams[2])
}

#[test]
fn nothing_new_is_said_in_less_than_a_kilobyte() {
    let head = request(&push(1, 1));
    assert!(ask(&head, &[]).len() < 1_024);
    assert!(encode_reply(&reply(), &[], &[]).len() < 1_024);
}

#[test]
fn a_body_that_inflates_beyond_the_bound_is_refused() {
    let head = serde_json::to_vec(&request(&push(1, 1))).unwrap();
    let bomb = [head, vec![b'\n'; limits::INFLATED_BYTES]].concat();
    let bomb = body(&bomb, &[], &[]);
    assert!(bomb.len() < 4_096);
    assert_eq!(asked(&bomb), Err(WireError::TooLarge));
    assert_eq!(asked(&vec![0; limits::BODY_BYTES + 1]), Err(WireError::TooLarge));
}

/// As many entries as a push may hold, each a few bytes on the wire, each with the longest author and plan that may be repeated.
fn repetitive() -> Push {
    let mut n = Numbers(5);
    let mut device = Device::new(1, &mut n);
    let long = format!(r#"{{"p":"{}"}}"#, "p".repeat(490));
    for _ in 0..limits::PUSH_ENTRIES {
        let entry = device.entry(&visit(1), &mut n);
        let (id, at, seq) = (entry.id, entry.recorded.at.0, entry.seq);
        let text = format!(
            r#"{{"author":{long},"body":0,"device":"{}","doc":"visit:V-1","epoch":"{}","id":"{id}","mono":{{"boot":"{}","ms":{at}}},"plan":{long},"recorded":{{"at":{at},"offset_min":0}},"seq":{seq},"v":1}}"#,
            device.id, device.epoch, device.boot,
        );
        device.write(&visit(1), id, &text);
    }
    device.push()
}

/// Other implementers may stream: a frame need not say how long it is.
#[test]
fn a_frame_that_does_not_say_its_length_is_read_and_bounded_too() {
    let push = push(1, 3);
    let streamed = |words: &[u8]| zstd::stream::encode_all(words, 3).unwrap();
    let frame = |words: Vec<u8>| {
        let words = streamed(&words);
        [b"HFS1".to_vec(), (words.len() as u32).to_le_bytes().to_vec(), vec![0; 4], words].concat()
    };
    let head = serde_json::to_vec(&request(&push)).unwrap();
    assert_eq!(asked(&frame([head.clone(), vec![b'\n']].concat())).unwrap().1, []);
    assert_eq!(asked(&frame([head, vec![b'\n'; limits::INFLATED_BYTES]].concat())), Err(WireError::TooLarge));
}

#[test]
fn pieces_that_repeat_make_no_more_text_than_the_bound() {
    let push = repetitive();
    let body = ask(&request(&push), std::slice::from_ref(&push));
    let text: usize = push.segments.iter().map(|s| s.text_bytes()).sum();
    assert!(body.len() * 50 < text, "{} bytes for {text}: the pieces do repeat", body.len());
    assert_eq!(asked(&body).unwrap().1, std::slice::from_ref(&push));
    let many = vec![push; 1 + limits::INFLATED_BYTES / text];
    assert_eq!(asked(&ask(&request(&many[0]), &many)), Err(WireError::TooLarge));
}

#[test]
fn newer_versions_are_named_and_not_guessed_at() {
    let push = push(3, 2);
    let newer = SyncRequest { v: 2, ..request(&push) };
    assert_eq!(asked(&ask(&newer, &[])), Err(WireError::Newer(2)));
    let mut framing = ask(&request(&push), &[]);
    framing[3] = b'2';
    assert_eq!(asked(&framing), Err(WireError::Newer(2)));
}

#[test]
fn every_cut_of_a_body_is_refused() {
    let push = push(8, 5);
    let whole = ask(&request(&push), std::slice::from_ref(&push));
    for end in 0..whole.len() {
        assert!(asked(&whole[..end]).is_err(), "cut at {end}");
    }
    assert!(asked(&[whole, vec![0]].concat()).is_err());
}

/// A push whose entry `which` is something else than it should be, honestly chained and signed all the same.
fn with_odd_entry(odd: impl Fn(&str) -> String) -> Push {
    let mut n = Numbers(11);
    let mut device = Device::new(4, &mut n);
    for i in 0..5 {
        let doc = visit(i % 2);
        let entry = device.entry(&doc, &mut n);
        let text = if i == 2 { odd(&entry.text()) } else { entry.text() };
        device.write(&doc, entry.id, &text);
    }
    device.push()
}

#[test]
fn an_entry_that_is_wrong_in_itself_is_held_and_the_others_go_on() {
    type Odd = Box<dyn Fn(&str) -> String>;
    let cases: [(&str, Hold, Odd); 6] = [
        ("malformed", Hold::EntryMalformed, Box::new(|_| "{\"id\":1}".into())),
        ("too long", Hold::EntryTooLong, Box::new(|t| format!("{t}{}", " ".repeat(limits::ENTRY_BYTES)))),
        ("device", Hold::WrongDevice, Box::new(|t| t.replace("\"device\":\"D-4\"", "\"device\":\"D-5\""))),
        ("epoch", Hold::WrongEpoch, Box::new(with_another_epoch)),
        ("sequence", Hold::WrongSequence, Box::new(|t| t.replace("\"seq\":3,", "\"seq\":30,"))),
        ("document", Hold::WrongDocument, Box::new(|t| t.replace("\"doc\":\"visit:V-0\"", "\"doc\":\"visit:V-9\""))),
    ];
    for (name, hold, odd) in cases {
        let push = with_odd_entry(odd);
        let (_, arrived) = asked(&ask(&request(&push), std::slice::from_ref(&push))).unwrap();
        let inspected = inspect(&arrived[0]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let held: Vec<(u64, Hold)> = inspected.entries.iter().filter_map(|e| e.read.as_ref().err().map(|h| (e.seq, *h))).collect();
        assert_eq!(held, [(3, hold)], "{name}");
    }
}

fn with_another_epoch(text: &str) -> String {
    let at = text.find("\"epoch\":\"").unwrap() + "\"epoch\":\"".len();
    format!("{}00112233445566ff{}", &text[..at], &text[at + 16..])
}

/// Where two claim one place, which of them is right may show only when they come one by one, as they do after a refusal.
#[test]
fn one_place_taken_twice_is_told_apart_at_the_latest_one_by_one() {
    let push = with_odd_entry(|t| t.replace("\"seq\":3,", "\"seq\":2,"));
    assert_eq!(inspect(&push), Err(PushError::Chain));
    let mut n = Numbers(11);
    let mut device = Device::new(4, &mut n);
    device.record(&visit(0), &mut n);
    device.record(&visit(1), &mut n);
    device.push();
    let entry = device.entry(&visit(0), &mut n);
    device.write(&visit(0), entry.id, &entry.text().replace("\"seq\":3,", "\"seq\":2,"));
    let alone = inspect(&device.push()).unwrap();
    assert_eq!(alone.entries.iter().map(|e| (e.seq, e.read.clone().err())).collect::<Vec<_>>(), [(3, Some(Hold::WrongSequence))]);
}

#[test]
fn a_push_that_is_not_the_signed_stretch_is_refused_as_a_whole() {
    let honest = push(21, 6);
    let mut fewer = honest.clone();
    fewer.segments.pop();
    assert_eq!(inspect(&fewer), Err(PushError::Incomplete));
    let mut other_head = honest.clone();
    other_head.header.head = Digest::ZERO;
    assert_eq!(inspect(&other_head), Err(PushError::Chain));
    let mut none = honest.clone();
    (none.header.count, none.segments) = (0, vec![]);
    assert_eq!(inspect(&none), Err(PushError::Bounds));
    let mut endless = honest;
    endless.header.first = u64::MAX;
    assert_eq!(inspect(&endless), Err(PushError::Bounds));
}

#[test]
fn a_segment_that_the_header_does_not_list_keeps_its_entries_and_loses_its_document() {
    let mut push = push(33, 6);
    push.header.segments[0] = Digest::ZERO;
    let inspected = inspect(&push).unwrap();
    assert!(inspected.entries.iter().all(|e| e.read.is_ok()));
    assert_eq!(inspected.rebuild(&push, 0), Err(GateError::Unlisted));
}

#[test]
fn bodies_within_bodies_travel() {
    let mut n = Numbers(2);
    let mut device = Device::new(7, &mut n);
    let mut entry = device.entry(&visit(1), &mut n);
    entry.body = nested(nested(common::body(&mut n)));
    device.write(&visit(1), entry.id, &entry.text());
    let push = device.push();
    let (_, arrived) = asked(&ask(&request(&push), std::slice::from_ref(&push))).unwrap();
    assert_eq!(arrived, vec![push]);
}

#[test]
fn a_header_names_the_segments_and_leads_the_chain() {
    let push = push(44, 7);
    let texts: Vec<Digest> = inspect(&push).unwrap().entries.iter().map(|e| e.text).collect();
    let again = push_header(&push.header.device, push.header.epoch, push.header.first, push.header.prev, &texts, &push.segments);
    assert_eq!(holdfast_model::wire::PushHeader { sig: push.header.sig.clone(), ..again }, push.header);
    assert!(push.segments.iter().all(|s| check_texts(s).is_ok()));
    assert!(segments(&[]).is_empty());
    assert_ne!(push.header.device, DeviceId::new("D-other").unwrap());
}
