//! Twilio's errors: the body, and the texts of the codes.

use serde_json::json;

use crate::exchange::{Answer, Request};

pub fn answer(status: u16, code: u32, message: Option<&str>) -> Answer {
    Answer::json(
        status,
        &json!({
            "code": code,
            "message": message.unwrap_or_else(|| text(code)),
            "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
            "status": status,
        }),
    )
}

pub fn not_found(request: &Request) -> Answer {
    answer(404, 20404, Some(&format!("The requested resource {} was not found", request.path)))
}

/// The code Twilio gives with an HTTP status, where a fault names none.
pub fn usual_code(status: u16) -> u32 {
    match status {
        401 => 20003,
        403 => 20403,
        404 => 20404,
        405 => 20004,
        409 => 20409,
        413 => 20413,
        429 => 20429,
        503 => 20503,
        504 => 20504,
        500..=599 => 20500,
        _ => 20001,
    }
}

pub fn text(code: u32) -> &'static str {
    match code {
        20001 => "Unknown parameters",
        20003 => "Authenticate",
        20004 => "Method not allowed",
        20403 => "Forbidden",
        20404 => "The requested resource was not found",
        20409 => "The resource is not in a state that allows this modification",
        20413 => "Request entity too large",
        20422 => "Invalid parameter",
        20429 => "Too Many Requests",
        20500 => "An internal server error has occurred",
        20503 => "Service Unavailable",
        20504 => "Gateway Timeout",
        21211 => "The 'To' number is not a valid phone number.",
        21212 => "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID.",
        21408 => "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
        21602 => "Message body is required.",
        21603 => "A 'From' or 'MessagingServiceSid' parameter is required to send a message",
        21604 => "A 'To' phone number is required.",
        21606 => {
            "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination/account"
        }
        21609 => "Invalid 'StatusCallback'",
        21610 => "Attempt to send to unsubscribed recipient",
        21612 => "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
        21614 => "'To' number is not a valid mobile number",
        21617 => "The concatenated message body exceeds the 1600 character limit",
        21619 => "A Message Body, Media URL or Content SID is required",
        21620 => "Invalid media URL(s)",
        21623 => "Number of media files exceeds allowed limit",
        21624 => "Invalid validity period value",
        21654 => "ContentSid Required",
        21655 => "The ContentSid is Invalid",
        21656 => "The ContentVariables Parameter is invalid",
        21701 => "The Messaging Service does not exist",
        21910 => "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel",
        30003 => "Unreachable destination handset",
        30008 => "Unknown error",
        30409 => "This message cannot be canceled",
        35111 => "SendAt timestamp is missing",
        35114 => "Scheduling does not support this timestamp",
        35118 => "MessagingServiceSid is required to schedule a message",
        35126 => "The ScheduleType value provided is not supported for this channel",
        35127 => "'Messages' Body and ContentVariables cannot be provided together",
        63007 => "Twilio could not find a Channel with the specified From address",
        63013 => "Channel policy violation",
        63015 => "Channel Sandbox can only send messages to phone numbers that have joined the Sandbox",
        63016 => {
            "Failed to send freeform message because you are outside the allowed window. If you are using WhatsApp, please use a Message Template."
        }
        63024 => "Invalid message recipient",
        63030 => "Unsupported parameter for type of channels message",
        63031 => "Channels message cannot have same 'From' and 'To'",
        63040 => "Template rejected",
        63041 => "Template paused",
        63042 => "Template disabled",
        92001 => "Types are required",
        92002 => "Variables exceed the limit",
        92003 => "Language is required",
        92004 => "Language is not valid",
        92007 => "Content variables are not valid",
        92008 => "Unsupported Content Type",
        92009 => "The template associated with this SID has already been submitted for approval.",
        _ => "Error",
    }
}
