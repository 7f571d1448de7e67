//! Serving phones and the console until told to stop.

use super::args::Args;
use super::trouble::Trouble;
use super::{JSON, config, real_now};
use holdfast_model::id::{BranchId, ProviderId};
use holdfast_sync_server::Office;
use holdfast_sync_server::admin::Where;
use holdfast_sync_server::console::{self, Console};
use holdfast_sync_server::http::{Certificate, Stop, Tls, router, serve};
use serde_json::json;
use std::net::SocketAddr;
use std::process::ExitCode;

/// An address as a browser can use it: one that means every address of this machine becomes the machine's name.
fn reachable(address: SocketAddr) -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    match name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) if address.ip().is_unspecified() => format!("{name}:{}", address.port()),
        _ => address.to_string(),
    }
}

/// Serves until told to stop.
pub fn start(
    args: &Args,
    provider: &ProviderId,
    branch: &BranchId,
    listen: SocketAddr,
    tls: Option<Tls>,
    secure: bool,
) -> Result<ExitCode, Trouble> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,hyper=warn".into());
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    if !secure && !listen.ip().is_loopback() {
        let says = format!(
            "{listen} can be reached by others, and without TLS names and passwords would travel in the open: nothing was started. Give \
             --tls-cert and --tls-key; or listen on 127.0.0.1 with a proxy in front that speaks TLS, and say --behind-tls"
        );
        return Err(Trouble::new("tls_needed", says));
    }
    // What can't work is found out before a store is made or opened.
    let certificate = tls.as_ref().map(Tls::check).transpose()?;
    let socket = std::net::TcpListener::bind(listen).map_err(|e| {
        let says =
            format!("can't listen on {listen} ({}): nothing was started. Stop what uses it, or name another with --listen", e.kind());
        Trouble::new("address_unavailable", says)
    })?;
    socket.set_nonblocking(true)?;
    let (config, key) = config(args, provider, branch)?;
    let random = config.random.clone();
    let office = Office::open(config)?;
    let console = Console::open(office.clone(), random, secure)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = Stop::default();
        stop.on_signals()?;
        let listener = tokio::net::TcpListener::from_std(socket)?;
        let address = reachable(listener.local_addr()?);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let link = console.first_link()?.map(|path| format!("{scheme}://{address}{path}"));
        listens(args.json, &format!("{scheme}://{address}"), link.as_deref(), &key, certificate.as_ref());
        let app = router(office.clone(), stop.clone()).merge(console::router(console, stop.clone()));
        serve(listener, app, tls, stop).await?;
        Ok::<(), Trouble>(())
    })?;
    office.close();
    Ok(ExitCode::SUCCESS)
}

/// Says where the office listens, and what somebody has to know or do now.
fn listens(as_json: bool, at: &str, first_link: Option<&str>, key: &Where, certificate: Option<&Certificate>) {
    // True time, not a drill's: browsers and phones judge the dates by their own clocks.
    let runs_out = certificate.and_then(|c| c.runs_out(real_now()));
    if as_json {
        let pin = certificate.map(|c| c.pin.as_str());
        let said =
            json!({"v": JSON, "listening": at, "first_link": first_link, "master_key": key.path, "pin": pin, "tls_notice": runs_out});
        println!("{said}");
        return;
    }
    println!("listening on {at}/console");
    if let Some(certificate) = certificate {
        println!("phones are given the office's address with the pin of its key: https://NAME#{}", certificate.pin);
    }
    if let Some(notice) = &runs_out {
        println!("{notice}");
    }
    if key.made {
        println!("a new master key is at {}: keep a copy elsewhere, without it nothing can be read", key.path.display());
    }
    if let Some(link) = first_link {
        println!("nobody can sign in yet; open this once, within 24 hours, to be the first administrator:\n  {link}");
    }
}
