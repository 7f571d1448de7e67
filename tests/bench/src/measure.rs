//! What the kernel says of a process and of the loopback interface.

use std::fs;

/// CPU seconds (user and system) that the live threads of a process have had, to the nanosecond.
pub fn cpu_seconds(pid: u32) -> f64 {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return f64::NAN };
    let nanos: u64 = tasks
        .flatten()
        .filter_map(|t| fs::read_to_string(t.path().join("schedstat")).ok())
        .filter_map(|s| s.split(' ').next()?.parse::<u64>().ok())
        .sum();
    nanos as f64 / 1e9
}

/// A size out of /proc/PID/status (`VmHWM`, `VmRSS`), in bytes.
pub fn memory(pid: u32, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Starts the peak memory of a process afresh: what setting up took is not the peak.
pub fn reset_peak(pid: u32) {
    // Without the right to do so the peak includes the set-up: a worse figure, never a better one.
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// Bytes that loopback has carried, in both directions, headers included.
pub fn loopback_bytes() -> u64 {
    let net = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    net.lines().find_map(|l| l.trim().strip_prefix("lo:")).and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The middle value.
pub fn median(values: &mut [f64]) -> f64 {
    percentile(values, 0.5)
}

/// The value below which a share of the others lies.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}
