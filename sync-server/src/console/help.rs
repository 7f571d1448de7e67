//! Help: the keys, and what the words mean.

use super::Console;
use super::guard::Desk;
use super::page::{Chrome, Part, html};
use super::say::{BUCKETS, bucket_look};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use holdfast_model::projection::Bucket;
use holdfast_words::Words;

struct Word {
    class: &'static str,
    icon: &'static str,
    words: String,
    means: String,
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    chrome: Chrome,
    words: Vec<Word>,
}

/// `GET /console/help`
pub async fn page(State(console): State<Console>, desk: Desk) -> Response {
    let w = Words::english();
    let words = BUCKETS.into_iter().map(|bucket| {
        let (_, class, icon) = bucket_look(bucket);
        Word { class, icon, words: w.bucket(bucket), means: w.say(means(bucket), &[]) }
    });
    html(&HelpPage { words: words.collect(), chrome: console.chrome(&desk, Part::Other, "Help and keys") })
}

fn means(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Done => "means-done",
        Bucket::Act => "means-act",
        Bucket::There => "means-there",
        Bucket::OnTheWay => "means-on-the-way",
        Bucket::Late => "means-late",
        Bucket::NotDone => "means-not-done",
        Bucket::Missed => "means-missed",
        Bucket::NoWord => "means-no-word",
        Bucket::Due => "means-due",
    }
}
