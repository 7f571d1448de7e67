//! The pages on which people decide about what is held for checking: who may, what they read, what becomes of it.
#![allow(clippy::unwrap_used)]

mod common;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use common::*;
use holdfast_model::id::BranchId;
use holdfast_model::wire::Role;
use holdfast_sync_server::Office;
use holdfast_sync_server::accounts::NewAccount;
use holdfast_sync_server::console::{Console, router};
use holdfast_sync_server::http::Stop;
use std::sync::Arc;
use tower::ServiceExt;

const ROLES: [Role; 5] = [Role::Worker, Role::Lead, Role::Coordinator, Role::Manager, Role::Administrator];

struct Desk {
    world: World,
    console: Console,
}

/// A shut-out phone's note about V-1 and a text that is no entry, both held.
fn make() -> Desk {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    world.office.revoke(&asha.device, &worker("W-90"), "it is lost").unwrap();
    asha.note(visit("V-1"), "Edith <b>slept</b> well");
    asha.sync(&world.office).unwrap();
    let mut ben = world.phone("W-2");
    let id = ben.entry(visit("V-1"), holdfast_model::entry::Body::OnTheWay(Default::default())).id;
    ben.record_text(visit("V-1"), id, "<script>alert(1)</script> no entry");
    ben.sync(&world.office).unwrap();
    let console = Console::open(world.office.clone(), Arc::new(seeded(5)), false).unwrap();
    Desk { world, console }
}

async fn desk() -> Desk {
    tokio::task::spawn_blocking(make).await.unwrap()
}

impl Desk {
    fn office(&self) -> &Office {
        &self.world.office
    }
    fn hold(&self, code: &str) -> i64 {
        self.office().held_for_checking(&branch()).unwrap().into_iter().find(|h| h.code == code).unwrap().id
    }
    fn cookie(&self, role: Role, home: &str) -> String {
        let accounts = self.console.accounts();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let sign_in = format!("{role:?}.{home}");
        let known = accounts.all().unwrap().into_iter().find(|a| a.sign_in == sign_in.to_lowercase());
        let id = known.map(|a| a.id).unwrap_or_else(|| {
            let branches = vec![BranchId::new(home).unwrap()];
            accounts.add(&NewAccount { sign_in, name: "Somebody".into(), worker: worker("C-1"), role, branches }, now).unwrap().0
        });
        format!("holdfast-session={}", accounts.start(id, now).unwrap())
    }
    async fn ask(&self, method: Method, path: &str, cookie: &str, body: &str) -> (StatusCode, String) {
        let mut request =
            Request::builder().method(&method).uri(path).header("sec-fetch-site", "same-origin").header(header::COOKIE, cookie);
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = router(self.console.clone(), Stop::default()).oneshot(request).await.unwrap();
        let status = response.status();
        (status, String::from_utf8(to_bytes(response.into_body(), 8 << 20).await.unwrap().to_vec()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_managers_and_administrators_of_its_branch_decide_and_only_coordinators_upwards_read() {
    let desk = desk().await;
    let id = desk.hold("device_revoked");
    for role in ROLES {
        for home in ["NQ", "SQ"] {
            let cookie = desk.cookie(role, home);
            let reads = matches!(role, Role::Coordinator | Role::Manager | Role::Administrator) && home == "NQ";
            let decides = matches!(role, Role::Manager | Role::Administrator) && home == "NQ";
            let (status, page) = desk.ask(Method::GET, &format!("/console/held/{id}"), &cookie, "").await;
            assert_eq!(status, if reads { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{role:?} of {home}");
            assert_eq!(page.contains("slept"), reads, "{role:?} of {home}");
            assert_eq!(page.contains("name=\"take\""), decides, "{role:?} of {home}");
            for act in ["take", "aside", "back"] {
                // Without a reason: whoever may is asked for one, and nothing is decided.
                let (status, _) = desk.ask(Method::POST, &format!("/console/held/{id}/{act}"), &cookie, "").await;
                let want = if decides { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::FORBIDDEN };
                assert_eq!(status, want, "{act} as {role:?} of {home}");
                if !decides {
                    let (status, _) = desk.ask(Method::POST, &format!("/console/held/{id}/{act}"), &cookie, &format!("{act}=why")).await;
                    assert_eq!(status, StatusCode::FORBIDDEN);
                }
            }
        }
    }
    assert_eq!(desk.hold("device_revoked"), id, "still held");
    assert!(desk.office().held_decided(&branch()).unwrap().is_empty());
    let manager = desk.cookie(Role::Manager, "NQ");
    for path in ["/console/held/999", "/console/held/x"] {
        let (status, _) = desk.ask(Method::GET, path, &manager, "").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_made_on_the_page_and_stands_there_with_who_and_why() {
    let desk = desk().await;
    let id = desk.hold("device_revoked");
    let cookie = desk.cookie(Role::Manager, "NQ");
    let (desk, cookie) = (&desk, &cookie);
    let page_of = |path: String| async move { desk.ask(Method::GET, &path, cookie, "").await.1 };
    let page = page_of(format!("/console/held/{id}")).await;
    assert!(page.contains("Edith &#60;b&#62;slept&#60;/b&#62; well") && page.contains("Asha Bello"), "{page}");
    let (status, page) = desk.ask(Method::POST, &format!("/console/held/{id}/take"), cookie, "take=+").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("There is a problem") && page.contains("href=\"#f-take\""));
    let (status, _) = desk.ask(Method::POST, &format!("/console/held/{id}/take"), cookie, "take=rang+her").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, page) = desk.ask(Method::POST, &format!("/console/held/{id}/aside"), cookie, "aside=late").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("held_decided"));
    let list = page_of("/console/held".into()).await;
    assert!(list.contains("Taken in by Hugh Irwin") && list.contains("“rang her”"), "{list}");
    let visit = page_of("/console/visits/V-1".into()).await;
    assert!(visit.contains("slept") && visit.contains("taken in after checking"));

    let raw = desk.hold("entry_malformed");
    let page = page_of(format!("/console/held/{raw}")).await;
    assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("<script>alert"), "shown as it came, and as nothing else");
    assert!(!page.contains("name=\"take\"") && page.contains("name=\"aside\""));
    desk.ask(Method::POST, "/console/names", cookie, "hide=yes&back=%2Fconsole%2Fheld").await;
    for path in [format!("/console/held/{raw}"), format!("/console/held/{id}"), "/console/held".into()] {
        let page = page_of(path.clone()).await;
        assert!(!page.contains("alert(1)") && !page.contains("slept") && !page.contains("rang her"), "{path}");
    }
}
