//! Messages that come in.

use super::CHANNEL;
use super::form::Form;
use super::status::{is_digits, person};
use crate::inbound::field;
use crate::inbound::notice::What;
use crate::message::inbound::{InboundMedia, InboundMessage, Place, Referral};

/// The most files that a message is asked for; it says itself how many it has.
const MOST_MEDIA: usize = 100;

/// A message of a person. One of another channel, such as a short message, is
/// told to the host as it came: it is no message of WhatsApp.
pub fn read(fields: &Form, sid: String) -> Result<What, String> {
    let from = fields.word(&["From"]).ok_or("The message does not say whom it is from.")?;
    if !from.starts_with(CHANNEL) {
        let channel = from.split_once(':').map_or("sms", |(channel, _)| channel);
        return Ok(What::Other { field: field::as_word(channel).unwrap_or_else(|| "sms".to_owned()) });
    }
    let context = field::at(&fields.json("ChannelMetadata"), &["data", "context"]).clone();
    let mut person = person(fields, &from);
    person.name = fields.word(&["ProfileName"]).or_else(|| field::word(&context, "ProfileName"));
    // What WhatsApp knows them by, which differs from the number in some
    // countries.
    let wa_id = fields.word(&["WaId"]).or_else(|| field::word(&context, "WaId"));
    person.wa_id = wa_id.filter(|id| is_digits(id)).or(person.wa_id);
    let media = media(fields);
    let place = place(fields);
    let kind = kind(fields, &media, place.is_some());
    let replied = fields.word(&["OriginalRepliedMessageSid"]);
    let is_reaction = kind == "reaction";
    Ok(What::Message(Box::new(InboundMessage {
        provider_message_id: sid,
        person,
        sender: fields.word(&["To"]),
        text: text(fields, &kind),
        media,
        place,
        target: replied.clone().filter(|_| is_reaction),
        reply_to: replied.filter(|_| !is_reaction),
        payload: ["ButtonPayload", "ListId", "FlowData", "InteractiveData"]
            .iter()
            .find_map(|name| fields.text(name)),
        forwarded: fields.is_true("Forwarded") || fields.is_true("FrequentlyForwarded"),
        referral: referral(fields),
        group_id: None,
        // The answer of a messaging service that looks after opt-outs itself.
        consent: match fields.word(&["OptOutType"]).map(|word| word.to_ascii_uppercase()).as_deref() {
            Some("STOP") => Some(false),
            Some("START") => Some(true),
            _ => None,
        },
        error: super::status::error_of(fields),
        kind,
    })))
}

/// Our word for the kind. Twilio tells it in `MessageType`, or not at all.
fn kind(fields: &Form, media: &[InboundMedia], is_place: bool) -> String {
    let told = fields.word(&["MessageType"]).map(|word| word.to_ascii_lowercase());
    let guessed = || {
        if fields.has("ButtonPayload") || fields.has("ButtonText") {
            "button_reply"
        } else if fields.has("ListId") || fields.has("ListTitle") {
            "list_reply"
        } else if fields.has("FlowData") || fields.has("InteractiveData") {
            "flow_reply"
        } else if is_place {
            "location"
        } else {
            let mime_type = media.first().and_then(|file| file.mime_type.as_deref());
            match mime_type.map(|mime_type| mime_type.split('/').next().unwrap_or_default()) {
                Some(kind @ ("image" | "video" | "audio")) => kind,
                Some(_) => "document",
                None if !media.is_empty() => "document",
                None => "text",
            }
        }
    };
    match told.as_deref() {
        None => guessed().to_owned(),
        Some("button") => "button_reply".to_owned(),
        // Twilio has one word for all that can be tapped.
        Some("interactive") => match guessed() {
            kind @ ("button_reply" | "list_reply" | "flow_reply") => kind.to_owned(),
            _ => "button_reply".to_owned(),
        },
        Some("contact" | "contacts") => "contacts".to_owned(),
        Some(kind) => kind.to_owned(),
    }
}

/// What a person reads.
fn text(fields: &Form, kind: &str) -> Option<String> {
    let names: &[&str] = match kind {
        "button_reply" => &["ButtonText", "Body"],
        "list_reply" => &["ListTitle", "Body"],
        "location" => &["Body", "Label", "Address"],
        _ => &["Body"],
    };
    let text = names.iter().find_map(|name| fields.text(name));
    // Taken back.
    text.or_else(|| (kind == "reaction").then(String::new))
}

/// The files. They end where the first number is missing, whatever `NumMedia`
/// says.
fn media(fields: &Form) -> Vec<InboundMedia> {
    let file = |number: usize| {
        let url = fields.text(&format!("MediaUrl{number}"))?;
        Some(InboundMedia {
            // The last part of the address.
            id: url.rsplit('/').next().filter(|id| id.starts_with("ME")).and_then(field::as_word),
            url: Some(url),
            mime_type: fields.word(&[&format!("MediaContentType{number}")]),
            ..InboundMedia::default()
        })
    };
    (0..MOST_MEDIA).map_while(file).collect()
}

fn place(fields: &Form) -> Option<Place> {
    Some(Place {
        latitude: fields.number("Latitude")?,
        longitude: fields.number("Longitude")?,
        name: fields.text("Label"),
        address: fields.text("Address"),
    })
}

fn referral(fields: &Form) -> Option<Referral> {
    let referral = Referral {
        source_type: fields.word(&["ReferralSourceType"]),
        source_id: fields.word(&["ReferralSourceId"]),
        source_url: fields.text("ReferralSourceUrl"),
        headline: fields.text("ReferralHeadline"),
        body: fields.text("ReferralBody"),
        click_id: fields.text("ReferralCtwaClid"),
    };
    (referral != Referral::default()).then_some(referral)
}
