//! The road of a message, driven with a scripted provider and the embedded
//! store.

mod away;
pub mod bed;
mod clocks;
mod closing;
mod expiry;
pub mod fake;
mod flow;
mod ids;
mod references;
mod road;
mod steps;
mod unknown;
mod workers;
