//! A browser without eyes: just enough HTTP to fill in the console's forms on this very machine.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What a page answered.
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// Header lines, names in lower case.
    headers: Vec<(String, String)>,
    /// The page.
    pub body: String,
}

impl Page {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Somebody at the console: an address and, once signed in, a cookie.
pub struct Visitor {
    office: SocketAddr,
    cookie: Option<String>,
}

impl Visitor {
    /// Nobody yet.
    pub fn at(office: SocketAddr) -> Visitor {
        Visitor { office, cookie: None }
    }

    /// Sends a form in.
    pub fn post(&mut self, path: &str, form: &[(&str, &str)]) -> std::io::Result<Page> {
        let body: Vec<String> = form.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let form = body.join("&");
        let host = self.office;
        let mut request = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\nconnection: close\r\n");
        if let Some(cookie) = &self.cookie {
            request.push_str(&format!("cookie: {cookie}\r\n"));
        }
        let length = form.len();
        request.push_str(&format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"));
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let page = read(&String::from_utf8_lossy(&answer)).ok_or(std::io::ErrorKind::InvalidData)?;
        let cookies = page.headers.iter().filter(|(name, _)| name == "set-cookie");
        if let Some(cookie) = cookies.filter_map(|(_, value)| value.split(';').next()).next_back() {
            self.cookie = Some(cookie.to_owned());
        }
        Ok(page)
    }
}

fn read(answer: &str) -> Option<Page> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Some(Page { status, headers: lines.filter_map(header).collect(), body: body.to_owned() })
}

/// `application/x-www-form-urlencoded`.
fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte as char),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
