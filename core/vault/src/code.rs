//! One-time codes that a person can read out and type: `7KQ2-M9XD-4TBC`.
//!
//! Twelve characters of Crockford's base 32 (no I, L, O, U): eleven random ones, 55 bits, and a check character, so that a mistyped code is told from one
//! that nobody gave out. The check is a sum over GF(32): it finds every single wrong character and every two that swapped places.

use crate::mac::MacKey;
use holdfast_model::id::Digest;
use holdfast_model::port::Random;
use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 12;

/// A one-time code. Printing it shows it (that is its purpose); `Debug` does not.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode([u8; LENGTH]);

/// Why a typed text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    /// Too few or too many characters, or one that no code has.
    #[error("a code has twelve letters and digits, such as 7KQ2-M9XD-4TBC; look at it again")]
    Shape,
    /// The check character does not fit: at least one character is wrong.
    #[error("this code was mistyped: a letter or digit is wrong or two are swapped; look at it again")]
    Mistyped,
}

impl BadCode {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            BadCode::Shape => "code_shape",
            BadCode::Mistyped => "code_mistyped",
        }
    }
}

impl OneTimeCode {
    /// Draws a code.
    pub fn generate(random: &dyn Random) -> OneTimeCode {
        let mut symbols = [0; LENGTH];
        random.fill(&mut symbols[..LENGTH - 1]);
        symbols.iter_mut().for_each(|s| *s &= 31);
        symbols[LENGTH - 1] = check(&symbols);
        OneTimeCode(symbols)
    }

    /// Reads a typed code: any case, with or without dashes and spaces, O for 0, I and L for 1.
    pub fn parse(text: &str) -> Result<OneTimeCode, BadCode> {
        let mut symbols = [0; LENGTH];
        let mut n = 0;
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let place = symbols.get_mut(n).ok_or(BadCode::Shape)?;
            *place = symbol(c).ok_or(BadCode::Shape)?;
            n += 1;
        }
        match n {
            LENGTH if check(&symbols) == symbols[LENGTH - 1] => Ok(OneTimeCode(symbols)),
            LENGTH => Err(BadCode::Mistyped),
            _ => Err(BadCode::Shape),
        }
    }

    /// What the server stores and looks up. Keyed, for 55 bits could be searched through by whoever copied the store.
    pub fn digest(&self, key: &MacKey) -> Digest {
        Digest(key.tag(&[b"holdfast/code/v1\0".as_slice(), &self.0].concat()))
    }
}

impl fmt::Display for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, symbol) in self.0.iter().enumerate() {
            if i > 0 && i % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", ALPHABET[usize::from(*symbol)] as char)?;
        }
        Ok(())
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(***)")
    }
}

fn symbol(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|a| char::from(*a) == c).map(|i| i as u8)
}

/// The twelfth symbol: the first eleven as a polynomial over GF(32) at its generator. Every place weighs differently, and no weight
/// is zero or that of the check character itself.
fn check(symbols: &[u8; LENGTH]) -> u8 {
    symbols[..LENGTH - 1].iter().fold(0, |sum, s| twice(sum ^ s))
}

/// Multiplication by x in GF(32) = GF(2)[x] / (x^5 + x^2 + 1).
fn twice(a: u8) -> u8 {
    let doubled = a << 1;
    if doubled & 32 == 0 { doubled } else { doubled ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret32;
    use holdfast_host::SeededRandom;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn codes_read_back_however_they_are_typed(seed: u64) {
            let code = OneTimeCode::generate(&SeededRandom::new(seed));
            let text = code.to_string();
            prop_assert_eq!(text.len(), 14);
            let sloppy = format!("  {} ", text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
            prop_assert_eq!(OneTimeCode::parse(&text), Ok(code.clone()));
            prop_assert_eq!(OneTimeCode::parse(&sloppy), Ok(code));
        }

        #[test]
        fn one_wrong_or_two_swapped_are_found(seed: u64, a in 0usize..12, b in 0usize..12, by in 1u8..32) {
            let code = OneTimeCode::generate(&SeededRandom::new(seed));
            let mut wrong = code.clone();
            wrong.0[a] ^= by;
            prop_assert_eq!(OneTimeCode::parse(&wrong.to_string()), Err(BadCode::Mistyped));
            let mut swapped = code.clone();
            swapped.0.swap(a, b);
            if swapped != code {
                prop_assert_eq!(OneTimeCode::parse(&swapped.to_string()), Err(BadCode::Mistyped));
            }
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in ["", "7KQ2", "7KQ2-M9XD-4TBC-0", "7KQ2-M9XD-4TB!", "7KQ2-M9XD-4TBU", "ÄÄÄÄÄÄÄÄÄÄÄÄ"] {
            assert_eq!(OneTimeCode::parse(text), Err(BadCode::Shape), "{text}");
        }
    }

    #[test]
    fn digests_need_the_key() {
        let code = OneTimeCode::generate(&SeededRandom::new(1));
        let digest = |n| code.digest(&MacKey::new(&Secret32::new([n; 32])));
        assert_eq!(digest(1), digest(1));
        assert_ne!(digest(1), digest(2));
        assert_eq!(format!("{code:?}"), "OneTimeCode(***)");
    }
}
