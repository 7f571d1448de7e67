//! Accounts as they are kept: links, sessions, closing, and that nothing lies open.

use super::*;
use holdfast_host::SeededRandom;
use std::sync::atomic::{AtomicU8, Ordering};

struct Counting(AtomicU8);
impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn master() -> holdfast_vault::MasterKey {
    holdfast_vault::MasterKey::from_secret(holdfast_vault::Secret32::new([7; 32]))
}

/// The keys of the office made by [`keys`].
fn keys_of(dir: &Path) -> AccountKeys {
    AccountKeys::of(&dir.join("office"), master(), &SeededRandom::new(4)).expect("its keys")
}

/// The keys of an office of its own, which is closed again.
fn keys(dir: &Path) -> AccountKeys {
    use crate::office::{Office, OfficeConfig};
    use holdfast_host::ManualClock;
    let clock = Arc::new(ManualClock::alone(holdfast_model::time::Millis(1_793_696_400_000)));
    let data = dir.join("office");
    Office::open(OfficeConfig::new(&data, master(), clock, Arc::new(holdfast_host::SystemRandom::new()))).expect("an office").close();
    keys_of(dir)
}

fn random() -> Arc<dyn Random> {
    Arc::new(Counting(AtomicU8::new(1)))
}

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a directory");
    let accounts = dir.path().join("accounts");
    std::fs::create_dir(&accounts).expect("a directory");
    let store = Store::open(&accounts.join("accounts.db"), keys(dir.path()), random()).expect("a new store");
    (dir, store)
}

fn noor() -> NewAccount {
    NewAccount {
        sign_in: "Noor.Price ".into(),
        name: "Noor Price".into(),
        worker: WorkerId::new("W-90").expect("a literal"),
        role: Role::Administrator,
        branches: vec![BranchId::new("NQ").expect("a literal")],
    }
}

#[test]
fn the_first_link_makes_one_administrator_and_then_nothing() {
    let (_dir, store) = store();
    let old = store.first_link(1_000).expect("asked").expect("nobody yet");
    let link = store.first_link(1_001).expect("asked").expect("still nobody");
    assert!(matches!(store.look_at_link(&old, 1_002), Err(AccountsError::Link)), "an older link still works");
    assert_eq!(store.look_at_link(&link, 1_002).expect("good"), LinkFor::First);
    assert_eq!(store.look_at_link(&link, 1_002).expect("looking spends nothing"), LinkFor::First);
    let id = store.spend_first(&link, &noor(), "a boat in a storm", 1_003).expect("spent");
    assert!(matches!(store.spend_first(&link, &noor(), "another boat here", 1_004), Err(AccountsError::Link)));
    assert_eq!(store.first_link(1_005).expect("asked"), None);
    assert_eq!(store.check("noor.price", "a boat in a storm").expect("checked"), Some(id));
    assert_eq!(store.check("NOOR.PRICE", "a boat in a storm").expect("checked"), Some(id));
    assert_eq!(store.check("noor.price", "a boat in a storn").expect("checked"), None);
    assert_eq!(store.check("nobody", "a boat in a storm").expect("checked"), None);
}

#[test]
fn a_link_lapses_after_a_day() {
    let (_dir, store) = store();
    let link = store.first_link(1_000).expect("asked").expect("nobody yet");
    assert!(store.look_at_link(&link, 1_000 + LINK_S).is_ok());
    assert!(matches!(store.look_at_link(&link, 1_001 + LINK_S), Err(AccountsError::Link)));
}

#[test]
fn sessions_end_when_unused_when_old_when_signed_out_and_when_the_account_is_closed() {
    let (_dir, store) = store();
    let link = store.first_link(0).expect("asked").expect("nobody yet");
    let noor_id = store.spend_first(&link, &noor(), "a boat in a storm", 0).expect("spent");
    let token = store.start(noor_id, 10).expect("started");
    assert_eq!(store.session(&token, 20).expect("asked").map(|s| s.account.name), Some("Noor Price".into()));
    assert_eq!(store.session("something else", 20).expect("asked"), None);
    assert_eq!(store.session(&token, 11 + IDLE_S).expect("asked"), None, "unused for a shift");
    for t in (0..LIFE_S).step_by(3_600) {
        assert!(store.session(&token, 10 + t).expect("asked").is_some(), "in use at {t}");
    }
    assert_eq!(store.session(&token, 11 + LIFE_S).expect("asked"), None, "older than a session may be");

    let token = store.start(noor_id, 20).expect("started");
    let session = store.session(&token, 20).expect("asked").expect("holds");
    store.hide_names(&session.token, true).expect("hidden");
    assert!(store.session(&token, 20).expect("asked").expect("holds").names_hidden);
    assert_eq!(session.branch, None, "none was chosen");
    store.show_branch(&session.token, &BranchId::new("SQ").expect("a literal")).expect("chosen");
    assert_eq!(store.session(&token, 20).expect("asked").and_then(|s| s.branch), BranchId::new("SQ").ok());
    store.end(&session.token).expect("ended");
    assert_eq!(store.session(&token, 20).expect("asked"), None);

    let hugh = NewAccount { sign_in: "hugh".into(), role: Role::Coordinator, ..noor() };
    let (hugh_id, link) = store.add(&hugh, 30).expect("added");
    assert!(matches!(store.add(&hugh, 30), Err(AccountsError::Taken)));
    assert_eq!(store.check("hugh", "").expect("checked"), None, "no password yet");
    assert_eq!(store.spend_password(&link, "another boat here", 31).expect("spent"), hugh_id);
    assert!(matches!(store.spend_password(&link, "another boat here", 31), Err(AccountsError::Link)));
    let token = store.start(hugh_id, 32).expect("started");
    assert!(matches!(store.close(noor_id, 33), Err(AccountsError::LastAdministrator)));
    store.close(hugh_id, 33).expect("closed");
    assert_eq!(store.session(&token, 34).expect("asked"), None);
    assert_eq!(store.check("hugh", "another boat here").expect("checked"), None);
}

/// Every byte of every file of the accounts.
fn files(dir: &Path) -> Vec<u8> {
    let all = std::fs::read_dir(dir.join("accounts")).expect("readable");
    all.flat_map(|file| std::fs::read(file.expect("an entry").path()).expect("readable")).collect()
}

fn finds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
}

#[test]
fn no_token_no_password_and_no_name_stands_in_the_file() {
    let (dir, store) = store();
    let link = store.first_link(0).expect("asked").expect("nobody yet");
    let id = store.spend_first(&link, &noor(), "a boat in a storm", 0).expect("spent");
    let token = store.start(id, 10).expect("started");
    let while_open = files(dir.path());
    drop(store);
    for bytes in [while_open, files(dir.path())] {
        for secret in [link.as_str(), &token, "a boat in a storm", "Noor", "Price", "noor.price", "W-90", "administrator"] {
            assert!(!finds(&bytes, secret), "{secret}");
        }
    }
}

#[test]
fn a_store_of_the_first_schema_is_sealed_and_nobody_is_signed_out() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("accounts")).expect("a directory");
    let path = dir.path().join("accounts/accounts.db");
    let hash = password::hash("a boat in a storm", &Counting(AtomicU8::new(9)));
    let old = Connection::open(&path).expect("a file");
    old.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE account (id INTEGER PRIMARY KEY, sign_in TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
           worker TEXT NOT NULL, role TEXT NOT NULL, branches TEXT NOT NULL, password TEXT, closed_s INTEGER) STRICT;
         CREATE TABLE session (token BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES account,
           made_s INTEGER NOT NULL, seen_s INTEGER NOT NULL, names_hidden INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
         CREATE TABLE link (token BLOB PRIMARY KEY, account INTEGER REFERENCES account, made_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         PRAGMA user_version = 1;",
    )
    .expect("the first schema");
    old.execute("INSERT INTO account VALUES (4, 'noor.price', 'Noor Price', 'W-90', 'administrator', 'NQ SQ', ?1, NULL)", [&hash])
        .expect("a row");
    old.execute("INSERT INTO account VALUES (5, 'hugh', 'Hugh Irwin', 'W-91', 'coordinator', 'NQ', NULL, 7)", []).expect("a row");
    let token = Digest::of(b"cookie");
    old.execute("INSERT INTO session VALUES (?1, 4, 10, 20, 1)", [token.0]).expect("a session");
    old.execute("INSERT INTO link VALUES (?1, 4, 10)", [Digest::of(b"link").0]).expect("a link");
    drop(old);
    assert!(finds(&files(dir.path()), "Noor Price"), "this test can fail");

    let store = Store::open(&path, keys(dir.path()), random()).expect("brought forward");
    let all = store.all().expect("readable");
    let noor =
        NewAccount { sign_in: "noor.price".into(), branches: ["NQ", "SQ"].map(|b| BranchId::new(b).expect("a literal")).into(), ..noor() };
    assert_eq!((all[0].id, &all[0].name, &all[0].worker, &all[0].actor.branches), (4, &noor.name, &noor.worker, &noor.branches));
    assert_eq!((all[0].open, all[0].has_password, all[1].open, all[1].has_password), (true, true, false, false));
    assert_eq!(store.check("Noor.Price", "a boat in a storm").expect("checked"), Some(4));
    let session = store.session("cookie", 21).expect("asked").expect("still signed in");
    assert_eq!((session.account.id, session.names_hidden), (4, true));
    assert_eq!(store.look_at_link("link", 11).expect("still good"), LinkFor::Account(4));
    assert!(matches!(store.add(&noor, 30), Err(AccountsError::Taken)));
    let while_open = files(dir.path());
    drop(store);
    for bytes in [while_open, files(dir.path())] {
        for word in ["Noor", "Price", "Hugh", "Irwin", "W-90", "coordinator", "1$19456"] {
            assert!(!finds(&bytes, word), "{word} lies open");
        }
    }
    assert_eq!(Store::open(&path, keys_of(dir.path()), random()).expect("again").all().expect("readable"), all);
}

#[test]
fn another_offices_keys_open_no_account() {
    let (dir, store) = store();
    store.add(&noor(), 1).expect("added");
    drop(store);
    let other = tempfile::tempdir().expect("a directory");
    let store = Store::open(&dir.path().join("accounts/accounts.db"), keys(other.path()), random()).expect("opens");
    assert!(matches!(store.all(), Err(AccountsError::Sealed(_))));
}

#[test]
fn a_newer_store_is_left_alone() {
    let (dir, store) = store();
    drop(store);
    let path = dir.path().join("accounts/accounts.db");
    Connection::open(&path).and_then(|db| db.execute_batch("PRAGMA user_version = 9")).expect("written");
    let before = std::fs::read(&path).expect("readable");
    assert!(matches!(Store::open(&path, keys_of(dir.path()), random()), Err(AccountsError::Newer(9))));
    assert_eq!(std::fs::read(&path).expect("readable"), before);
}
