//! What the providers tell us by webhook: checked, taken apart, applied.

pub mod notice;
