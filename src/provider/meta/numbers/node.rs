//! A number as Meta describes it.

use crate::provider::action::Number;
use serde_json::Value;

/// The fields that are asked for. The limit has moved from the number to the
/// business, and not every version knows both.
pub const FIELDS: &[&str] = &[
    "id,display_phone_number,verified_name,quality_rating,code_verification_status,name_status,platform_type,throughput,status,account_mode,whatsapp_business_manager_messaging_limit",
    "id,display_phone_number,verified_name,quality_rating,code_verification_status,name_status,platform_type,throughput,status,account_mode,messaging_limit_tier",
    "id,display_phone_number,verified_name,quality_rating,code_verification_status,name_status,platform_type,throughput,status",
];

/// Reads a number; nothing without an id.
pub fn read(node: &Value) -> Option<Number> {
    let text = |key: &str| text(node.get(key)?);
    Some(Number {
        id: id(node.get("id")?)?,
        display_phone_number: text("display_phone_number"),
        verified_name: text("verified_name"),
        quality_rating: text("quality_rating").or_else(|| self::text(node.pointer("/quality_score/score")?)),
        code_verification_status: text("code_verification_status"),
        name_status: text("name_status"),
        platform_type: text("platform_type"),
        status: text("status"),
        throughput_level: node
            .pointer("/throughput/level")
            .and_then(self::text)
            .or_else(|| text("throughput")),
        messaging_limit: text("whatsapp_business_manager_messaging_limit")
            .or_else(|| text("messaging_limit_tier")),
        account_mode: text("account_mode"),
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// An id: text, or a number where somebody rewrote the JSON.
pub fn id(value: &Value) -> Option<String> {
    text(value).or_else(|| value.as_u64().map(|number| number.to_string()))
}
