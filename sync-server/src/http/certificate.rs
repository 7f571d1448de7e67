//! What a certificate says of its dates and its key, as far as whoever starts the office must know. It is not judged here: phones trust the key
//! that came with their enrolment, browsers trust whom they trust.
//!
//! Reads the outermost shape of X.509 (RFC 5280, section 4.1) and nothing inside names or extensions.

use holdfast_model::id::Digest;
use holdfast_model::time::Millis;

/// What is read of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// From when it holds.
    pub from: Millis,
    /// Until when it holds.
    pub until: Millis,
    /// Pin of its key, as an address for phones carries it: SHA-256 of its SubjectPublicKeyInfo, in base64url.
    pub pin: String,
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

impl Certificate {
    /// Reads a certificate in DER; `None`: it is none.
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let (certificate, _) = take(der, SEQUENCE)?;
        let (mut rest, _) = take(certificate, SEQUENCE)?;
        if rest.first() == Some(&VERSION) {
            rest = take(rest, VERSION)?.1;
        }
        // Serial number, algorithm, issuer.
        for tag in [INTEGER, SEQUENCE, SEQUENCE] {
            rest = take(rest, tag)?.1;
        }
        let (validity, rest) = take(rest, SEQUENCE)?;
        let (from, to) = time(validity)?;
        let (until, _) = time(to)?;
        // Subject.
        let (_, key) = take(rest, SEQUENCE)?;
        let whole = key.len() - take(key, SEQUENCE)?.1.len();
        let pin = data_encoding::BASE64URL_NOPAD.encode(&Digest::of(&key[..whole]).0);
        Some(Certificate { from, until, pin })
    }
}

impl Certificate {
    /// What is to be said about its dates: it has run out, does so within a month, or does not hold yet. Nothing stops because of it: a phone
    /// that carries the pin still delivers.
    pub fn runs_out(&self, now: Millis) -> Option<String> {
        let day = |at: Millis| at.rfc3339()[..10].to_owned();
        let then = "phones that carry the pin of its key still deliver; browsers, and phones without the pin, are refused";
        if now < self.from {
            return Some(format!(
                "the certificate does not hold yet, only from {}; until then {then}: look at this machine's clock",
                day(self.from)
            ));
        }
        if now > self.until {
            return Some(format!("the certificate ran out on {}; {then}: put a new one in its place, for the same key", day(self.until)));
        }
        let soon = self.until.since(now) < 30 * holdfast_model::time::DAY;
        soon.then(|| format!("the certificate runs out on {}; from then on {then}: get a new one, for the same key", day(self.until)))
    }
}

/// The content of the value that these bytes begin with, and what comes after it.
fn take(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // One to four bytes of length; without end, or more, is nothing a certificate has.
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}

/// A time: two digits of the year before 2050, four from then on, always in UTC and with seconds.
fn time(bytes: &[u8]) -> Option<(Millis, &[u8])> {
    let tag = *bytes.first()?;
    let (text, rest) = take(bytes, tag)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match tag {
        UTC_TIME if text.len() == 12 => {
            let century = if text.get(..2)?.parse::<u8>().ok()? >= 50 { "19" } else { "20" };
            format!("{century}{text}")
        }
        GENERALIZED_TIME if text.len() == 14 => text.to_owned(),
        _ => return None,
    };
    let at = chrono::NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%S").ok()?;
    Some((Millis(at.and_utc().timestamp_millis()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made(from: i32, until: i32) -> (Vec<u8>, Vec<u8>) {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut about = rcgen::CertificateParams::new(vec!["office.invalid".to_owned()]).expect("a name");
        about.not_before = rcgen::date_time_ymd(from, 1, 2);
        about.not_after = rcgen::date_time_ymd(until, 12, 31);
        let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
        (about.self_signed(&key).expect("a certificate").der().to_vec(), spki)
    }

    #[test]
    fn dates_and_pin_are_those_of_the_certificate_on_both_sides_of_2050() {
        for (from, until) in [(1975, 1999), (2026, 2049), (2049, 2050), (2051, 2099)] {
            let (der, spki) = made(from, until);
            let read = Certificate::read(&der).expect("a certificate");
            assert_eq!(read.from.rfc3339()[..10], format!("{from}-01-02"));
            assert_eq!(read.until.rfc3339()[..10], format!("{until}-12-31"));
            assert_eq!(read.pin, data_encoding::BASE64URL_NOPAD.encode(&Digest::of(&spki).0));
        }
    }

    proptest! {
        #[test]
        fn rubbish_is_no_certificate_and_nothing_panics(cut in 0usize..400, at in 0usize..400, byte in any::<u8>()) {
            let (mut der, _) = made(2026, 2027);
            if let Some(place) = der.get_mut(at) {
                *place = byte;
            }
            der.truncate(cut);
            let _ = Certificate::read(&der);
            prop_assert_eq!(Certificate::read(&[byte; 64]), None);
        }
    }
}
