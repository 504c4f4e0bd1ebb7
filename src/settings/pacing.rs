//! `pacing`: how fast messages go out.

use super::fault::refused;
use super::input::PacingInput;
use crate::message::Result;

/// Checks `pacing`: messages per second and sender, `None` for no limit.
pub fn read(input: &PacingInput) -> Result<Option<f64>> {
    match input.messages_per_second {
        None => Ok(Some(80.0)),
        Some(0.0) => Ok(None),
        Some(rate) if rate.is_finite() && (0.001..=100_000.0).contains(&rate) => Ok(Some(rate)),
        Some(_) => Err(refused(
            "pacing.messages_per_second",
            "pacing.messages_per_second is between 0.001 and 100000, or 0 for no limit.",
        )),
    }
}
