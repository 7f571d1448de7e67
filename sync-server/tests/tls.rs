//! TLS against the office's own listener: a real handshake with files as an administrator would give them, and what is wrong with files that will not do.
#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::routing::get;
use holdfast_engine::HttpNetwork;
use holdfast_engine::port::{Ask, Network, NetworkFault, ServerAddress};
use holdfast_model::time::Millis;
use holdfast_sync_server::OfficeError;
use holdfast_sync_server::http::{Certificate, Stop, Tls, serve};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn pem(what: &str, der: &[u8]) -> String {
    format!("-----BEGIN {what}-----\n{}-----END {what}-----\n", data_encoding::BASE64_MIME.encode(der))
}

/// A key and a certificate of its own making, in two files.
fn files(dir: &Path, name: &str, until: i32) -> Tls {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut about = rcgen::CertificateParams::new(vec!["office.invalid".to_owned()]).unwrap();
    about.not_before = rcgen::date_time_ymd(1975, 1, 1);
    about.not_after = rcgen::date_time_ymd(until, 12, 31);
    let tls = Tls { cert: dir.join(format!("{name}.pem")), key: dir.join(format!("{name}.key")) };
    std::fs::write(&tls.cert, pem("CERTIFICATE", about.self_signed(&key).unwrap().der())).unwrap();
    std::fs::write(&tls.key, pem("PRIVATE KEY", &key.serialize_der())).unwrap();
    tls
}

/// An office's listener with these files; gives its address.
fn listening(runtime: &tokio::runtime::Runtime, tls: Tls, stop: &Stop) -> String {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let app = Router::new().route("/v1/health", get(|| async { "well" }));
    runtime.spawn(serve(listener, app, Some(tls), stop.clone()));
    address
}

fn ask(url: &str) -> Result<Vec<u8>, NetworkFault> {
    let network = HttpNetwork::new().unwrap();
    network.reach(&[ServerAddress::parse(url).unwrap()]);
    // The phone's way to the office posts; what matters is who answers.
    let ask = Ask { path: "/v1/health".into(), headers: vec![], body: vec![] };
    network.exchange(ask, Duration::from_secs(20)).map(|answer| answer.status.to_string().into_bytes())
}

#[test]
fn a_phone_with_the_pin_comes_through_at_any_date_and_without_it_or_with_another_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stop = Stop::default();
    for (name, until) in [("valid", 2099), ("run-out", 1976)] {
        let tls = files(dir.path(), name, until);
        let pin = tls.check().unwrap().pin;
        let address = listening(&runtime, tls, &stop);
        // Whatever the path makes of it: the office answered, over TLS.
        assert_eq!(ask(&format!("https://{address}#{pin}")), Ok(b"405".to_vec()), "{name}");
        let other = data_encoding::BASE64URL_NOPAD.encode(&[7; 32]);
        assert_eq!(ask(&format!("https://{address}#{other}")), Err(NetworkFault::NotTrusted), "{name}");
        let unpinned = ask(&format!("https://{address}"));
        assert!(matches!(unpinned, Err(NetworkFault::NotTrusted | NetworkFault::ClockSuspect)), "{name}: {unpinned:?}");
        assert!(ask(&format!("http://{address}")).is_err(), "nothing is said in the open");
    }
    stop.now();
}

#[test]
fn files_that_will_not_do_are_named_each_with_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let (good, other) = (files(dir.path(), "good", 2099), files(dir.path(), "other", 2099));
    let empty = dir.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let rubbish = dir.path().join("rubbish");
    std::fs::write(&rubbish, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let missing = dir.path().join("missing");
    let cases = [
        (missing.clone(), good.key.clone(), "the certificate cannot be read"),
        (good.cert.clone(), missing, "the key cannot be read"),
        (empty.clone(), good.key.clone(), "the certificate is not in PEM"),
        (rubbish, good.key.clone(), "the certificate is not in PEM"),
        (good.key.clone(), good.key.clone(), "the certificate is not in PEM"),
        (good.cert.clone(), empty, "the key is not in PEM"),
        (good.cert.clone(), good.cert.clone(), "the key is not in PEM"),
        (good.cert.clone(), other.key.clone(), "the key is not that of the certificate"),
    ];
    for (cert, key, says) in cases {
        let tls = Tls { cert, key };
        let error = tls.check().unwrap_err();
        assert_eq!(error, OfficeError::Tls(says), "{tls:?}");
        assert_eq!(error.code(), "tls_unusable");
        // The program says so at once: nobody is told that it listens, and no store is made.
        let data = dir.path().join("data");
        let out = Command::new(env!("CARGO_BIN_EXE_holdfast-server"))
            .env_remove("CREDENTIALS_DIRECTORY")
            .arg("--data")
            .arg(&data)
            .args(["--json", "serve", "--listen", "127.0.0.1:0", "--tls-cert"])
            .arg(&tls.cert)
            .arg("--tls-key")
            .arg(&tls.key)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(!out.status.success() && said.contains("tls_unusable") && !said.contains("listening"), "{said}");
        assert!(!data.exists());
    }
    assert!(good.check().is_ok());
}

#[test]
fn a_certificate_that_has_run_out_is_served_and_said_to_have() {
    let dir = tempfile::tempdir().unwrap();
    let now = Millis::parse_rfc3339("2026-11-03T09:00:00Z").unwrap();
    let said = |until| files(dir.path(), "some", until).check().unwrap().runs_out(now);
    assert_eq!(said(2099), None);
    assert!(said(1976).is_some_and(|text| text.contains("1976-12-31") && text.contains("pin")));
    assert_eq!(said(2026), None, "58 days are time enough");
    let soon = Certificate { from: now, until: now.plus(3 * holdfast_model::time::DAY), pin: String::new() };
    assert!(soon.runs_out(now).is_some_and(|text| text.contains("runs out")));
    let early = Certificate { from: now.plus(1), until: now.plus(2), pin: String::new() };
    assert!(early.runs_out(now).is_some_and(|text| text.contains("not hold yet")));
}
