//! All that one simulator holds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::args::Options;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::kindness::Kindness;
use crate::log::Log;
use crate::meta::Meta;
use crate::stats::Stats;
use crate::twilio::Twilio;
use crate::webhook::Webhooks;

pub struct Sim {
    pub clock: Clock,
    pub chance: Chance,
    pub log: Log,
    /// Requests as they were sent, if that is wanted.
    pub record: Option<Log>,
    pub stats: Stats,
    pub faults: Faults,
    pub webhooks: Webhooks,
    pub max_concurrent: u64,
    pub twilio: Twilio,
    pub meta: Meta,
    kindness: RwLock<Kindness>,
    /// Grows with every reset; what was planned before it is dropped.
    generation: AtomicU64,
}

impl Sim {
    pub fn new(options: Options) -> Result<Self, String> {
        let mut kindness = if options.ideal { Kindness::ideal() } else { Kindness::default() };
        if let Some(ms) = options.list_lag_max_ms {
            kindness.list_lag_max_ms = ms;
        }
        if let Some(ms) = options.status_step_max_ms {
            kindness.status_step_max_ms = ms;
        }
        let record = options.record.as_deref().map(|file| Log::new(Some(file), false, 0)).transpose()?;
        Ok(Self {
            record,
            clock: Clock::new(),
            chance: Chance::new(options.seed),
            log: Log::new(options.log.as_deref(), options.fsync, options.keep_requests)?,
            stats: Stats::default(),
            faults: Faults::default(),
            webhooks: Webhooks::new(),
            max_concurrent: options.max_concurrent,
            twilio: Twilio::new(&options),
            meta: Meta::new(&options),
            kindness: RwLock::new(kindness),
            generation: AtomicU64::new(0),
        })
    }

    pub fn kindness(&self) -> Kindness {
        self.kindness.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_kindness(&self, new: Kindness) {
        *self.kindness.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Forgets messages, faults, counts and kept requests; settings, the log file and added templates stay.
    pub fn reset(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.faults.clear();
        self.stats.reset();
        self.log.reset();
        self.twilio.reset();
        self.meta.reset();
    }
}
