//! The texts against the sources that use them: no screen without a word, no word without a screen, no code without an answer.

mod house;

use holdfast_words::{Locale, Words};
use house::{codes, files, root, sources};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_code_has_what_happened_and_what_to_do() {
    let words = Words::english();
    let silent: Vec<_> = codes()
        .into_iter()
        .filter(|(code, _)| {
            let text = words.error(code, &[]);
            !words.has(&format!("error-{code}")) || text.then.is_empty()
        })
        .collect();
    assert!(silent.is_empty(), "codes without a text, or without what to do: {silent:#?}");
}

#[test]
fn every_error_text_has_a_code() {
    let codes = codes();
    let stale: Vec<&str> = Words::english()
        .keys()
        .filter_map(|key| key.strip_prefix("error-"))
        .filter(|code| *code != "unknown" && !codes.contains_key(*code))
        .collect();
    assert!(stale.is_empty(), "texts of codes that no source has: {stale:?}");
}

#[test]
fn every_text_is_used() {
    let sources = sources();
    let used: BTreeSet<&str> = sources.values().flat_map(|s| s.split(['"', '\'', '`'])).collect();
    // "did-{word}": a key made of a list that has a test of its own.
    let made: BTreeSet<&str> = used.iter().filter_map(|s| s.split_once("-{").map(|(front, _)| front)).filter(|f| f.len() > 2).collect();
    // "{key}-extra": a variant of another key.
    let ends: BTreeSet<&str> = used.iter().filter_map(|s| s.split_once("}-").map(|(_, end)| end)).filter(|e| e.len() > 2).collect();
    let is_made = |key: &str| {
        key.split_once('-').is_some_and(|(front, _)| made.contains(front))
            || key.rsplit_once('-').is_some_and(|(front, end)| ends.contains(end) && used.contains(front))
    };
    let unused: Vec<&str> = Words::english().keys().filter(|key| !used.contains(key) && !is_made(key)).collect();
    assert!(unused.is_empty(), "texts that no source names: {unused:?}");
}

#[test]
fn every_text_that_is_asked_for_is_there() {
    let mut missing = BTreeSet::new();
    for (path, source) in sources().into_iter().filter(|(path, _)| !path.ends_with("tests.rs")) {
        for call in ["say(\"", "plain(\"", "try_say(\""] {
            for after in source.split(call).skip(1) {
                let key = after.split('"').next().unwrap_or("");
                // A key, not a sentence that some other `say` takes.
                if key.contains('-') && !key.contains(' ') && !Words::english().has(key) {
                    missing.insert((path.clone(), key.to_owned()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The messages of the text files: key and everything up to the next.
fn messages() -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(&root().join("core/words/texts"), &[".ftl"], &mut found);
    let mut messages: Vec<(String, String)> = Vec::new();
    for path in found {
        for line in std::fs::read_to_string(path).expect("a text file").lines() {
            match line.split_once(" =") {
                Some((key, rest)) if key.starts_with(|c: char| c.is_ascii_alphabetic()) => messages.push((key.to_owned(), rest.to_owned())),
                _ if line.starts_with(' ') => {
                    if let Some((_, text)) = messages.last_mut() {
                        text.push_str(line);
                    }
                }
                _ => {}
            }
        }
    }
    messages
}

#[test]
fn no_text_stands_twice_and_every_line_is_read() {
    let messages = messages();
    let mut seen = BTreeSet::new();
    let twice: Vec<&String> = messages.iter().map(|(key, _)| key).filter(|key| !seen.insert(key.as_str())).collect();
    assert!(twice.is_empty(), "{twice:?}");
    for locale in Locale::ALL {
        let words = Words::of(*locale);
        let unread: Vec<&str> = seen.iter().copied().filter(|key| words.try_say(key, &[]).is_none()).collect();
        assert!(unread.is_empty(), "Fluent cannot read {unread:?}");
    }
}

/// The arguments of a call, up to its closing bracket.
fn call_args(after: &str) -> &str {
    let mut depth = 1usize;
    let end = after.char_indices().find(|(_, c)| {
        depth = match c {
            '(' => depth + 1,
            ')' => depth - 1,
            _ => depth,
        };
        depth == 0
    });
    &after[..end.map_or(after.len(), |(i, _)| i)]
}

#[test]
fn every_place_of_a_text_is_filled_where_it_is_said() {
    let texts: BTreeMap<String, String> = messages().into_iter().collect();
    let mut open = Vec::new();
    let mut looked_at = 0;
    for (path, source) in sources().into_iter().filter(|(path, _)| !path.ends_with("tests.rs")) {
        for after in source.split("say(\"").skip(1) {
            let call = call_args(after);
            let Some((key, args)) = call.split_once('"') else { continue };
            // Arguments that are put together elsewhere cannot be seen from here.
            let (Some(text), true) = (texts.get(key), args.contains("&[")) else { continue };
            looked_at += 1;
            let mut given: BTreeSet<&str> = args.split("(\"").skip(1).filter_map(|a| a.split('"').next()).collect();
            // `&[time]`: an argument with a name of its own, made a line above.
            let list = args.split_once("&[").map_or("", |(_, list)| list).trim_end_matches([')', ']', ' ', '\n', ',']);
            given.extend(list.split([',', '(', ')']).map(str::trim).filter(|e| e.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')));
            let places = text.split("{ $").skip(1).filter_map(|p| p.split([' ', '}']).next());
            open.extend(
                places.filter(|p| !given.contains(p) && !args.contains("args")).map(|p| (path.clone(), key.to_owned(), p.to_owned())),
            );
        }
    }
    assert!(looked_at > 100, "calls are found: {looked_at}");
    assert!(open.is_empty(), "places that nothing fills: {open:#?}");
}

#[test]
fn the_words_are_those_of_the_field() {
    for (key, text) in messages() {
        let lower = format!(" {} ", text.to_lowercase().replace(['.', ',', ':', ';', '“', '”', '?', '!', '(', ')'], " "));
        for never in [
            " patient ",
            " patients ",
            " user ",
            " users ",
            " client ",
            " clients ",
            " carer ",
            " sync ",
            " quarantine ",
            " call ",
            " calls ",
        ] {
            let allowed = match never {
                " call " | " calls " => lower.contains("phone call"),
                _ => false,
            };
            assert!(!lower.contains(never) || allowed, "{key} says “{}”: {text}", never.trim());
        }
        // The one word that silence must never turn into: only evidence, a tally of it, or the sentence that says so.
        if lower.contains(" missed ") && !lower.contains("not missed") {
            assert!(key.contains("missed") || key.starts_with("summary-"), "{key} says missed: {text}");
        }
    }
}
