//! Disks: a directory on Linux, and one in memory that a simulator can cut, copy and roll back.

mod linux;
mod memory;

pub use linux::LinuxDisk;
pub use memory::{MemoryDisk, MemoryImage};
