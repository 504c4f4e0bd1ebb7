//! Named points of the road, for tests that kill a process there.

/// Reached the point `name`. With the feature `test-points`, a process whose
/// environment says `WA_TEST_POINT=name` stops here until it is killed, after
/// it has said so in the file `WA_TEST_POINT_FILE`. Without it, nothing.
#[inline]
pub fn reach(name: &str) {
    #[cfg(feature = "test-points")]
    {
        if std::env::var("WA_TEST_POINT").is_ok_and(|wanted| wanted == name) {
            if let Ok(file) = std::env::var("WA_TEST_POINT_FILE") {
                let _ = std::fs::write(file, name);
            }
            loop {
                std::thread::sleep(std::time::Duration::from_secs(3600));
            }
        }
    }
    #[cfg(not(feature = "test-points"))]
    let _ = name;
}
