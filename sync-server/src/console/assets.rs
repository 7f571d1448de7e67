//! What the pages load: one style sheet on top of the tokens, one script, one sprite, six fonts. All embedded, so that
//! the console needs nothing from anywhere else; addressed by digest, so that a browser keeps them until they change.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_model::id::Digest;
use std::sync::LazyLock;

/// The icons, as they stand at the top of every page.
pub const ICONS: &str = include_str!("../../assets/icons.svg");

/// An embedded file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal $kind:literal $path:literal,)+) => {
        &[$(Asset { name: $name, kind: $kind, bytes: include_bytes!(concat!("../../assets/", $path)) },)+]
    };
}

static ASSETS: &[Asset] = assets! {
    "tokens.css" "text/css; charset=utf-8" "tokens.css",
    "console.css" "text/css; charset=utf-8" "console.css",
    "live.js" "text/javascript; charset=utf-8" "live.js",
    "mark.svg" "image/svg+xml" "mark.svg",
    "latin-400.woff2" "font/woff2" "fonts/atkinson-hyperlegible-next-latin-400-normal.woff2",
    "latin-600.woff2" "font/woff2" "fonts/atkinson-hyperlegible-next-latin-600-normal.woff2",
    "latin-700.woff2" "font/woff2" "fonts/atkinson-hyperlegible-next-latin-700-normal.woff2",
    "latin-ext-400.woff2" "font/woff2" "fonts/atkinson-hyperlegible-next-latin-ext-400-normal.woff2",
    "latin-ext-600.woff2" "font/woff2" "fonts/atkinson-hyperlegible-next-latin-ext-600-normal.woff2",
    "latin-ext-700.woff2" "font/woff2" "fonts/atkinson-hyperlegible-next-latin-ext-700-normal.woff2",
};

/// Digest of all of them: part of every address, so that a new version of one is a new address of all.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let parts: Vec<&[u8]> = ASSETS.iter().map(|a| a.bytes).collect();
    Digest::of_parts(&parts).to_string()[..12].to_owned()
});

/// Where the pages find their files.
#[derive(Debug)]
pub struct Addresses {
    /// The tokens.
    pub tokens: String,
    /// The style sheet.
    pub css: String,
    /// The script.
    pub script: String,
    /// The icon of the browser's tab.
    pub icon: String,
    /// The font every page needs first.
    pub font: String,
    /// The sprite itself.
    pub icons: &'static str,
}

/// The addresses of this build.
pub static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| {
    let at = |name: &str| format!("/console/assets/{}/{name}", *VERSION);
    Addresses {
        tokens: at("tokens.css"),
        css: at("console.css"),
        script: at("live.js"),
        icon: at("mark.svg"),
        font: at("latin-400.woff2"),
        icons: ICONS,
    }
});

/// `GET /console/assets/{version}/{name}`: any version, so that a page loaded before an update still finds its files.
pub async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|a| a.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ],
        asset.bytes,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> &'static str {
        let asset = ASSETS.iter().find(|a| a.name == name).expect("an asset");
        std::str::from_utf8(asset.bytes).expect("text")
    }

    #[test]
    fn the_style_sheet_names_no_colour_of_its_own_outside_print() {
        let screen = text("console.css").split("@media print").next().expect("a beginning");
        for (n, line) in screen.lines().enumerate() {
            let colour = line
                .match_indices('#')
                .any(|(i, _)| line[i + 1..].chars().take(3).filter(char::is_ascii_hexdigit).count() == 3 && !line[..i].ends_with("url(\""));
            assert!(!colour && !line.contains("rgb("), "line {}: {line}", n + 1);
        }
    }

    #[test]
    fn both_themes_give_every_colour_and_every_pair_can_be_read() {
        let (light, dark) = text("tokens.css").split_once("prefers-color-scheme: dark").expect("two themes");
        let read = |part: &str| -> std::collections::BTreeMap<String, String> {
            part.lines()
                .filter_map(|l| l.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": "))
                .filter(|(_, v)| v.starts_with('#'))
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect()
        };
        let (light, dark) = (read(light), read(dark));
        assert_eq!(light.keys().collect::<Vec<_>>(), dark.keys().collect::<Vec<_>>());
        let pairs = [
            ("ink", "paper", 7.0),
            ("ink", "surface", 7.0),
            ("ink", "sunken", 7.0),
            ("ink-soft", "paper", 4.5),
            ("ink-soft", "surface", 4.5),
            ("ink-soft", "sunken", 4.5),
            ("link", "surface", 4.5),
            ("link", "paper", 4.5),
            ("on-brand", "brand", 4.5),
            ("on-bar", "bar", 4.5),
            ("on-focus", "focus", 4.5),
            ("on-act", "act", 4.5),
            ("done", "done-bg", 4.5),
            ("there", "there-bg", 4.5),
            ("phoned", "phoned-bg", 4.5),
            ("unknown", "unknown-bg", 4.5),
            ("unknown", "surface", 4.5),
            ("late", "late-bg", 4.5),
            ("late", "sunken", 4.5),
            ("late", "surface", 4.5),
            ("act", "act-bg", 4.5),
            ("act", "surface", 4.5),
            ("here", "here-bg", 4.5),
            ("ink", "brand-soft", 7.0),
            ("ink-soft", "brand-soft", 4.5),
            ("control", "surface", 3.0),
        ];
        for (name, theme) in [("light", &light), ("dark", &dark)] {
            for (ink, tint, least) in pairs {
                let ratio = contrast(&theme[ink], &theme[tint]);
                assert!(ratio >= least, "{name}: {ink} on {tint} is {ratio:.2}");
            }
        }
    }

    /// WCAG 2.2's contrast ratio of two `#RRGGBB` colours.
    fn contrast(a: &str, b: &str) -> f64 {
        let luminance = |hex: &str| {
            let channel = |i: usize| {
                let c = f64::from(u8::from_str_radix(&hex[i..i + 2], 16).expect("a colour")) / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_icon_a_template_or_a_state_names_is_in_the_sprite() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut stack = vec![dir.join("templates")];
        while let Some(path) = stack.pop() {
            if path.is_dir() {
                stack.extend(std::fs::read_dir(&path).expect("readable").map(|e| e.expect("an entry").path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            for (i, _) in text.match_indices("href=\"#i-") {
                let name: String = text[i + 9..].chars().take_while(|c| c.is_ascii_lowercase()).collect();
                assert!(name.is_empty() || ICONS.contains(&format!("id=\"i-{name}\"")), "{name} in {}", path.display());
            }
        }
    }
}
