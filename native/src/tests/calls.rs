//! Checks of calls.

use napi::bindgen_prelude::Error;

use crate::calls::{product, tile_size};
use crate::guarded;
use crate::memory::Memory;

#[test]
fn calls_check_their_places() {
    let mut bytes = vec![0u128; 64];
    // SAFETY: the bytes outlive the memory and belong to this thread.
    let mut memory = unsafe { Memory::new(bytes.as_mut_ptr().cast(), 1024) }.unwrap();
    let mut call = memory.call();
    assert!(call.read::<f32>(0, product(&[u32::MAX, u32::MAX])).is_err());
    assert!(tile_size(2, 3, 8, 23).is_err());
    assert_eq!(tile_size(0, 3, 8, 24), Ok(0));
    assert_eq!(tile_size(3, 2, 8, 24), Ok(64));
}

#[test]
fn a_panic_becomes_an_error() {
    let result: Result<(), Error> = guarded(|| panic!("row {} is missing", 3));
    assert_eq!(result.unwrap_err().reason, "A native kernel panicked: row 3 is missing");
}
