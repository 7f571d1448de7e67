//! The kinds of statement. To add one: `docs/adding-an-entry-kind.md`.

use super::care::*;
use super::office::*;
use serde::{Deserialize, Serialize};

macro_rules! bodies {
    ($($(#[$doc:meta])* $variant:ident($inner:ty) = $name:literal,)+) => {
        /// What an entry says. The name in quotes is its `kind` on every screen, in every table and on the wire.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        pub enum Body {
            $($(#[$doc])* #[serde(rename = $name)] $variant($inner),)+
        }

        /// The kinds this version can read, as they are written.
        pub const KINDS: &[&str] = &[$($name),+];

        impl Body {
            /// Reads a statement of a kind straight into its shape: the derived reader has to keep the
            /// members it meets before the kind, which sorts behind half of them.
            pub(super) fn read(kind: &str, json: &str) -> serde_json::Result<Body> {
                match kind {
                    $($name => serde_json::from_str(json).map(Body::$variant),)+
                    _ => serde_json::from_str(json),
                }
            }

            /// The kind as it is written.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Body::$variant(_) => $name,)+
                }
            }
        }
    };
}

bodies! {
    /// The office plans a visit (again: a later one replaces what it knew of).
    Assigned(Assigned) = "assigned",
    /// The office calls a visit off, with a reason.
    Cancelled(Cancelled) = "cancelled",
    /// The office sends somebody else, or somebody too.
    CoverSent(CoverSent) = "cover_sent",
    /// The worker is on the way.
    OnTheWay(OnTheWay) = "on_the_way",
    /// The worker arrived.
    Arrived(Arrived) = "arrived",
    /// The worker left.
    Left(Left) = "left",
    /// How the visit as a whole ended, when it did not simply take place.
    VisitOutcome(VisitOutcome) = "visit_outcome",
    /// How a task ended.
    Task(TaskOutcome) = "task",
    /// How a dose ended.
    Medicine(MedicineOutcome) = "medicine",
    /// What I noticed.
    Observation(Observation) = "observation",
    /// A note.
    Note(Note) = "note",
    /// An incident.
    Incident(Incident) = "incident",
    /// A visit to someone who is not on the run.
    Unplanned(Unplanned) = "unplanned",
    /// An earlier entry, put right.
    Amended(Amended) = "amended",
    /// An earlier entry, taken back.
    Withdrawn(Withdrawn) = "withdrawn",
    /// Today's run was read on a phone whose lease was over.
    BreakGlass(BreakGlass) = "break_glass",
    /// Somebody dealt with what an entry said needs action.
    DealtWith(DealtWith) = "dealt_with",
    /// A phone call, logged by the office.
    PhoneCall(PhoneCall) = "phone_call",
    /// Who a person is and what matters at their door.
    Person(PersonDetails) = "person",
    /// A care plan version, whole.
    PlanVersion(PlanVersion) = "plan_version",
    /// An outage of the provider's own system begins.
    OutageOpened(OutageOpened) = "outage_opened",
    /// An outage ends.
    OutageClosed(OutageClosed) = "outage_closed",
}
