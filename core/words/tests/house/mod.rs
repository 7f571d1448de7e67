//! The house as its own tests read it: sources, the stable codes that they carry, the tests by their names.
#![allow(dead_code)] // each test file uses its part

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn files(under: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(under) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, endings, found);
        } else if endings.iter().any(|e| path.to_string_lossy().ends_with(e)) {
            found.push(path);
        }
    }
}

/// The crates of which people read something.
const CRATES: [&str; 7] = ["core/model", "core/vault", "core/engine", "core/words", "core/host", "bindings/cli", "sync-server"];

fn read(paths: Vec<PathBuf>) -> BTreeMap<PathBuf, String> {
    paths.into_iter().map(|p| (p.clone(), std::fs::read_to_string(p).expect("a source"))).collect()
}

/// Every source of the house that can name a text, without the integration tests.
pub fn sources() -> BTreeMap<PathBuf, String> {
    let mut found = Vec::new();
    for place in CRATES {
        for inner in ["src", "templates", "assets"] {
            files(&root().join(place).join(inner), &[".rs", ".html", ".js"], &mut found);
        }
    }
    assert!(found.len() > 40, "the sources are where they were");
    read(found)
}

/// The texts between plain quotation marks, without escapes.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').skip(1)
}

/// The text from the first opening bracket to the one that closes it.
fn braced(from: &str) -> &str {
    let open = from.find('{').unwrap_or(from.len());
    let mut depth = 0usize;
    let end = from[open..].char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    &from[..end.map_or(from.len(), |(i, _)| open + i)]
}

/// The bodies of every function of this name.
fn bodies<'s>(source: &'s str, name: &str) -> Vec<&'s str> {
    source.match_indices(&format!("fn {name}(")).map(|(at, _)| braced(&source[at..])).collect()
}

fn looks_like_a_code(text: &str) -> bool {
    !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The first text in quotation marks of every call written like this.
fn first_of<'s>(source: &'s str, call: &'s str) -> impl Iterator<Item = &'s str> {
    source.split(call).skip(1).filter_map(|after| literals(&after[..after.find(')').unwrap_or(after.len())]).next())
}

/// A source without its tests, which name codes that are none.
fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]").next().unwrap_or("")
}

/// Every stable code whose sentences stand in the bundle, with a source that has it: what functions called `code` answer, what refusals
/// carry, what is written where it arises, and the problems of an import.
pub fn codes() -> BTreeMap<String, PathBuf> {
    let mut codes = BTreeMap::new();
    for (path, source) in sources() {
        let source = without_tests(&source);
        let in_functions = bodies(source, "code").into_iter().flat_map(|body| literals(body).collect::<Vec<_>>());
        let of_import = source.split("= \"import_").skip(1).filter_map(|after| after.split('"').next());
        let written = source.split("code: \"").skip(1).filter_map(|after| after.split('"').next());
        // The console's troubles say their sentences themselves: see `said_in_place`.
        let troubles = if path.starts_with(root().join("sync-server/src/cli")) { "Trouble::new(" } else { "no such call" };
        // Why something is held for checking.
        let held = if path.ends_with("sync-server/src/held.rs") { "&str = \"" } else { "no such constant" };
        let held = source.split(held).skip(1).filter_map(|after| after.split('"').next());
        let all = in_functions
            .chain(first_of(source, "refusal("))
            .chain(first_of(source, troubles))
            .chain(first_of(source, "self.wrong("))
            .chain(written)
            .chain(held)
            .map(str::to_owned)
            .chain(of_import.map(|c| format!("import_{c}")));
        for code in all.filter(|c| looks_like_a_code(c)) {
            codes.entry(code).or_insert_with(|| path.clone());
        }
    }
    assert!(codes.len() > 100, "codes are found: {}", codes.len());
    codes
}

/// Stable codes whose sentences stand beside them: the console's refusals, and what the terminal says about a line that was typed.
pub fn said_in_place() -> BTreeMap<String, PathBuf> {
    let mut codes = BTreeMap::new();
    for (path, source) in sources() {
        let calls: &[&str] = if path.starts_with(root().join("sync-server/src/console")) {
            &["Trouble::new(", "refuse_all("]
        } else if path.starts_with(root().join("bindings/cli/src")) {
            &["Failure::usage("]
        } else {
            continue;
        };
        let source = without_tests(&source);
        for code in calls.iter().flat_map(|call| first_of(source, call)).filter(|c| looks_like_a_code(c)) {
            codes.entry(code.to_owned()).or_insert_with(|| path.clone());
        }
    }
    assert!(codes.len() > 15, "codes are found: {}", codes.len());
    codes
}

/// The names under which an enum's variants carry a code: `Enum::Variant => "code"`.
pub fn variants() -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut put = |code: &str, name: String| names.entry(code.to_owned()).or_default().insert(name);
    for source in sources().values() {
        for arm in bodies(source, "code").into_iter().flat_map(str::lines) {
            let Some((patterns, value)) = arm.split_once("=>") else { continue };
            let Some(code) = literals(value).next().filter(|c| looks_like_a_code(c)) else { continue };
            for pattern in patterns.split('|') {
                put(code, pattern.trim().split(['(', ' ', '{']).next().unwrap_or("").to_owned());
            }
        }
        // The import's list: `Variant = "import_…", kind;`
        for line in source.lines() {
            if let Some((variant, rest)) = line.trim().split_once(" = \"import_") {
                put(&format!("import_{}", rest.split('"').next().unwrap_or("")), format!("Code::{variant}"));
            }
        }
    }
    names
}

/// Every test of the house: its name, and its text from there to its end.
pub fn tests() -> BTreeMap<String, String> {
    let mut paths = Vec::new();
    for place in CRATES.into_iter().chain(["tests"]) {
        for inner in ["src", "tests"] {
            files(&root().join(place).join(inner), &[".rs"], &mut paths);
        }
    }
    let mut tests = BTreeMap::new();
    for source in read(paths).into_values() {
        for attribute in ["#[test]", "#[tokio::test"] {
            for (at, _) in source.match_indices(attribute) {
                let Some(name_at) = source[at..].find("fn ").map(|i| at + i + 3) else { continue };
                let name = source[name_at..].split(['(', '<']).next().unwrap_or("");
                tests.insert(name.to_owned(), braced(&source[name_at..]).to_owned());
            }
        }
    }
    assert!(tests.len() > 200, "tests are found: {}", tests.len());
    tests
}

/// The titles of the console's tests in a browser.
pub fn browser_tests() -> String {
    std::fs::read_to_string(root().join("tests/browser/run.mjs")).expect("the browser's tests")
}

/// A message of the text files as it is written, on one line; `part` is an attribute's name, or empty for the message itself.
pub fn raw_text(key: &str, part: &str) -> Option<String> {
    let mut paths = Vec::new();
    files(&root().join("core/words/texts"), &[".ftl"], &mut paths);
    for text in read(paths).values() {
        let Some(at) = text.find(&format!("\n{key} =")) else { continue };
        let message = &text[at + 1..];
        let end = message.match_indices('\n').find(|(i, _)| !message[i + 1..].starts_with(' ')).map_or(message.len(), |(i, _)| i);
        let message = &message[..end];
        let mut parts = message.split("\n    .");
        let found = match part {
            "" => parts.next().and_then(|first| first.split_once('=')),
            _ => parts.skip(1).find_map(|p| p.split_once('=').filter(|(name, _)| name.trim() == part)),
        };
        return found.map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    None
}
