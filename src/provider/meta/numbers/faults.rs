//! What went wrong with a number, a code or a PIN.
//!
//! Nothing here is tried again by the library, and nothing but a wait is
//! called worth a try: WhatsApp counts wrong PINs, codes and registrations.

use super::super::call::Refused;
use super::{CODE, PIN};
use crate::message::{Class, Error, Status};

/// What a code means for a number.
struct Fault {
    /// A wrong PIN or code is the argument's fault, as one that is too short:
    /// the sender is as it should be, and the same call goes through with
    /// another argument.
    status: Status,
    class: Class,
    /// The argument that is at fault.
    argument: Option<&'static str>,
    message: &'static str,
    hint: &'static str,
    /// The same call can succeed later.
    retryable: bool,
}

const WRONG_PIN: Fault = Fault {
    status: Status::Argument,
    class: Class::Permanent,
    argument: Some(PIN),
    message: "The PIN is not the one of the number's two-step verification.",
    hint: "Ask for the PIN that was set for this number, and do not try one after another: WhatsApp stops that. Who forgot it sets a new one with wa_number_set_pin or in WhatsApp Manager.",
    retryable: false,
};
const WRONG_CODE: Fault = Fault {
    status: Status::Argument,
    class: Class::Permanent,
    argument: Some(CODE),
    message: "WhatsApp does not accept the verification code: it is wrong, or too old.",
    hint: "Type the newest code, or ask for another with wa_number_request_code; WhatsApp counts the attempts.",
    retryable: false,
};

/// The error of a call about a number. `secret` is the argument that holds a
/// PIN or a code, if there is one.
pub fn explained(refused: Refused, secret: Option<&'static str>) -> Box<Error> {
    let Some(fault) = fault_of(&refused, secret) else { return refused.error };
    let mut message = fault.message.to_owned();
    if let Some(said) = refused.said() {
        message.push_str(" Meta says: \"");
        message.push_str(&said);
        message.push('"');
    }
    let mut error = Error::new(fault.status, message).hint(fault.hint);
    error.argument = fault.argument.map(str::to_owned);
    error.class = Some(fault.class);
    error.retryable = fault.retryable;
    error.provider_code = refused.error.provider_code;
    error.http_status = refused.error.http_status;
    error
}

/// Whether another choice of fields may be answered.
pub fn is_about_a_field(refused: &Refused) -> bool {
    refused.code() == Some(100) && refused.subcode != Some(33)
}

fn fault_of(refused: &Refused, secret: Option<&'static str>) -> Option<Fault> {
    let limit = |message, hint, retryable| Fault {
        status: Status::Limit,
        class: Class::Limit,
        argument: None,
        message,
        hint,
        retryable,
    };
    let sender = |message, hint| Fault {
        status: Status::Sender,
        class: Class::Sender,
        argument: None,
        message,
        hint,
        retryable: false,
    };
    Some(match (refused.code()?, refused.subcode) {
        (133005, _) => WRONG_PIN,
        // The account's code for all that a check of data finds.
        (131031, _) if secret == Some(PIN) && speaks_of_pin(&refused.details) => WRONG_PIN,
        (133008, _) => limit(
            "The PIN was wrong too often: WhatsApp takes none for a while.",
            "Wait as long as Meta says, and give the right PIN then; every further attempt makes it longer.",
            false,
        ),
        (133009, _) => limit(
            "The PIN was given too quickly after the one before.",
            "Wait as long as Meta says before you give it again.",
            false,
        ),
        (133006, _) => sender(
            "The number must be verified before it can be registered.",
            "Ask for a code with wa_number_request_code and give it to wa_number_verify_code; register the number then.",
        ),
        (133010, _) => {
            sender("The number is not registered with the Cloud API.", "Register it with wa_number_register.")
        }
        (133015, _) => limit(
            "The number was deleted a moment ago, and that is not finished.",
            "Wait five minutes before you register it.",
            true,
        ),
        (133016, _) => limit(
            "The number was registered and deregistered too often.",
            "Wait before you do it again: hours, or days.",
            false,
        ),
        (136025, _) if secret == Some(CODE) => WRONG_CODE,
        (136025, _) => sender(
            "WhatsApp could not send a verification code to the number.",
            "Wait before you ask for another; try method voice; look whether the number can take calls and text messages, and whether it is verified already (wa_number_get).",
        ),
        (133000, _) => sender(
            "An earlier deregistration of the number was not finished.",
            "Deregister it once more with wa_number_deregister; register it then.",
        ),
        (100, Some(33)) | (33 | 803, _) => Fault {
            argument: Some("options_json.sender"),
            ..sender(
                "Meta knows no number with this id, or the token may not use it.",
                "wa_number_list shows the ids of the account's numbers. The token needs the permission whatsapp_business_management, and the account among its assets.",
            )
        },
        _ => return None,
    })
}

fn speaks_of_pin(details: &str) -> bool {
    let details = details.to_lowercase();
    details.contains("two-step")
        || details.contains("two step")
        || details.split(|c: char| !c.is_alphanumeric()).any(|word| word == "pin")
}
