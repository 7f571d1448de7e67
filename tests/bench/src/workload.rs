//! The restoration storm's workload: visits and offline entries drawn from one seed, the same on every machine and
//! in every language. The generator is the public description of the workload turned into Rust; the tests hold its
//! digests.

use serde_json::{Map, Value, json};

/// Devices × visits of each named size.
pub fn size(name: &str) -> Option<(usize, usize)> {
    match name {
        "XS" => Some((5, 4)),
        "S" => Some((50, 10)),
        "M" => Some((200, 12)),
        "L" => Some((1000, 12)),
        other => {
            let (d, v) = other.split_once('x')?;
            Some((d.parse().ok()?, v.parse().ok()?))
        }
    }
}

/// xoshiro128** seeded by splitmix32 (Blackman and Vigna, "Scrambled linear pseudorandom number generators").
struct Rng([u32; 4]);

impl Rng {
    fn new(seed: u32) -> Rng {
        let mut x = seed;
        Rng(std::array::from_fn(|_| {
            x = x.wrapping_add(0x9e37_79b9);
            let mut z = x;
            z = (z ^ (z >> 16)).wrapping_mul(0x85eb_ca6b);
            z = (z ^ (z >> 13)).wrapping_mul(0xc2b2_ae35);
            z ^ (z >> 16)
        }))
    }
    fn next(&mut self) -> u32 {
        let s = &mut self.0;
        let out = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 9;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(11);
        out
    }
    fn int(&mut self, n: u32) -> i64 {
        i64::from(self.next() % n)
    }
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[(self.next() as usize) % from.len()]
    }
    fn ulid(&mut self) -> String {
        const B32: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        (0..26).map(|_| char::from(B32[(self.next() % 32) as usize])).collect()
    }
    /// Words until `n` characters are full, cut there.
    fn words(&mut self, n: usize) -> String {
        let mut text = String::new();
        let mut chars = 0;
        while chars < n {
            if !text.is_empty() {
                text.push(' ');
                chars += 1;
            }
            let word = self.pick(WORDS);
            text.push_str(word);
            chars += word.chars().count();
        }
        text.chars().take(n).collect()
    }
}

const WORDS: &[&str] = &[
    "assisted",
    "with",
    "breakfast",
    "and",
    "tea",
    "medication",
    "taken",
    "no",
    "concerns",
    "skin",
    "intact",
    "mobility",
    "steady",
    "using",
    "frame",
    "declined",
    "shower",
    "offered",
    "again",
    "later",
    "daughter",
    "visited",
    "mood",
    "bright",
    "slept",
    "well",
    "catheter",
    "draining",
    "clear",
    "fluids",
    "encouraged",
    "pressure",
    "areas",
    "checked",
    "cream",
    "applied",
    "left",
    "leg",
    "slight",
    "redness",
    "reported",
    "to",
    "office",
    "key",
    "returned",
    "safe",
    "door",
    "locked",
    "heating",
    "on",
    "cat",
    "fed",
    "bins",
    "out",
    "appetite",
    "good",
    "porridge",
    "eaten",
    "toast",
    "left",
    "walked",
    "to",
    "lounge",
    "with",
    "supervision",
    "café",
    "outing",
    "planned",
    "for",
    "Tuesday",
    "pain",
    "score",
    "two",
    "paracetamol",
    "offered",
    "accepted",
    "blood",
    "sugar",
    "recorded",
    "before",
    "meal",
    "family",
    "informed",
    "district",
    "nurse",
    "due",
    "tomorrow",
    "dressing",
    "dry",
    "clean",
];
const TASKS: &[&str] = &[
    "personal care",
    "wash and dress",
    "prepare breakfast",
    "prepare lunch",
    "fluids",
    "skin check",
    "continence care",
    "mobility support",
    "laundry",
    "welfare check",
    "key safe",
    "companionship",
];
const MEDS: &[&str] = &[
    "Paracetamol 500mg",
    "Amlodipine 5mg",
    "Metformin 500mg",
    "Furosemide 40mg",
    "Apixaban 2.5mg",
    "Sertraline 50mg",
    "Levothyroxine 50mcg",
    "Lansoprazole 15mg",
];

/// One visit: its plan and what was recorded about it offline, as flat JSON objects.
pub struct Visit {
    /// 26 characters.
    pub id: String,
    /// Which device visits.
    pub device: usize,
    /// Which device comes too, if any.
    pub second: Option<usize>,
    /// 13 planned fields.
    pub plan: Map<String, Value>,
    /// 14 entries of the first device.
    pub entries: Vec<Map<String, Value>>,
    /// 5 entries of the second.
    pub extra: Vec<Map<String, Value>>,
}

/// Draws the workload of `devices` × `visits`.
pub fn generate(devices: usize, visits: usize) -> Vec<Visit> {
    let mut r = Rng::new(20_260_101);
    let mut all = Vec::with_capacity(devices * visits);
    for d in 0..devices {
        for v in 0..visits {
            all.push(visit(&mut r, devices, d, v));
        }
    }
    all
}

fn visit(r: &mut Rng, devices: usize, d: usize, v: usize) -> Visit {
    const T0: i64 = 1_767_250_800_000; // 2026-01-01T07:00:00Z
    let start = T0 + v as i64 * 3_000_000;
    let worker = format!("W{d:05}");
    let id = r.ulid();
    let second = (devices > 1 && r.int(10) == 0).then(|| (d + 1 + r.int(devices as u32 - 1) as usize) % devices);
    let tasks: Vec<&str> = (0..6).map(|i| TASKS[(r.int(2) as usize + i * 2) % TASKS.len()]).collect();
    let plan = plan(r, &id, &worker, start, &tasks, second.is_some());
    let mut t = start;
    let mut e = |r: &mut Rng, kind: &str, rest: Value| entry(r, &id, &worker, kind, &mut t, rest);
    let mut entries = Vec::with_capacity(14);
    let here = json!({"lat": 51_000_000 + r.int(1_000_000), "lon": -r.int(1_000_000), "method": r.pick(&["nfc", "gps", "phone"])});
    entries.push(e(r, "checkin", here));
    for (i, task) in tasks.iter().enumerate() {
        let rest = json!({"task": task, "index": i, "outcome": r.pick(&["done", "done", "done", "declined", "not needed"])});
        entries.push(e(r, "task", rest));
    }
    for i in 0..3 {
        let rest = json!({
            "med": r.pick(MEDS), "dose": 1 + r.int(3), "unit": r.pick(&["tablet", "ml", "capsule"]),
            "route": r.pick(&["oral", "topical"]), "due": start + i * 600_000,
            "outcome": r.pick(&["taken", "taken", "taken", "refused", "absent"]),
            "witness": r.pick(&["none", "family", "colleague"]), "stock": r.int(60),
        });
        entries.push(e(r, "med", rest));
    }
    for _ in 0..2 {
        let rest = json!({
            "type": r.pick(&["temperature", "bp", "pulse", "spo2", "mood", "fluids"]), "value": r.int(2000),
            "unit": r.pick(&["mmHg", "bpm", "pct", "ml"]),
        });
        entries.push(e(r, "obs", rest));
    }
    let n = 390 + r.int(21) as usize;
    let note = json!({"text": r.words(n)});
    entries.push(e(r, "note", note));
    let there = json!({"lat": 51_000_000 + r.int(1_000_000), "lon": -r.int(1_000_000), "mileage": r.int(300)});
    entries.push(e(r, "checkout", there));
    let extra = second.map_or_else(Vec::new, |s| second_worker(r, &id, s, start, &tasks));
    for _ in 0..16 {
        r.next(); // the workload draws a name for another CRDT here
    }
    Visit { id, device: d, second, plan, entries, extra }
}

fn plan(r: &mut Rng, id: &str, worker: &str, start: i64, tasks: &[&str], double_up: bool) -> Map<String, Value> {
    let person = format!("P{:06}", r.int(100_000));
    let street = ["High Street", "Mill Lane", "Church Road", "Station Road"];
    object(json!({
        "visitId": id, "personId": person, "workerId": worker, "date": "2026-01-01", "start": start, "end": start + 2_700_000,
        "address": format!("{} {}", 1 + r.int(200), r.pick(&street)), "tasks": tasks, "priority": r.int(4),
        "timeCritical": r.int(5) == 0, "doubleUp": double_up, "careplanRev": 1 + r.int(40), "area": r.pick(&["N", "S", "E", "W"]),
    }))
}

fn second_worker(r: &mut Rng, id: &str, device: usize, start: i64, tasks: &[&str]) -> Vec<Map<String, Value>> {
    let worker = format!("W{device:05}");
    let mut t = start;
    let mut x = |r: &mut Rng, kind: &str, rest: Value| entry(r, id, &worker, kind, &mut t, rest);
    let here = json!({"lat": 51_000_000 + r.int(1_000_000), "lon": -r.int(1_000_000), "method": "gps"});
    let mut all = vec![x(r, "checkin", here)];
    all.push(x(r, "task", json!({"task": tasks[0], "index": 0, "outcome": "done"})));
    all.push(x(r, "task", json!({"task": tasks[3], "index": 3, "outcome": "done"})));
    let mood = json!({"type": "mood", "value": r.int(10), "unit": "pct"});
    all.push(x(r, "obs", mood));
    let there = json!({"lat": 51_000_000 + r.int(1_000_000), "lon": -r.int(1_000_000), "mileage": r.int(300)});
    all.push(x(r, "checkout", there));
    all
}

/// An entry: its own members are drawn before it, then its time, then its id.
fn entry(r: &mut Rng, visit: &str, by: &str, kind: &str, t: &mut i64, rest: Value) -> Map<String, Value> {
    *t += 20_000 + r.int(120_000);
    let mut all = object(json!({"id": r.ulid(), "visit": visit, "kind": kind, "at": *t, "by": by}));
    all.extend(object(rest));
    all
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Order-independent checksum of entries: the first 8 bytes of SHA-256 over each one's sorted JSON, summed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Checksum {
    /// How many.
    pub count: u64,
    /// The sum modulo 2^64.
    pub sum: u64,
}

impl Checksum {
    /// Adds one entry.
    pub fn add(&mut self, entry: &Map<String, Value>) {
        use sha2::Digest;
        let text = serde_json::to_string(entry).expect("string keys only");
        let digest = sha2::Sha256::digest(text.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        self.count += 1;
        self.sum = self.sum.wrapping_add(u64::from_be_bytes(first));
    }
    /// 16 hexadecimal digits.
    pub fn hex(&self) -> String {
        format!("{:016x}", self.sum)
    }
}

/// Checksum of a whole workload.
pub fn checksum(visits: &[Visit]) -> Checksum {
    let mut sum = Checksum::default();
    visits.iter().flat_map(|v| v.entries.iter().chain(&v.extra)).for_each(|e| sum.add(e));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workload_is_the_published_one() {
        let s = checksum(&generate(50, 10));
        assert_eq!((s.count, s.hex().as_str()), (7_260, "479b68266e7e2370"));
        let m = checksum(&generate(200, 12));
        assert_eq!((m.count, m.hex().as_str()), (34_850, "316f144202513150"));
    }
}
