//! Whether a webhook comes from whom it says it does.

pub mod meta;
pub mod twilio;

use ring::hmac;

/// Why a webhook is not believed.
#[derive(Debug, PartialEq)]
pub enum Doubt {
    /// It is not signed, or not by whom we know; in words for the operator.
    Refused(String),
    /// A secret is missing without which nobody can be believed: the setting
    /// that should hold it.
    NoSecret(&'static str),
}

impl Doubt {
    fn refused(why: impl Into<String>) -> Doubt {
        Doubt::Refused(why.into())
    }
}

/// Whether `given` is the HMAC of `parts` put together. How long the answer
/// takes tells nothing of where they differ.
fn is_hmac(algorithm: hmac::Algorithm, secret: &str, parts: &[&[u8]], given: &[u8]) -> bool {
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(part);
    }
    same(context.sign().as_ref(), given)
}

/// Whether two texts are the same, in a time that depends on their lengths
/// only.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    one.ct_eq(other).into()
}
