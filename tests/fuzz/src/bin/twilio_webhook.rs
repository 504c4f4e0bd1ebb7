#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wa_connector::fuzz::twilio_webhook(bytes));
