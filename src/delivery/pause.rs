//! Waiting, for tasks.

use crate::message::clock::Millis;
use std::time::Duration;

/// The pause before something is tried again that the database did not take.
pub const DATABASE_PAUSE: Duration = Duration::from_secs(1);

/// A message that waits longer than this waits in the database, where it takes
/// up no room.
pub const SHORT_WAIT: Duration = Duration::from_secs(10);

/// Sleeps until a point in time by the machine's clock.
pub async fn sleep_until(at: Millis) {
    let left = at.0.saturating_sub(Millis::now().0);
    if let Ok(left) = u64::try_from(left)
        && left > 0
    {
        tokio::time::sleep(Duration::from_millis(left)).await;
    }
}
