#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wa_connector::fuzz::webhook_signature(bytes));
