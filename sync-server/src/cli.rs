//! What the terminal takes and says. Exit codes: 0 done, 1 it could not be done, 2 the command is not understood, 3 verify found something
//! wrong, 4 an import has problems.

use clap::{Parser, Subcommand};
use holdfast_host::{ClockSpec, SystemRandom};
use holdfast_model::id::{BranchId, ProviderId, WorkerId};
use holdfast_model::time::MINUTE;
use holdfast_sync_server::accounts::{AccountKeys, Store};
use holdfast_sync_server::admin::{self, back_up, master_key, restore, verify};
use holdfast_sync_server::console::{self, Console};
use holdfast_sync_server::http::{Stop, Tls, router, serve};
use holdfast_sync_server::import::{self, ImportError, Upload};
use holdfast_sync_server::{Office, OfficeConfig, OfficeError};
use holdfast_words::Words;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What the first branch of a new store is called where nobody names it.
const FIRST_BRANCH: &str = "branch";
/// Version of the JSON that `--json` prints.
const JSON: u32 = 1;

/// The office's side of Holdfast: takes in what phones recorded, keeps it, shows it, hands it on.
#[derive(Parser)]
#[command(name = "holdfast-server", version)]
pub struct Args {
    /// The directory of the store; made when missing.
    #[arg(long, value_name = "DIR", global = true, default_value = "holdfast-data")]
    data: PathBuf,
    /// The master key's file. Usually DIR.key beside the data directory, or the service manager's credential `holdfast-master-key`.
    #[arg(long, value_name = "FILE", global = true)]
    master_key: Option<PathBuf>,
    /// The clock, for drills: system | fixed:TIME | from:TIME[xSPEED] | file:PATH, each with an error such as ,+47m.
    #[arg(long, value_name = "SPEC", global = true, default_value = "system")]
    clock: ClockSpec,
    /// Answers as JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves phones and the console.
    Serve {
        /// Where to listen.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
        listen: SocketAddr,
        /// The provider's name, for a new store.
        #[arg(long, default_value = "provider")]
        provider: ProviderId,
        /// The first branch's name, for a new store.
        #[arg(long, default_value = FIRST_BRANCH)]
        branch: BranchId,
        /// Certificate in PEM: TLS is on with it.
        #[arg(long, value_name = "FILE", requires = "tls_key")]
        tls_cert: Option<PathBuf>,
        /// Its private key in PEM.
        #[arg(long, value_name = "FILE", requires = "tls_cert")]
        tls_key: Option<PathBuf>,
        /// A proxy in front speaks TLS to browsers.
        #[arg(long)]
        behind_tls: bool,
    },
    /// Imports people, workers, care plans and a rota from a folder of CSV files: all or nothing.
    Import {
        /// The folder.
        folder: PathBuf,
        /// Only says what would be done, and every problem.
        #[arg(long)]
        dry_run: bool,
        /// The branch. Not needed while the store has one; for a new store, its first.
        #[arg(long)]
        branch: Option<BranchId>,
        /// The branch may be one that the store does not have yet.
        #[arg(long, requires = "branch")]
        new_branch: bool,
        /// The provider's name, for a new store.
        #[arg(long, default_value = "provider")]
        provider: ProviderId,
        /// Who imports: the entries are theirs.
        #[arg(long, default_value = "import")]
        author: WorkerId,
    },
    /// Makes a one-time code that enrols a phone. Works while the office serves.
    EnrolCode {
        /// For whom.
        #[arg(long)]
        worker: WorkerId,
        /// Minutes that the code works.
        #[arg(long, default_value_t = 60)]
        minutes: u32,
    },
    /// Makes a one-time link with which an administrator chooses a password: the first one, or one who lost theirs. Works while the
    /// office serves.
    AdminLink {
        /// Sign-in name of the account; not needed while nobody can sign in.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    /// Copies the store to a file while the office works, and checks the copy.
    Backup {
        /// The file.
        file: PathBuf,
    },
    /// Takes a backup up as the store, in a new life of the ledger: phones offer again what it lacks.
    Restore {
        /// The file.
        file: PathBuf,
    },
    /// Reads the whole store again: seals, signatures, chains, counters. Works while the office serves.
    Verify,
}

/// What went wrong, for a person and as a code.
struct Trouble {
    code: &'static str,
    says: String,
    exit: u8,
    more: Value,
}

impl Trouble {
    fn new(code: &'static str, says: impl ToString) -> Trouble {
        Trouble { code, says: says.to_string(), exit: 1, more: Value::Null }
    }
}

macro_rules! trouble_from {
    ($($error:ty),+) => {$(
        impl From<$error> for Trouble {
            fn from(e: $error) -> Trouble {
                Trouble::new(e.code(), e)
            }
        }
    )+};
}
trouble_from!(OfficeError, holdfast_vault::MasterKeyError, holdfast_host::ClockError, holdfast_sync_server::accounts::AccountsError);

impl From<std::io::Error> for Trouble {
    fn from(e: std::io::Error) -> Trouble {
        OfficeError::from(e).into()
    }
}

/// Does what was asked.
pub fn run(args: Args) -> ExitCode {
    let json = args.json;
    match dispatch(args) {
        Ok(code) => code,
        Err(trouble) => {
            if json {
                println!("{}", json!({"v": JSON, "error": trouble.code, "says": trouble.says, "more": trouble.more}));
            } else {
                eprintln!("holdfast-server: {} [{}]", trouble.says, trouble.code);
            }
            ExitCode::from(trouble.exit)
        }
    }
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
            start(&args, provider, branch, *listen, tls, secure)
        }
        Command::Import { folder, dry_run, branch, new_branch, provider, author } => {
            let goal = Goal { branch: branch.as_ref(), may_be_new: *new_branch, provider, author };
            import(&args, folder, *dry_run, &goal)
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
            let mut text = format!(
                "{} entries (checksum {}), {} pushes, {} segments ({} withheld), {} chains, {} gaps, {} forks, {} entries and {} requests of unknown phones held for checking",
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
            text.push_str(if sound { "\nall is as it was written" } else { "\nWRONG:" });
            for (code, n) in &found.wrong {
                text.push_str(&format!("\n  {n} × {} [{code}]", Words::english().error(code, &[]).paragraph()));
            }
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
    let now_s = u64::try_from(real_now_ms() / 1_000).unwrap_or_default();
    if let Some(token) = store.first_link(now_s)? {
        return Ok(format!("/console/first/{token}"));
    }
    let unknown =
        || Trouble::new("account_unknown", "somebody can sign in already; name an open account with --account: nothing was changed");
    let name = account.ok_or_else(unknown)?.to_lowercase();
    let known = store.all()?.into_iter().find(|a| a.open && a.sign_in == name).ok_or_else(unknown)?;
    Ok(format!("/console/first/{}", store.relink(known.id, now_s)?))
}

fn real_now_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

fn clock_now(args: &Args) -> Result<holdfast_model::time::Millis, Trouble> {
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

/// A place for a store that a dry run needs and nobody keeps.
struct Rehearsal(PathBuf);

impl Rehearsal {
    fn make() -> Result<Rehearsal, Trouble> {
        let mut name = [0; 8];
        holdfast_model::port::Random::fill(&SystemRandom::new(), &mut name);
        let place = std::env::temp_dir().join(format!("holdfast-dry-run-{:016x}", u64::from_be_bytes(name)));
        std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).create(&place)?;
        Ok(Rehearsal(place))
    }

    fn config(&self, args: &Args, goal: &Goal<'_>) -> Result<OfficeConfig, Trouble> {
        let random = SystemRandom::new();
        let key = holdfast_vault::MasterKey::from_secret(holdfast_vault::Secret32::random(&random));
        let mut config = OfficeConfig::new(&self.0, key, Arc::new(args.clock.open()?), Arc::new(random));
        config.provider = goal.provider.clone();
        config.branch = goal.first();
        Ok(config)
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        // What stays behind would be an empty store whose key is gone.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where an import goes, and in whose name.
struct Goal<'a> {
    branch: Option<&'a BranchId>,
    may_be_new: bool,
    provider: &'a ProviderId,
    author: &'a WorkerId,
}

impl Goal<'_> {
    /// The first branch of a store that is made now.
    fn first(&self) -> BranchId {
        self.branch.cloned().unwrap_or_else(|| BranchId::new(FIRST_BRANCH).expect("a literal"))
    }

    /// The branch meant: a mistyped name makes no second one.
    fn of(&self, office: &Office) -> Result<BranchId, Trouble> {
        let known = office.branches();
        match (self.branch, known.as_slice()) {
            (Some(named), _) if self.may_be_new || known.contains(named) => Ok(named.clone()),
            (None, [only]) => Ok(only.clone()),
            (named, _) => {
                let names: Vec<String> = known.iter().map(ToString::to_string).collect();
                let asked = named.map_or_else(|| "which branch? this store has several".into(), |b| format!("no branch {b} is known here"));
                let unknown = OfficeError::UnknownBranch(named.map(ToString::to_string).unwrap_or_default());
                let says = format!(
                    "{asked} (known: {}). Nothing was changed. Name one with --branch, or add --new-branch to begin another",
                    names.join(", ")
                );
                Err(Trouble::new(unknown.code(), says))
            }
        }
    }
}

fn import(args: &Args, folder: &std::path::Path, dry_run: bool, goal: &Goal<'_>) -> Result<ExitCode, Trouble> {
    let files = Upload::folder(folder).map_err(|e| {
        let code = OfficeError::from(std::io::Error::from(e.kind())).code();
        Trouble::new(code, format!("the folder {} can't be read ({}): nothing was made or changed", folder.display(), e.kind()))
    })?;
    if files.is_empty() {
        let says = format!(
            "there is no CSV file in {}: nothing was made or changed. Name the folder with workers.csv, people.csv, plans.csv and rota.csv",
            folder.display()
        );
        return Err(Trouble::new("import_nothing", says));
    }
    // A dry run makes nothing, so before there is a store it looks at one that goes when it ends.
    let rehearsal = (dry_run && admin::must_hold_a_store(&args.data).is_err()).then(Rehearsal::make).transpose()?;
    let config = match &rehearsal {
        Some(rehearsal) => rehearsal.config(args, goal)?,
        None => config(args, goal.provider, &goal.first())?.0,
    };
    let office = Office::open(config)?;
    let branch = &goal.of(&office).inspect_err(|_| office.close())?;
    let quiet = &mut |_| {};
    let result = if dry_run {
        import::dry_run(&office, branch, &files, quiet).map(|(_, imported)| imported)
    } else {
        import::import(&office, branch, goal.author, &files, quiet)
    };
    office.close();
    match result {
        Ok(imported) => {
            let notices: Vec<String> = imported.notices.iter().map(ToString::to_string).collect();
            if args.json {
                let counts = serde_json::to_value(imported.counts).unwrap_or(Value::Null);
                println!(
                    "{}",
                    json!({"v": JSON, "dry_run": dry_run, "entries": imported.entries.len(), "counts": counts, "notices": notices})
                );
            } else {
                for line in &notices {
                    println!("{line}");
                }
                let c = imported.counts;
                let (people, visits) = (c.people, c.visits + c.visits_following);
                let counts = format!(
                    "{} workers, {people} people, {} plan versions, {visits} visits new or changed; {} rows unchanged",
                    c.workers, c.plans, c.unchanged
                );
                let what = if dry_run { "dry run, nothing was recorded; this would be" } else { "imported" };
                println!("{what}: {counts}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(ImportError::Problems(problems)) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            if !args.json {
                for line in &lines {
                    println!("{line}");
                }
            }
            let says = "nothing was imported: put these right and import again";
            Err(Trouble { exit: 4, more: json!(lines), ..Trouble::new("import_problems", says) })
        }
        Err(ImportError::Office(e)) => Err(e.into()),
    }
}

/// An address as a browser can use it: one that means every address of this machine becomes the machine's name.
fn reachable(address: SocketAddr) -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    match name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) if address.ip().is_unspecified() => format!("{name}:{}", address.port()),
        _ => address.to_string(),
    }
}

fn start(
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
    // True time, not a drill's: browsers and phones judge the dates by their own clocks.
    let runs_out = certificate.as_ref().and_then(|c| c.runs_out(holdfast_model::time::Millis(real_now_ms())));
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
        if args.json {
            let pin = certificate.as_ref().map(|c| c.pin.as_str());
            let listening = format!("{scheme}://{address}");
            let said =
                json!({"v": JSON, "listening": listening, "first_link": link, "master_key": key.path, "pin": pin, "tls_notice": runs_out});
            println!("{said}");
        } else {
            println!("listening on {scheme}://{address}/console");
            if let Some(certificate) = &certificate {
                println!("phones are given the office's address with the pin of its key: https://NAME#{}", certificate.pin);
            }
            if let Some(notice) = &runs_out {
                println!("{notice}");
            }
            if key.made {
                println!("a new master key is at {}: keep a copy elsewhere, without it nothing can be read", key.path.display());
            }
            if let Some(link) = &link {
                println!("nobody can sign in yet; open this once, within 24 hours, to be the first administrator:\n  {link}");
            }
        }
        let app = router(office.clone(), stop.clone()).merge(console::router(console, stop.clone()));
        serve(listener, app, tls, stop).await?;
        Ok::<(), Trouble>(())
    })?;
    office.close();
    Ok(ExitCode::SUCCESS)
}
