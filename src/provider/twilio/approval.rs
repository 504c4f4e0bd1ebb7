//! What WhatsApp says to a Content template. Twilio takes a message of any, and
//! tells later that it failed; so what WhatsApp has rejected or stopped is
//! refused here. Inside the 24 hours none needs an approval: all others are sent.

use super::{NOT_FOUND, Twilio, answer, under};
use crate::message::catalogue::clipped;
use crate::message::{Error, Result, Status};
use crate::provider::Refusal;
use crate::provider::action::Template;
use crate::provider::answer_cache::{FRESH, FRESH_FAILURE};
use serde_json::Value;

/// Statuses in which WhatsApp takes no message of a template.
const REFUSED: [&str; 3] = ["rejected", "paused", "disabled"];
/// Nobody asked for an approval yet, or nobody told of one.
pub const UNSUBMITTED: &str = "unsubmitted";
pub const UNKNOWN: &str = "unknown";

/// What WhatsApp says to a template.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Approval {
    /// In small letters.
    status: String,
    category: Option<String>,
    rejection_reason: Option<String>,
}

impl Approval {
    /// Reads it out of a list, out of a template's own approvals, or out of
    /// the answer to a wish for it.
    pub fn read(value: &Value) -> Option<Approval> {
        let whatsapp = value.get("whatsapp").filter(|inner| inner.is_object()).unwrap_or(value);
        let text = |key: &str| {
            let text = clipped(whatsapp.get(key).and_then(Value::as_str).unwrap_or_default());
            Some(text).filter(|text| !text.is_empty())
        };
        Some(Approval {
            status: text("status")?.to_ascii_lowercase(),
            category: text("category").map(|category| category.to_ascii_lowercase()),
            rejection_reason: text("rejection_reason"),
        })
    }

    /// Whether WhatsApp takes no message of the template.
    fn is_refused(&self) -> bool {
        REFUSED.contains(&self.status.as_str())
    }

    /// Whether WhatsApp takes its messages at any time.
    fn is_approved(&self) -> bool {
        self.status == "approved"
    }

    /// Puts it beside the rest of a template.
    pub fn put_into(&self, template: &mut Template) {
        template.status = self.status.clone();
        template.category = self.category.clone();
        template.rejection_reason = self.rejection_reason.clone();
    }
}

impl Twilio {
    /// Asks for it.
    pub(super) async fn ask_for_approval(&self, sid: &str) -> Result<Approval, Refusal> {
        let login = self.login();
        let url = under(&self.contents, &format!("{sid}/ApprovalRequests"));
        let reply = self.ask(url, &login).await?;
        // Nobody has asked for one yet.
        let unsubmitted = || Approval { status: UNSUBMITTED.to_owned(), ..Approval::default() };
        if answer::code_of(&reply) == Some(NOT_FOUND) {
            return Ok(unsubmitted());
        }
        let value: Value = answer::of_question(&reply, &|text| login.is_harmless(text))?;
        Ok(Approval::read(&value).unwrap_or_else(unsubmitted))
    }

    /// Whether it is known already that a template may be sent.
    pub(super) fn may_be_sent(&self, sid: &str) -> bool {
        match self.approvals.get(sid, FRESH) {
            Some(Ok(approval)) => !approval.is_refused(),
            // Where nobody can tell, it is sent.
            Some(Err(_)) => true,
            None => false,
        }
    }

    /// Whether WhatsApp is known to have approved a template.
    pub(super) fn is_approved(&self, sid: &str) -> bool {
        matches!(self.approvals.get(sid, FRESH), Some(Ok(approval)) if approval.is_approved())
    }

    /// The same, asked for where it is not known. What speaks against it is
    /// asked for anew; where nobody can tell, it is sent.
    pub(super) async fn check_approval(&self, sid: &str) -> Result<()> {
        let known = self.approvals.get_or_ask(sid, FRESH, self.ask_for_approval(sid)).await;
        if !known.is_ok_and(|approval| approval.is_refused()) {
            return Ok(());
        }
        let asked = self.approvals.get_or_ask(sid, FRESH_FAILURE, self.ask_for_approval(sid)).await;
        match asked {
            Ok(approval) if approval.is_refused() => Err(Error::about(
                Status::Template,
                "template",
                format!("The template {sid} cannot be sent: WhatsApp has it as {}.", approval.status),
            )
            .hint(match approval.status.as_str() {
                "rejected" => "wa_template_get shows why. Make another template, and have it approved.",
                "paused" => {
                    "Recipients blocked or reported it too often. WhatsApp takes it up again after some hours, unless its quality stays low."
                }
                _ => "Its quality stayed low, or it broke WhatsApp's rules. Make another template.",
            })),
            _ => Ok(()),
        }
    }
}
