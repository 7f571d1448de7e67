//! The way to the office over HTTP, with one constructor for its client.

use crate::port::{Answer, Ask, Network, NetworkFault, ServerAddress};
use holdfast_model::limits;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one address may take to accept a connection before the next is tried.
const CONNECT: Duration = Duration::from_secs(8);

/// HTTP(S) to the office's servers: the first that answers is kept for the next exchange.
///
/// It owns a small runtime, so that [`Network::exchange`] blocks its caller and nobody else. Do not call it from within an
/// asynchronous task; the engine's actor thread is the place for it.
pub struct HttpNetwork {
    runtime: tokio::runtime::Runtime,
    routes: Mutex<Vec<Route>>,
}

#[derive(Clone)]
struct Route {
    server: ServerAddress,
    /// Made with the first exchange: a phone opens without it. `Some(None)`: an address that may not be used.
    client: Option<Option<reqwest::Client>>,
}

impl HttpNetwork {
    /// Makes it, reaching nobody until [`Network::reach`] is told whom.
    pub fn new() -> Result<HttpNetwork, NetworkFault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| NetworkFault::Unreachable)?;
        Ok(HttpNetwork { runtime, routes: Mutex::new(Vec::new()) })
    }

    fn routes(&self) -> Vec<(String, Option<reqwest::Client>)> {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.iter_mut().map(|r| (r.server.url.clone(), r.client.get_or_insert_with(|| client(&r.server)).clone())).collect()
    }

    /// The route that worked comes first from now on.
    fn prefer(&self, url: &str) {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = routes.iter().position(|r| r.server.url == url) {
            routes[..=at].rotate_right(1);
        }
    }
}

impl Network for HttpNetwork {
    fn exchange(&self, ask: Ask, timeout: Duration) -> Result<Answer, NetworkFault> {
        let mut worst = NetworkFault::Unreachable;
        for (url, client) in self.routes() {
            let Some(client) = client else {
                worst = NetworkFault::Address;
                continue;
            };
            match self.runtime.block_on(exchange(&client, &url, &ask, timeout)) {
                Ok(answer) => {
                    self.prefer(&url);
                    return Ok(answer);
                }
                // What says most about the cause is what the person hears.
                Err(fault) if worst == NetworkFault::Unreachable => worst = fault,
                Err(_) => {}
            }
        }
        Err(worst)
    }

    fn reach(&self, servers: &[ServerAddress]) {
        let routes = servers.iter().map(|s| Route { server: s.clone(), client: None }).collect();
        *self.routes.lock().unwrap_or_else(PoisonError::into_inner) = routes;
    }
}

/// THE constructor of HTTP clients. `reqwest::Client::new()` is not used anywhere: it panics on Android, and trusts more than it should.
fn client(server: &ServerAddress) -> Option<reqwest::Client> {
    if !server.url.starts_with("https://") && !server.is_loopback() {
        return None;
    }
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(server.pin.as_deref())?)
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("holdfast/", env!("CARGO_PKG_VERSION")))
        .build()
        .ok()
}

/// rustls over ring: the provider's pinned key when there is one, else the public web's roots.
fn tls(pin: Option<&str>) -> Option<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().ok()?;
    let mut config = match pin {
        Some(pin) => {
            let pin = data_encoding::BASE64URL_NOPAD.decode(pin.as_bytes()).ok()?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(PinnedKey::new(pin, &provider))).with_no_client_auth()
        }
        None => {
            let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Some(config)
}

/// Trusts one public key, whatever the certificate around it says about names and dates: the key came with the enrolment.
#[derive(Debug)]
struct PinnedKey {
    sha256: Vec<u8>,
    schemes: WebPkiSupportedAlgorithms,
}

impl PinnedKey {
    fn new(sha256: Vec<u8>, provider: &CryptoProvider) -> PinnedKey {
        PinnedKey { sha256, schemes: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for PinnedKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let key = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        let found = ring::digest::digest(&ring::digest::SHA256, key.as_ref());
        match found.as_ref() == self.sha256 {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)),
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.schemes)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.schemes)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.supported_schemes()
    }
}

async fn exchange(client: &reqwest::Client, base: &str, ask: &Ask, timeout: Duration) -> Result<Answer, NetworkFault> {
    let mut request = client.post(format!("{base}{}", ask.path)).timeout(timeout).body(ask.body.clone());
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    let mut response = request.send().await.map_err(|e| fault(&e))?;
    let headers =
        response.headers().iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect();
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|e| fault(&e))? {
        if body.len() + piece.len() > limits::INFLATED_BYTES {
            return Err(NetworkFault::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { status, headers, body })
}

/// Which of the few causes a person can act on lies under an error.
fn fault(error: &reqwest::Error) -> NetworkFault {
    let mut cause = error.source();
    while let Some(e) = cause {
        if let Some(tls) = tls_in(e) {
            return tls_fault(tls);
        }
        cause = e.source();
    }
    if error.is_timeout() && !error.is_connect() { NetworkFault::TimedOut } else { NetworkFault::Unreachable }
}

/// The TLS error that this is, or that it wraps: `source` of an `io::Error` skips the very error it was made from.
fn tls_in<'e>(e: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    e.downcast_ref::<rustls::Error>().or_else(|| tls_in(e.downcast_ref::<std::io::Error>()?.get_ref()?))
}

fn tls_fault(error: &rustls::Error) -> NetworkFault {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    match error {
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }) => {
            NetworkFault::ClockSuspect
        }
        _ => NetworkFault::NotTrusted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn ask() -> Ask {
        Ask { path: "/v1/sync".into(), headers: vec![("holdfast-device".into(), "D-1".into())], body: b"question".to_vec() }
    }

    fn network(url: &str) -> HttpNetwork {
        let network = HttpNetwork::new().expect("a runtime");
        network.reach(&[ServerAddress::parse(url).expect("an address")]);
        network
    }

    /// Serves one connection with fixed bytes and hands back what was asked.
    fn serve(reply: &'static [u8]) -> (String, std::thread::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a caller");
            let mut asked = vec![0; 64 * 1024];
            let mut n = 0;
            while !asked[..n].ends_with(b"question") {
                match stream.read(&mut asked[n..]).expect("bytes") {
                    0 => break,
                    more => n += more,
                }
                if asked[0] == 22 {
                    break;
                }
            }
            stream.write_all(reply).expect("sent");
            asked.truncate(n);
            asked
        });
        (address.to_string(), server)
    }

    #[test]
    fn a_question_goes_out_and_its_answer_comes_back() {
        let (address, server) = serve(b"HTTP/1.1 418 x\r\nholdfast-signature: abc\r\ncontent-length: 4\r\n\r\nback");
        let answer = network(&format!("http://{address}")).exchange(ask(), Duration::from_secs(5)).expect("an answer");
        assert_eq!((answer.status, answer.body.as_slice(), answer.header("holdfast-signature")), (418, b"back".as_slice(), Some("abc")));
        let asked = String::from_utf8(server.join().expect("served")).expect("text");
        assert!(asked.starts_with("POST /v1/sync HTTP/1.1") && asked.contains("holdfast-device: D-1"), "{asked}");
    }

    #[test]
    fn nobody_there_is_unreachable_and_the_next_address_is_tried() {
        let closed = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port that is closed again");
        assert_eq!(network(&format!("http://{closed}")).exchange(ask(), Duration::from_secs(5)), Err(NetworkFault::Unreachable));
        let (open, server) = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        let both = HttpNetwork::new().expect("a runtime");
        both.reach(&[closed.to_string(), open].map(|a| ServerAddress::parse(&format!("http://{a}")).expect("an address")));
        assert_eq!(both.exchange(ask(), Duration::from_secs(5)).map(|a| a.status), Ok(200));
        assert_ne!(both.routes()[0].0, format!("http://{closed}"), "what answered comes first from now on");
        server.join().expect("served");
    }

    #[test]
    fn a_silent_server_times_out() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        assert_eq!(network(&format!("http://{address}")).exchange(ask(), Duration::from_millis(200)), Err(NetworkFault::TimedOut));
    }

    #[test]
    fn plain_http_is_for_this_machine_only_and_nonsense_is_not_trusted() {
        assert_eq!(network("http://192.0.2.1").exchange(ask(), Duration::from_secs(1)), Err(NetworkFault::Address));
        let (address, server) = serve(b"this is not TLS\r\n");
        assert_eq!(network(&format!("https://{address}")).exchange(ask(), Duration::from_secs(5)), Err(NetworkFault::NotTrusted));
        server.join().expect("served");
    }

    /// An office with a certificate of its own making, valid in 1975 only, and the pin of its key.
    fn serve_tls(times: usize) -> (String, String, std::thread::JoinHandle<()>) {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut about = rcgen::CertificateParams::new(vec!["office.invalid".to_owned()]).expect("a name");
        about.not_before = rcgen::date_time_ymd(1975, 1, 1);
        about.not_after = rcgen::date_time_ymd(1975, 12, 31);
        let cert = about.self_signed(&key).expect("a certificate");
        let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
        let pin = data_encoding::BASE64URL_NOPAD.encode(ring::digest::digest(&ring::digest::SHA256, &spki).as_ref());
        let private = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|b| b.with_no_client_auth().with_single_cert(vec![cert.der().clone()], private.into()))
            .expect("a server");
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let server = std::thread::spawn(move || {
            for _ in 0..times {
                let (stream, _) = listener.accept().expect("a caller");
                let tls = rustls::ServerConnection::new(config.clone()).expect("a connection");
                let mut stream = rustls::StreamOwned::new(tls, stream);
                let mut asked = Vec::new();
                let mut piece = [0; 4096];
                while !asked.ends_with(b"question") {
                    match stream.read(&mut piece) {
                        Ok(n) if n > 0 => asked.extend_from_slice(&piece[..n]),
                        // A caller that does not trust this office hangs up.
                        _ => break,
                    }
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
                let _ = stream.flush();
            }
        });
        (address, pin, server)
    }

    #[test]
    fn a_pinned_key_is_trusted_whatever_its_certificate_says_and_no_other_key_is() {
        let (address, pin, server) = serve_tls(3);
        let exchange = |url: String| network(&url).exchange(ask(), Duration::from_secs(5)).map(|answer| answer.body);
        assert_eq!(exchange(format!("https://{address}#{pin}")), Ok(b"hi".to_vec()), "half a century past its dates, under another name");
        let other = data_encoding::BASE64URL_NOPAD.encode(&[7; 32]);
        assert_eq!(exchange(format!("https://{address}#{other}")), Err(NetworkFault::NotTrusted));
        let unpinned = exchange(format!("https://{address}"));
        assert!(matches!(unpinned, Err(NetworkFault::NotTrusted | NetworkFault::ClockSuspect)), "{unpinned:?}");
        server.join().expect("served");
        assert_eq!(exchange("https://127.0.0.1#not-base64!".into()), Err(NetworkFault::Address));
    }

    #[test]
    fn dates_point_at_the_clock_and_anything_else_at_the_server() {
        use rustls::Error::InvalidCertificate;
        assert_eq!(tls_fault(&InvalidCertificate(CertificateError::Expired)), NetworkFault::ClockSuspect);
        assert_eq!(tls_fault(&InvalidCertificate(CertificateError::NotValidYet)), NetworkFault::ClockSuspect);
        assert_eq!(tls_fault(&InvalidCertificate(CertificateError::UnknownIssuer)), NetworkFault::NotTrusted);
    }
}
