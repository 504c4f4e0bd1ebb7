//! `wa_update`.

use super::Client;
use crate::events::KIND_WARNING;
use crate::ground::Level;
use crate::message::Result;
use crate::settings::Update;

impl Client {
    /// Changes secrets, pace, retry and log.
    pub fn update(&self, text: &str) -> Result<()> {
        self.refuse_if_closing()?;
        let update = Update::read(text, &self.settings)?;
        // What can fail comes first: then nothing is changed.
        let retry = update.retry_after(&self.delivery.retry(), &self.settings.provider)?;
        if let Some(login) = &update.login {
            self.delivery.provider.replace_login(login)?;
        }
        self.replace_webhook_keys(&update.webhook_keys);
        self.delivery.set_retry(retry);
        if let Some(rate) = update.messages_per_second {
            self.delivery.pacer.change(rate);
        }
        if let Some(level) = update.log_level {
            self.context.log.set_level(level);
        }
        self.context.log.write(Level::Info, "client", "The settings were updated.");
        self.warn(&update.warnings);
        Ok(())
    }

    /// Tells, in the log and as events, what is accepted but not advised.
    pub(super) fn warn(&self, warnings: &[String]) {
        for warning in warnings {
            self.context.log.write(Level::Warn, "settings", warning.clone());
            self.context.tell(KIND_WARNING, warning);
        }
    }
}
