//! One configured connector.

pub mod threads;
