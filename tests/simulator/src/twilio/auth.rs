//! Who asks: HTTP Basic with the account's token or an API key.

use crate::exchange::Request;

pub const DEFAULT_ACCOUNT_SID: &str = "AC00000000000000000000000000000001";
pub const DEFAULT_AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub const DEFAULT_API_KEY_SID: &str = "SK00000000000000000000000000000001";
pub const DEFAULT_API_KEY_SECRET: &str = "fedcba9876543210fedcba9876543210";

pub struct Account {
    pub sid: String,
    pub token: String,
    pub key_sid: String,
    pub key_secret: String,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Who {
    Token,
    Key,
    Nobody,
    Wrong,
}

impl Who {
    pub fn is_ours(self) -> bool {
        matches!(self, Self::Token | Self::Key)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "auth_token",
            Self::Key => "api_key",
            Self::Nobody => "none",
            Self::Wrong => "wrong",
        }
    }
}

impl Account {
    pub fn check(&self, request: &Request) -> Who {
        match request.basic() {
            None => Who::Nobody,
            Some((user, password)) if user == self.sid && password == self.token => Who::Token,
            Some((user, password)) if user == self.key_sid && password == self.key_secret => Who::Key,
            Some(_) => Who::Wrong,
        }
    }
}
