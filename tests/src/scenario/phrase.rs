//! Matching a line of a scenario against the sentences that it may use.
//!
//! A pattern is a sentence with gaps in braces: `{worker} arrives at {visit} by {method}`. A gap takes one word or
//! several; `{words}` takes exactly what stands in double quotes. The pattern with the most fixed words wins, so the
//! order of the table means nothing.

use std::collections::BTreeMap;

/// What stood in the gaps, by the gap's name.
pub type Gaps = BTreeMap<&'static str, String>;

/// One piece of a sentence: a word, a comma, a colon, `'s`, or everything between two double quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Plain(String),
    Quoted(String),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Token::Plain(own) if own.eq_ignore_ascii_case(word))
    }
    /// True for what a name may never run across.
    fn ends_a_name(&self) -> bool {
        matches!(self, Token::Quoted(_)) || self.is(",") || self.is(":")
    }
}

/// Splits a sentence; `None` when a quotation is not closed.
fn tokens(sentence: &str) -> Option<Vec<Token>> {
    let straight = sentence.replace(['“', '”'], "\"").replace('’', "'");
    let mut out = Vec::new();
    for (i, piece) in straight.split('"').enumerate() {
        if i % 2 == 1 {
            out.push(Token::Quoted(piece.to_owned()));
            continue;
        }
        for word in piece.split_whitespace() {
            split_word(word, &mut out);
        }
    }
    straight.matches('"').count().is_multiple_of(2).then_some(out)
}

fn split_word(word: &str, out: &mut Vec<Token>) {
    let bare = word.trim_end_matches([',', ':']);
    let stem = bare.strip_suffix("'s").filter(|stem| !stem.is_empty());
    match stem {
        Some(stem) => out.extend([Token::Plain(stem.into()), Token::Plain("'s".into())]),
        None if !bare.is_empty() => out.push(Token::Plain(bare.into())),
        None => {}
    }
    out.extend(word[bare.len()..].chars().map(|c| Token::Plain(c.to_string())));
}

/// Whether a text may stand in the gap of this name.
type Fits = fn(&str, &str) -> bool;

/// A sentence with gaps.
#[derive(Debug, Clone)]
struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Word(String),
    Gap(&'static str),
}

impl Pattern {
    fn new(source: &'static str) -> Pattern {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once('{') {
            parts.extend(words_of(before));
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            parts.push(Part::Gap(name));
            rest = after;
        }
        parts.extend(words_of(rest));
        Pattern { parts }
    }

    fn fixed(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|p| match p {
            Part::Word(w) => Some(w.as_str()),
            Part::Gap(_) => None,
        })
    }

    /// Fills the gaps from the tokens, shortest first; false when the rest does not fit.
    fn fill(parts: &[Part], tokens: &[Token], fits: Fits, gaps: &mut Gaps) -> bool {
        let Some((part, later)) = parts.split_first() else { return tokens.is_empty() };
        match part {
            Part::Word(word) => tokens.first().is_some_and(|t| t.is(word)) && Self::fill(later, &tokens[1..], fits, gaps),
            Part::Gap("words") => match tokens.split_first() {
                Some((Token::Quoted(said), rest)) if Self::fill(later, rest, fits, gaps) => {
                    gaps.insert("words", said.clone());
                    true
                }
                _ => false,
            },
            Part::Gap(name) => (1..=tokens.len()).any(|n| {
                // A list may hold commas; a name may not.
                let plain = tokens[..n].iter().all(|t| if *name == "list" { t.is(",") || !t.ends_a_name() } else { !t.ends_a_name() });
                let text = joined(&tokens[..n]);
                let filled = plain && fits(name, &text) && Self::fill(later, &tokens[n..], fits, gaps);
                if filled {
                    gaps.insert(name, text);
                }
                filled
            }),
        }
    }
}

fn words_of(text: &str) -> impl Iterator<Item = Part> + '_ {
    let mut out = Vec::new();
    for word in text.split_whitespace() {
        split_word_keeping_possessive(word, &mut out);
    }
    out.into_iter().map(Part::Word)
}

/// In a pattern `'s` follows a gap's brace and stands alone.
fn split_word_keeping_possessive(word: &str, out: &mut Vec<String>) {
    if word == "'s" {
        return out.push(word.into());
    }
    let mut split = Vec::new();
    split_word(word, &mut split);
    out.extend(split.into_iter().map(|t| match t {
        Token::Plain(w) | Token::Quoted(w) => w,
    }));
}

fn joined(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        if let Token::Plain(word) = token {
            if !text.is_empty() && word != "'s" && word != "," && word != ":" {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
    text
}

/// Why no pattern fits.
#[derive(Debug, PartialEq, Eq)]
pub enum NoMatch {
    /// A quotation is not closed.
    OpenQuote,
    /// No such sentence; the nearest one.
    Unknown(&'static str),
}

/// Finds the pattern that the sentence fills: its place in the table and what stood in the gaps.
pub fn find(patterns: &[&'static str], sentence: &str) -> Result<(usize, Gaps), NoMatch> {
    find_where(patterns, sentence, |_, _| true)
}

/// The same, where some gaps take only certain texts.
pub fn find_where(patterns: &[&'static str], sentence: &str, fits: Fits) -> Result<(usize, Gaps), NoMatch> {
    let tokens = tokens(sentence).ok_or(NoMatch::OpenQuote)?;
    let fitting = patterns.iter().enumerate().filter_map(|(i, source)| {
        let pattern = Pattern::new(source);
        let mut gaps = Gaps::new();
        Pattern::fill(&pattern.parts, &tokens, fits, &mut gaps).then(|| (pattern.fixed().count(), i, gaps))
    });
    match fitting.max_by_key(|(fixed, i, _)| (*fixed, std::cmp::Reverse(*i))) {
        Some((_, i, gaps)) => Ok((i, gaps)),
        None => Err(NoMatch::Unknown(nearest(patterns, &tokens))),
    }
}

/// The pattern that shares the largest part of its fixed words with the sentence.
fn nearest(patterns: &[&'static str], tokens: &[Token]) -> &'static str {
    let score = |source: &&'static str| {
        let pattern = Pattern::new(source);
        let hits = pattern.fixed().filter(|w| tokens.iter().any(|t| t.is(w) || near(t, w))).count();
        let misses = pattern.fixed().count() - hits;
        (hits * 3) as i64 - misses as i64
    };
    patterns.iter().copied().max_by_key(|p| score(p)).unwrap_or("")
}

fn near(token: &Token, word: &str) -> bool {
    matches!(token, Token::Plain(own) if word.len() > 3 && distance(&own.to_lowercase(), word) <= 2)
}

/// Letters to insert, drop or change to make one word of the other.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let changed = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[&str] = &[
        "{worker} arrives at {visit}",
        "{worker} arrives at {visit} by {method}",
        "{worker}'s phone has no signal",
        "{worker} notes at {visit}: {words}",
    ];

    fn gaps(sentence: &str) -> Vec<(&'static str, String)> {
        find(TABLE, sentence).expect("a sentence").1.into_iter().collect()
    }

    #[test]
    fn the_most_fixed_words_win() {
        assert_eq!(gaps("Asha arrives at Harold Pike"), [("visit", "Harold Pike".into()), ("worker", "Asha".into())]);
        let by_tag = gaps("Asha arrives at Harold Pike by tag");
        assert_eq!(by_tag[0], ("method", "tag".into()));
        assert_eq!(gaps("Ben Carr’s phone has no signal"), [("worker", "Ben Carr".into())]);
    }

    #[test]
    fn quoted_words_are_taken_as_they_stand() {
        let note = gaps("Asha notes at Harold Pike’s 10:45 visit: “Ate well: toast, tea. ”");
        assert_eq!(note[0], ("visit", "Harold Pike's 10:45 visit".into()));
        assert_eq!(note[1], ("words", "Ate well: toast, tea. ".into()));
    }

    #[test]
    fn a_wrong_sentence_names_the_nearest_right_one() {
        assert_eq!(find(TABLE, "Asha arives at Harold Pike").expect_err("no sentence"), NoMatch::Unknown(TABLE[0]));
        assert_eq!(find(TABLE, "Bens phone has no signal").expect_err("no sentence"), NoMatch::Unknown(TABLE[2]));
        assert_eq!(find(TABLE, "Asha notes at Harold Pike: \"Ate").expect_err("no sentence"), NoMatch::OpenQuote);
    }
}
