//! The road of a message, driven with a scripted provider and the embedded
//! store.

mod away;
mod bed;
mod clocks;
mod closing;
mod fake;
mod references;
mod road;
mod unknown;
mod workers;
