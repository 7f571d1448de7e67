//! The quick way of reading an entry is the derived way, only quicker.

mod common;

use common::{Device, Numbers, visit};
use holdfast_model::entry::{Entry, Read, VERSION};
use proptest::prelude::*;

/// What the derived reader makes of a text: the reference.
fn derived(text: &str) -> Option<Entry> {
    serde_json::from_str::<Entry>(text).ok().filter(|entry| entry.v == VERSION)
}

fn quick(text: &str) -> Option<Entry> {
    Read::parse(text).ok().and_then(|read| read.known().cloned())
}

proptest! {
    #[test]
    fn an_honest_text_reads_as_what_was_written(seed in any::<u64>()) {
        let n = &mut Numbers(seed);
        let entry = Device::new(1, n).entry(&visit(n.below(9)), n);
        prop_assert_eq!(quick(&entry.text()), Some(entry));
    }

    /// A byte replaced, left out or doubled, a member moved to the front, a kind put in twice: both ways agree.
    #[test]
    fn a_changed_text_reads_the_same_in_both_ways(seed in any::<u64>(), at in any::<prop::sample::Index>(), how in 0..6u8, byte in 0x20..0x7fu8) {
        let n = &mut Numbers(seed);
        let mut text = Device::new(1, n).entry(&visit(1), n).text().into_bytes();
        let at = at.index(text.len());
        match how {
            0 => text[at] = byte,
            1 => drop(text.remove(at)),
            2 => text.insert(at, byte),
            3 => text = String::from_utf8_lossy(&text).replacen('{', r#"{"v":1,"#, 1).into_bytes(),
            4 => text = String::from_utf8_lossy(&text).replacen(r#""kind":"#, r#""kind":"task","kind":"#, 1).into_bytes(),
            _ => text = String::from_utf8_lossy(&text).replacen(r#""kind":"note""#, r#""kind":"n\u006fte""#, 1).into_bytes(),
        }
        if let Ok(text) = String::from_utf8(text) {
            prop_assert_eq!(quick(&text), derived(&text));
        }
    }
}
