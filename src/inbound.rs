//! What the providers tell us by webhook: checked, taken apart, applied.

pub mod accounts;
pub mod answer;
pub mod applier;
mod apply;
mod challenge;
pub mod door;
mod field;
mod foreign;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod key;
pub mod meta;
pub mod notice;
pub mod refusals;
pub mod request;
pub mod signature;
pub mod told;
pub mod twilio;

#[cfg(test)]
mod tests;
