//! Random bytes: from the system, or repeatable from a seed.

use holdfast_model::id::Digest;
use holdfast_model::port::Random;
use ring::rand::{SecureRandom, SystemRandom as Ring};
use std::sync::{Mutex, PoisonError};

/// The operating system's random bytes.
#[derive(Debug, Clone)]
pub struct SystemRandom(Ring);

impl SystemRandom {
    /// Opens the system's source.
    pub fn new() -> SystemRandom {
        SystemRandom(Ring::new())
    }
}

impl Default for SystemRandom {
    fn default() -> Self {
        SystemRandom::new()
    }
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the operating system gives random bytes");
    }
}

/// Repeatable bytes for simulations and tests, from SHA-256 in counter mode. Never for a real key: whoever knows the seed knows them all.
#[derive(Debug)]
pub struct SeededRandom {
    seed: Digest,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counter: u64,
    block: [u8; 32],
    left: usize,
}

impl SeededRandom {
    /// The stream of a seed.
    pub fn new(seed: u64) -> SeededRandom {
        SeededRandom::of(Digest::of_parts(&[b"holdfast/seeded/v1\0", &seed.to_be_bytes()]))
    }

    /// An independent stream with a name of its own ("phone 3"), so that one actor's draws do not shift another's.
    pub fn fork(&self, label: &str) -> SeededRandom {
        SeededRandom::of(Digest::of_parts(&[b"holdfast/seeded/fork/v1\0", &self.seed.0, label.as_bytes()]))
    }

    fn of(seed: Digest) -> SeededRandom {
        SeededRandom { seed, state: Mutex::default() }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            if state.left == 0 {
                state.block = Digest::of_parts(&[&self.seed.0, &state.counter.to_be_bytes()]).0;
                state.counter += 1;
                state.left = 32;
            }
            *byte = state.block[32 - state.left];
            state.left -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(random: &dyn Random, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        random.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_repeats_whatever_the_size_of_the_draws() {
        let (a, b) = (SeededRandom::new(7), SeededRandom::new(7));
        let whole = draw(&a, 100);
        let parts: Vec<u8> = [1, 31, 32, 36].iter().flat_map(|n| draw(&b, *n)).collect();
        assert_eq!(whole, parts);
        assert_ne!(whole, draw(&a, 100), "the stream goes on");
        assert_ne!(whole, draw(&SeededRandom::new(8), 100));
    }

    #[test]
    fn forks_are_apart_and_repeat() {
        let root = SeededRandom::new(7);
        let before = draw(&root.fork("phone 1"), 16);
        draw(&root, 1000);
        assert_eq!(before, draw(&root.fork("phone 1"), 16), "a fork depends on the seed and its name only");
        assert_ne!(before, draw(&root.fork("phone 2"), 16));
    }

    #[test]
    fn the_system_does_not_repeat() {
        let random = SystemRandom::new();
        assert_ne!(draw(&random, 32), draw(&random, 32));
    }
}
