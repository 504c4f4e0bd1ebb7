//! The account itself: the cheap test of credentials.

use serde_json::{Value, json};

use super::API_VERSION;
use super::auth::Who;
use crate::exchange::Answer;
use crate::sim::Sim;

pub fn fetch(sim: &Sim, who: Who) -> Answer {
    let account = &sim.twilio.account;
    let uri = format!("/{API_VERSION}/Accounts/{}", account.sid);
    // as Twilio does: the token is shown to whoever knows it
    let token = if who == Who::Token { json!(account.token) } else { Value::Null };
    Answer::json(
        200,
        &json!({
            "sid": account.sid,
            "owner_account_sid": account.sid,
            "friendly_name": "Simulated account",
            "status": "active",
            "type": "Full",
            "auth_token": token,
            "date_created": sim.clock.rfc2822(0),
            "date_updated": sim.clock.rfc2822(0),
            "subresource_uris": { "messages": format!("{uri}/Messages.json") },
            "uri": format!("{uri}.json"),
        }),
    )
}
