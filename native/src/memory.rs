//! The memory shared with JavaScript, and the check of every place in it that a call names.

use std::marker::PhantomData;
use std::slice;

/// Why a call was refused; becomes a JavaScript error.
#[derive(Debug, PartialEq)]
pub struct Refused(pub String);

/// Numbers for which every bit pattern is a value.
pub trait Plain: Copy {}
impl Plain for u8 {}
impl Plain for i8 {}
impl Plain for i16 {}
impl Plain for i32 {}
impl Plain for u32 {}
impl Plain for f32 {}
impl Plain for f64 {}

/// A memory starts at a multiple of this, so that offsets which are multiples of a number's size align it.
const ALIGN: u64 = 16;

/// A borrowed memory: nothing is ever copied out of it as a whole.
pub struct Memory {
    base: *mut u8,
    length: u64,
}

impl Memory {
    /// # Safety
    /// `base` points to `length` bytes that stay where they are for as long as this value lives, and while a call reads
    /// or writes a place of them, no other thread writes there.
    pub unsafe fn new(base: *mut u8, length: usize) -> Result<Self, Refused> {
        if base.is_null() || !(base as u64).is_multiple_of(ALIGN) {
            return Err(Refused(format!(
                "Expected a memory that starts at a multiple of {ALIGN} bytes."
            )));
        }
        Ok(Self {
            base,
            length: length as u64,
        })
    }

    /// Starts a call, to which the memory then lends places.
    pub fn call(&mut self) -> Call<'_> {
        Call {
            base: self.base,
            length: self.length,
            lent: [(0, 0, false); MOST],
            count: 0,
            memory: PhantomData,
        }
    }
}

/// Places that one call can have.
const MOST: usize = 12;

/// Lends places of a memory to one call: any number of readers or one writer for each byte, as references require.
pub struct Call<'m> {
    base: *mut u8,
    length: u64,
    /// start, end, written
    lent: [(u64, u64, bool); MOST],
    count: usize,
    memory: PhantomData<&'m mut Memory>,
}

impl<'m> Call<'m> {
    /// `count` numbers from byte offset `at`, to read.
    pub fn read<T: Plain>(&mut self, at: i64, count: u64) -> Result<&'m [T], Refused> {
        let (start, count) = self.lend::<T>(at, count, false)?;
        // SAFETY: `lend` checked that the place is inside the memory, aligned, and written by no reference of this
        // call; the call borrows the memory exclusively, and `Memory::new` keeps other threads away. Every bit pattern
        // is a T.
        Ok(unsafe { slice::from_raw_parts(self.base.add(start).cast(), count) })
    }

    /// `count` numbers from byte offset `at`, to write.
    pub fn write<T: Plain>(&mut self, at: i64, count: u64) -> Result<&'m mut [T], Refused> {
        let (start, count) = self.lend::<T>(at, count, true)?;
        // SAFETY: as in `read`, and `lend` checked that no other reference of this call reaches the place.
        Ok(unsafe { slice::from_raw_parts_mut(self.base.add(start).cast(), count) })
    }

    fn lend<T: Plain>(&mut self, at: i64, count: u64, write: bool) -> Result<(usize, usize), Refused> {
        let size = size_of::<T>() as u64;
        // A negative offset becomes a huge one.
        let start = at as u64;
        let end = start.saturating_add(count.saturating_mul(size));
        if end > self.length || start > self.length {
            let length = self.length;
            return Err(Refused(format!(
                "Expected a place inside the memory of {length} bytes, got {count} x {size} bytes at {at}."
            )));
        }
        if !start.is_multiple_of(size) {
            return Err(Refused(format!(
                "Expected an offset that is a multiple of {size}, got {at}."
            )));
        }
        for &(from, to, written) in &self.lent[..self.count] {
            if (write || written) && start < to && from < end {
                return Err(Refused(format!(
                    "Expected places that are apart, got {start}..{end} and {from}..{to}."
                )));
            }
        }
        self.lent[self.count] = (start, end, write);
        self.count += 1;
        Ok((start as usize, count as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(bytes: &mut [u128]) -> Memory {
        // SAFETY: the bytes outlive the memory in these tests and belong to this thread.
        unsafe { Memory::new(bytes.as_mut_ptr().cast(), size_of_val(bytes)) }.unwrap()
    }

    #[test]
    fn lends_what_is_inside() {
        let mut bytes = [0u128; 4];
        let mut memory = memory(&mut bytes);
        memory.call().write::<f32>(32, 8).unwrap().fill(1.5);
        assert_eq!(memory.call().read::<f32>(48, 4).unwrap(), [1.5; 4]);
        assert_eq!(memory.call().read::<f64>(64, 0).unwrap(), []);
    }

    #[test]
    fn refuses_what_is_outside_or_unaligned() {
        let mut bytes = [0u128; 4];
        let mut memory = memory(&mut bytes);
        for (at, count) in [
            (0, 17),
            (64, 1),
            (-16, 1),
            (80, 0),
            (0, u64::MAX),
            (16, u64::MAX / 4),
            (i64::MAX - 15, 1),
        ] {
            let Refused(why) = memory.call().read::<f32>(at, count).unwrap_err();
            assert!(why.contains("inside the memory of 64 bytes"), "{why}");
        }
        assert!(
            memory
                .call()
                .read::<f64>(12, 1)
                .unwrap_err()
                .0
                .contains("multiple of 8")
        );
    }

    #[test]
    fn refuses_places_that_overlap_a_written_one() {
        let mut bytes = [0u128; 4];
        let mut memory = memory(&mut bytes);
        let mut call = memory.call();
        call.read::<u8>(0, 20).unwrap();
        call.read::<u8>(16, 20).unwrap();
        assert!(call.write::<u8>(32, 1).is_err());
        call.write::<u8>(48, 8).unwrap();
        assert!(call.read::<u8>(48, 1).is_err());
        assert!(call.write::<u8>(48, 1).is_err());
    }

    #[test]
    fn refuses_no_memory() {
        // SAFETY: null is refused before anything is read.
        assert!(unsafe { Memory::new(std::ptr::null_mut(), 0) }.is_err());
    }
}
