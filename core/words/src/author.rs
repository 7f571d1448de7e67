//! Who says something, in words: never as if somebody had proved to be who nobody proved to be.

use crate::{Names, Words};
use holdfast_model::entry::Author;

impl Words {
    /// The author of an entry: the worker's name, else the number. Where nobody proved to be that worker: the name and number as they were
    /// given, "author unconfirmed".
    pub fn author(&self, author: &Author, names: &Names<'_>) -> String {
        if !author.unconfirmed {
            return self.worker(&author.worker, names);
        }
        let number = author.worker.to_string();
        match author.name.as_str() {
            "" => self.say("by-unconfirmed", &[("name", number.into())]),
            given => self.say("author-unconfirmed", &[("name", given.into()), ("worker", number.into())]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::id::WorkerId;

    #[test]
    fn an_unproven_author_is_never_given_anothers_name() {
        let words = Words::english();
        let worker = WorkerId::new("W-01").expect("an id");
        let names = |_: &WorkerId| Some("Asha Patel".to_owned());
        assert_eq!(words.author(&Author::proven(worker.clone()), &names), "Asha Patel");
        let dee = words.author(&Author::unconfirmed(worker.clone(), "Dee Fox".into()), &names);
        assert_eq!(dee.replace(['\u{2068}', '\u{2069}'], ""), "Dee Fox, staff number W-01, author unconfirmed");
        let nameless = words.author(&Author { unconfirmed: true, ..Author::proven(worker) }, &names);
        assert!(!nameless.contains("Asha") && nameless.contains("unconfirmed"), "{nameless}");
    }
}
