//! `log`: what is logged.

use super::fault::refused;
use crate::ground::Level;
use crate::message::Result;

/// Checks `log.level`.
pub fn level(name: Option<&str>) -> Result<Level> {
    match name {
        None => Ok(Level::Info),
        Some(name) => Level::from_name(name)
            .ok_or_else(|| refused("log.level", "log.level is one of error, warn, info, debug and trace.")),
    }
}
