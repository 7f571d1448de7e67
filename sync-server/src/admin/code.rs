//! A one-time code made beside a running office: it looks codes up in the store, so this needs no word with it.

use crate::error::OfficeError;
use crate::keys::Keys;
use crate::ledger::{Batch, CodeRow, Ledger, SqliteLedger, Table};
use crate::office::{EnrolCode, Founded, WorkerRecord, ledger_file};
use holdfast_model::id::WorkerId;
use holdfast_model::port::Random;
use holdfast_model::time::Millis;
use holdfast_vault::MasterKey;
use holdfast_vault::code::OneTimeCode;
use std::path::Path;

/// Makes a code that enrols a phone for this worker until `expires`.
pub fn enrol_code(
    data: &Path,
    master: MasterKey,
    worker: &WorkerId,
    expires: Millis,
    random: &dyn Random,
) -> Result<EnrolCode, OfficeError> {
    let file = ledger_file(data);
    super::must_hold_a_store(data)?;
    let ledger = SqliteLedger::open(&file)?;
    let founded = Founded::read(&ledger)?.ok_or_else(|| OfficeError::Damaged("it was never founded".into()))?;
    let (keys, _) = Keys::open(&ledger, founded.provider.as_str(), &founded.install, master, random)?;
    let mut known = false;
    for row in ledger.sealed(Table::Worker)? {
        let opened = keys.open_row(Table::Worker, &row)?;
        known |= serde_json::from_slice::<WorkerRecord>(&opened).is_ok_and(|w| w.id == *worker);
    }
    if !known {
        return Err(OfficeError::UnknownWorker(worker.to_string()));
    }
    let code = OneTimeCode::generate(random);
    ledger.write(&Batch { codes: vec![code_row(&keys, &code, worker, expires, random)], ..Batch::default() })?;
    Ok(EnrolCode { code: code.to_string(), worker: worker.clone(), expires })
}

/// The row of a code: its digest, and for whom it is, sealed.
pub(crate) fn code_row(keys: &Keys, code: &OneTimeCode, worker: &WorkerId, expires: Millis, random: &dyn Random) -> CodeRow {
    let row = code.digest(&keys.codes).0.to_vec();
    let sealed = keys.seal_raw("code", &row, worker.as_str().as_bytes(), random);
    CodeRow { row, expires, used_by: None, sealed }
}
