//! Named points of the road, for tests that kill a process there.

/// Reached the point `name`. With the feature `test-points`, a process whose
/// environment says `WA_TEST_POINT=name` stops here until it is killed, after
/// it has said so in the file `WA_TEST_POINT_FILE`, or until the file
/// `WA_TEST_POINT_GO` is there; `name:n` means the n-th time that it is
/// reached. Without the feature, nothing.
#[inline]
pub fn reach(name: &str) {
    #[cfg(feature = "test-points")]
    stops::reach(name);
    #[cfg(not(feature = "test-points"))]
    let _ = name;
}

#[cfg(feature = "test-points")]
mod stops {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    struct Stop {
        name: String,
        left: AtomicU64,
    }

    static STOP: LazyLock<Option<Stop>> = LazyLock::new(|| {
        let wanted = std::env::var("WA_TEST_POINT").ok()?;
        let (name, left) = match wanted.split_once(':') {
            Some((name, number)) => (name, number.parse().unwrap_or(1)),
            None => (wanted.as_str(), 1),
        };
        Some(Stop { name: name.to_owned(), left: AtomicU64::new(left) })
    });

    pub fn reach(name: &str) {
        let Some(stop) = STOP.as_ref().filter(|stop| stop.name == name) else { return };
        let left = stop.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left != Ok(1) {
            return;
        }
        if let Ok(file) = std::env::var("WA_TEST_POINT_FILE") {
            let _ = std::fs::write(file, name);
        }
        let go_on = std::env::var_os("WA_TEST_POINT_GO");
        while !go_on.as_ref().is_some_and(|file| std::path::Path::new(file).exists()) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
