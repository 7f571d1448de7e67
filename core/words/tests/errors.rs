//! `docs/errors.md` against the sources: every code there is, what the person reads, and a test that shows it.

mod house;

use holdfast_words::Words;
use house::{browser_tests, codes, root, said_in_place, tests, variants};
use std::collections::BTreeSet;

/// A row of a table of codes.
#[derive(Debug)]
struct Row {
    code: String,
    what: String,
    safe: String,
    then: String,
    test: String,
}

fn rows() -> Vec<Row> {
    let list = std::fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    let mut rows = Vec::new();
    for line in list.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [code, what, safe, then, _, test] = cells[..] else { panic!("six cells, not {}: {line}", cells.len()) };
        rows.push(Row {
            code: code.trim_matches('`').to_owned(),
            what: what.to_owned(),
            safe: safe.to_owned(),
            then: then.to_owned(),
            test: test.to_owned(),
        });
    }
    rows
}

#[test]
fn every_code_is_listed_once_and_nothing_else_is() {
    let mut listed = BTreeSet::new();
    let twice: Vec<String> = rows().into_iter().map(|row| row.code).filter(|code| !listed.insert(code.clone())).collect();
    assert!(twice.is_empty(), "listed twice: {twice:?}");
    let there: BTreeSet<String> = codes().into_keys().chain(said_in_place().into_keys()).collect();
    let missing: Vec<&String> = there.difference(&listed).collect();
    assert!(missing.is_empty(), "docs/errors.md lacks {missing:?}");
    let stale: Vec<&String> = listed.difference(&there).collect();
    assert!(stale.is_empty(), "no source has {stale:?}");
}

/// A text of the bundle as the list writes it: places in italics. `None` where a text chooses between forms.
fn as_listed(text: &str) -> Option<String> {
    if text.contains("->") {
        return None;
    }
    let mut out = String::new();
    for piece in text.split("{ ") {
        match piece.split_once(" }") {
            Some((place, rest)) if out.is_empty() || place.starts_with('$') => {
                out.push_str(&format!("*{}*{rest}", place.trim_start_matches('$')));
            }
            _ => out.push_str(piece),
        }
    }
    Some(out)
}

#[test]
fn the_list_says_what_the_person_reads() {
    let words = Words::english();
    let mut other = Vec::new();
    for row in rows() {
        let key = format!("error-{}", row.code);
        if !words.has(&key) {
            assert!(!row.what.is_empty() && !row.then.is_empty(), "{}: what happened, and what to do", row.code);
            continue;
        }
        for (part, listed) in [("", &row.what), ("safe", &row.safe), ("do", &row.then)] {
            let text = house::raw_text(&key, part).unwrap_or_default();
            if let Some(wanted) = as_listed(&text)
                && wanted != *listed
            {
                other.push(format!("{} {part}: listed “{listed}”, said “{wanted}”", row.code));
            }
        }
    }
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn every_code_names_a_test_that_is_there_and_speaks_of_it() {
    let (tests, variants, in_browser) = (tests(), variants(), browser_tests());
    let mut wrong = Vec::new();
    for Row { code, test, .. } in rows() {
        let named: Vec<&str> = test.split('`').skip(1).step_by(2).collect();
        match named[..] {
            ["tests/browser", title] if in_browser.contains(title) => {}
            [name] => match tests.get(name) {
                Some(text) => {
                    let said = text.contains(&format!("\"{code}\"")) || text.contains(&format!("[{code}]"));
                    let by_variant = variants.get(&code).is_some_and(|names| names.iter().any(|v| text.contains(v.as_str())));
                    if !said && !by_variant {
                        wrong.push(format!("{code}: {name} does not speak of it"));
                    }
                }
                None => wrong.push(format!("{code}: there is no test {name}")),
            },
            _ => wrong.push(format!("{code}: names no test: {test:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
