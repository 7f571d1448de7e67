//! What every ledger must pass. A database that does can stand behind the office.

use super::{Batch, CodeRow, DAY_ALWAYS, DocumentRow, HeldRaw, Ledger, LineRow, PushRow, ReviewRow, SealedRow, SegmentRow, Table};
use crate::error::OfficeError;
use holdfast_model::id::{BootId, ChainEpoch, DeviceId};
use holdfast_model::time::Millis;
use holdfast_model::wire::{ClockSample, Truth};

/// Puts a ledger through everything the office asks of it. `open` opens the same store each time; the first time it is empty.
///
/// Panics with what does not hold.
pub fn check(open: &dyn Fn() -> Result<Box<dyn Ledger>, OfficeError>) -> Result<(), OfficeError> {
    let ledger = open()?;
    empty(&*ledger)?;
    one_batch_is_all_or_nothing(&*ledger)?;
    facts_and_small_tables(&*ledger)?;
    pushes_and_segments(&*ledger)?;
    reviews_and_what_they_take_in(&*ledger)?;
    drop(ledger);
    let again = open()?;
    assert_eq!(again.segments_after(1, 0, 10)?.len(), 4, "what was written is there after opening again");
    assert_eq!(again.last_push()?, 2);
    again.integrity()
}

fn device() -> DeviceId {
    DeviceId::new("D-1").expect("letters")
}

fn push(id: i64, line: u32, first: u64, last: u64, segments: Vec<SegmentRow>) -> PushRow {
    PushRow {
        id,
        device: device(),
        epoch: ChainEpoch([1; 8]),
        line,
        first,
        last,
        received: Millis(id),
        header: vec![1, 2],
        digests: vec![3; 32 * (last - first + 1) as usize],
        segments,
    }
}

fn segment(branch: u16, seq: u64, document: u8) -> SegmentRow {
    SegmentRow { branch, seq, place: 0, document: [document; 16], entries: 1, withheld: None, reviewed: false, sealed: vec![9; 20] }
}

fn empty(ledger: &dyn Ledger) -> Result<(), OfficeError> {
    assert_eq!((ledger.last_push()?, ledger.branches()?.len(), ledger.lines()?.len()), (0, 0, 0));
    assert_eq!((ledger.meta("provider")?, ledger.code(&[1])?, ledger.document(&[1; 16])?), (None, None, None));
    assert!(ledger.held()?.is_empty() && ledger.samples()?.is_empty() && ledger.sealed(Table::Key)?.is_empty());
    Ok(())
}

fn one_batch_is_all_or_nothing(ledger: &dyn Ledger) -> Result<(), OfficeError> {
    let twice = Batch {
        pushes: vec![push(1, 0, 1, 1, vec![segment(1, 1, 1), segment(1, 1, 2)])],
        branches: vec![(1, "NQ".into(), 1)],
        meta: vec![("provider", b"x".to_vec())],
        ..Batch::default()
    };
    assert!(ledger.write(&twice).is_err(), "one count of a branch names one segment");
    empty(ledger)
}

fn facts_and_small_tables(ledger: &dyn Ledger) -> Result<(), OfficeError> {
    let row = |n: u8, v: u8| SealedRow { row: vec![n; 16], sealed: vec![v] };
    let used = CodeRow { row: vec![1], expires: Millis(5), used_by: None, sealed: vec![7] };
    ledger.write(&Batch {
        meta: vec![("provider", b"northquay".to_vec())],
        sealed: vec![(Table::Key, row(1, 1)), (Table::Device, row(1, 2)), (Table::Worker, row(1, 3))],
        codes: vec![used.clone()],
        samples: vec![
            (device(), ClockSample { boot: BootId([2; 8]), mono_ms: 7, wall: Millis(8), truth: Some(Truth { at: Millis(9), err_ms: 3 }) }),
            (device(), ClockSample { boot: BootId([2; 8]), mono_ms: 8, wall: Millis(9), truth: None }),
        ],
        held: vec![HeldRaw {
            id: 0,
            at: Millis(1),
            device: device(),
            branch: None,
            code: "device_unknown".into(),
            entries: 0,
            document: None,
            sealed: vec![4],
        }],
        ..Batch::default()
    })?;
    ledger.write(&Batch { sealed: vec![(Table::Device, row(1, 9))], used: vec![(vec![1], device())], ..Batch::default() })?;
    assert_eq!(ledger.meta("provider")?, Some(b"northquay".to_vec()));
    assert_eq!(ledger.sealed(Table::Key)?, [row(1, 1)]);
    assert_eq!(ledger.sealed(Table::Device)?, [row(1, 9)], "the later one takes the place");
    assert_eq!(ledger.code(&[1])?, Some(CodeRow { used_by: Some(device()), ..used }));
    let mut truths: Vec<_> = ledger.samples()?.into_iter().map(|(_, s)| (s.mono_ms, s.truth)).collect();
    truths.sort_by_key(|(mono, _)| *mono);
    assert_eq!(truths, [(7, Some(Truth { at: Millis(9), err_ms: 3 })), (8, None)]);
    assert_eq!(ledger.held()?.iter().map(|h| (h.branch, h.code.clone())).collect::<Vec<_>>(), [(None, "device_unknown".to_owned())]);
    let listed = ledger.held()?.remove(0);
    let whole = ledger.held_whole(listed.id)?.expect("what is listed is there");
    assert!(listed.sealed.is_empty() && !whole.sealed.is_empty(), "the bytes come only when asked for");
    assert_eq!(HeldRaw { sealed: Vec::new(), ..whole }, listed);
    assert_eq!(ledger.held_whole(listed.id + 1)?, None);
    Ok(())
}

fn pushes_and_segments(ledger: &dyn Ledger) -> Result<(), OfficeError> {
    let document = |key: u8, day| DocumentRow { key: [key; 16], branch: 1, day, sealed: vec![key] };
    let withheld = SegmentRow { withheld: Some("segment_changes".into()), ..segment(1, 2, 1) };
    ledger.write(&Batch {
        pushes: vec![
            push(1, 0, 1, 2, vec![segment(1, 1, 1), withheld.clone()]),
            push(2, 1, 2, 2, vec![segment(1, 3, 2), segment(2, 1, 3)]),
        ],
        branches: vec![(1, "NQ".into(), 3), (2, "SQ".into(), 1)],
        documents: vec![document(1, 100), document(2, DAY_ALWAYS), document(3, 7)],
        ..Batch::default()
    })?;
    assert_eq!(ledger.branches()?, [(1, "NQ".to_owned(), 3), (2, "SQ".to_owned(), 1)]);
    let seqs = |rows: Vec<(i64, SegmentRow)>| rows.into_iter().map(|(p, s)| (p, s.branch, s.seq)).collect::<Vec<_>>();
    assert_eq!(seqs(ledger.segments_after(1, 0, 2)?), [(1, 1, 1), (1, 1, 2)], "in the order of the count, as many as asked for");
    assert_eq!(seqs(ledger.segments_after(1, 2, 9)?), [(2, 1, 3)], "of one branch only");
    assert_eq!(seqs(ledger.segments_after(2, 0, 9)?), [(2, 2, 1)]);
    assert_eq!(ledger.segments_of(&[1; 16])?, [(1, segment(1, 1, 1)), (1, withheld)]);
    let mut days: Vec<_> = ledger.documents_from(100)?.into_iter().map(|d| d.key[0]).collect();
    days.sort_unstable();
    assert_eq!(days, [1, 2]);
    assert_eq!(ledger.document(&[3; 16])?, Some(document(3, 7)));
    let mut lines = ledger.lines()?;
    lines.sort_by_key(|(_, _, l)| l.line);
    let row = |line, first, last| (device(), ChainEpoch([1; 8]), LineRow { line, first, last });
    assert_eq!(lines, [row(0, 1, 2), row(1, 2, 2)]);
    let reaching = |from| ledger.pushes(&device(), ChainEpoch([1; 8]), 0, from).map(|p| p.len());
    assert_eq!((reaching(2)?, reaching(3)?), (1, 0));
    assert_eq!(ledger.push(2)?, Some(push(2, 1, 2, 2, Vec::new())));
    assert_eq!(ledger.push(3)?, None);
    Ok(())
}

fn reviews_and_what_they_take_in(ledger: &dyn Ledger) -> Result<(), OfficeError> {
    let review = |id, verdict: &str| ReviewRow { id, held: 1, at: Millis(5), verdict: verdict.into(), sealed: vec![4] };
    let taken = SegmentRow { reviewed: true, ..segment(1, 4, 1) };
    ledger.write(&Batch {
        taken: vec![(1, taken.clone())],
        released: vec![(1, 2)],
        reviews: vec![review(0, "set_aside")],
        branches: vec![(1, "NQ".into(), 4)],
        ..Batch::default()
    })?;
    ledger.write(&Batch { reviews: vec![review(0, "put_back")], ..Batch::default() })?;
    assert_eq!(ledger.reviews()?, [review(1, "set_aside"), review(2, "put_back")], "in the order of the decisions");
    let of = ledger.segments_of(&[1; 16])?;
    assert_eq!(of.iter().map(|(push, s)| (*push, s.seq, s.reviewed)).collect::<Vec<_>>(), [(1, 1, false), (1, 2, true), (1, 4, true)]);
    assert_eq!(of[2].1, taken);
    let none_of_it = Batch { reviews: vec![review(0, "taken_in")], taken: vec![(1, segment(1, 4, 1))], ..Batch::default() };
    assert!(ledger.write(&none_of_it).is_err(), "a place that is taken");
    assert_eq!(ledger.reviews()?.len(), 2, "no decision without what it does");
    Ok(())
}
