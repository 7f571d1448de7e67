//! The observer of the storm: a device of a coordinator that listens to its branch and pulls whatever is new. It does
//! what a phone must do with what it is handed (the office's signature, every segment through the gate), and keeps the
//! texts in memory, as the other peers' observers keep their replicas.

use crate::client::{Failure, http};
use crate::lines::{commands, emit, now_ms};
use crate::map;
use crate::workload::{self, Checksum};
use holdfast_host::SystemClock;
use holdfast_model::document;
use holdfast_model::entry::{Read, Text};
use holdfast_model::id::{ChainEpoch, DeviceId};
use holdfast_model::port::Clock;
use holdfast_model::wire::{
    self, DEVICE_HEADER, EnrolReply, EnrolRequest, Heartbeat, SIGNATURE_HEADER, SyncReply, SyncRequest, reply_signed_bytes,
    request_signed_bytes,
};
use holdfast_vault::{PublicKey, SigningKey};
use serde_json::json;
use std::path::Path;

/// Most bytes of text asked for at once.
const WANT: u32 = 4 << 20;

struct Observer {
    base: String,
    client: reqwest::Client,
    key: SigningKey,
    office_key: PublicKey,
    device: DeviceId,
    cursor: Option<String>,
    number: u64,
    texts: Vec<Text>,
}

/// The observer role.
pub async fn observer(port: u16, size: &str, data: &Path) -> Result<(), Failure> {
    let (d, v) = workload::size(size).ok_or("no such size")?;
    let expected = workload::checksum(&workload::generate(d, v)).count as usize;
    let codes: Vec<String> = serde_json::from_slice(&std::fs::read(data.join("codes.json"))?)?;
    let mut me = Observer::enrol(port, codes.last().ok_or("no code")?).await?;
    let mut live = me.listen().await?;
    me.pull().await?;
    // What the office planned is here now; only what the phones bring is counted.
    me.texts.clear();
    emit(&json!({"ev": "ready"}));
    let (mut lines, mut said) = (commands(), false);
    loop {
        tokio::select! {
            nudge = live.chunk() => {
                nudge?.ok_or("the stream ended")?;
                me.pull().await?;
                if me.texts.len() >= expected && !said {
                    said = true;
                    emit(&json!({"ev": "complete", "t": now_ms(), "n": me.texts.len()}));
                }
            }
            line = lines.recv() => match line.as_deref() {
                Some("progress") => emit(&json!({"ev": "progress", "n": me.texts.len()})),
                Some("verify") => me.say_checksum(),
                Some("quit") | None => return Ok(()),
                _ => {}
            }
        }
    }
}

impl Observer {
    async fn enrol(port: u16, code: &str) -> Result<Observer, Failure> {
        let base = format!("http://127.0.0.1:{port}");
        let (client, (key, _)) = (http()?, SigningKey::generate());
        let request = EnrolRequest {
            v: wire::VERSION,
            code: code.to_owned(),
            device_key: key.public_key().to_string(),
            label: "observer".into(),
            epoch: ChainEpoch([9; 8]),
            device: None,
            worker: None,
        };
        let reply = client.post(format!("{base}/v1/enrol")).body(serde_json::to_vec(&request)?).send().await?;
        let reply: EnrolReply = serde_json::from_slice(&reply.error_for_status()?.bytes().await?)?;
        let office_key = PublicKey::parse(&reply.office_key).ok_or("the office's key is none")?;
        Ok(Observer { base, client, key, office_key, device: reply.device, cursor: None, number: 0, texts: Vec::new() })
    }

    async fn listen(&self) -> Result<reqwest::Response, Failure> {
        let signature = self.key.sign_text(&request_signed_bytes(b"GET /v1/live"));
        let request = self.client.get(format!("{}/v1/live", self.base));
        let request = request.header(DEVICE_HEADER, self.device.as_str()).header(SIGNATURE_HEADER, signature);
        Ok(request.send().await?.error_for_status()?)
    }

    /// Pulls until there is no more.
    async fn pull(&mut self) -> Result<(), Failure> {
        while self.pull_once().await? {}
        Ok(())
    }

    async fn pull_once(&mut self) -> Result<bool, Failure> {
        self.number += 1;
        let head = SyncRequest {
            v: wire::VERSION,
            device: self.device.clone(),
            epoch: ChainEpoch([9; 8]),
            number: self.number,
            clock: SystemClock::new().read(),
            samples: Vec::new(),
            cursor: self.cursor.clone(),
            want_bytes: WANT,
            reader: None,
            heartbeat: Heartbeat { app: "observer".into(), ..Heartbeat::default() },
        };
        let body = wire::encode_request(&head, &[], &[]);
        let signature = self.key.sign_text(&request_signed_bytes(&body));
        let request = self.client.post(format!("{}/v1/sync", self.base)).body(body.clone());
        let request = request.header(DEVICE_HEADER, self.device.as_str()).header(SIGNATURE_HEADER, signature);
        let reply = request.send().await?.error_for_status()?;
        let signed = reply.headers().get(SIGNATURE_HEADER).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = reply.bytes().await?;
        self.office_key.verify_text(&reply_signed_bytes(&body, &bytes), &signed).map_err(|_| "not signed by the office")?;
        let (reply, pushes): (SyncReply, _) = wire::decode_reply(&bytes)?;
        for segment in pushes.iter().flat_map(|p| &p.segments) {
            document::rebuild(segment)?;
            self.texts.extend(segment.texts.iter().cloned());
        }
        self.cursor = Some(reply.cursor);
        Ok(reply.more)
    }

    fn say_checksum(&self) {
        let mut sum = Checksum::default();
        for text in &self.texts {
            if let Ok(Read::Known(entry)) = Read::parse(text)
                && let Some(original) = map::original(&entry)
            {
                sum.add(&original);
            }
        }
        emit(&json!({"ev": "checksum", "count": sum.count, "sum": sum.hex()}));
    }
}
