pub static TWILIO: &[u32] = &[];
