//! The ground floor: what every room stands on, and what knows of no room.

pub mod connection_string;
pub mod level;
pub mod points;
pub mod process;
pub mod secret;
pub mod threads;

pub use level::Level;
pub use secret::Secret;
