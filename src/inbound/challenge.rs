//! Meta asks whether a webhook's address is ours, before it sends anything
//! there.

use super::signature::{Doubt, same};
use crate::provider::webhook_keys::MetaKeys;

/// Meta calls it a random string; all that were seen are shorter than 20.
const LONGEST_CHALLENGE: usize = 1024;

/// What is to be answered: the challenge itself.
pub fn answer(keys: &MetaKeys, query: &[(String, String)]) -> Result<String, Doubt> {
    let only = |name: &str| {
        let mut values = query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next()?;
        values.next().is_none().then_some(first)
    };
    let refused = |why: &str| Err(Doubt::Refused(why.to_owned()));
    let (Some("subscribe"), Some(token), Some(challenge)) =
        (only("hub.mode"), only("hub.verify_token"), only("hub.challenge"))
    else {
        return refused("it is a GET that is no verification by Meta");
    };
    // Anybody may look at the address: only what Meta asks is told to need a token.
    let Some(ours) = &keys.verify_token else {
        return Err(Doubt::NoSecret("webhook.verify_token"));
    };
    if !same(token.as_bytes(), ours.expose().as_bytes()) {
        return refused("the verify token is not webhook.verify_token");
    }
    if challenge.is_empty() || challenge.len() > LONGEST_CHALLENGE {
        return refused("the challenge is empty or too long");
    }
    Ok(challenge.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::Secret;

    fn ask(token: Option<&str>, query: &str) -> Result<String, Doubt> {
        let keys = MetaKeys {
            verify_token: token.map(|token| Secret::new(token.to_owned())),
            ..MetaKeys::default()
        };
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        answer(&keys, &pairs)
    }

    #[test]
    fn the_challenge_comes_back_as_it_is() {
        let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=me%2Bat%20you";
        assert_eq!(ask(Some("me+at you"), query), Ok("1158201444".to_owned()));
        let query = "hub.verify_token=t&hub.challenge=%3Cb%3E%C3%A9+x&hub.mode=subscribe&more=1";
        assert_eq!(ask(Some("t"), query), Ok("<b>é x".to_owned()));
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!("hub.mode=subscribe&hub.verify_token=t&hub.challenge={}", "x".repeat(1025));
        for query in [
            "",
            "hub.mode=subscribe&hub.challenge=1",
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=T",
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=tt",
            "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=t",
            "hub.mode=subscribe&hub.verify_token=t",
            "hub.mode=subscribe&hub.verify_token=t&hub.challenge=",
            "hub.mode=subscribe&hub.verify_token=x&hub.verify_token=t&hub.challenge=1",
            &long,
        ] {
            assert!(matches!(ask(Some("t"), query), Err(Doubt::Refused(_))), "{query}");
        }
        let right = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=t";
        assert_eq!(ask(None, right), Err(Doubt::NoSecret("webhook.verify_token")));
        for query in ["", "x=1", "hub.mode=subscribe&hub.verify_token=t"] {
            assert!(matches!(ask(None, query), Err(Doubt::Refused(_))), "{query}");
        }
    }
}
