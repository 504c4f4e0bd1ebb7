//! The fixed ids of the simulated account, and fresh ones.

use base64::Engine as _;

pub const APP: &str = "300000000000001";
pub const WABA: &str = "100000000000001";
/// The system user the tokens belong to.
pub const USER: &str = "400000000000001";
pub const NUMBER: &str = "200000000000001";
pub const TEST_NUMBER: &str = "200000000000002";

/// A fresh id of an object: 16 digits.
pub fn fresh() -> String {
    format!("{}", fastrand::u64(1_000_000_000_000_000..=9_999_999_999_999_999))
}

/// A fresh message id, of the form the real ones have: recipient and a random part inside.
pub fn message(recipient: &str) -> String {
    let recipient: String = recipient.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let mut bytes = vec![0x1c, 0x18, u8::try_from(recipient.len()).unwrap_or(0)];
    bytes.extend_from_slice(recipient.as_bytes());
    bytes.extend_from_slice(&[0x15, 0x02, 0x00, 0x11, 0x18, 0x12]);
    let random = fastrand::u128(..) & ((1 << 72) - 1);
    bytes.extend_from_slice(format!("{random:018X}").as_bytes());
    bytes.push(0);
    format!("wamid.{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// Random letters and digits, for upload ids and handles.
pub fn word(length: usize) -> String {
    (0..length).map(|_| fastrand::alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_look_like_the_real_ones() {
        let id = message("+16505551234");
        assert!(id.starts_with("wamid.HBgLMTY1MDU1NTEyMzQVAgAR"), "{id}");
        assert_ne!(id, message("+16505551234"));
        assert!(super::super::shape::is_id(&fresh()));
    }
}
