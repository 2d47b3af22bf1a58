//! Sets up the addon, and makes Rust constants of the records that TypeScript and AssemblyScript share.

use std::{env, fs, path::Path};

const RECORDS: &str = "../src/engine/records.ts";

fn main() {
    napi_build::setup();
    println!("cargo:rerun-if-changed={RECORDS}");
    let source = fs::read_to_string(RECORDS).expect("src/engine/records.ts beside native/");
    let mut constants = String::new();
    for line in source.lines() {
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let constant = line
            .strip_prefix("export const ")
            .and_then(|rest| rest.strip_suffix(';'));
        let (name, value) = constant
            .and_then(|rest| rest.split_once(" = "))
            .unwrap_or_else(|| panic!("Expected `export const NAME = NUMBER;` in {RECORDS}, found: {line}"));
        constants += &format!("pub const {name}: usize = {value};\n");
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("records.rs"), constants).expect("OUT_DIR can be written");
}
