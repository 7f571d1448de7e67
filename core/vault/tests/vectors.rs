//! What was written once opens for ever: every format's vectors, each made by the version named in its file.
//!
//! A change that turns one of these red breaks every store in the field. The answer is a new version byte beside the old one, never a new vector in
//! place of an old one. `cargo test -p holdfast-vault --test vectors -- --ignored` writes files that are missing and touches no other.

use data_encoding::HEXLOWER;
use holdfast_host::{SeededRandom, SystemRandom};
use holdfast_model::id::{ChainEpoch, DeviceId, ProviderId, WorkerId};
use holdfast_model::port::Random;
use holdfast_vault::code::OneTimeCode;
use holdfast_vault::{
    Aad, BlindIndex, Cost, DataKey, FileCustodian, Holder, KeyCustodian, KeyId, MasterKey, MasterKeySource, OutboxPlace, OutboxSealer,
    Padding, Pin, ProviderKeys, PublicKey, Secret32, SigningKey, WorkerLock, open, seal,
};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const TEXT: &str = "Paracetamol 500 mg, given at 09:30, all of it.";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

fn vector(name: &str) -> Value {
    let text = std::fs::read_to_string(file(name)).expect("the vector is in the repository");
    serde_json::from_str(&text).expect("the vector is JSON")
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn text<'a>(v: &'a Value, key: &str) -> &'a str {
    v[key].as_str().unwrap_or_else(|| panic!("the vector has {key}"))
}

fn bytes(v: &Value, key: &str) -> Vec<u8> {
    HEXLOWER.decode(text(v, key).as_bytes()).expect("hexadecimal")
}

fn key(v: &Value, name: &str) -> Secret32 {
    Secret32::from_slice(&bytes(v, name)).expect("32 bytes")
}

/// Gives back the bytes that a vector's value was sealed with, so that sealing again must give the same value.
struct Salt(Vec<u8>);
impl Random for Salt {
    fn fill(&self, out: &mut [u8]) {
        out.copy_from_slice(&self.0[..out.len()]);
    }
}

#[test]
fn sealed_values_of_version_1() {
    let v = vector("sealed-v1.json");
    let id: [u8; 8] = bytes(&v, "key_id").try_into().expect("8 bytes");
    let data_key = DataKey::new(KeyId(id), &key(&v, "data_key"));
    let (install, row, document) = (bytes(&v, "install"), bytes(&v, "row"), bytes(&v, "document"));
    let aad = Aad { provider: text(&v, "provider"), install: &install, table: text(&v, "table"), row: &row, document: &document };
    for (name, padding) in [("padded", Padding::Bucket), ("unpadded", Padding::None)] {
        let sealed = bytes(&v, name);
        assert_eq!(open(&data_key, &aad, &sealed).expect("opens").as_slice(), text(&v, "plaintext").as_bytes());
        let again = seal(&data_key, &aad, padding, text(&v, "plaintext").as_bytes(), &Salt(bytes(&v, "salt")));
        assert_eq!(hex(&again), hex(&sealed), "{name}");
    }
    let index = BlindIndex::new(&key(&v, "index_key"));
    assert_eq!(hex(index.row("visit", b"V-1").as_bytes()), text(&v, "row_id_of_visit_v_1"));
}

#[test]
fn worker_locks_of_version_1_and_the_custodian_files_they_need() {
    let v = vector("worker-lock-v1.json");
    let dir = tempfile::tempdir().expect("a directory");
    let keys = dir.path().join("keys");
    std::fs::create_dir(&keys).expect("makes");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o700)).expect("sets");
    for (name, contents) in v["custodian_files"].as_object().expect("an object") {
        let path = keys.join(name);
        std::fs::write(&path, HEXLOWER.decode(contents.as_str().expect("text").as_bytes()).expect("hexadecimal")).expect("writes");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("sets");
    }
    let custodian = FileCustodian::open(&keys, Arc::new(SystemRandom::new())).expect("opens");
    assert_eq!(custodian.public_key().expect("a key").to_string(), text(&v, "device_public_key"));
    let (provider, worker) = (ProviderId::new(text(&v, "provider")).expect("an id"), WorkerId::new(text(&v, "worker")).expect("an id"));
    let lock = WorkerLock::from_bytes(&bytes(&v, "lock")).expect("reads");
    let pin = Pin::typed(text(&v, "pin")).expect("a PIN");
    let opened = lock.open(Holder { provider: &provider, worker: &worker }, &pin, &custodian).expect("opens");
    assert_eq!(hex(opened.subkey("vector").expose()), text(&v, "subkey_vector"));
    assert_eq!(hex(&opened.data_key().id().0), text(&v, "data_key_id"));
    assert_eq!(hex(opened.index().row("visit", b"V-1").as_bytes()), text(&v, "row_id_of_visit_v_1"));
    assert_eq!(hex(&lock.to_bytes()), text(&v, "lock"));
}

#[test]
fn outbox_values_of_version_1() {
    let v = vector("outbox-v1.json");
    let keys = ProviderKeys::from_seed(key(&v, "provider_seed"));
    assert_eq!(keys.public(), text(&v, "provider_key"));
    let (provider, device) = (ProviderId::new(text(&v, "provider")).expect("an id"), DeviceId::new(text(&v, "device")).expect("an id"));
    let epoch = ChainEpoch::parse(text(&v, "epoch")).expect("an epoch");
    let place = OutboxPlace { provider: &provider, device: &device, epoch, seq: v["seq"].as_u64().expect("a number") };
    let opened = keys.opener().open(&place, &bytes(&v, "sealed")).expect("opens");
    assert_eq!(opened.as_slice(), text(&v, "plaintext").as_bytes());
}

#[test]
fn server_keys_of_version_1() {
    let v = vector("server-v1.json");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("master.key");
    std::fs::write(&path, text(&v, "master_key_file")).expect("writes");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("sets");
    let master = MasterKey::open(&MasterKeySource::File(path), Path::new("/nowhere")).expect("opens");
    let subject = master.open_subject_key(text(&v, "subject"), &bytes(&v, "wrapped_subject_key")).expect("opens");
    let aad = Aad { provider: "northquay", install: b"vector", table: "segment", row: b"1", document: b"visit:V-1" };
    assert_eq!(open(&subject, &aad, &bytes(&v, "segment")).expect("opens").as_slice(), TEXT.as_bytes());
    let secret = master.open_secret("office_key", &bytes(&v, "sealed_office_key")).expect("opens");
    let office = SigningKey::from_pkcs8(&secret).expect("a key");
    assert_eq!(office.public_key().to_string(), text(&v, "office_public_key"));
    let public = PublicKey::parse(text(&v, "office_public_key")).expect("a key");
    assert_eq!(public.verify_text(TEXT.as_bytes(), text(&v, "signature")), Ok(()));
    let cursor = master.mac_key("cursor").check(b"D-01", text(&v, "cursor"));
    assert_eq!(cursor.as_deref(), Some(b"branch 7".as_slice()));
    let code = OneTimeCode::parse(text(&v, "code")).expect("a code");
    assert_eq!(code.digest(&master.mac_key("code")).to_string(), text(&v, "code_digest"));
}

#[test]
#[ignore = "writes vectors of a new format; run once, by hand"]
fn write_missing() {
    let random = SeededRandom::new(20_261_103);
    write("sealed-v1.json", || {
        let mut salt = [0; 24];
        random.fill(&mut salt);
        let (id, data_key, index_key) = (KeyId::random(&random), Secret32::random(&random), Secret32::random(&random));
        let aad = Aad { provider: "northquay", install: b"install1", table: "entry", row: b"row name", document: b"document" };
        let ready = DataKey::new(id, &data_key);
        let sealed = |padding| hex(&seal(&ready, &aad, padding, TEXT.as_bytes(), &Salt(salt.to_vec())));
        json!({
            "data_key": hex(data_key.expose()), "key_id": hex(&id.0), "salt": hex(&salt),
            "provider": aad.provider, "install": hex(aad.install), "table": aad.table, "row": hex(aad.row), "document": hex(aad.document),
            "plaintext": TEXT, "padded": sealed(Padding::Bucket), "unpadded": sealed(Padding::None),
            "index_key": hex(index_key.expose()),
            "row_id_of_visit_v_1": hex(BlindIndex::new(&index_key).row("visit", b"V-1").as_bytes()),
        })
    });
    write("worker-lock-v1.json", || {
        let dir = tempfile::tempdir().expect("a directory");
        let keys = dir.path().join("keys");
        let custodian = FileCustodian::open(&keys, Arc::new(SystemRandom::new())).expect("opens");
        let (provider, worker) = (ProviderId::new("northquay").expect("an id"), WorkerId::new("W-01").expect("an id"));
        let holder = Holder { provider: &provider, worker: &worker };
        let pin = Pin::typed("482913").expect("a PIN");
        let (lock, key) = WorkerLock::create(holder, &pin, Cost::PHONE, &custodian, &random).expect("creates");
        let mut files = serde_json::Map::new();
        for entry in std::fs::read_dir(&keys).expect("lists").flatten() {
            let contents = std::fs::read(entry.path()).expect("reads");
            files.insert(entry.file_name().to_string_lossy().into_owned(), hex(&contents).into());
        }
        json!({
            "provider": "northquay", "worker": "W-01", "pin": "482913", "custodian_files": files,
            "device_public_key": custodian.public_key().expect("a key").to_string(), "lock": hex(&lock.to_bytes()),
            "subkey_vector": hex(key.subkey("vector").expose()), "data_key_id": hex(&key.data_key().id().0),
            "row_id_of_visit_v_1": hex(key.index().row("visit", b"V-1").as_bytes()),
        })
    });
    write("outbox-v1.json", || {
        let keys = ProviderKeys::generate(&random);
        let (provider, device) = (ProviderId::new("northquay").expect("an id"), DeviceId::new("D-01").expect("an id"));
        let sealer = OutboxSealer::new(keys.public(), &provider, &device, &random).expect("a good key");
        let place = OutboxPlace { provider: &provider, device: &device, epoch: ChainEpoch([7; 8]), seq: 42 };
        json!({
            "provider_seed": hex(keys.seed().expose()), "provider_key": keys.public(), "provider": "northquay", "device": "D-01",
            "epoch": place.epoch.to_string(), "seq": 42, "plaintext": TEXT, "sealed": hex(&sealer.seal(&place, TEXT.as_bytes(), &random)),
        })
    });
    write("server-v1.json", || {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("master.key");
        let master = MasterKey::create(&path, Path::new("/nowhere"), &random).expect("creates");
        let (subject, wrapped) = master.new_subject_key("person:P-101", &random);
        let aad = Aad { provider: "northquay", install: b"vector", table: "segment", row: b"1", document: b"visit:V-1" };
        let (office, pkcs8) = SigningKey::generate();
        let code = OneTimeCode::generate(&random);
        json!({
            "master_key_file": std::fs::read_to_string(&path).expect("reads"), "subject": "person:P-101",
            "wrapped_subject_key": hex(&wrapped), "segment": hex(&seal(&subject, &aad, Padding::None, TEXT.as_bytes(), &random)),
            "sealed_office_key": hex(&master.seal_secret("office_key", pkcs8.expose(), &random)),
            "office_public_key": office.public_key().to_string(), "signature": office.sign_text(TEXT.as_bytes()),
            "cursor": master.mac_key("cursor").protect(b"D-01", b"branch 7"),
            "code": code.to_string(), "code_digest": code.digest(&master.mac_key("code")).to_string(),
        })
    });
}

fn write(name: &str, make: impl FnOnce() -> Value) {
    if !file(name).exists() {
        let text = serde_json::to_string_pretty(&make()).expect("JSON");
        std::fs::write(file(name), text + "\n").expect("writes");
    }
}
