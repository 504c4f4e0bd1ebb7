//! Who a message went to, as WhatsApp has it.

use super::Meta;
use crate::message::clock::Millis;
use crate::message::phone;
use crate::message::reported_key;
use crate::provider::Refusal;

/// The recipient is not on the list of a test number.
const NOT_LISTED: &str = "131030";
/// As good as for ever: ten years.
const REMEMBERED: u64 = 10 * 365 * 24 * 3600 * 1000;

impl Meta {
    /// Remembers for whom Meta reported an id that does not show it. Where the
    /// id is a form of the recipient's own number, the history's row tells it.
    pub(super) async fn remember_recipient(&self, recipient: &str, id: &str) {
        if !id.bytes().all(|byte| byte.is_ascii_digit()) || phone::person(recipient) == phone::person(id) {
            return;
        }
        let key = reported_key(id);
        if self.memory.recall(&key).await.as_deref() != Some(recipient) {
            self.memory.remember(&key, recipient, Millis::now().plus(REMEMBERED)).await;
        }
    }
}

/// In Mexico and Argentina Meta's list of a test number may have the other form
/// of a number: the hint names it.
pub(super) fn name_other_form(refusal: &mut Refusal, recipient: &str) {
    let here = recipient.starts_with("+52") || recipient.starts_with("+54");
    if !here || refusal.error.provider_code.as_deref() != Some(NOT_LISTED) {
        return;
    }
    let digits = recipient.trim_start_matches('+');
    if let Some(other) = phone::forms(digits).into_iter().find(|form| form != digits) {
        let hint = refusal.error.hint.take().unwrap_or_default();
        let more = format!("Meta may list this number in its other form: try +{other}.");
        refusal.error.hint = Some(format!("{hint} {more}").trim_start().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::super::media::tests::{Remembers, meta_with, run};
    use super::*;
    use crate::message::catalogue::{Report, judge};
    use std::sync::Arc;

    #[test]
    fn an_id_that_does_not_show_its_number_is_remembered() {
        let memory = Arc::new(Remembers::default());
        let meta = meta_with("http://127.0.0.1:1", "", memory.clone());
        for (recipient, id) in [
            ("+12025550113", "120295550113"),
            ("US.1349", "4795234567"),
            // Forms of the number itself, and no id of a telephone.
            ("+5511961234567", "551161234567"),
            ("+14155238886", "14155238886"),
            ("US.1349", "US.1349"),
        ] {
            run(meta.remember_recipient(recipient, id));
        }
        let kept = memory.0.lock().unwrap();
        let mut kept: Vec<_> = kept.iter().map(|(key, (value, _))| (key.as_str(), value.as_str())).collect();
        kept.sort_unstable();
        assert_eq!(kept, [("recipient:120295550113", "+12025550113"), ("recipient:4795234567", "US.1349")]);
    }

    #[test]
    fn a_list_may_have_the_other_form() {
        for (recipient, code, other) in [
            ("+5215512345678", 131_030, Some("+525512345678")),
            ("+525512345678", 131_030, Some("+5215512345678")),
            ("+5491123456789", 131_030, Some("+541123456789")),
            ("+541123456789", 131_030, Some("+5491123456789")),
            ("+5511961234567", 131_030, None),
            ("+14155238886", 131_030, None),
            ("US.1349", 131_030, None),
            ("+525512345678", 131_026, None),
        ] {
            let said =
                judge(crate::message::ProviderName::Meta, Report { code: Some(code), ..Report::default() });
            let mut refusal =
                Refusal { class: said.class, retry: false, error: said.error, retry_after: None };
            let before = refusal.error.hint.clone().unwrap();
            name_other_form(&mut refusal, recipient);
            let hint = refusal.error.hint.unwrap();
            match other {
                Some(other) => assert!(
                    hint.starts_with(&before) && hint.ends_with(&format!(" try {other}.")),
                    "{recipient}: {hint}"
                ),
                None => assert_eq!(hint, before, "{recipient}"),
            }
        }
    }
}
