//! What the host is told.

mod level;

pub use level::Level;
