//! The inner kernels of weightscope's native engine, as a Node addon. The search that calls them, and what each of them
//! computes, is TypeScript: src/engine/search/ and src/engine/kernels.ts.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod calls;
mod kernels;
mod lists;
mod means16;
mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod records;
mod rows16;
mod rows8;
mod screen;
#[cfg(test)]
mod tests;
mod tile;

use std::panic::{AssertUnwindSafe, catch_unwind};

use kernels::Kernels;
use memory::{Call, Memory, Refused};
use napi::bindgen_prelude::{Error, Status, Uint8Array};
use napi_derive::napi;

impl From<Refused> for Error {
    fn from(Refused(why): Refused) -> Self {
        Error::new(Status::InvalidArg, why)
    }
}

/// Instruction sets that this processor has kernels for, best first.
#[napi]
pub fn instruction_sets() -> Vec<&'static str> {
    kernels::available().map(|kernels| kernels.name).collect()
}

/// For benches: works through `loops` rounds of multiply-adds in registers, of fp32 (`bits` 32) or 8-bit numbers, and
/// returns how many operations those were; 0 where no kernel multiplies like that.
#[napi]
pub fn peak(instruction_set: String, bits: u32, loops: u32) -> Result<f64, Error> {
    let kernels = kernels_named(&instruction_set)?;
    let peak = if bits == 8 { kernels.peak8 } else { Some(kernels.peak32) };
    // SAFETY: `kernels` are of an instruction set that this processor has.
    Ok(peak.map_or(0.0, |peak| unsafe { peak(loops as usize) }))
}

fn kernels_named(name: &str) -> Result<&'static Kernels, Refused> {
    let refused = || Refused(format!("Expected an instruction set of this processor, got {name}."));
    kernels::available()
        .find(|kernels| kernels.name == name)
        .ok_or_else(refused)
}

/// `Kernels` of src/engine/kernels.ts over one memory: every offset is checked before anything is read or written, and
/// a panic becomes an error.
#[napi]
pub struct NativeKernels {
    memory: Memory,
    kernels: &'static Kernels,
    /// Keeps the memory where it is.
    _view: Uint8Array,
}

#[napi]
impl NativeKernels {
    /// Kernels over the memory that `view` shows, which must not be detached or resized while they are used. While a
    /// call reads or writes a place, no other thread may write it; the search gives every worker its own places to
    /// write and fills those that all read between runs.
    #[napi(constructor)]
    pub fn new(mut view: Uint8Array, instruction_set: String) -> Result<Self, Error> {
        let kernels = kernels_named(&instruction_set)?;
        // SAFETY: a typed array's bytes stay where they are while it is referenced, which `_view` does; what other
        // threads do is the condition above.
        let memory = unsafe {
            let bytes = view.as_mut();
            Memory::new(bytes.as_mut_ptr(), bytes.len())
        }?;
        Ok(Self {
            memory,
            kernels,
            _view: view,
        })
    }

    fn run<T>(&mut self, body: impl FnOnce(&mut Call, &Kernels) -> Result<T, Refused>) -> Result<T, Error> {
        let (call, kernels) = (&mut self.memory.call(), self.kernels);
        guarded(|| body(call, kernels))
    }
}

/// A panic is a mistake of ours, but not a reason to end the process.
fn guarded<T>(body: impl FnOnce() -> Result<T, Refused>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|panic| {
            let why = panic.downcast_ref::<&str>().map(|why| why.to_string());
            let why = why
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(Refused(format!("A native kernel panicked: {why}")))
        })
        .map_err(Error::from)
}
