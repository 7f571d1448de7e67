//! `holdfast`: a care worker's phone in a terminal. The engine is the one that phones run; only clock, disk, keys and network are this
//! machine's. For drills, demonstrations, tests, and an office PC. The contract is in `docs/cli.md`.
#![forbid(unsafe_code)]

mod args;
mod body;
mod export;
mod outcome;
mod say;
mod secret;
mod session;
mod shell;
mod typed;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) if typed::wants_json(std::env::args_os()) && !typed::asks_for_help(&e) => {
            let failure = typed::not_understood(&e);
            session::show_failure(&failure, "", true);
            return ExitCode::from(failure.exit);
        }
        Err(e) => e.exit(),
    };
    let json = cli.common.json;
    let name = session::name(&cli.command);
    let done = match session::Session::open(cli.common) {
        Ok(mut session) => {
            let done = match cli.command {
                args::Command::Shell => shell::run(&mut session),
                command => session.answer(command),
            };
            session.close();
            done
        }
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            session::show_failure(&failure, name, json);
            ExitCode::from(failure.exit)
        }
    }
}
