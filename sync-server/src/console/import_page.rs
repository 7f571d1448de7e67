//! Import: upload the exports, read every problem, import all or nothing.
//!
//! An upload becomes a job, worked on beside the async threads; its page says how far it has come and loads itself again
//! until it is done. Files are held in memory only, for half an hour, and never longer than the job.

use super::Console;
use super::guard::Desk;
use super::page::{Chrome, Part, Trouble, html, see_other};
use crate::import::{Counts, ImportError, Imported, Problem, Progress, Step, Upload, dry_run, import};
use askama::Template;
use axum::extract::multipart::Multipart;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use holdfast_model::id::BranchId;
use holdfast_words::Words;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most bytes of one upload, all files together.
pub const UPLOAD_BYTES: usize = 32 * 1024 * 1024;
/// Most problems shown: beyond, something is wrong with the export as a whole.
const SHOWN: usize = 500;
/// Most uploads held at once.
const JOBS: usize = 8;
/// How long an upload is held.
const HELD: Duration = Duration::from_secs(30 * 60);

#[derive(Debug, Clone)]
enum Stage {
    /// Being read, or being recorded.
    Working(Progress),
    /// Nothing stands in the way.
    Ready(Box<Imported>),
    /// Nothing was imported.
    Refused(Vec<Problem>),
    /// The office could not.
    Failed(String),
    /// Done.
    Done(Box<Imported>),
}

#[derive(Debug)]
struct Job {
    branch: BranchId,
    account: i64,
    files: Arc<Vec<Upload>>,
    stage: Mutex<Stage>,
    made: Instant,
}

impl Job {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Uploads that somebody is looking at.
#[derive(Debug, Default)]
pub struct Imports {
    jobs: Mutex<HashMap<String, Arc<Job>>>,
}

impl Imports {
    fn jobs(&self) -> MutexGuard<'_, HashMap<String, Arc<Job>>> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| job.made.elapsed() < HELD);
        jobs
    }

    /// The upload of this name, when this person made it for this branch.
    fn find(&self, name: &str, desk: &Desk) -> Option<Arc<Job>> {
        self.jobs().get(name).filter(|j| j.branch == desk.branch && j.account == desk.session.account.id).cloned()
    }
}

struct Line {
    place: String,
    what: String,
    do_this: String,
    code: &'static str,
}

struct Counted {
    n: usize,
    words: String,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    chrome: Chrome,
}

#[derive(Template)]
#[template(path = "import_job.html")]
struct JobPage {
    chrome: Chrome,
    title: String,
    says: String,
    working: bool,
    step: usize,
    ready: bool,
    job: String,
    files: Vec<String>,
    counts: Vec<Counted>,
    problems: Vec<Line>,
    problems_in_all: usize,
    notices: Vec<Line>,
    code: String,
}

/// `GET /console/import`
pub async fn page(State(console): State<Console>, desk: Desk) -> Response {
    html(&ImportPage { chrome: console.chrome(&desk, Part::Import, "Import") })
}

/// `POST /console/import`
pub async fn upload(
    State(console): State<Console>,
    desk: Desk,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let unread = || {
        let says = "Nothing was imported. Choose the files again.";
        Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, "upload_unreadable", "The files did not arrive whole", says).into_response()
    };
    let too_large = || {
        let says = "Nothing was imported. Together the files may have 32 MB: export fewer days at a time.";
        Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, "upload_too_large", "The files are too large", says).into_response()
    };
    let broken = |e: axum::extract::multipart::MultipartError| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => unread(),
    };
    let Ok(mut form) = form else { return unread() };
    let mut files = Vec::new();
    loop {
        match form.next_field().await {
            Ok(None) => break,
            Ok(Some(field)) => {
                let name = field.file_name().unwrap_or_default().to_owned();
                match field.bytes().await {
                    Ok(bytes) if !name.is_empty() => files.push(Upload::new(name, bytes.to_vec())),
                    Ok(_) => {}
                    Err(e) => return broken(e),
                }
            }
            Err(e) => return broken(e),
        }
    }
    if files.is_empty() {
        let says = "Nothing was imported. Choose one or more CSV files first.";
        return Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, "upload_empty", "No file was chosen", says).into_response();
    }
    let job = Arc::new(Job {
        branch: desk.branch.clone(),
        account: desk.session.account.id,
        files: Arc::new(files),
        stage: Mutex::new(Stage::Working(Progress { step: Step::Reading, rows: 0 })),
        made: Instant::now(),
    });
    let name = console.token();
    {
        let mut jobs = console.inner.imports.jobs();
        if jobs.len() >= JOBS {
            let oldest = jobs.iter().min_by_key(|(_, j)| j.made).map(|(k, _)| k.clone());
            oldest.and_then(|k| jobs.remove(&k));
        }
        jobs.insert(name.clone(), job.clone());
    }
    let reader = console.clone();
    tokio::task::spawn_blocking(move || {
        let done = dry_run(reader.office(), &job.branch, &job.files, &mut |p| *job.stage() = Stage::Working(p));
        *job.stage() = match done {
            Ok((_, imported)) => Stage::Ready(Box::new(imported)),
            Err(error) => failed(error),
        };
    });
    see_other(&format!("/console/import/{name}"))
}

fn failed(error: ImportError) -> Stage {
    match error {
        ImportError::Problems(problems) => Stage::Refused(problems),
        ImportError::Office(error) => {
            tracing::error!(code = error.code(), "an import could not be recorded");
            Stage::Failed(error.code().to_owned())
        }
    }
}

fn gone() -> Response {
    let says =
        "Uploads are held for half an hour, and only for the one who made them. Nothing was imported from it unless the page said so.";
    Trouble::new(StatusCode::NOT_FOUND, "upload_gone", "This upload is not held any more", says).into_response()
}

/// `POST /console/import/{job}/apply`: reads the files once more against what the office holds now, and records all or nothing.
pub async fn apply(State(console): State<Console>, desk: Desk, Path(name): Path<String>) -> Response {
    let Some(job) = console.inner.imports.find(&name, &desk) else { return gone() };
    {
        let mut stage = job.stage();
        // Pressing twice imports once.
        if !matches!(*stage, Stage::Ready(_)) {
            drop(stage);
            return see_other(&format!("/console/import/{name}"));
        }
        *stage = Stage::Working(Progress { step: Step::Reading, rows: 0 });
    }
    let writer = console.clone();
    tokio::task::spawn_blocking(move || {
        let author = &desk.session.account.worker;
        let done = import(writer.office(), &job.branch, author, &job.files, &mut |p| *job.stage() = Stage::Working(p));
        *job.stage() = match done {
            Ok(imported) => Stage::Done(Box::new(imported)),
            Err(error) => failed(error),
        };
    });
    see_other(&format!("/console/import/{name}"))
}

/// `GET /console/import/{job}`
pub async fn job(State(console): State<Console>, desk: Desk, Path(name): Path<String>) -> Response {
    let Some(job) = console.inner.imports.find(&name, &desk) else { return gone() };
    let stage = job.stage().clone();
    let w = Words::english();
    let mut page = JobPage {
        chrome: console.chrome(&desk, Part::Import, "Import"),
        title: String::new(),
        says: String::new(),
        working: false,
        step: 0,
        ready: false,
        job: name,
        files: job.files.iter().map(|f| f.name.clone()).collect(),
        counts: Vec::new(),
        problems: Vec::new(),
        problems_in_all: 0,
        notices: Vec::new(),
        code: String::new(),
    };
    match stage {
        Stage::Working(progress) => {
            page.working = true;
            let (step, key) = match progress.step {
                Step::Reading => (1, "import-reading"),
                Step::Comparing => (2, "import-comparing"),
                Step::Recording => (3, "import-recording"),
                Step::Recorded => (4, "import-recorded"),
            };
            page.step = step;
            page.title = w.say(key, &[("n", progress.rows.into())]);
        }
        Stage::Ready(imported) if nothing_new(&imported.counts) => {
            page.title = w.say("import-nothing-new", &[]);
            page.says = w.say("import-nothing-new-says", &[]);
            page.counts = counted(&imported.counts);
            page.notices = lines(&imported.notices);
        }
        Stage::Ready(imported) => {
            page.ready = true;
            page.title = w.say("import-ready", &[]);
            page.says = w.say("import-ready-says", &[]);
            page.counts = counted(&imported.counts);
            page.notices = lines(&imported.notices);
        }
        Stage::Refused(found) => {
            let (notices, problems): (Vec<_>, Vec<_>) = found.into_iter().partition(|p| p.code.is_notice());
            page.problems_in_all = problems.len();
            page.title = w.say("import-refused", &[("n", problems.len().into())]);
            page.says = w.say("import-refused-says", &[]);
            page.problems = lines(&problems);
            page.notices = lines(&notices);
        }
        Stage::Failed(code) => {
            let text = w.error(&code, &[("code", code.as_str().into())]);
            page.title = w.say("import-failed", &[]);
            page.says = text.paragraph();
            page.code = code;
        }
        Stage::Done(imported) => {
            page.title = w.say("import-done", &[("n", imported.entries.len().into())]);
            page.says = w.say("import-done-says", &[]);
            page.counts = counted(&imported.counts);
            page.notices = lines(&imported.notices);
        }
    }
    html(&page)
}

fn lines(problems: &[Problem]) -> Vec<Line> {
    let line = |p: &Problem| Line { place: p.place(), what: p.what.clone(), do_this: p.do_this.clone(), code: p.code.as_str() };
    problems.iter().take(SHOWN).map(line).collect()
}

fn counted(c: &Counts) -> Vec<Counted> {
    let all = [
        (c.workers, "import-count-workers"),
        (c.people, "import-count-people"),
        (c.plans, "import-count-plans"),
        (c.visits, "import-count-visits"),
        (c.visits_following, "import-count-visits-following"),
        (c.unchanged, "import-count-unchanged"),
    ];
    all.into_iter().filter(|(n, _)| *n > 0).map(|(n, key)| Counted { n, words: Words::english().say(key, &[("n", n.into())]) }).collect()
}

fn nothing_new(c: &Counts) -> bool {
    *c == Counts { unchanged: c.unchanged, ..Counts::default() }
}
