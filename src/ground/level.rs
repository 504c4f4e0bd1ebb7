//! How much is logged.

/// Weight of a log record; a client logs those up to its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// Something failed and a person must act.
    Error = 1,
    /// Something is not as it should be.
    Warn = 2,
    /// What a person wants to know of a day.
    Info = 3,
    /// Every attempt and every decision.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

impl Level {
    /// The level with this name.
    pub fn from_name(name: &str) -> Option<Level> {
        Some(match name {
            "error" => Level::Error,
            "warn" => Level::Warn,
            "info" => Level::Info,
            "debug" => Level::Debug,
            "trace" => Level::Trace,
            _ => return None,
        })
    }

    /// The level with this number.
    pub fn from_number(number: i32) -> Option<Level> {
        [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace]
            .into_iter()
            .find(|level| *level as i32 == number)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }
}
