//! Sockets: TLS, time limits for those who dawdle, and an orderly end.

use super::Certificate;
use crate::error::OfficeError;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tower::ServiceBuilder;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

/// Time for the headers of a request, and for a TLS handshake.
const HEADERS: Duration = Duration::from_secs(10);
/// Longest pause within a request's body.
const BODY_PAUSE: Duration = Duration::from_secs(20);
/// Time for an answer to begin. A stream begins at once.
const ANSWER: Duration = Duration::from_secs(60);
/// Time that open requests get to finish when the office stops.
const ORDERLY: Duration = Duration::from_secs(10);
/// Connections at once.
const CONNECTIONS: usize = 4_096;

/// Told when the office is to stop.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Stop(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Tells everybody to stop.
    pub fn now(&self) {
        self.0.send_replace(true);
    }
    /// Done when it is time to stop.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut told = self.0.subscribe();
        async move {
            // The sender lives as long as this value's clones do; if all are gone, it is time to stop as well.
            let _ = told.wait_for(|stop| *stop).await;
        }
    }
    /// Stops on SIGTERM and on Ctrl-C.
    pub fn on_signals(&self) -> std::io::Result<()> {
        let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let stop = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            stop.now();
        });
        Ok(())
    }
}

/// Files of a certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The certificate and what it was signed by.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Tls {
    /// Reads both files and says what the certificate says, or what is wrong with them.
    pub fn check(&self) -> Result<Certificate, OfficeError> {
        self.config().map(|(_, certificate)| certificate)
    }

    fn config(&self) -> Result<(ServerConfig, Certificate), OfficeError> {
        const NO_CERT: OfficeError = OfficeError::Tls("the certificate is not in PEM");
        let pem = std::fs::read(&self.cert).map_err(|_| OfficeError::Tls("the certificate cannot be read"))?;
        let certs: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| NO_CERT)?;
        let certificate = certs.first().and_then(|der| Certificate::read(der)).ok_or(NO_CERT)?;
        let pem = std::fs::read(&self.key).map_err(|_| OfficeError::Tls("the key cannot be read"))?;
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| OfficeError::Tls("the key is not in PEM"))?;
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| OfficeError::Tls("this machine knows no version of TLS"))?
            .with_no_client_auth()
            .with_single_cert(certs, key)
            .map_err(|_| OfficeError::Tls("the key is not that of the certificate"))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok((config, certificate))
    }
}

/// Serves until told to stop, then lets open requests finish.
pub async fn serve(listener: TcpListener, router: Router, tls: Option<Tls>, stop: Stop) -> Result<(), OfficeError> {
    let tls = tls.map(|t| t.config()).transpose()?.map(|(config, _)| TlsAcceptor::from(Arc::new(config)));
    let app = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::SERVICE_UNAVAILABLE, ANSWER))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .service(router);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(30)).max_concurrent_streams(16);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let stopped = stop.stopped();
    tokio::pin!(stopped);
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(e) => {
                    // Out of descriptors, or the peer is gone already: the next one may do better.
                    tracing::warn!(kind = %e.kind(), "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stopped => break,
        };
        // Small answers must not wait for more to send. A socket that refuses this still works.
        let _ = stream.set_nodelay(true);
        let (builder, app, tls, watcher) = (builder.clone(), TowerToHyperService::new(app.clone()), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _permit = permit;
            match tls {
                Some(tls) => {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HEADERS, tls.accept(stream)).await {
                        // Whatever ends a connection is between it and its peer.
                        let _ = watcher.watch(builder.serve_connection(TokioIo::new(stream), app).into_owned()).await;
                    }
                }
                None => {
                    let _ = watcher.watch(builder.serve_connection(TokioIo::<TcpStream>::new(stream), app).into_owned()).await;
                }
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(ORDERLY, graceful.shutdown()).await;
    Ok(())
}
