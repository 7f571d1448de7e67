//! The office's keys: one that opens the others and lies outside the store, one for each subject, and those it signs with.
//!
//! A subject is a person or a branch. Whatever is said about a person is sealed under that person's key, so destroying the key
//! destroys the record, while the chains over it stay verifiable.

use crate::error::OfficeError;
use crate::ledger::{DocumentKey, Ledger, SealedRow, Table};
use data_encoding::HEXLOWER;
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, DocumentId, PersonId, ProviderId};
use holdfast_model::port::Random;
use holdfast_vault::{
    Aad, BlindIndex, DataKey, KeyId, MacKey, MasterKey, Opened, OutboxOpener, OutboxPlace, Padding, ProviderKeys, SealError, Secret,
    Secret32, SigningKey,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whose key seals something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A person supported.
    Person(PersonId),
    /// A branch: what names no person yet.
    Branch(BranchId),
    /// The provider as a whole: workers, phones, codes.
    Provider,
}

impl Subject {
    fn name(&self) -> String {
        match self {
            Subject::Person(p) => format!("person:{p}"),
            Subject::Branch(b) => format!("branch:{b}"),
            Subject::Provider => "provider".into(),
        }
    }
}

/// A key, and the row that makes it durable, until it is.
struct Known {
    key: Arc<DataKey>,
    row: Option<SealedRow>,
}

/// All keys of an open store.
pub struct Keys {
    provider: String,
    install: Vec<u8>,
    master: MasterKey,
    tables: Arc<DataKey>,
    index: BlindIndex,
    /// Protects cursors.
    pub cursors: MacKey,
    /// Proves to the office who reads on a phone.
    pub readers: MacKey,
    /// Hides one-time codes.
    pub codes: MacKey,
    /// Signs replies and receipts.
    pub office: SigningKey,
    /// Signs what the office's own device records.
    pub own_device: SigningKey,
    /// The provider's key for sealing, as it is handed to phones.
    pub provider_key: String,
    /// Opens what phones sealed for the office alone.
    outbox: OutboxOpener,
    provider_id: ProviderId,
    subjects: Mutex<HashMap<Vec<u8>, Known>>,
    by_id: Mutex<HashMap<KeyId, Arc<DataKey>>>,
}

/// Row names of the office's own secrets: they sort apart from subjects' keyed hashes, which have 16 bytes.
const OFFICE: &str = "office signing key";
const OWN_DEVICE: &str = "own device signing key";
const PROVIDER: &str = "provider sealing seed";

impl Keys {
    /// Opens the keys of a store, or draws them for a new one: then with the rows that make them durable.
    pub fn open(
        ledger: &dyn Ledger,
        provider: &str,
        install: &[u8],
        master: MasterKey,
        random: &dyn Random,
    ) -> Result<(Keys, Vec<SealedRow>), OfficeError> {
        let mut rows: HashMap<Vec<u8>, Vec<u8>> = ledger.sealed(Table::Key)?.into_iter().map(|r| (r.row, r.sealed)).collect();
        let mut new = Vec::new();
        let empty = rows.is_empty();
        let mut own = |name: &str, draw: &dyn Fn() -> Secret| -> Result<Secret, OfficeError> {
            match rows.remove(name.as_bytes()) {
                Some(sealed) => master.open_secret(name, &sealed).map_err(seal_error),
                None if empty => {
                    let secret = draw();
                    let sealed = master.seal_secret(name, secret.expose(), random);
                    new.push(SealedRow { row: name.as_bytes().to_vec(), sealed });
                    Ok(secret)
                }
                None => Err(OfficeError::Damaged("one of the office's keys is missing".into())),
            }
        };
        let office = own(OFFICE, &|| SigningKey::generate().1)?;
        let own_device = own(OWN_DEVICE, &|| SigningKey::generate().1)?;
        let seed = own(PROVIDER, &|| Secret::new(Secret32::random(random).expose().to_vec()))?;
        let damaged = || OfficeError::Damaged("one of the office's keys".into());
        let seed = Secret32::from_slice(seed.expose()).ok_or_else(damaged)?;
        let mut subjects = HashMap::new();
        for (row, wrapped) in rows {
            let key = Arc::new(master.open_subject_key(&HEXLOWER.encode(&row), &wrapped).map_err(seal_error)?);
            subjects.insert(row, Known { key, row: None });
        }
        let by_id = subjects.values().map(|k: &Known| (k.key.id(), k.key.clone())).collect();
        let provider_keys = ProviderKeys::from_seed(seed);
        let mut keys = Keys {
            provider: provider.to_owned(),
            install: install.to_vec(),
            index: master.index(),
            cursors: master.mac_key("cursor"),
            readers: master.mac_key("reader"),
            codes: master.mac_key("code"),
            office: SigningKey::from_pkcs8(&office).ok_or_else(damaged)?,
            own_device: SigningKey::from_pkcs8(&own_device).ok_or_else(damaged)?,
            provider_key: provider_keys.public().to_owned(),
            outbox: provider_keys.opener(),
            provider_id: ProviderId::new(provider).map_err(|_| OfficeError::Damaged("its provider".into()))?,
            // Replaced below: drawing it needs the rest.
            tables: Arc::new(DataKey::new(KeyId([0; 8]), &Secret32::new([0; 32]))),
            master,
            subjects: Mutex::new(subjects),
            by_id: Mutex::new(by_id),
        };
        let (tables, row) = keys.subject(&Subject::Provider, random);
        keys.tables = tables;
        new.extend(row);
        Ok((keys, new))
    }

    /// The key of a subject, drawn when there is none yet. The row, if any, must become durable with what the key seals.
    pub fn subject(&self, subject: &Subject, random: &dyn Random) -> (Arc<DataKey>, Option<SealedRow>) {
        let row = self.index.row("subject", subject.name().as_bytes()).as_bytes().to_vec();
        let mut subjects = locked(&self.subjects);
        let known = subjects.entry(row).or_insert_with_key(|row| {
            let (key, wrapped) = self.master.new_subject_key(&HEXLOWER.encode(row), random);
            let key = Arc::new(key);
            locked(&self.by_id).insert(key.id(), key.clone());
            Known { key, row: Some(SealedRow { row: row.clone(), sealed: wrapped }) }
        });
        (known.key.clone(), known.row.clone())
    }

    /// Subjects' key rows that became durable: nobody needs to bring them again.
    pub fn durable<'a>(&self, rows: impl Iterator<Item = &'a [u8]>) {
        let mut subjects = locked(&self.subjects);
        for row in rows {
            if let Some(known) = subjects.get_mut(row) {
                known.row = None;
            }
        }
    }

    /// The key that sealed a value.
    pub fn key_of(&self, sealed: &[u8]) -> Result<Arc<DataKey>, OfficeError> {
        let id = holdfast_vault::seal::key_of(sealed).map_err(seal_error)?;
        locked(&self.by_id).get(&id).cloned().ok_or_else(|| OfficeError::Damaged("a subject's key is missing".into()))
    }

    fn place<'a>(&'a self, table: &'a str, row: &'a [u8], document: &'a [u8]) -> Aad<'a> {
        Aad { provider: &self.provider, install: &self.install, table, row, document }
    }

    /// The name of a document in the ledger.
    pub fn document(&self, doc: &DocumentId) -> DocumentKey {
        self.index.row("document", doc.to_string().as_bytes()).0
    }

    /// The name of an account in the database of accounts.
    pub fn account(&self, sign_in: &str) -> [u8; 16] {
        self.index.row("account", sign_in.as_bytes()).0
    }

    /// Seals a row of a small table, and names it.
    pub fn seal_row(&self, table: Table, id: &str, plain: &[u8], random: &dyn Random) -> SealedRow {
        let row = self.index.row(table.name(), id.as_bytes()).as_bytes().to_vec();
        let sealed = holdfast_vault::seal(&self.tables, &self.place(table.name(), &row, b""), Padding::Bucket, plain, random);
        SealedRow { row, sealed }
    }

    /// Opens a row of a small table.
    pub fn open_row(&self, table: Table, row: &SealedRow) -> Result<Opened, OfficeError> {
        holdfast_vault::open(&self.tables, &self.place(table.name(), &row.row, b""), &row.sealed).map_err(seal_error)
    }

    /// Seals a segment under its subject's key: its digest is its row. Its length is not hidden: the network has shown it.
    pub fn seal_segment(&self, key: &DataKey, digest: &[u8], document: &DocumentKey, plain: &[u8], random: &dyn Random) -> Vec<u8> {
        holdfast_vault::seal(key, &self.place("segment", digest, document), Padding::None, plain, random)
    }

    /// Opens a segment with the key it names.
    pub fn open_segment(&self, digest: &[u8], document: &DocumentKey, sealed: &[u8]) -> Result<Opened, OfficeError> {
        holdfast_vault::open(&*self.key_of(sealed)?, &self.place("segment", digest, document), sealed).map_err(seal_error)
    }

    /// Seals a document's id under its subject's key.
    pub fn seal_document(&self, key: &DataKey, document: &DocumentKey, id: &DocumentId, random: &dyn Random) -> Vec<u8> {
        let plain = id.to_string();
        holdfast_vault::seal(key, &self.place("document", document, b""), Padding::Bucket, plain.as_bytes(), random)
    }

    /// Opens a document's id.
    pub fn open_document(&self, document: &DocumentKey, sealed: &[u8]) -> Result<DocumentId, OfficeError> {
        let opened = holdfast_vault::open(&*self.key_of(sealed)?, &self.place("document", document, b""), sealed).map_err(seal_error)?;
        let text = std::str::from_utf8(&opened).ok().and_then(|t| DocumentId::parse(t).ok());
        text.ok_or_else(|| OfficeError::Damaged("the name of a document".into()))
    }

    /// Opens an entry that a phone sealed for the office alone; `None` when it does not open as this entry of this phone.
    pub fn open_outbox(&self, device: &DeviceId, epoch: ChainEpoch, seq: u64, sealed: &[u8]) -> Option<Opened> {
        self.outbox.open(&OutboxPlace { provider: &self.provider_id, device, epoch, seq }, sealed).ok()
    }

    /// Seals what belongs to no subject yet: what is held for checking, whom a code is for. `row` is its place.
    pub fn seal_raw(&self, table: &str, row: &[u8], plain: &[u8], random: &dyn Random) -> Vec<u8> {
        holdfast_vault::seal(&self.tables, &self.place(table, row, b""), Padding::Bucket, plain, random)
    }

    /// Opens what [`Keys::seal_raw`] sealed.
    pub fn open_raw(&self, table: &str, row: &[u8], sealed: &[u8]) -> Result<Opened, OfficeError> {
        holdfast_vault::open(&self.tables, &self.place(table, row, b""), sealed).map_err(seal_error)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here can panic half-way through a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn seal_error(e: SealError) -> OfficeError {
    match e {
        SealError::Newer(v) => OfficeError::Newer(i64::from(v)),
        SealError::OtherKey => OfficeError::WrongKey,
        SealError::Damaged => OfficeError::Damaged("a sealed value does not open".into()),
    }
}

/// The office's own device, as entries and headers name it.
pub fn own_device() -> DeviceId {
    DeviceId::new("office").expect("letters")
}
