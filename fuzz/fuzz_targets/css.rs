#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pressroom_fuzz::css(data));
