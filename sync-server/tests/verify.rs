//! Whoever changes a store behind the office's back: each kind of change is found, and named.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use holdfast_host::SystemRandom;
use holdfast_model::document::Segment;
use holdfast_model::id::Digest;
use holdfast_sync_server::admin::{Verified, verify};
use holdfast_vault::{MasterKey, Secret32};
use rusqlite::Connection;
use std::path::PathBuf;

/// A closed store: three pushes of Asha's about one visit, of one entry each.
struct Closed {
    _dir: tempfile::TempDir,
    data: PathBuf,
}

impl Closed {
    fn new() -> Closed {
        let world = World::new();
        world.plan("V-1", "P-101", &["W-1"]);
        let mut asha = world.phone("W-1");
        for text in ["first", "second", "third"] {
            asha.note(visit("V-1"), text);
            asha.sync(&world.office).unwrap();
        }
        Closed::of(world)
    }

    /// A store in which a phone brought a segment that it had changed after making it, and signed for all the same.
    fn with(spoil: impl FnOnce(&mut Segment), listed: bool) -> Closed {
        let world = World::new();
        world.plan("V-1", "P-101", &["W-1"]);
        let mut asha = world.phone("W-1");
        asha.note(visit("V-1"), "first");
        let mut segment = asha.push(1, 1).segments.remove(0);
        spoil(&mut segment);
        let mut push = asha.push_of(1, &[segment]);
        if !listed {
            push.header.segments = vec![Digest::of(b"another")];
            push.header.sig = asha.key.sign_text(&push.header.signed_bytes());
        }
        let ask = asha.request(&[push], 0);
        assert_eq!(world.office.answer(ask).status, 200);
        Closed::of(world)
    }

    fn of(world: World) -> Closed {
        world.office.close();
        let World { office, dir, .. } = world;
        drop(office);
        let closed = Closed { data: dir.path().join("data"), _dir: dir };
        assert_eq!(closed.verify().wrong, [], "as it was written");
        closed
    }

    fn verify(&self) -> Verified {
        verify(&self.data, MasterKey::from_secret(Secret32::new([7; 32])), &SystemRandom::new()).unwrap()
    }

    fn db(&self) -> Connection {
        Connection::open(self.data.join("ledger.db")).unwrap()
    }

    /// What verify finds after a change.
    fn after(self, sql: &str) -> Vec<&'static str> {
        assert_eq!(self.db().execute(sql, []).unwrap(), 1, "one row was changed: {sql}");
        self.verify().wrong.into_iter().map(|(code, _)| code).collect()
    }

    /// As [`Closed::after`], one byte of a column flipped in the row of Asha's second push, or her second segment.
    fn after_flipping(self, table: &str, column: &str, find: &[u8]) -> Vec<&'static str> {
        let db = self.db();
        let (id, mut bytes): (i64, Vec<u8>) = match table {
            "push" => db.query_row(&format!("SELECT id, {column} FROM push WHERE first = 2 AND device != 'OFFICE'"), [], both).unwrap(),
            _ => {
                let sql = format!(
                    "SELECT s.id, s.{column} FROM segment s JOIN push p ON p.id = s.push WHERE p.first = 2 AND p.device != 'OFFICE'"
                );
                db.query_row(&sql, [], both).unwrap()
            }
        };
        let at = bytes.windows(find.len().max(1)).position(|w| find.is_empty() || w == find).unwrap() + find.len();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        assert_eq!(db.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE id = ?2"), rusqlite::params![bytes, id]).unwrap(), 1);
        drop(db);
        self.verify().wrong.into_iter().map(|(code, _)| code).collect()
    }
}

fn both(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, Vec<u8>)> {
    Ok((row.get(0)?, row.get(1)?))
}

#[test]
fn a_push_that_was_changed_is_found() {
    assert_eq!(Closed::new().after_flipping("push", "header", b"\"sig\":\""), ["push_signature"]);
    assert_eq!(Closed::new().after_flipping("push", "digests", b""), ["push_chain"]);
    assert_eq!(
        Closed::new().after_flipping("push", "header", b"\"prev\":\""),
        ["chain_broken", "push_chain", "push_signature"],
        "it follows on nothing that is there"
    );
}

#[test]
fn a_push_or_a_segment_that_was_taken_out_is_found() {
    let closed = Closed::new();
    assert_eq!(closed.after("DELETE FROM push WHERE first = 2 AND device != 'OFFICE'"), ["push_missing"]);
    let middle = "DELETE FROM segment WHERE push = (SELECT id FROM push WHERE first = 2 AND device != 'OFFICE')";
    assert_eq!(Closed::new().after(middle), ["counter_gap"]);
    assert_eq!(Closed::new().after("DELETE FROM segment WHERE id = (SELECT max(id) FROM segment)"), ["counter_end"]);
}

#[test]
fn a_segment_that_was_changed_does_not_open() {
    assert_eq!(Closed::new().after_flipping("segment", "sealed", b""), ["segment_sealed"]);
}

/// What a phone should not have made is withheld from others; whoever takes the mark off is found out.
#[test]
fn a_segment_that_lost_its_mark_is_found_by_what_is_wrong_with_it() {
    let unmark = "UPDATE segment SET withheld = NULL WHERE withheld IS NOT NULL";
    assert_eq!(Closed::with(|s| s.head.changes = Digest::of(b"another"), true).after(unmark), ["segment_changes"]);
    assert_eq!(Closed::with(|s| s.head.texts = Digest::of(b"another"), true).after(unmark), ["segment_changes", "segment_texts"]);
    assert_eq!(Closed::with(|s| s.head.deps = vec![Digest::of(b"unseen")], false).after(unmark), ["segment_changes", "segment_unlisted"]);
}
