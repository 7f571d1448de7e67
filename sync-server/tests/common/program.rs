//! The real program, serving a directory, and a phone that reaches it over a socket.
#![allow(dead_code, clippy::unwrap_used)]

use crate::common::*;
use holdfast_host::{ManualClock, SystemRandom, VirtualTime};
use holdfast_model::port::{Answer, Ask};
use holdfast_model::time::Millis;
use holdfast_model::wire::{Role, SyncReply};
use holdfast_sync_server::Office;
use holdfast_sync_server::admin::master_key;
use holdfast_sync_server::office::WorkerRecord;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The program, serving a directory.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    pub link: Option<String>,
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-server"));
    command.env_remove("CREDENTIALS_DIRECTORY").env_remove("RUST_LOG");
    command
}

pub fn once(data: &Path, args: &[&str]) -> Output {
    program().arg("--data").arg(data).arg("--json").args(args).output().unwrap()
}

impl Server {
    pub fn start(data: &Path) -> Server {
        let mut child = program()
            .arg("--data")
            .arg(data)
            .args(["--json", "serve", "--listen", "127.0.0.1:0", "--branch", "NQ"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["listening"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        Server { child, address, link: said["first_link"].as_str().map(str::to_owned) }
    }
    pub fn ask(&self, method: &str, path: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: office\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // A server that refuses a large body early may close before all of it is written.
        let _ = stream.write_all(body);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let end = all.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer");
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect();
        Answer { status, headers, body: all[end + 4..].to_vec() }
    }
    pub fn get(&self, path: &str) -> (u16, String) {
        let answer = self.ask("GET", path, &[], b"");
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    }
    pub fn post(&self, ask: &Ask) -> Answer {
        self.ask("POST", &ask.path, &ask.headers, &ask.body)
    }
    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A directory in which some workers are known.
pub fn founded() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (master, _) = master_key(&data, None, &SystemRandom::new()).unwrap();
    let mut config = config(&data, &ManualClock::alone(now()), &[]);
    config.master_key = master;
    let office = Office::open(config).unwrap();
    let asha = WorkerRecord { id: worker("W-1"), name: "Asha Bello".into(), role: Role::Worker, branch: branch(), phone: String::new() };
    let hugh = WorkerRecord { id: worker("C-1"), name: "Hugh Irwin".into(), role: Role::Coordinator, ..asha.clone() };
    office.record_many(&worker("C-1"), &branch(), &[asha, hugh], Vec::new()).unwrap();
    office.close();
    (dir, data)
}

pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Millis(since.as_millis() as i64)
}

pub fn phone(server: &Server, data: &Path, of: &str) -> TestPhone {
    let made = once(data, &["enrol-code", "--worker", of]);
    let code: Value = serde_json::from_slice(&made.stdout).unwrap();
    TestPhone::enrol_by(&mut |ask| server.post(&ask), &VirtualTime::starting(now()), code["code"].as_str().unwrap()).unwrap()
}

pub fn sync(server: &Server, phone: &mut TestPhone) -> SyncReply {
    let pushes = if phone.seq > phone.have_to { vec![phone.push(phone.have_to + 1, phone.seq)] } else { vec![] };
    let ask = phone.request(&pushes, 4 << 20);
    let answer = server.post(&ask);
    phone.take(&ask, answer).unwrap()
}
