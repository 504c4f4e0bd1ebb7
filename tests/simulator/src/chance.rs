//! Chance: lags and probabilities come from the seed; identifiers never do, so that a restart gives out no SID twice.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock; nothing here panics while it holds one.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct Chance(Mutex<fastrand::Rng>);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// 0 to `most`, both included.
    pub fn up_to(&self, most: u64) -> u64 {
        if most == 0 { 0 } else { locked(&self.0).u64(0..=most) }
    }

    pub fn happens(&self, probability: f64) -> bool {
        if probability <= 0.0 {
            false
        } else if probability >= 1.0 {
            true
        } else {
            locked(&self.0).f64() < probability
        }
    }
}

/// A fresh identifier: the prefix and 32 hexadecimal digits.
pub fn fresh_sid(prefix: &str) -> String {
    format!("{prefix}{:032x}", fastrand::u128(..))
}

/// A fresh UUID (version 4).
pub fn fresh_uuid() -> String {
    let n = fastrand::u128(..);
    let n = (n & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let h = format!("{n:032x}");
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_lags_but_never_the_same_sid() {
        let (a, b) = (Chance::new(7), Chance::new(7));
        let draw = |c: &Chance| (0..9).map(|_| c.up_to(30_000)).collect::<Vec<_>>();
        assert_eq!(draw(&a), draw(&b));
        assert_ne!(fresh_sid("SM"), fresh_sid("SM"));
        assert!(a.happens(1.0) && !a.happens(0.0));
    }

    #[test]
    fn a_uuid_says_it_is_random() {
        let id = fresh_uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
    }
}
