//! What the providers tell us by webhook: is it from them, and what does it
//! say.

pub mod answer;
pub mod challenge;
pub mod request;
pub mod signature;
