//! What the providers tell us by webhook: checked, taken apart, applied.

pub mod applier;
mod apply;
mod field;
mod foreign;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod key;
pub mod meta;
pub mod notice;
pub mod told;
pub mod twilio;

#[cfg(test)]
mod tests;
