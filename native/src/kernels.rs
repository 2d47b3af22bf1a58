//! What an instruction set provides, and which one this processor gets. What each kernel computes is said once, in
//! src/engine/kernels.ts; here are its operands as slices, so that only `memory.rs` and vector code are unsafe.

use crate::portable;

/// Kernels of one instruction set. Calling one is sound when the processor has the instruction set, which is why a
/// table is reachable only through [`available`].
pub struct Kernels {
    /// Name for people and tests.
    pub name: &'static str,
    pub(crate) available: fn() -> bool,
    pub norms: unsafe fn(x: &[f32], d: usize, out: &mut [f64]),
    pub dots64: unsafe fn(a: &[f32], b: &[f32], d: usize, list: &[u32], out: &mut [f64]),
    pub matmul64: unsafe fn(&[f64], rows: usize, b: &[f64], panels: usize, d: usize, out: &mut [f32], stride: usize),
    pub panels32: unsafe fn(x: &[f32], d: usize, index: &[u32], factor: &[f64], out: &mut [f32]),
    pub product32: unsafe fn(&[f32], usize, b: &[f32], panels_b: usize, d: usize, out: &mut [f32], stride: usize),
    pub scan: unsafe fn(&[f32], columns: usize, stride: usize, low: &[f32], high: &[f32], out: &mut [u32]) -> usize,
    pub column_sums: unsafe fn(&[f32], rows: usize, stride: usize, relu: &mut [f64], abs: &mut [f64]),
}

/// All instruction sets of this architecture, best first.
static SETS: &[Kernels] = &[
    #[cfg(target_arch = "x86_64")]
    crate::avx512::VNNI,
    #[cfg(target_arch = "x86_64")]
    crate::avx512::FOUNDATION,
    #[cfg(target_arch = "x86_64")]
    crate::avx2::KERNELS,
    #[cfg(target_arch = "aarch64")]
    crate::neon::KERNELS,
    portable::KERNELS,
];

/// Instruction sets that this processor has, best first; the last is `portable`.
pub fn available() -> impl Iterator<Item = &'static Kernels> {
    SETS.iter().filter(|kernels| (kernels.available)())
}
