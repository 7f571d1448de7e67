//! Every route as it answers a browser: by role and branch, without a session, from another site, with its headers.

use super::*;
use crate::accounts::{Actor, NewAccount, Resource, authorize, store::role_text};
use crate::console::page::POLICY;
use crate::import::{Upload, import};
use crate::office::{Office, OfficeConfig};
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use holdfast_host::{ManualClock, SeededRandom};
use holdfast_model::id::{BranchId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::Role;
use std::path::Path;
use std::sync::Arc;
use tower::ServiceExt;

const ROLES: [Role; 5] = [Role::Worker, Role::Lead, Role::Coordinator, Role::Manager, Role::Administrator];

struct World {
    dir: tempfile::TempDir,
    console: Console,
    here: BranchId,
}

fn branch(name: &str) -> BranchId {
    BranchId::new(name).expect("a literal")
}

/// An office with the sample branch, on Tuesday 3 November 2026 at 10:41.
fn make() -> World {
    let dir = tempfile::tempdir().expect("a directory");
    let at = Millis::parse_rfc3339("2026-11-03T10:41:07Z").expect("a literal");
    let random = Arc::new(SeededRandom::new(41));
    let data = dir.path().join("data");
    let key = holdfast_vault::MasterKey::from_secret(holdfast_vault::Secret32::new([7; 32]));
    let mut config = OfficeConfig::new(data, key, Arc::new(ManualClock::alone(at)), random.clone());
    config.branch = branch("northquay");
    let office = Office::open(config).expect("a new office");
    let here = office.branches().into_iter().next().expect("a branch");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample/northquay");
    let files = Upload::folder(&sample).expect("the sample");
    import(&office, &here, &WorkerId::new("W-90").expect("a literal"), &files, &mut |_| {}).expect("the sample is good");
    // Held for checking, number 1: a request of a phone that nobody knows.
    let headers = vec![(holdfast_model::wire::DEVICE_HEADER.into(), "D-AAAAAAAA".into())];
    let stranger = holdfast_model::port::Ask { path: "/v1/sync".into(), headers, body: b"who am I".to_vec() };
    assert_eq!(office.answer(stranger).status, 403);
    let console = Console::open(office, random, false).expect("accounts");
    World { dir, console, here }
}

/// Made beside the async threads: the office waits for its disk.
async fn world() -> World {
    tokio::task::spawn_blocking(make).await.expect("a world")
}

impl World {
    /// A session cookie of somebody in this role and branch.
    fn session(&self, role: Role, branch: &BranchId) -> String {
        let accounts = self.console.accounts();
        let sign_in = format!("{}.{branch}", role_text(role));
        let known = accounts.all().expect("readable").into_iter().find(|a| a.sign_in == sign_in);
        let id = known.map(|a| a.id).unwrap_or_else(|| {
            let worker = WorkerId::new("W-90").expect("a literal");
            let new = NewAccount { sign_in, name: "Somebody".into(), worker, role, branches: vec![branch.clone()] };
            accounts.add(&new, self.console.real_now_s()).expect("added").0
        });
        let token = accounts.start(id, self.console.real_now_s()).expect("started");
        format!("{}={token}", self.console.cookie_name())
    }

    async fn ask(&self, request: Request<Body>) -> Response<Body> {
        router(self.console.clone(), Stop::default()).oneshot(request).await.expect("the router answers")
    }

    fn path(&self, path: &str) -> String {
        path.replace("{visit}", "V-104-0730")
            .replace("{person}", "P-101")
            .replace("{outage}", "O-1")
            .replace("{device}", "D-none")
            .replace("{hold}", "1")
            .replace("{job}", "none")
            .replace("{account}", "999")
    }
}

fn request(method: &Method, path: &str, cookie: Option<&str>) -> Request<Body> {
    let mut builder = Request::builder().method(method.clone()).uri(path).header("sec-fetch-site", "same-origin");
    if let Some(cookie) = cookie {
        builder = builder.header(header::COOKIE, cookie);
    }
    if *method == Method::POST {
        builder = builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    builder.body(Body::empty()).expect("a request")
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 8 << 20).await.expect("a body").to_vec()).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_each_role_and_branch_as_the_policy_says() {
    let world = world().await;
    let elsewhere = branch("southquay");
    let mut asked = 0;
    for route in guarded() {
        let path = world.path(route.path);
        for role in ROLES {
            for home in [&world.here, &elsewhere] {
                // A branch that is not theirs is asked for by name, where the address can name one.
                let path = if matches!(route.about, About::Branch | About::Held) {
                    format!("{path}?branch={}&page=none", world.here)
                } else {
                    path.clone()
                };
                let cookie = world.session(role, home);
                let response = world.ask(request(&route.method, &path, Some(&cookie))).await;
                let actor = Actor { role, branches: vec![home.clone()] };
                let resource = if route.about == About::Own { Resource::Own } else { Resource::Branch(world.here.clone()) };
                let may = authorize(&actor, route.action, &resource).is_ok();
                let status = response.status();
                let who = format!("{} {} as {role:?} of {home}", route.method, route.path);
                assert_ne!(status, StatusCode::UNAUTHORIZED, "{who}");
                // A thing that is not there is said to be so only to those who may look for it somewhere.
                let hidden = matches!(route.about, About::Phone | About::Outage) && status == StatusCode::NOT_FOUND;
                let nobody = route.about == About::Own && home == &elsewhere;
                if may && !nobody {
                    assert!(status != StatusCode::FORBIDDEN && !status.is_server_error(), "{who}: {status}");
                } else {
                    assert!(status == StatusCode::FORBIDDEN || hidden, "{who}: {status}");
                }
                asked += 1;
            }
        }
    }
    assert_eq!(asked, guarded().len() * ROLES.len() * 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_pages_lead_to_sign_in_and_forms_say_that_nothing_was_saved() {
    let world = world().await;
    for route in guarded() {
        let path = world.path(route.path);
        for cookie in [None, Some("holdfast-session=made-up")] {
            let response = world.ask(request(&route.method, &path, cookie)).await;
            if route.method == Method::GET {
                assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
                let to = response.headers()[header::LOCATION].to_str().expect("text").to_owned();
                assert!(to.starts_with("/console/sign-in?next=%2Fconsole%2F"), "{path}: {to}");
            } else {
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
                assert!(text(response).await.contains("Nothing was saved"), "{path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_from_another_site_gets_through_and_every_answer_is_protected() {
    let world = world().await;
    let cookie = world.session(Role::Administrator, &world.here);
    for route in guarded() {
        let path = world.path(route.path);
        let mut forged = request(&route.method, &path, Some(&cookie));
        forged.headers_mut().insert("sec-fetch-site", header::HeaderValue::from_static("cross-site"));
        let response = world.ask(forged).await;
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], POLICY, "{path}");
        assert_eq!(response.headers()[header::CACHE_CONTROL].to_str().ok().map(|c| c.contains("no-")), Some(true), "{path}");
        if route.method == Method::POST {
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
            assert!(text(response).await.contains("form_from_elsewhere"), "{path}");
        }
    }
    let signed_in = world.console.accounts().session(cookie.split_once('=').expect("a pair").1, world.console.real_now_s());
    assert!(signed_in.expect("readable").is_some(), "the forged sign-out worked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_call_becomes_an_entry_and_a_half_filled_form_becomes_none() {
    let world = world().await;
    let cookie = world.session(Role::Coordinator, &world.here);
    let visit = holdfast_model::id::VisitId::new("V-104-0730").expect("a literal");
    let count = || world.console.office().visit(&visit).expect("readable").expect("planned").calls.len();
    let send = |body: &'static str| {
        let mut post = request(&Method::POST, "/console/visits/V-104-0730/call", Some(&cookie));
        *post.body_mut() = Body::from(body);
        world.ask(post)
    };
    let response = send("speaker=family&who=&report=there&report_at=half+nine&words=%3Cb%3Ebold%3C%2Fb%3E").await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(response).await;
    for piece in ["There is a problem", "href=\"#f-who\"", "href=\"#f-report_at\"", "value=\"half nine\"", "&#60;b&#62;bold"] {
        assert!(page.contains(piece), "{piece}");
    }
    assert_eq!(count(), 0);
    let response = send("speaker=family&who=daughter&report=there&report_at=09%3A30&at=10%3A05&worker=&words=The+carer+came").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/console/visits/V-104-0730?said=call");
    assert_eq!(count(), 1);
    let later = send("speaker=family&who=daughter&report=there&report_at=23%3A30&words=").await;
    assert_eq!(later.status(), StatusCode::UNPROCESSABLE_ENTITY, "a time to come was taken");
    assert_eq!(count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_names_stand_nowhere_on_any_page() {
    let world = world().await;
    let cookie = world.session(Role::Administrator, &world.here);
    let mut hide = request(&Method::POST, "/console/names", Some(&cookie));
    *hide.body_mut() = Body::from("hide=yes&back=%2Fconsole%2Fboard");
    assert_eq!(world.ask(hide).await.status(), StatusCode::SEE_OTHER);
    for path in
        ["/console/board", "/console/visits/V-104-0730", "/console/people/P-101", "/console/plans", "/console/phones", "/console/held"]
    {
        let response = world.ask(request(&Method::GET, path, Some(&cookie))).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let page = text(response).await;
        for name in ["Marlow", "Edith", "Pike", "Tern House", "Penicillin"] {
            assert!(!page.contains(name), "{name} on {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_two_branches_chooses_once_and_every_page_and_form_is_about_that_branch() {
    let world = world().await;
    let elsewhere = branch("southquay");
    let (office, worker) = (world.console.office().clone(), WorkerId::new("W-91").expect("a literal"));
    let record = crate::office::WorkerRecord {
        id: worker.clone(),
        name: "Una Vale".into(),
        role: Role::Coordinator,
        branch: elsewhere.clone(),
        phone: String::new(),
    };
    let (by, there) = (worker.clone(), elsewhere.clone());
    tokio::task::spawn_blocking(move || office.record_many(&by, &there, &[record], Vec::new()).map(|_| ()))
        .await
        .expect("ran")
        .expect("a branch");
    let accounts = world.console.accounts();
    let branches = vec![world.here.clone(), elsewhere.clone()];
    let new = NewAccount { sign_in: "una".into(), name: "Una Vale".into(), worker, role: Role::Administrator, branches };
    let id = accounts.add(&new, world.console.real_now_s()).expect("added").0;
    let cookie = format!("holdfast-session={}", accounts.start(id, world.console.real_now_s()).expect("started"));
    let pages = guarded().into_iter().filter(|r| r.method == Method::GET && r.about == About::Branch && !r.path.contains('{'));
    let pages: Vec<_> = pages.map(|r| r.path).filter(|p| *p != "/console/live").collect();
    assert!(pages.len() > 5);
    let chosen = |page: &str| {
        let at = page.find("selected>").map(|i| page[..i].rfind("value=\"").map_or("", |v| &page[v + 7..i]));
        at.unwrap_or_default().split('"').next().unwrap_or_default().to_owned()
    };
    for want in [&elsewhere, &world.here] {
        let choose = format!("/console/board?branch={want}");
        assert_eq!(world.ask(request(&Method::GET, &choose, Some(&cookie))).await.status(), StatusCode::OK);
        for path in &pages {
            let page = text(world.ask(request(&Method::GET, path, Some(&cookie))).await).await;
            assert_eq!(chosen(&page), want.to_string(), "{path}");
            for form in page.match_indices("method=\"post\" action=\"/console/").map(|(i, _)| &page[i..]) {
                let action = form.split('"').nth(3).unwrap_or_default();
                let names = action.ends_with(&format!("?branch={want}"));
                let about =
                    guarded().into_iter().find(|r| r.method == Method::POST && r.path == action.split('?').next().unwrap_or_default());
                assert!(names || about.is_none_or(|r| r.about != About::Branch), "{action} on {path} names no branch");
            }
        }
    }
    let foreign = world.ask(request(&Method::GET, "/console/board?branch=westquay", Some(&cookie))).await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let page = text(world.ask(request(&Method::GET, "/console/phones", Some(&cookie))).await).await;
    assert_eq!(chosen(&page), world.here.to_string(), "what was refused chooses nothing");
}

/// The code that a page shows beneath what it refuses.
async fn refusal(response: Response<Body>) -> (u16, String) {
    let status = response.status().as_u16();
    let page = text(response).await;
    let code = page.split("Code: <span class=\"code\">").nth(1).and_then(|rest| rest.split("</span>").next());
    (status, code.unwrap_or_else(|| panic!("no code on the page: {page}")).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_shows_its_code() {
    let world = world().await;
    let cookie = world.session(Role::Administrator, &world.here);
    let ask = async |method: &Method, path: &str| refusal(world.ask(request(method, path, Some(&cookie))).await).await;
    assert_eq!(ask(&Method::GET, "/console/nowhere").await, (404, "not_found".into()));
    assert_eq!(ask(&Method::GET, "/console/visits/V-none").await, (404, "not_found".into()));
    assert_eq!(ask(&Method::PUT, "/console/board").await, (405, "not_a_form".into()));
    assert_eq!(ask(&Method::GET, "/console/import/none").await, (404, "upload_gone".into()));
    let stranger = world.session(Role::Coordinator, &branch("southquay"));
    assert_eq!(refusal(world.ask(request(&Method::GET, "/console/board", Some(&stranger))).await).await, (403, "no_branch".into()));
    let worker = world.session(Role::Worker, &world.here);
    assert_eq!(refusal(world.ask(request(&Method::GET, "/console/accounts", Some(&worker))).await).await, (403, "not_allowed".into()));
    let unsigned = world.ask(request(&Method::POST, "/console/names", None)).await;
    assert_eq!(refusal(unsigned).await, (401, "signed_out".into()));
    let unread = "/console/visits/V-104-0730/call";
    let mut plain = request(&Method::POST, unread, Some(&cookie));
    plain.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain"));
    let (status, code) = refusal(world.ask(plain).await).await;
    assert!((400..500).contains(&status) && code == "bad_request", "{status} {code}");
    let mut large = request(&Method::POST, unread, Some(&cookie));
    *large.body_mut() = Body::from(format!("words={}", "x".repeat(200 * 1024)));
    assert_eq!(refusal(world.ask(large).await).await, (413, "upload_too_large".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_none_imports_nothing() {
    let world = world().await;
    let cookie = world.session(Role::Administrator, &world.here);
    let before = world.console.office().seq(&world.here);
    let send = async |body: Vec<u8>| {
        let mut post = request(&Method::POST, "/console/import", Some(&cookie));
        post.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("multipart/form-data; boundary=here"));
        *post.body_mut() = Body::from(body);
        refusal(world.ask(post).await).await
    };
    let field = "--here\r\ncontent-disposition: form-data; name=\"files\"; filename=\"rota.csv\"\r\n\r\n";
    assert_eq!(send(format!("{field}visit,person").into_bytes()).await, (422, "upload_unreadable".into()), "it breaks off");
    let nothing = field.replace("rota.csv", "") + "\r\n--here--\r\n";
    assert_eq!(send(nothing.into_bytes()).await, (422, "upload_empty".into()));
    let mut huge = field.as_bytes().to_vec();
    huge.resize(import_page::UPLOAD_BYTES + 1, b'x');
    assert_eq!(send(huge).await, (413, "upload_too_large".into()));
    assert_eq!(world.console.office().seq(&world.here), before, "nothing was recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_fails_says_that_nothing_is_lost() {
    let world = world().await;
    let cookie = world.session(Role::Administrator, &world.here);
    let db = rusqlite::Connection::open(world.dir.path().join("data/ledger.db")).expect("opens");
    db.execute_batch("ALTER TABLE held RENAME TO away").expect("renamed");
    let response = world.ask(request(&Method::GET, "/console/held", Some(&cookie))).await;
    assert_eq!(refusal(response).await, (500, "server_fault".into()));
    db.execute_batch("ALTER TABLE away RENAME TO held").expect("renamed");
    assert_eq!(world.ask(request(&Method::GET, "/console/held", Some(&cookie))).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_one_try_too_many_are_told_apart() {
    let world = world().await;
    let send = async || {
        let mut post = request(&Method::POST, "/console/sign-in", None);
        *post.body_mut() = Body::from("sign_in=nobody&password=a+boat+in+a+storm");
        let response = world.ask(post).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        text(response).await
    };
    for _ in 0..5 {
        assert!(send().await.contains("sign_in_wrong"));
    }
    assert!(send().await.contains("too_many_tries"));
}
