//! What an office is made of.

use crate::faults::Faults;
use crate::slot::Spread;
use holdfast_model::id::{BranchId, ProviderId};
use holdfast_model::port::{Clock, Random};
use holdfast_model::projection::Rules;
use holdfast_model::time::HOUR;
use holdfast_vault::MasterKey;
use std::path::PathBuf;
use std::sync::Arc;

/// Milliseconds that a phone may be read without contact, unless the provider sets something else.
pub const LEASE_MS: i64 = 72 * HOUR;

/// What an office is made of.
pub struct OfficeConfig {
    /// The directory of the store; made when missing.
    pub data: PathBuf,
    /// The master key, kept outside that directory.
    pub master_key: MasterKey,
    /// The office's clocks.
    pub clock: Arc<dyn Clock>,
    /// Where keys and ids come from.
    pub random: Arc<dyn Random>,
    /// True when the clock is not the machine's: every page then says DRILL.
    pub drill: bool,
    /// The provider, written down when the store is new.
    pub provider: ProviderId,
    /// The first branch, written down when the store is new.
    pub branch: BranchId,
    /// Milliseconds that a phone may be read without contact.
    pub lease_ms: i64,
    /// What the provider has set.
    pub rules: Rules,
    /// How a storm is spread.
    pub spread: Spread,
    /// For tests of tests only.
    #[doc(hidden)]
    pub faults: Faults,
}

impl OfficeConfig {
    /// An office with the usual settings, for a provider and a branch without a name yet.
    pub fn new(data: impl Into<PathBuf>, master_key: MasterKey, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> OfficeConfig {
        OfficeConfig {
            data: data.into(),
            master_key,
            clock,
            random,
            drill: false,
            provider: ProviderId::new("provider").expect("letters"),
            branch: BranchId::new("branch").expect("letters"),
            lease_ms: LEASE_MS,
            rules: Rules::default(),
            spread: Spread::default(),
            faults: Faults::default(),
        }
    }
}
