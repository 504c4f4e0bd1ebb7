//! A sending number: whose it is, whether it may send, and how much.

use super::super::call::Refused;
use super::super::numbers::explained;
use crate::message::catalogue::clipped;
use crate::provider::action::{CheckItem, Number, Verdict};

/// What Meta calls the numbers that it lends for tests.
const TEST_NAME: &str = "Test Number";

pub fn unreadable(number: &str, refused: Refused) -> CheckItem {
    let mut item = CheckItem::failed("sender", &explained(refused, None));
    item.text = format!("The number {number} cannot be read. {}", item.text);
    item
}

pub fn items(number: &Number) -> Vec<CheckItem> {
    let mut items = vec![registration(number)];
    if is_for_tests(number) {
        items.push(
            CheckItem::new(
                "test_number",
                Verdict::Warning,
                format!("{} is a test number: it writes to five recipients at most, which are listed in the app's settings.", who(number)),
            )
            .hint("List the recipients under WhatsApp, API Setup, or add a number of your own with wa_number_add."),
        );
    }
    items.extend(quality(number));
    items.extend(name(number));
    items.push(limits(number));
    items
}

/// The number as people write it, and its name.
fn who(number: &Number) -> String {
    let display = number.display_phone_number.as_deref().map_or_else(|| number.id.clone(), clipped);
    match &number.verified_name {
        Some(name) => format!("{display} ({})", clipped(name)),
        None => display,
    }
}

fn is_for_tests(number: &Number) -> bool {
    number.account_mode.as_deref() == Some("SANDBOX")
        || number.verified_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(TEST_NAME))
}

fn registration(number: &Number) -> CheckItem {
    let who = who(number);
    let item = |verdict, text: String, hint: &str| CheckItem::new("sender", verdict, text).hint(hint);
    let not_verified = matches!(number.code_verification_status.as_deref(), Some("NOT_VERIFIED" | "EXPIRED"));
    let registered = match number.platform_type.as_deref() {
        Some("CLOUD_API") => Some(true),
        Some("NOT_APPLICABLE" | "ON_PREMISE") => Some(false),
        _ => None,
    };
    match (number.status.as_deref(), registered) {
        (Some("BANNED"), _) => item(
            Verdict::Error,
            format!("WhatsApp banned the number {who}."),
            "WhatsApp Manager shows why, and how to object.",
        ),
        (Some("DELETED" | "MIGRATED"), _) => item(
            Verdict::Error,
            format!("The number {who} is no longer this account's."),
            "Give the id of another number as meta.phone_number_id; wa_number_list shows them.",
        ),
        (_, Some(false)) | (Some("DISCONNECTED" | "PENDING" | "UNVERIFIED"), None | Some(true))
            if not_verified =>
        {
            item(
                Verdict::Error,
                format!("The number {who} is not verified and not registered."),
                "Ask for a code with wa_number_request_code, give it to wa_number_verify_code, and call wa_number_register.",
            )
        }
        (_, Some(false)) | (Some("DISCONNECTED" | "PENDING" | "UNVERIFIED"), _) => item(
            Verdict::Error,
            format!("The number {who} is not registered with the Cloud API."),
            "Register it with wa_number_register.",
        ),
        (Some("FLAGGED" | "RESTRICTED" | "RATE_LIMITED"), _) => item(
            Verdict::Warning,
            format!("WhatsApp restricts the number {who}."),
            "Recipients blocked or reported it; WhatsApp Manager shows until when, and why.",
        ),
        (Some("CONNECTED"), _) | (_, Some(true)) => {
            CheckItem::new("sender", Verdict::Ok, format!("The number {who} is registered and may send."))
        }
        (status, _) => item(
            Verdict::NotChecked,
            format!(
                "The number {who} is there; whether it is registered Meta does not say{}.",
                status.map_or_else(String::new, |status| format!(" ({})", clipped(status)))
            ),
            "Send a message to yourself; 133010 means that it has to be registered.",
        ),
    }
}

fn quality(number: &Number) -> Option<CheckItem> {
    let who = who(number);
    let verdict_and_word = match number.quality_rating.as_deref()? {
        "GREEN" => (Verdict::Ok, "high"),
        "YELLOW" => (Verdict::Warning, "medium"),
        "RED" => (Verdict::Warning, "low"),
        _ => {
            return Some(CheckItem::new(
                "quality",
                Verdict::Ok,
                format!("The quality of {who} is not rated yet."),
            ));
        }
    };
    let (verdict, word) = verdict_and_word;
    let item = CheckItem::new("quality", verdict, format!("The quality of {who} is {word}."));
    Some(match verdict {
        Verdict::Ok => item,
        _ => item.hint("Recipients block or report the messages. Write to who asked for it, and less often: low quality lowers the limits."),
    })
}

fn name(number: &Number) -> Option<CheckItem> {
    let who = who(number);
    let (verdict, text, hint) = match number.name_status.as_deref()? {
        "APPROVED" | "AVAILABLE_WITHOUT_REVIEW" => {
            (Verdict::Ok, format!("The name of {who} is approved."), None)
        }
        "PENDING_REVIEW" => (
            Verdict::Warning,
            format!(
                "The name of {who} is being reviewed: recipients see the number only, and limits are low."
            ),
            Some("Wait for WhatsApp's review."),
        ),
        "DECLINED" => (
            Verdict::Warning,
            format!("WhatsApp declined the name of {who}."),
            Some("Ask for another name in WhatsApp Manager, under Phone numbers."),
        ),
        "EXPIRED" => (
            Verdict::Warning,
            format!("The approval of the name of {who} has expired."),
            Some("Register the number again with wa_number_register."),
        ),
        _ => (
            Verdict::Warning,
            format!("The name of {who} is not approved."),
            Some("Give it a name in WhatsApp Manager, under Phone numbers."),
        ),
    };
    let item = CheckItem::new("name", verdict, text);
    Some(match hint {
        Some(hint) => item.hint(hint),
        None => item,
    })
}

fn limits(number: &Number) -> CheckItem {
    let who = who(number);
    let throughput = match number.throughput_level.as_deref() {
        Some("STANDARD") => "80 messages a second".to_owned(),
        Some("HIGH") => "1,000 messages a second".to_owned(),
        Some(level) if level != "NOT_APPLICABLE" => format!("the throughput {}", clipped(level)),
        _ => "a throughput that Meta does not tell".to_owned(),
    };
    let people = match number.messaging_limit.as_deref() {
        Some("UNLIMITED" | "TIER_UNLIMITED") => "any number of people".to_owned(),
        Some(tier) => match people_of(tier) {
            Some(people) => format!("{people} people"),
            None => format!("as many people as {} says", clipped(tier)),
        },
        None => "a number of people that Meta does not tell".to_owned(),
    };
    CheckItem::new(
        "limits",
        Verdict::Ok,
        format!("{who} has {throughput}, and may write first to {people} within 24 hours."),
    )
}

/// `TIER_2K` is 2,000.
fn people_of(tier: &str) -> Option<String> {
    let figure = tier.strip_prefix("TIER_")?;
    let (digits, thousands) = match figure.strip_suffix('K') {
        Some(digits) => (digits, ",000"),
        None => (figure, ""),
    };
    let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| format!("{digits}{thousands}"))
}
