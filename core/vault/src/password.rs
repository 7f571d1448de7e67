//! Passwords of people who sign in: Argon2id with OWASP's first recommendation (19 MiB, two passes, one lane), kept with its parameters, so that
//! they can be raised later without asking anybody for a new password.

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64URL_NOPAD;
use holdfast_model::port::Random;

/// Most bytes of a password: a bound on work, far above any sentence.
pub const LONGEST: usize = 256;

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashes a password for the store: `1$memory$passes$lanes$salt$hash`, the last two in base64url.
pub fn hash(password: &str, random: &dyn Random) -> String {
    let mut salt = [0u8; 16];
    random.fill(&mut salt);
    let (memory, passes, lanes) = COST;
    let out = derive(password, &salt, COST).expect("the compiled-in cost is valid");
    let b64 = |b: &[u8]| BASE64URL_NOPAD.encode(b);
    format!("1${memory}${passes}${lanes}${}${}", b64(&salt), b64(&out))
}

/// Says whether this is the password. A hash this version cannot read matches nothing.
pub fn verify(password: &str, stored: &str) -> bool {
    let parts: Vec<_> = stored.split('$').collect();
    let [version, memory, passes, lanes, salt, want] = parts[..] else { return false };
    let decode = |t: &str| BASE64URL_NOPAD.decode(t.as_bytes()).ok();
    let (Ok(memory), Ok(passes), Ok(lanes), Some(salt), Some(want)) =
        (memory.parse(), passes.parse(), lanes.parse(), decode(salt), decode(want))
    else {
        return false;
    };
    // A store that somebody wrote to must not make the server allocate without bound.
    if version != "1" || memory > 1 << 20 || passes > 16 || password.len() > LONGEST {
        return false;
    }
    derive(password, &salt, (memory, passes, lanes)).is_some_and(|got| same(&got, &want))
}

/// Does the work of one verification and says no: an unknown name must take as long as a wrong password.
pub fn waste(password: &str) {
    let _ = derive(password, b"no such account.", COST);
}

fn derive(password: &str, salt: &[u8], (memory, passes, lanes): (u32, u32, u32)) -> Option<[u8; 32]> {
    let params = Params::new(memory, passes, lanes, Some(32)).ok()?;
    let mut out = [0u8; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(password.as_bytes(), salt, &mut out).ok()?;
    Some(out)
}

/// Compares without stopping at the first difference.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn only_the_password_itself_matches_its_hash() {
        let stored = hash("a boat in a storm", &Fixed(7));
        assert!(verify("a boat in a storm", &stored));
        assert!(!verify("a boat in a storn", &stored));
        assert!(!verify("", &stored));
        assert_ne!(stored, hash("a boat in a storm", &Fixed(8)), "the salt is not used");
    }

    #[test]
    fn a_damaged_hash_matches_nothing() {
        for stored in ["", "1$2$3", "1$999999999$2$1$AAAA$AAAA", "2$19456$2$1$AAAAAAAAAAAAAAAAAAAAAA$AAAA", "1$x$2$1$AAAA$AAAA"] {
            assert!(!verify("a boat in a storm", stored), "{stored}");
        }
    }
}
