//! What somebody typed, and what is wrong with it: a form comes back with every value kept and every problem named.

use std::collections::HashMap;

/// Something that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, or nothing when it is about the whole.
    pub field: &'static str,
    /// What to do about it.
    pub text: String,
    /// Stable code; empty for a field that was just left out.
    pub code: String,
}

/// The values of a form and its problems.
#[derive(Debug, Clone, Default)]
pub struct Form {
    values: HashMap<String, String>,
    raw: HashMap<String, String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What is safe, said above the problems.
    pub safe: String,
}

impl Form {
    /// The values as they were sent, spaces at the ends removed.
    pub fn sent(values: HashMap<String, String>) -> Form {
        let raw = values;
        let values = raw.iter().map(|(k, v)| (k.clone(), v.trim().to_owned())).collect();
        Form { values, raw, problems: Vec::new(), safe: "Nothing was saved. What you typed is still here.".into() }
    }

    /// An empty form with some values filled in.
    pub fn with(values: &[(&str, &str)]) -> Form {
        Form::sent(values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    /// The value of a field; empty when it was not sent.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// The value of a field exactly as it was sent: a password may begin with a space.
    pub fn raw(&self, name: &str) -> &str {
        self.raw.get(name).map_or("", String::as_str)
    }

    /// Drops a value: a password is never sent back.
    pub fn forget(&mut self, name: &str) {
        self.values.remove(name);
        self.raw.remove(name);
    }

    /// Fills a field that was not sent.
    pub fn fill(&mut self, name: &str, value: impl Into<String>) {
        self.values.entry(name.to_owned()).or_insert_with(|| value.into());
    }

    /// True when the field has exactly this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// True when something is wrong with the field.
    pub fn wrong(&self, name: &str) -> bool {
        self.problems.iter().any(|p| p.field == name)
    }

    /// What is wrong with the field.
    pub fn problem(&self, name: &str) -> &str {
        self.problems.iter().find(|p| p.field == name).map_or("", |p| &p.text)
    }

    /// Notes that something is wrong with a field.
    pub fn refuse(&mut self, field: &'static str, text: impl Into<String>) {
        self.problems.push(Problem { field, text: text.into(), code: String::new() });
    }

    /// Notes that something is wrong with the whole.
    pub fn refuse_all(&mut self, code: &str, text: impl Into<String>) {
        self.problems.push(Problem { field: "", text: text.into(), code: code.into() });
    }

    /// The field's value when it holds something of at most `most` bytes; notes the problem otherwise.
    pub fn need(&mut self, field: &'static str, most: usize, ask: &str) -> Option<String> {
        let value = self.value(field).to_owned();
        if value.is_empty() {
            self.refuse(field, ask);
            None
        } else {
            self.at_most(field, value, most)
        }
    }

    /// The field's value, empty allowed, when it is at most `most` bytes; notes the problem otherwise.
    pub fn may(&mut self, field: &'static str, most: usize) -> Option<String> {
        let value = self.value(field).to_owned();
        self.at_most(field, value, most)
    }

    fn at_most(&mut self, field: &'static str, value: String, most: usize) -> Option<String> {
        if value.len() > most {
            self.refuse(field, format!("Make it shorter: at most {most} characters"));
            return None;
        }
        Some(value)
    }

    /// True when nothing is wrong.
    pub fn good(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One choice of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub text: String,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Choice {
        Choice { value: value.into(), text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_what_was_typed_and_names_what_is_missing() {
        let mut form = Form::with(&[("who", " daughter "), ("words", "")]);
        assert_eq!(form.need("who", 80, "Say who spoke"), Some("daughter".into()));
        assert_eq!(form.need("words", 80, "Write down what was said"), None);
        assert_eq!(form.need("who", 3, "Say who spoke"), None);
        assert!(form.wrong("words") && form.wrong("who") && !form.good());
        assert_eq!(form.problem("words"), "Write down what was said");
        assert_eq!(form.value("who"), "daughter");
    }
}
