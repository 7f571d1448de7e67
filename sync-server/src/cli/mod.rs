//! The terminal. Exit codes: 0 done, 1 it could not be done, 2 the command is not understood, 3 verify found something wrong, 4 an import has
//! problems.
//!
//! | File | What it does |
//! |---|---|
//! | `args` | what can be typed |
//! | `serve` | serves until told to stop |
//! | `import` | imports a folder |
//! | `trouble` | why something was not done |

mod args;
mod import;
mod serve;
mod trouble;

use args::{Args, Command};
use clap::Parser;
use clap::error::ErrorKind;
use holdfast_host::SystemRandom;
use holdfast_model::id::{BranchId, ProviderId};
use holdfast_model::time::{MINUTE, Millis};
use holdfast_sync_server::accounts::{AccountKeys, Store};
use holdfast_sync_server::admin::{self, Verified, back_up, master_key, restore, verify};
use holdfast_sync_server::console;
use holdfast_sync_server::http::Tls;
use holdfast_sync_server::{OfficeConfig, OfficeError};
use holdfast_words::Words;
use import::Goal;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use trouble::Trouble;

/// Version of the JSON that `--json` prints.
const JSON: u32 = 1;

/// Does what was typed.
pub fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(e) => return not_understood(&e, args::wants_json(std::env::args_os())),
    };
    let json = args.json;
    dispatch(args).unwrap_or_else(|trouble| trouble.told(json))
}

/// What was typed is no command, or asks for help.
fn not_understood(e: &clap::Error, json: bool) -> ExitCode {
    if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) || !json {
        // To standard output what was asked for, to standard error what is wrong. A reader that has gone away is no reason to fail.
        let _ = e.print();
        return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
    }
    let says = e.render().to_string();
    Trouble { exit: 2, ..Trouble::new("command", says.trim_end()) }.told(true)
}

fn dispatch(args: Args) -> Result<ExitCode, Trouble> {
    let said = |text: String, value: Value| {
        if args.json {
            println!("{value}");
        } else {
            println!("{text}");
        }
        Ok(ExitCode::SUCCESS)
    };
    match &args.command {
        Command::Serve { listen, provider, branch, tls_cert, tls_key, behind_tls } => {
            let tls = tls_cert.clone().zip(tls_key.clone()).map(|(cert, key)| Tls { cert, key });
            let secure = tls.is_some() || *behind_tls;
            serve::start(&args, provider, branch, *listen, tls, secure)
        }
        Command::Import { folder, dry_run, branch, new_branch, provider, author } => {
            let goal = Goal { branch: branch.as_ref(), may_be_new: *new_branch, provider, author };
            import::import(&args, folder, *dry_run, &goal)
        }
        Command::EnrolCode { worker, minutes } => {
            let random = SystemRandom::new();
            admin::must_hold_a_store(&args.data)?;
            let (master, _) = master_key(&args.data, args.master_key.as_deref(), &random)?;
            let now = clock_now(&args)?;
            let code = admin::enrol_code(&args.data, master, worker, now.plus(i64::from(*minutes) * MINUTE), &random)?;
            let value = json!({"v": JSON, "code": code.code, "worker": code.worker, "expires": code.expires.rfc3339()});
            said(format!("{}  for {}, until {}", code.code, code.worker, code.expires.rfc3339()), value)
        }
        Command::AdminLink { account } => {
            let path = admin_link(&args, account.as_deref())?;
            said(format!("open this once, within 24 hours, at the office's own address:\n  {path}"), json!({"v": JSON, "path": path}))
        }
        Command::Backup { file } => {
            let made = back_up(&args.data, file)?;
            let value = json!({"v": JSON, "file": made.file, "bytes": made.bytes});
            said(format!("backed up to {} ({} bytes), and checked; keep the master key elsewhere", file.display(), made.bytes), value)
        }
        Command::Restore { file } => {
            let epoch = restore(&args.data, file, &SystemRandom::new())?;
            let text = "restored; the store that was there is kept beside it; phones now offer again what this backup lacks";
            said(text.into(), json!({"v": JSON, "server_epoch": epoch}))
        }
        Command::Verify => {
            let random = SystemRandom::new();
            admin::must_hold_a_store(&args.data)?;
            let (master, _) = master_key(&args.data, args.master_key.as_deref(), &random)?;
            let found = verify(&args.data, master, &random)?;
            let sound = found.wrong.is_empty();
            let text = verified(&found);
            said(text, serde_json::to_value(&found).unwrap_or(Value::Null))?;
            Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(3) })
        }
    }
}

/// The path of a one-time link: for the first administrator, or for an account.
fn admin_link(args: &Args, account: Option<&str>) -> Result<String, Trouble> {
    let file = args.data.join(console::ACCOUNTS_FILE);
    if !file.exists() {
        return Err(OfficeError::NoStore(args.data.display().to_string()).into());
    }
    let random = SystemRandom::new();
    let (master, _) = master_key(&args.data, args.master_key.as_deref(), &random)?;
    let store = Store::open(&file, AccountKeys::of(&args.data, master, &random)?, Arc::new(random))?;
    // Links count real time, as sessions do: a drill's clock opens no door.
    let now_s = u64::try_from(real_now().0 / 1_000).unwrap_or_default();
    if let Some(token) = store.first_link(now_s)? {
        return Ok(format!("/console/first/{token}"));
    }
    let unknown =
        || Trouble::new("account_unknown", "somebody can sign in already; name an open account with --account: nothing was changed");
    let name = account.ok_or_else(unknown)?.to_lowercase();
    let known = store.all()?.into_iter().find(|a| a.open && a.sign_in == name).ok_or_else(unknown)?;
    Ok(format!("/console/first/{}", store.relink(known.id, now_s)?))
}

/// The machine's clock, whatever a drill says.
fn real_now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Millis(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
}

fn clock_now(args: &Args) -> Result<Millis, Trouble> {
    use holdfast_model::port::Clock;
    Ok(args.clock.open()?.read().wall)
}

fn config(args: &Args, provider: &ProviderId, branch: &BranchId) -> Result<(OfficeConfig, admin::Where), Trouble> {
    let random = SystemRandom::new();
    let (master, key) = master_key(&args.data, args.master_key.as_deref(), &random)?;
    let clock = args.clock.open()?;
    let mut config = OfficeConfig::new(&args.data, master, Arc::new(clock), Arc::new(random));
    config.drill = args.clock.is_drill();
    config.provider = provider.clone();
    config.branch = branch.clone();
    Ok((config, key))
}

/// What verify found, in words.
fn verified(found: &Verified) -> String {
    let mut text = format!(
        "{} entries (checksum {}), {} pushes, {} segments ({} withheld), {} chains, {} gaps, {} forks, {} entries and {} requests of unknown \
         phones held for checking",
        found.entries,
        found.checksum,
        found.pushes,
        found.segments,
        found.withheld,
        found.chains,
        found.gaps,
        found.forks,
        found.held,
        found.unknown
    );
    text.push_str(if found.wrong.is_empty() { "\nall is as it was written" } else { "\nWRONG:" });
    for (code, n) in &found.wrong {
        text.push_str(&format!("\n  {n} × {} [{code}]", Words::english().error(code, &[]).paragraph()));
    }
    text
}
