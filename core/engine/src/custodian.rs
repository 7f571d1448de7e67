//! A custodian in memory, for simulators: real keys and real cryptography, gone with the process.

use holdfast_model::port::Random;
use holdfast_vault::custodian::{Custody, CustodyFault};
use holdfast_vault::seal::{self, Aad, DataKey, KeyId, Padding, SealError};
use holdfast_vault::{KeyCustodian, PublicKey, Secret, Secret32, SigningKey};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keys in memory. It stands for the hardware of one phone: a clone of the phone's disk does not have it, unless it is handed over.
pub struct MemoryCustodian {
    signing: SigningKey,
    holders: Mutex<HashMap<String, DataKey>>,
    random: Arc<dyn Random>,
}

impl MemoryCustodian {
    /// Makes a device's keys.
    pub fn new(random: Arc<dyn Random>) -> MemoryCustodian {
        MemoryCustodian { signing: SigningKey::generate().0, holders: Mutex::new(HashMap::new()), random }
    }

    fn holders(&self) -> MutexGuard<'_, HashMap<String, DataKey>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(holder: &str) -> Aad<'_> {
    Aad { provider: "", install: b"", table: "custodian", row: holder.as_bytes(), document: b"" }
}

impl KeyCustodian for MemoryCustodian {
    fn wrap(&self, holder: &str, secret: &Secret) -> Result<Vec<u8>, CustodyFault> {
        let mut holders = self.holders();
        let random = self.random.as_ref();
        let key = holders.entry(holder.to_owned()).or_insert_with(|| DataKey::new(KeyId::random(random), &Secret32::random(random)));
        Ok(seal::seal(key, &place(holder), Padding::None, secret.expose(), random))
    }

    fn unwrap(&self, holder: &str, wrapped: &[u8]) -> Result<Secret, CustodyFault> {
        let holders = self.holders();
        let key = holders.get(holder).ok_or(CustodyFault::Gone)?;
        match seal::open(key, &place(holder), wrapped) {
            Ok(mut opened) => Ok(Secret::new(std::mem::take(&mut *opened))),
            Err(SealError::OtherKey) => Err(CustodyFault::Gone),
            Err(SealError::Newer(v)) => Err(CustodyFault::Newer(v)),
            Err(SealError::Damaged) => Err(CustodyFault::Damaged),
        }
    }

    fn destroy(&self, holder: &str) -> Result<(), CustodyFault> {
        self.holders().remove(holder);
        Ok(())
    }

    fn sign(&self, bytes: &[u8]) -> Result<[u8; 64], CustodyFault> {
        Ok(self.signing.sign(bytes))
    }

    fn public_key(&self) -> Result<PublicKey, CustodyFault> {
        Ok(self.signing.public_key())
    }

    fn describe(&self) -> Custody {
        Custody { kind: "memory", hardware: false }
    }
}
