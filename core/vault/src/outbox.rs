//! Sealing to the provider alone: each new entry is also kept in a form that only the office can open, so that a locked, expired, revoked or
//! shared phone still delivers, though it cannot read what it holds.
//!
//! HPKE (RFC 9180, base mode, DHKEM X25519 with HKDF-SHA256, HKDF-SHA256, AES-256-GCM) agrees on a secret once per unlock; each entry is then
//! sealed under the context's exported secret as [`crate::seal`] does it, which costs a microsecond instead of a key agreement:
//!
//! ```text
//! 01 ‖ encapsulated key (32) ‖ sealed value of version 1, padded
//! info     = "holdfast/outbox/v1" ‖ provider ‖ device, each piece after its length
//! data key = Export("holdfast/outbox/key/v1", 32), key id = its first 8 bytes of SHA-256 over the encapsulated key
//! aad      = provider, install: empty, table "outbox", row: device ‖ chain epoch ‖ sequence, document: empty
//! ```

use crate::seal::{self, Aad, DataKey, KeyId, Opened, Padding, SealError};
use crate::secret::{Secret32, joined};
use data_encoding::BASE64URL_NOPAD;
use holdfast_model::id::{ChainEpoch, DeviceId, Digest, ProviderId};
use holdfast_model::port::Random;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem as _, X25519HkdfSha256};
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

type Kem = X25519HkdfSha256;

const VERSION: u8 = 1;
const ENCAPPED: usize = 32;
/// Contexts an opener remembers: one for each phone's latest unlock, generously.
const REMEMBERED: usize = 4_096;

/// Which entry a sealed value holds. It opens as no other.
#[derive(Debug, Clone, Copy)]
pub struct OutboxPlace<'a> {
    /// The provider.
    pub provider: &'a ProviderId,
    /// Whose chain.
    pub device: &'a DeviceId,
    /// Which stretch of it.
    pub epoch: ChainEpoch,
    /// Its place in the chain.
    pub seq: u64,
}

impl OutboxPlace<'_> {
    fn row(&self) -> Vec<u8> {
        let mut row = Vec::new();
        joined(&[self.device.as_str().as_bytes(), &self.epoch.0, &self.seq.to_be_bytes()], &mut row);
        row
    }
}

fn aad<'a>(place: &OutboxPlace<'a>, row: &'a [u8]) -> Aad<'a> {
    Aad { provider: place.provider.as_str(), install: b"", table: "outbox", row, document: b"" }
}

fn info(provider: &ProviderId, device: &DeviceId) -> Vec<u8> {
    let mut info = b"holdfast/outbox/v1".to_vec();
    joined(&[provider.as_str().as_bytes(), device.as_str().as_bytes()], &mut info);
    info
}

/// The key that both sides reach from one key agreement.
fn data_key(encapped: &[u8; ENCAPPED], exported: &Secret32) -> DataKey {
    let id = Digest::of_parts(&[b"holdfast/outbox/id/v1", encapped]);
    DataKey::new(KeyId(*id.0.first_chunk().expect("32 bytes hold 8")), exported)
}

const EXPORT: &[u8] = b"holdfast/outbox/key/v1";

/// The office's public key is not one, or was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the office's key for sealing is damaged; enrol this phone again")]
pub struct BadProviderKey;

impl BadProviderKey {
    /// The stable code.
    pub fn code(self) -> &'static str {
        "provider_key_damaged"
    }
}

/// The writing side, on a phone. Made once per unlock; it cannot open what it sealed before, nor after it is dropped.
pub struct OutboxSealer {
    encapped: [u8; ENCAPPED],
    key: DataKey,
}

impl OutboxSealer {
    /// Agrees on a secret with the provider's key (X25519, base64url without padding, as enrolment gave it).
    pub fn new(provider_key: &str, provider: &ProviderId, device: &DeviceId, random: &dyn Random) -> Result<OutboxSealer, BadProviderKey> {
        let bytes = BASE64URL_NOPAD.decode(provider_key.as_bytes()).map_err(|_| BadProviderKey)?;
        let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&bytes).map_err(|_| BadProviderKey)?;
        let (encapped, context) = hpke::setup_sender_with_rng::<AesGcm256, HkdfSha256, Kem>(
            &OpModeS::Base,
            &public,
            &info(provider, device),
            &mut PortRng(random),
        )
        .map_err(|_| BadProviderKey)?;
        let mut exported = [0; 32];
        context.export(EXPORT, &mut exported).expect("32 bytes are within HPKE's limit");
        let encapped: [u8; ENCAPPED] = encapped.to_bytes().into();
        Ok(OutboxSealer { key: data_key(&encapped, &Secret32::new(exported)), encapped })
    }

    /// Seals one entry.
    pub fn seal(&self, place: &OutboxPlace<'_>, text: &[u8], random: &dyn Random) -> Vec<u8> {
        let sealed = seal::seal(&self.key, &aad(place, &place.row()), Padding::Bucket, text, random);
        let mut out = Vec::with_capacity(1 + ENCAPPED + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(&self.encapped);
        out.extend_from_slice(&sealed);
        out
    }
}

impl std::fmt::Debug for OutboxSealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OutboxSealer(***)")
    }
}

/// The provider's key pair for sealing. The private half lives on the server, sealed under its master key.
pub struct ProviderKeys {
    seed: Secret32,
    private: <Kem as hpke::Kem>::PrivateKey,
    public: String,
}

impl ProviderKeys {
    /// Draws a fresh pair.
    pub fn generate(random: &dyn Random) -> ProviderKeys {
        ProviderKeys::from_seed(Secret32::random(random))
    }

    /// The pair of a stored seed (RFC 9180's DeriveKeyPair).
    pub fn from_seed(seed: Secret32) -> ProviderKeys {
        let (private, public) = Kem::derive_keypair(seed.expose());
        ProviderKeys { seed, private, public: BASE64URL_NOPAD.encode(&public.to_bytes()) }
    }

    /// What the server keeps, sealed.
    pub fn seed(&self) -> &Secret32 {
        &self.seed
    }

    /// What phones are given: X25519, base64url without padding.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The reading side.
    pub fn opener(self) -> OutboxOpener {
        OutboxOpener { private: self.private, agreed: Mutex::default() }
    }
}

impl std::fmt::Debug for ProviderKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProviderKeys({}, ***)", self.public)
    }
}

/// The reading side, on the server. Remembers agreements, so that many entries of one unlock cost one.
pub struct OutboxOpener {
    private: <Kem as hpke::Kem>::PrivateKey,
    agreed: Mutex<HashMap<Digest, Arc<DataKey>>>,
}

impl OutboxOpener {
    /// Opens one sealed entry.
    pub fn open(&self, place: &OutboxPlace<'_>, sealed: &[u8]) -> Result<Opened, SealError> {
        match sealed.first() {
            Some(&VERSION) => {}
            Some(0) | None => return Err(SealError::Damaged),
            Some(newer) => return Err(SealError::Newer(*newer)),
        }
        let (encapped, rest) = sealed[1..].split_first_chunk::<ENCAPPED>().ok_or(SealError::Damaged)?;
        let info = info(place.provider, place.device);
        // The info is part of the name: the same encapsulated key under another device's name agrees on another secret.
        let name = Digest::of_parts(&[encapped, &info]);
        let remembered = self.agreed.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        let key = match remembered {
            Some(key) => key,
            None => Arc::new(self.agree(encapped, &info)?),
        };
        let opened = seal::open(&key, &aad(place, &place.row()), rest)?;
        // Only what opened is remembered: rubbish must not push good agreements out.
        let mut agreed = self.agreed.lock().unwrap_or_else(PoisonError::into_inner);
        if agreed.len() >= REMEMBERED {
            agreed.clear();
        }
        agreed.insert(name, key);
        Ok(opened)
    }

    fn agree(&self, encapped: &[u8; ENCAPPED], info: &[u8]) -> Result<DataKey, SealError> {
        let point = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapped).map_err(|_| SealError::Damaged)?;
        let context = hpke::setup_receiver::<AesGcm256, HkdfSha256, Kem>(&OpModeR::Base, &self.private, &point, info)
            .map_err(|_| SealError::Damaged)?;
        let mut exported = [0; 32];
        context.export(EXPORT, &mut exported).expect("32 bytes are within HPKE's limit");
        Ok(data_key(encapped, &Secret32::new(exported)))
    }
}

impl std::fmt::Debug for OutboxOpener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OutboxOpener(***)")
    }
}

/// The model's randomness in the shape that `hpke` takes.
struct PortRng<'a>(&'a dyn Random);

impl TryRng for PortRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for PortRng<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_host::{SeededRandom, SystemRandom};

    fn ids() -> (ProviderId, DeviceId) {
        (ProviderId::new("northquay").expect("an id"), DeviceId::new("D-01").expect("an id"))
    }

    #[test]
    fn only_the_office_opens_and_only_in_place() {
        let (provider, device) = ids();
        let random = SystemRandom::new();
        let keys = ProviderKeys::generate(&random);
        let sealer = OutboxSealer::new(keys.public(), &provider, &device, &random).expect("a good key");
        let place = OutboxPlace { provider: &provider, device: &device, epoch: ChainEpoch([1; 8]), seq: 7 };
        let sealed = sealer.seal(&place, b"gave 500 mg", &random);
        let opener = ProviderKeys::from_seed(Secret32::new(*keys.seed().expose())).opener();
        for _ in 0..2 {
            assert_eq!(opener.open(&place, &sealed).expect("the office opens").as_slice(), b"gave 500 mg");
        }
        let (other_device, other_provider) = (DeviceId::new("D-02").expect("an id"), ProviderId::new("southquay").expect("an id"));
        for elsewhere in [
            OutboxPlace { seq: 8, ..place },
            OutboxPlace { epoch: ChainEpoch([2; 8]), ..place },
            OutboxPlace { device: &other_device, ..place },
            OutboxPlace { provider: &other_provider, ..place },
        ] {
            assert!(opener.open(&elsewhere, &sealed).is_err(), "{elsewhere:?}");
        }
        assert!(ProviderKeys::generate(&random).opener().open(&place, &sealed).is_err(), "another office");
        for i in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[i] ^= 0x20;
            assert!(opener.open(&place, &bad).is_err(), "byte {i}");
            assert!(opener.open(&place, &sealed[..i]).is_err(), "cut to {i}");
        }
    }

    #[test]
    fn two_unlocks_agree_on_two_secrets() {
        let (provider, device) = ids();
        let random = SeededRandom::new(1);
        let keys = ProviderKeys::generate(&random);
        let place = OutboxPlace { provider: &provider, device: &device, epoch: ChainEpoch([1; 8]), seq: 7 };
        let sealed: Vec<_> = (0..2)
            .map(|_| OutboxSealer::new(keys.public(), &provider, &device, &random).expect("a good key").seal(&place, b"x", &random))
            .collect();
        assert_ne!(sealed[0][1..33], sealed[1][1..33]);
        let opener = keys.opener();
        assert!(sealed.iter().all(|s| opener.open(&place, s).is_ok()));
    }

    #[test]
    fn a_bad_public_key_is_refused() {
        let (provider, device) = ids();
        for text in ["", "AAAA", "not base64!", &BASE64URL_NOPAD.encode(&[0; 32])] {
            assert_eq!(OutboxSealer::new(text, &provider, &device, &SeededRandom::new(1)).expect_err(text), BadProviderKey);
        }
    }
}
