//! Which PINs will do. A PIN slows down a thief who holds the phone; it is no password, and alone it protects nothing.

use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Fewest digits (the floor of Cyber Essentials for unlocking a device).
pub const SHORTEST: usize = 6;
/// Most digits.
pub const LONGEST: usize = 12;

/// A PIN. Wiped when dropped, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Pin(String);

/// Why a PIN will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPin {
    /// Something else than digits.
    #[error("a PIN is digits only")]
    NotDigits,
    /// Under [`SHORTEST`].
    #[error("a PIN has at least 6 digits")]
    TooShort,
    /// Over [`LONGEST`].
    #[error("a PIN has at most 12 digits")]
    TooLong,
    /// One digit or one short group again and again, or a run up or down: the first ones a thief tries.
    #[error("this PIN is one of the first that anybody would try; choose digits without a pattern")]
    TooPlain,
    /// A date, as birthdays are written.
    #[error("this PIN reads as a date, and birthdays are easily found out; choose other digits")]
    Date,
}

impl BadPin {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            BadPin::NotDigits => "pin_not_digits",
            BadPin::TooShort => "pin_too_short",
            BadPin::TooLong => "pin_too_long",
            BadPin::TooPlain => "pin_too_plain",
            BadPin::Date => "pin_is_a_date",
        }
    }
}

impl Pin {
    /// Takes a PIN typed to unlock: digits, in a number that a PIN can have. Nothing else is judged, so that a PIN chosen under an older
    /// policy still opens.
    pub fn typed(text: &str) -> Result<Pin, BadPin> {
        let text = text.trim();
        match text.len() {
            _ if !text.bytes().all(|b| b.is_ascii_digit()) => Err(BadPin::NotDigits),
            n if n < SHORTEST => Err(BadPin::TooShort),
            n if n > LONGEST => Err(BadPin::TooLong),
            _ => Ok(Pin(text.to_owned())),
        }
    }

    /// Takes a newly chosen PIN, or says why it will not do.
    pub fn chosen(text: &str) -> Result<Pin, BadPin> {
        let pin = Pin::typed(text)?;
        let digits = pin.0.as_bytes();
        if repeats(digits) || runs(digits) {
            return Err(BadPin::TooPlain);
        }
        if is_date(&pin.0) {
            return Err(BadPin::Date);
        }
        Ok(pin)
    }

    /// The digits. Named so that every use is found by searching for it.
    pub(crate) fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(***)")
    }
}

/// 000000, 121212, 123123.
fn repeats(digits: &[u8]) -> bool {
    (1..=digits.len() / 2).any(|period| digits.iter().zip(&digits[period..]).all(|(a, b)| a == b))
}

/// 123456, 890123, 987654: each digit one above, or one below, the one before it.
fn runs(digits: &[u8]) -> bool {
    let all_step = |step: u8| digits.windows(2).all(|w| (w[1] + 10 - w[0]) % 10 == step);
    all_step(1) || all_step(9)
}

/// DDMMYY, DDMMYYYY, YYYYMMDD.
fn is_date(digits: &str) -> bool {
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|t| t.parse::<u32>().ok()).unwrap_or(0);
    let day_month = |d: u32, m: u32| (1..=31).contains(&d) && (1..=12).contains(&m);
    let year = |y: u32| (1900..2100).contains(&y);
    match digits.len() {
        6 => day_month(number(0..2), number(2..4)),
        8 => (day_month(number(0..2), number(2..4)) && year(number(4..8))) || (year(number(0..4)) && day_month(number(6..8), number(4..6))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ones_a_thief_tries_are_refused() {
        for (text, why) in [
            ("000000", BadPin::TooPlain),
            ("121212", BadPin::TooPlain),
            ("123123", BadPin::TooPlain),
            ("1231231", BadPin::TooPlain),
            ("123456", BadPin::TooPlain),
            ("890123", BadPin::TooPlain),
            ("987654321", BadPin::TooPlain),
            ("310177", BadPin::Date),
            ("19770131", BadPin::Date),
            ("31011977", BadPin::Date),
            ("13579", BadPin::TooShort),
            ("", BadPin::TooShort),
            ("1357924680135", BadPin::TooLong),
            ("13579a", BadPin::NotDigits),
            ("１３５７９２", BadPin::NotDigits),
        ] {
            assert_eq!(Pin::chosen(text).map(|_| ()), Err(why), "{text}");
        }
    }

    #[test]
    fn others_will_do_and_old_ones_still_unlock() {
        for text in ["482913", "739518", "135792468", " 482913\n"] {
            assert!(Pin::chosen(text).is_ok(), "{text}");
        }
        assert!(Pin::typed("123456").is_ok());
        assert_eq!(format!("{:?}", Pin::typed("482913")), "Ok(Pin(***))");
    }
}
