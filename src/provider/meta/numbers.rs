//! The numbers that a business sends from.

use super::{Meta, NAME};
use crate::message::Result;
use crate::provider::action::{AddNumber, Done, Pin, Register, RequestCode};
use crate::provider::not_supported;

impl Meta {
    pub(super) async fn list_numbers(&self, _limit: Option<u32>, _cursor: Option<&str>) -> Result<Done> {
        Err(not_supported(NAME, "list_numbers"))
    }
    pub(super) async fn get_number(&self, _number: &str) -> Result<Done> {
        Err(not_supported(NAME, "get_number"))
    }
    pub(super) async fn add_number(&self, _add: &AddNumber) -> Result<Done> {
        Err(not_supported(NAME, "add_number"))
    }
    pub(super) async fn request_code(&self, _number: &str, _wish: &RequestCode) -> Result<Done> {
        Err(not_supported(NAME, "request_code"))
    }
    pub(super) async fn verify_code(&self, _number: &str, _code: &Pin) -> Result<Done> {
        Err(not_supported(NAME, "verify_code"))
    }
    pub(super) async fn register(&self, _number: &str, _registration: &Register) -> Result<Done> {
        Err(not_supported(NAME, "register"))
    }
    pub(super) async fn deregister(&self, _number: &str) -> Result<Done> {
        Err(not_supported(NAME, "deregister"))
    }
    pub(super) async fn set_pin(&self, _number: &str, _pin: &Pin) -> Result<Done> {
        Err(not_supported(NAME, "set_pin"))
    }
}
