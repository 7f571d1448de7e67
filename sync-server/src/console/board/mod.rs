//! The board: what the office looks at all day.
//!
//! | Module | What it does |
//! |---|---|
//! | [`filters`] | what to show, as it stands in the address |
//! | [`row`] | one visit as a row |
//! | [`view`] | the whole board as plain page data |
//! | [`check`] | *check now*, and whom to ring |
//! | [`live`] | the stream: only what changed, rendered by the same templates |
//! | [`pages`] | the handlers |

pub mod check;
pub mod filters;
pub mod live;
pub mod pages;
pub mod row;
pub mod view;
