//! How often somebody may try. Kept in memory, bounded, counted by a keyed name and by address.

use std::collections::HashMap;
use std::sync::Mutex;

/// How long a wrong try counts, in seconds.
pub const WINDOW_S: u64 = 15 * 60;
/// Wrong tries for one sign-in name within the window.
pub const PER_NAME: usize = 5;
/// Wrong tries from one address within the window: an office of people behind one router, tired on a Monday.
pub const PER_ADDRESS: usize = 40;
/// Most names and addresses remembered; when full, the one whose last try is longest ago is forgotten.
const REMEMBERED: usize = 10_000;

/// Counts wrong tries.
#[derive(Debug, Default)]
pub struct Throttle {
    tries: Mutex<HashMap<String, Vec<u64>>>,
}

impl Throttle {
    /// Takes one try for this key, or says in how many seconds the next one is allowed.
    ///
    /// A try is counted before it is made, so that a hundred at once are not all "the first".
    pub fn take(&self, key: &str, most: usize, now_s: u64) -> Result<(), u64> {
        let mut tries = self.tries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if tries.len() >= REMEMBERED && !tries.contains_key(key) {
            tries.retain(|_, times| times.last().is_some_and(|t| now_s.saturating_sub(*t) < WINDOW_S));
            if tries.len() >= REMEMBERED {
                let oldest = tries.iter().min_by_key(|(_, times)| times.last().copied()).map(|(k, _)| k.clone());
                oldest.and_then(|k| tries.remove(&k));
            }
        }
        let times = tries.entry(key.to_owned()).or_default();
        times.retain(|t| now_s.saturating_sub(*t) < WINDOW_S);
        match times.first() {
            Some(first) if times.len() >= most => Err(WINDOW_S - now_s.saturating_sub(*first)),
            _ => {
                times.push(now_s);
                Ok(())
            }
        }
    }

    /// Forgets the tries of this key: it was the right password.
    pub fn forget(&self, key: &str) {
        self.tries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_try_waits_until_the_first_is_a_quarter_of_an_hour_old() {
        let throttle = Throttle::default();
        for i in 0..5 {
            assert_eq!(throttle.take("hugh", PER_NAME, 100 + i), Ok(()));
        }
        assert_eq!(throttle.take("hugh", PER_NAME, 110), Err(WINDOW_S - 10));
        assert_eq!(throttle.take("noor", PER_NAME, 110), Ok(()), "another name is another count");
        assert_eq!(throttle.take("hugh", PER_NAME, 100 + WINDOW_S), Ok(()), "the first has lapsed");
        assert!(throttle.take("hugh", PER_NAME, 100 + WINDOW_S).is_err(), "the others have not");
        throttle.forget("hugh");
        assert_eq!(throttle.take("hugh", PER_NAME, 101 + WINDOW_S), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for i in 0..REMEMBERED as u64 + 50 {
            assert_eq!(throttle.take(&i.to_string(), PER_NAME, i / 100), Ok(()));
        }
        assert!(throttle.tries.lock().expect("not poisoned").len() <= REMEMBERED);
    }
}
