//! What every ledger must pass. A database that does can stand behind the office.
