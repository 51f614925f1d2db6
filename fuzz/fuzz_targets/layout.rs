#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pressroom_fuzz::layout(bytes));
