//! The bundle itself: a key and some arguments in, a sentence out.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// An argument of a message: made `.into()` from a text or a number.
pub type Arg<'a> = FluentValue<'a>;

/// The languages there are texts for.
///
/// Adding one: a file in `texts/`, a variant here, its file and tag below. The tests then hold the new file to the
/// English one, message by message. Nothing is added before a speaker of the language has written it: a machine's
/// Welsh on a medicine card would be worse than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// English as spoken in care in England.
    #[default]
    English,
}

impl Locale {
    /// Every language there is.
    pub const ALL: &'static [Locale] = &[Locale::English];

    /// BCP 47 tag, as it stands in a page's `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::English => "en-GB",
        }
    }

    /// The Fluent text.
    fn source(self) -> &'static str {
        match self {
            Locale::English => concat!(include_str!("../texts/en.ftl"), include_str!("../texts/en-console.ftl")),
        }
    }
}

/// The texts of one language.
pub struct Words {
    bundle: FluentBundle<FluentResource>,
    keys: BTreeSet<String>,
    locale: Locale,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words({})", self.locale.tag())
    }
}

impl Words {
    /// The English texts, read once.
    pub fn english() -> &'static Words {
        static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::read(Locale::English));
        &ENGLISH
    }

    /// The texts of a language.
    pub fn of(locale: Locale) -> &'static Words {
        match locale {
            Locale::English => Words::english(),
        }
    }

    fn read(locale: Locale) -> Words {
        let tag = locale.tag().parse().expect("a language tag written above");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Without the invisible marks around arguments: the texts go to terminals, to HTML and into tests that compare them.
        bundle.set_use_isolating(false);
        // A resource with a mistake still holds its good messages; the tests refuse any mistake.
        let resource = FluentResource::try_new(locale.source().to_owned()).unwrap_or_else(|(good, _)| good);
        bundle.add_resource_overriding(resource);
        let keys = message_keys(locale.source()).map(str::to_owned).collect();
        Words { bundle, keys, locale }
    }

    /// The language.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// The sentence for a key. A key without a text is given back as it is: a screen with one odd word is better than
    /// none, and the tests let no such key through.
    pub fn say(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.try_say(key, args).unwrap_or_else(|| key.to_owned())
    }

    /// The sentence for a key, if there is one.
    pub fn try_say(&self, key: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        self.format(key, None, args)
    }

    /// A message's attribute, if there is one: `error-wrong_pin` has `.safe` and `.do`.
    pub(crate) fn attribute(&self, key: &str, attribute: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        self.format(key, Some(attribute), args)
    }

    /// Whether there is a text for the key.
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Every key, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    fn format(&self, key: &str, attribute: Option<&str>, args: &[(&str, Arg<'_>)]) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(name) => message.get_attribute(name)?.value(),
        };
        let mut given = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            given.set(*name, value.clone());
        }
        // An argument that is missing stays visible as {$name}; there is nobody here to report it to.
        let mut missing = Vec::new();
        Some(self.bundle.format_pattern(pattern, Some(&given), &mut missing).into_owned())
    }
}

/// The keys of the messages of a Fluent text: what stands before ` =` at the beginning of a line.
fn message_keys(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| {
        let (key, _) = line.split_once(" =")?;
        let first = key.chars().next()?;
        (first.is_ascii_alphabetic() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))).then_some(key)
    })
}
