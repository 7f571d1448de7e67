//! The machine under us.
