//! Places of numbers in the records that kernels and the search hand each other, made of src/engine/records.ts by
//! build.rs.

#![allow(dead_code)]

include!(concat!(env!("OUT_DIR"), "/records.rs"));
