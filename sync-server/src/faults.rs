//! Deliberate faults, for the tests that prove the other tests. Reachable only by handing them to the constructor:
//! no environment variable, no option and no file of a running office switches one on.

/// Something a careless server would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Sends receipts before the transaction is committed, and then does not commit.
    AckBeforeCommit,
    /// Leaves the last segment out of each stretch it stores, and says nothing.
    DropOneEntry,
    /// Takes requests and pushes without looking at their signatures.
    SkipSignature,
    /// Hands on documents whose changes do not rebuild.
    OpenGate,
    /// Puts entries in the order of the wall clocks they were written by.
    OrderByWallClock,
}

/// The faults that are on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Exactly these.
    pub fn of(faults: &[Fault]) -> Faults {
        Faults(faults.to_vec())
    }
    /// Whether one is on.
    pub fn on(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }
}
