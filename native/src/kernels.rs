//! What an instruction set provides, and which one this processor gets. What each kernel computes is said once, in
//! src/engine/kernels.ts; here are its operands as slices, so that only `memory.rs` and vector code are unsafe.

use crate::portable;
use crate::rows8::Limits;
use crate::rows16::Rows16;
use crate::screen::Packing;

/// Kernels of one instruction set. Calling one is sound when the processor has the instruction set, which is why a
/// table is reachable only through [`available`].
pub struct Kernels {
    /// Name for people and tests.
    pub name: &'static str,
    pub(crate) available: fn() -> bool,
    /// Operations of `loops` rounds of nothing but fp32 multiply-adds, and of 8-bit ones where a kernel has them.
    pub peak32: unsafe fn(loops: usize) -> f64,
    pub peak8: Option<unsafe fn(loops: usize) -> f64>,
    pub norms: unsafe fn(x: &[f32], d: usize, out: &mut [f64]),
    pub dots64: unsafe fn(a: &[f32], b: &[f32], d: usize, list: &[u32], out: &mut [f64]),
    pub matmul64: unsafe fn(&[f64], rows: usize, b: &[f64], panels: usize, d: usize, out: &mut [f32], stride: usize),
    pub gram: unsafe fn(x: &[f32], every: usize, d: usize, scale: f64, out: &mut [f64]),
    /// Returns what `Kernels.gather32` writes to `extent`.
    pub gather32: unsafe fn(x: &[f32], stride: usize, index: &[u32], prefix: usize, out: &mut [f32]) -> [f64; 2],
    pub pack8: unsafe fn(x: &[f32], rows: usize, packing: &Packing, out: &mut [u8], sums: &mut [i16]) -> i32,
    pub screen8: unsafe fn(a: &[u8], sums: &[i16], b: &[u8], quads: usize, least: i32, out: &mut [u32]) -> usize,
    pub dots32: unsafe fn(&[f32], &[u32], b: &[f32], &[u32], usize, list: &[u32], f32, out: &mut [u32]) -> usize,
    pub panels32: unsafe fn(x: &[f32], d: usize, index: &[u32], factor: &[f64], out: &mut [f32]),
    pub product32: unsafe fn(&[f32], usize, b: &[f32], panels_b: usize, d: usize, out: &mut [f32], stride: usize),
    pub scan: unsafe fn(&[f32], columns: usize, stride: usize, low: &[f32], high: &[f32], out: &mut [u32]) -> usize,
    pub sift_tile: unsafe fn(&[f32], stride: usize, rows: [&[f32]; 2], columns: [&[f32]; 2], out: &mut [u32]) -> usize,
    /// Largest whole number that `quantise` makes of b.
    pub most: i32,
    pub quantise: unsafe fn(&[f32], &[u32], frame: &[f64], first: bool, most: i32, out: &mut [u8], rounded: &mut [f64]),
    pub screen_rows: unsafe fn(a: &[u8], b: &[u8], quads: usize, limits: &Limits, out: &mut [u32]) -> usize,
    pub listed_dots32: unsafe fn(&[f32], &[u32], b: &[f32], &[u32], d: usize, list: &[u32], out: &mut [f32]),
    pub quantise16: unsafe fn(&[f32], &[u32], factor: &[f64], d: usize, out: &mut [i16], rounded: &mut [f64]),
    pub dots16: unsafe fn(Rows16, Rows16, d: usize, list: &mut [u32], limits: [&[f32]; 2], &mut [f32]) -> usize,
    pub cut: unsafe fn(&mut [f32], &mut [u32], rank: usize, error: f32, limits: [&mut f32; 2]) -> usize,
    pub column_sums: unsafe fn(&[f32], rows: usize, stride: usize, relu: &mut [f64], abs: &mut [f64]),
    pub pack16: unsafe fn(x: &[f32], d: usize, first: bool, scale: &mut [f64], rows: usize, out: &mut [i16]),
    pub means16: unsafe fn(&[i16], scale: &[f64], b: &[i16], steps: usize, relu: &mut [f64], abs: &mut [f64]),
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
    crate::neon::DOTPROD,
    #[cfg(target_arch = "aarch64")]
    crate::neon::KERNELS,
    portable::KERNELS,
];

/// Instruction sets that this processor has, best first; the last is `portable`.
pub fn available() -> impl Iterator<Item = &'static Kernels> {
    SETS.iter().filter(|kernels| (kernels.available)())
}

/// Functions of an instruction set whose plain loops the compiler turns into its vectors, and `COMPILED`: the portable
/// kernels with these in their place, to which the set's table adds those that it writes itself.
#[cfg(target_arch = "x86_64")]
macro_rules! compiled_for {
    ($features:literal) => {
        #[target_feature(enable = $features)]
        fn norms(x: &[f32], d: usize, out: &mut [f64]) {
            $crate::portable::norms(x, d, out);
        }
        #[target_feature(enable = $features)]
        fn gram(x: &[f32], every: usize, d: usize, scale: f64, out: &mut [f64]) {
            $crate::screen::gram(x, every, d, scale, out);
        }
        #[target_feature(enable = $features)]
        fn gather32(x: &[f32], stride: usize, index: &[u32], prefix: usize, out: &mut [f32]) -> [f64; 2] {
            $crate::screen::gather32(x, stride, index, prefix, out)
        }
        #[target_feature(enable = $features)]
        fn pack8(x: &[f32], rows: usize, packing: &Packing, out: &mut [u8], sums: &mut [i16]) -> i32 {
            $crate::screen::pack8(x, rows, packing, out, sums)
        }
        #[target_feature(enable = $features)]
        fn quantise(
            x: &[f32],
            index: &[u32],
            frame: &[f64],
            first: bool,
            most: i32,
            out: &mut [u8],
            rounded: &mut [f64],
        ) {
            $crate::rows8::quantise(x, index, frame, first, most, out, rounded);
        }
        #[target_feature(enable = $features)]
        fn quantise16(x: &[f32], index: &[u32], factor: &[f64], d: usize, out: &mut [i16], rounded: &mut [f64]) {
            $crate::rows16::quantise16(x, index, factor, d, out, rounded);
        }
        #[target_feature(enable = $features)]
        fn listed_dots32(
            a: &[f32],
            index_a: &[u32],
            b: &[f32],
            index_b: &[u32],
            d: usize,
            list: &[u32],
            out: &mut [f32],
        ) {
            $crate::rows8::listed_dots32(a, index_a, b, index_b, d, list, out);
        }
        #[target_feature(enable = $features)]
        fn dots16(a: Rows16, b: Rows16, d: usize, list: &mut [u32], limits: [&[f32]; 2], out: &mut [f32]) -> usize {
            $crate::rows16::dots16(a, b, d, list, limits, out)
        }
        #[target_feature(enable = $features)]
        fn cut(value: &mut [f32], index: &mut [u32], rank: usize, error: f32, limits: [&mut f32; 2]) -> usize {
            $crate::lists::cut(value, index, rank, error, limits)
        }
        #[target_feature(enable = $features)]
        fn sift_tile(tile: &[f32], stride: usize, rows: [&[f32]; 2], columns: [&[f32]; 2], out: &mut [u32]) -> usize {
            $crate::portable::sift_tile(tile, stride, rows, columns, out)
        }
        #[target_feature(enable = $features)]
        fn column_sums(tile: &[f32], rows: usize, stride: usize, relu: &mut [f64], abs: &mut [f64]) {
            $crate::portable::column_sums(tile, rows, stride, relu, abs);
        }
        #[target_feature(enable = $features)]
        fn pack16(x: &[f32], d: usize, first: bool, scale: &mut [f64], rows: usize, out: &mut [i16]) {
            $crate::means16::pack16(x, d, first, scale, rows, out);
        }
        const COMPILED: Kernels = Kernels {
            norms,
            gram,
            gather32,
            pack8,
            quantise,
            quantise16,
            listed_dots32,
            dots16,
            cut,
            sift_tile,
            column_sums,
            pack16,
            ..$crate::portable::KERNELS
        };
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use compiled_for;
