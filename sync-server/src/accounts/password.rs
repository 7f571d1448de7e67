//! Which passwords will do. How they are kept is the vault's: [`holdfast_vault::password`].

pub use holdfast_vault::password::LONGEST;

/// Fewest characters of a password (NIST SP 800-63B asks for length, not for kinds of characters).
pub const SHORTEST: usize = 12;

/// Why a password cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// Under [`SHORTEST`] characters.
    TooShort,
    /// Over [`LONGEST`] bytes.
    TooLong,
    /// One character again and again, or the person's own sign-in name.
    TooPlain,
}

/// Says whether a new password will do.
pub fn check(password: &str, sign_in: &str) -> Result<(), Weak> {
    if password.len() > LONGEST {
        return Err(Weak::TooLong);
    }
    if password.chars().count() < SHORTEST {
        return Err(Weak::TooShort);
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) || password.eq_ignore_ascii_case(sign_in) {
        return Err(Weak::TooPlain);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_plain_passwords_are_refused() {
        assert_eq!(check("short", "hugh"), Err(Weak::TooShort));
        assert_eq!(check("aaaaaaaaaaaaaa", "hugh"), Err(Weak::TooPlain));
        assert_eq!(check("Hugh.Irwin.Northquay", "hugh.irwin.northquay"), Err(Weak::TooPlain));
        assert_eq!(check(&"x1".repeat(200), "hugh"), Err(Weak::TooLong));
        assert_eq!(check("a boat in a storm", "hugh"), Ok(()));
    }
}
