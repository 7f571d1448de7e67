//! When things happened.
