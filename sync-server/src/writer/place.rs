//! Where a push stands in its chain.

use super::plan::Plan;
use super::{ChainKey, Writer};
use crate::error::OfficeError;
use crate::ready::Ready;
use crate::state::Line;
use holdfast_model::id::Digest;

/// Where a push stands in its chain.
pub(super) enum Place {
    /// At the end of a line, or as the first of a new one.
    Append { line: u32, gap: bool, fork: bool },
    /// All of it is here.
    Known { have_to: u64 },
    /// Up to `have_to` it is here.
    Partly { line: u32, have_to: u64 },
    /// Something before it is missing.
    Gap { have_to: u64 },
}

impl Writer {
    /// Decides where a push stands. Both histories of a fork are kept; a stretch that is here already is not stored twice.
    pub(super) fn place(&self, plan: &mut Plan, key: &ChainKey, ready: &Ready) -> Result<Place, OfficeError> {
        let header = &ready.header;
        let lines = self.lines(plan, key).clone();
        let next_line = lines.iter().map(|l| l.row.line + 1).max().unwrap_or(0);
        if let Some(line) = lines.iter().find(|l| l.row.last + 1 == header.first && l.head == header.prev) {
            return Ok(Place::Append { line: line.row.line, gap: false, fork: false });
        }
        if lines.is_empty() {
            return Ok(match (header.first, header.prev == Digest::ZERO, ready.told) {
                (1, true, _) => Place::Append { line: 0, gap: false, fork: false },
                // It was told that nothing is here, and begins later all the same: what is before is gone from it.
                (_, _, Some(0)) => Place::Append { line: 0, gap: true, fork: false },
                _ => Place::Gap { have_to: 0 },
            });
        }
        let mut overlaps = false;
        for line in lines.iter().filter(|l| header.first <= l.row.last) {
            overlaps = true;
            if self.agrees(plan, key, line, ready)? {
                return Ok(if header.last() <= line.row.last {
                    Place::Known { have_to: line.row.last }
                } else {
                    Place::Partly { line: line.row.line, have_to: line.row.last }
                });
            }
        }
        let furthest = lines.iter().map(|l| l.row.last).max().unwrap_or(0);
        if overlaps || lines.iter().any(|l| l.row.last + 1 == header.first) {
            return Ok(Place::Append { line: next_line, gap: false, fork: true });
        }
        Ok(match ready.told {
            Some(told) if told == furthest => Place::Append { line: 0, gap: true, fork: false },
            _ => Place::Gap { have_to: furthest },
        })
    }

    /// True when a line holds the same texts wherever it and a push overlap.
    fn agrees(&self, plan: &Plan, key: &ChainKey, line: &Line, ready: &Ready) -> Result<bool, OfficeError> {
        let header = &ready.header;
        let stored = self.ledger.pushes(&key.0, key.1, line.row.line, header.first)?;
        let staged = plan.batch.pushes.iter().filter(|p| p.device == key.0 && p.epoch == key.1 && p.line == line.row.line);
        let mut compared = false;
        for push in stored.iter().chain(staged) {
            let from = push.first.max(header.first);
            let to = push.last.min(header.last());
            for seq in from..=to {
                let at = |first: u64, digests: &[u8]| {
                    let offset = (seq - first) as usize * 32;
                    digests.get(offset..offset + 32).map(<[u8]>::to_vec)
                };
                compared = true;
                if at(push.first, &push.digests) != at(header.first, &ready.digests) {
                    return Ok(false);
                }
            }
        }
        Ok(compared)
    }
}
