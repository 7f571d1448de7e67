//! Against forged forms: a request that changes something must come from a page of this server.

use axum::http::{HeaderMap, Method, header};

/// True when the request changes nothing, or comes from a page of this server.
///
/// `Sec-Fetch-Site` decides where the browser sends it, else `Origin` against `Host`. A request with neither comes from no
/// browser that we know, and is refused: the console's forms are for browsers, other programs have `/v1`.
pub fn same_site(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => match (text(header::ORIGIN), text(header::HOST)) {
            (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, named)| named == host),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, axum::http::HeaderValue::from_static(value));
        }
        same_site(&method, &headers)
    }

    #[test]
    fn only_our_own_pages_may_post() {
        assert!(asked(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(asked(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(!asked(Method::POST, &[("sec-fetch-site", "same-site"), ("origin", "http://a:1"), ("host", "a:1")]));
        assert!(!asked(Method::POST, &[("sec-fetch-site", "cross-site")]));
        assert!(!asked(Method::POST, &[("sec-fetch-site", "none")]));
        assert!(asked(Method::POST, &[("origin", "http://office:8444"), ("host", "office:8444")]));
        assert!(!asked(Method::POST, &[("origin", "http://office.evil:8444"), ("host", "office:8444")]));
        assert!(!asked(Method::POST, &[("origin", "null"), ("host", "office:8444")]));
        assert!(!asked(Method::POST, &[("host", "office:8444")]));
        assert!(!asked(Method::DELETE, &[]));
    }
}
