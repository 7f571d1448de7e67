//! `holdfast-demo`: plays a scenario with the real server and a real phone for each worker. `./dev demo` builds and starts it.

use clap::Parser;
use holdfast_model::time::Millis;
use holdfast_tests::demo::{Demo, How, Report, read_store, stop, stopping};
use holdfast_tests::scenario::{Scenario, load};
use holdfast_tests::world::Trouble;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Plays a scenario: the server, every phone a process of its own, and the board to watch in a browser.
#[derive(Debug, Parser)]
#[command(name = "holdfast-demo", version)]
struct Options {
    /// How much faster than life.
    #[arg(long, default_value_t = 60.0, value_parser = speed)]
    speed: f64,
    /// Full speed, nothing to watch: then kills the server, reads its store afresh and compares.
    #[arg(long)]
    headless: bool,
    /// The summary as one JSON object.
    #[arg(long)]
    json: bool,
    /// The scenario's file.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Where the server listens.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: String,
    /// Keeps everything that was written, in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Only reads a store: what a fresh process does after the play.
    #[arg(long, value_name = "DIR", hide = true)]
    read_store: Option<PathBuf>,
    /// The clock for reading a store.
    #[arg(long, hide = true, default_value = "system")]
    clock: String,
    /// The window for reading a store: two moments in milliseconds.
    #[arg(long, hide = true)]
    window: Option<String>,
}

/// On Ctrl-C, or when asked to end, the play stops and everything that was started ends with it.
fn stop_on_signals() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let Ok(mut ended) = signal(SignalKind::terminate()) else { return };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = ended.recv() => {}
            }
            stop();
        });
    });
    Ok(())
}

fn speed(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|n| *n > 0.0 && *n <= 100_000.0).ok_or_else(|| "write a number above 0, such as 60".into())
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Err(e) = stop_on_signals() {
        eprintln!("The demo can't listen for Ctrl-C: {e}");
    }
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Ctrl-C reaches the server and the phones too: what they leave undone then is no trouble.
        Err(_) if stopping() => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("The demo stopped: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<bool, Trouble> {
    if let Some(data) = &options.read_store {
        let window = options.window.as_deref().and_then(|w| w.split_once('-')).and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        return read_store(data, &options.clock, window.map(|(a, b)| (Millis(a), Millis(b)))).map(|()| true);
    }
    let file = options.scenario.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/s3-rota-outage.scenario"));
    let scenario = load(&file).map_err(|troubles| Trouble(format!("{}\n{troubles}", file.display())))?;
    let scratch = tempfile::tempdir().map_err(|e| Trouble(format!("a folder to write in: {e}")))?;
    let folder = options.keep.clone().unwrap_or_else(|| scratch.path().to_owned());
    std::fs::create_dir_all(&folder).map_err(|e| Trouble(format!("{}: {e}", folder.display())))?;
    if options.headless { headless(options, &scenario, folder) } else { watched(options, &scenario, folder) }
}

fn headless(options: &Options, scenario: &Scenario, folder: PathBuf) -> Result<bool, Trouble> {
    let mut demo = Demo::start(scenario, How { speed: None, listen: "127.0.0.1:0".into(), folder })?;
    demo.play(&mut |_| {})?;
    let report = demo.judge()?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|e| Trouble(e.to_string()))?);
    } else {
        print!("{}", in_words(&report));
    }
    Ok(report.passed)
}

fn in_words(report: &Report) -> String {
    let v = &report.verdict;
    let state = if report.passed { "Nothing is missing, doubled or changed." } else { "NOT as it should be: see --json." };
    format!(
        "{}\n{} phones, {} entries implied, {} found by a fresh process after the server was killed: {} missing, {} doubled, {} changed, {} made up.\n{}\n{state}\n",
        report.scenario,
        report.phones,
        v.implied,
        v.found,
        v.missing.len(),
        v.doubled.len(),
        v.changed.len(),
        v.invented.len(),
        report.store.day,
    )
}

fn watched(options: &Options, scenario: &Scenario, folder: PathBuf) -> Result<bool, Trouble> {
    println!("{}: starting the server and enrolling {} phones …", scenario.title, scenario.phones.len());
    let mut demo = Demo::start(scenario, How { speed: Some(options.speed), listen: options.listen.clone(), folder })?;
    let (console, link) = demo.way_in()?;
    println!("\nThe console: {console}\nSign in, once, as the registered manager: {link}\n");
    println!("Playing {} to {} at {} times life. Ctrl-C ends it.", scenario.begins.hhmm(), scenario.ends.hhmm(), options.speed);
    let mut said = String::new();
    demo.play(&mut |now| {
        // Every ten minutes of the day, so that the terminal shows that time passes.
        let minute = now.hhmm();
        if minute.ends_with('0') && minute != said {
            println!("  {minute}");
            said = minute;
        }
    })?;
    if !stopping() {
        println!("\nThe day is over. The console stays up until Ctrl-C.");
    }
    demo.stay();
    Ok(true)
}
