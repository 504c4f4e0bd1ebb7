//! The ground floor: what every room stands on, and what knows of no room.

pub mod connection_string;
mod hex;
pub mod level;
mod new_file;
pub mod points;
pub mod process;
pub mod secret;
pub mod threads;

pub use hex::hex;
pub use level::Level;
pub use new_file::{NewFile, make_private};
pub use secret::Secret;
