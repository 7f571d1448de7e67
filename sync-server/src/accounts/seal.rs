//! How an account lies in the database: who it is for is sealed under the provider's key, as the ledger's rows are, in a place of its own.

use super::store::{Account, NewAccount, role_from, role_text};
use super::{AccountsError, Actor};
use crate::error::OfficeError;
use crate::keys::Keys;
use crate::ledger::SqliteLedger;
use crate::office::{Founded, ledger_file};
use holdfast_model::id::{BranchId, WorkerId};
use holdfast_model::port::Random;
use holdfast_vault::MasterKey;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

const WHO: &str = "account";
const PASSWORD: &str = "account password";

/// What seals accounts: the keys of the office they belong to.
#[derive(Clone)]
pub struct AccountKeys(Arc<Keys>);

/// Who an account is for, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Who {
    v: u32,
    sign_in: String,
    name: String,
    worker: WorkerId,
    role: String,
    branches: Vec<BranchId>,
}

impl AccountKeys {
    pub(crate) fn new(keys: Arc<Keys>) -> AccountKeys {
        AccountKeys(keys)
    }

    /// Those of the office in a data directory, which may be in use.
    pub fn of(data: &Path, master: MasterKey, random: &dyn Random) -> Result<AccountKeys, OfficeError> {
        let file = ledger_file(data);
        crate::admin::must_hold_a_store(data)?;
        let ledger = SqliteLedger::open(&file)?;
        let founded = Founded::read(&ledger)?.ok_or_else(|| OfficeError::Damaged("it was never founded".into()))?;
        let (keys, _) = Keys::open(&ledger, founded.provider.as_str(), &founded.install, master, random)?;
        Ok(AccountKeys(Arc::new(keys)))
    }

    /// The name of an account's row: says nothing, and is the same for one sign-in name however it is typed.
    pub(super) fn row(&self, sign_in: &str) -> [u8; 16] {
        self.0.account(&typed(sign_in))
    }

    /// Who an account is for, sealed into its row.
    pub(super) fn seal(&self, new: &NewAccount, random: &dyn Random) -> Vec<u8> {
        let who = Who {
            v: 1,
            sign_in: typed(&new.sign_in),
            name: new.name.trim().to_owned(),
            worker: new.worker.clone(),
            role: role_text(new.role).to_owned(),
            branches: new.branches.clone(),
        };
        let json = serde_json::to_vec(&who).expect("string keys only");
        self.0.seal_raw(WHO, &self.row(&new.sign_in), &json, random)
    }

    /// The account of a row.
    pub(super) fn open(&self, id: i64, row: &[u8], sealed: &[u8], has_password: bool, open: bool) -> Result<Account, AccountsError> {
        let damaged = || AccountsError::Sealed(OfficeError::Damaged("an account".into()));
        let plain = self.0.open_raw(WHO, row, sealed).map_err(AccountsError::Sealed)?;
        let who: Who = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        if who.v > 1 {
            return Err(AccountsError::Newer(i64::from(who.v)));
        }
        let role = role_from(&who.role).ok_or_else(damaged)?;
        let actor = Actor { role, branches: who.branches };
        Ok(Account { id, sign_in: who.sign_in, name: who.name, worker: who.worker, actor, open, has_password })
    }

    /// A password's hash, sealed: a copied file is no list to try passwords against.
    pub(super) fn seal_password(&self, row: &[u8], hash: &str, random: &dyn Random) -> Vec<u8> {
        self.0.seal_raw(PASSWORD, row, hash.as_bytes(), random)
    }

    /// A password's hash.
    pub(super) fn open_password(&self, row: &[u8], sealed: &[u8]) -> Result<String, AccountsError> {
        let plain = self.0.open_raw(PASSWORD, row, sealed).map_err(AccountsError::Sealed)?;
        String::from_utf8(plain.to_vec()).map_err(|_| AccountsError::Sealed(OfficeError::Damaged("a password's hash".into())))
    }
}

/// A sign-in name as it counts: without spaces around it, in lower case.
fn typed(sign_in: &str) -> String {
    sign_in.trim().to_lowercase()
}
