//! The HTTP client of devices and observers: one connection each, as phones have.

/// Why a role could not go on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A client of its own: connections are not shared between devices.
pub fn http() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().http1_only().tcp_nodelay(true).pool_max_idle_per_host(1).build()
}
