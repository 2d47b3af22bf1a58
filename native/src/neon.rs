//! aarch64: 128-bit vectors, two of them to a panel. NEON is part of every 64-bit Arm processor; products of bytes are
//! of most (Armv8.2 with DotProd).

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};
use std::array;

use crate::kernels::Kernels;
use crate::portable;
use crate::records::*;
use crate::rows8::{self, Limits};
use crate::screen::{self, BIAS, LANES, QUAD};
use crate::tile::{self, Block, PANEL32, PANEL64, block};

pub const KERNELS: Kernels = Kernels {
    name: "neon",
    peak32,
    matmul64,
    product32,
    ..portable::KERNELS
};

pub const DOTPROD: Kernels = Kernels {
    name: "neon dotprod",
    available: || is_aarch64_feature_detected!("dotprod"),
    peak8: Some(peak8),
    screen8,
    most: rows8::WIDE,
    quantise,
    screen_rows,
    ..KERNELS
};

block! {
    /// One panel of 8 columns.
    F32(float32x4x2_t): f32, width PANEL32, panels 1;
    zero = float32x4x2_t(vdupq_n_f32(0.0), vdupq_n_f32(0.0));
    load(from, panel) = float32x4x2_t(vld1q_f32(from), vld1q_f32(from.add(4)));
    add(sum, x, b) = float32x4x2_t(vfmaq_n_f32(sum.0, b.0, *x), vfmaq_n_f32(sum.1, b.1, *x));
    resume(out) = float32x4x2_t(vld1q_f32(out), vld1q_f32(out.add(4)));
    store(out, sums) = {
        vst1q_f32(out, sums.0);
        vst1q_f32(out.add(4), sums.1);
    };
}

block! {
    /// One panel of 4 columns.
    F64(float64x2x2_t): f64, width PANEL64, panels 1;
    zero = float64x2x2_t(vdupq_n_f64(0.0), vdupq_n_f64(0.0));
    load(from, panel) = float64x2x2_t(vld1q_f64(from), vld1q_f64(from.add(2)));
    add(sum, x, b) = float64x2x2_t(vfmaq_n_f64(sum.0, b.0, *x), vfmaq_n_f64(sum.1, b.1, *x));
    resume(out) = {
        let sums = vld1q_f32(out);
        float64x2x2_t(vcvt_f64_f32(vget_low_f32(sums)), vcvt_high_f64_f32(sums))
    };
    store(out, sums) = vst1q_f32(out, vcvt_high_f32_f64(vcvt_f32_f64(sums.0), sums.1));
}

#[target_feature(enable = "neon")]
fn peak32(loops: usize) -> f64 {
    // SAFETY: this function has the instruction set.
    unsafe { tile::peak::<F32, 12>(loops) }
}

#[target_feature(enable = "neon")]
fn product32(a: &[f32], panels_a: usize, b: &[f32], panels_b: usize, d: usize, out: &mut [f32], stride: usize) {
    // SAFETY: this function has the instruction set.
    unsafe { tile::product32::<F32, F32, 8, 1>(a, panels_a, b, panels_b, d, out, stride) };
}

#[target_feature(enable = "neon")]
fn matmul64(a: &[f64], rows: usize, b: &[f64], panels: usize, d: usize, out: &mut [f32], stride: usize) {
    // SAFETY: this function has the instruction set.
    unsafe { tile::matmul64::<F64, F64, 4>(a, rows, b, panels, d, out, stride) };
}

/// Vectors of four columns in a group.
const FOURS: usize = LANES / 4;

/// Adds to each of four sums the product of four bytes of `b` and the K-th four of `a`, all signed. The intrinsic is
/// not stable yet.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn dot<const K: usize>(mut sum: int32x4_t, b: int8x16_t, a: int8x16_t) -> int32x4_t {
    // SAFETY: one instruction on registers, which this function's instruction set has.
    unsafe {
        asm!("sdot {sum:v}.4s, {b:v}.16b, {a:v}.4b[{k}]", sum = inout(vreg) sum, b = in(vreg) b, a = in(vreg) a, k = const K,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

/// As `tile::peak`, of 8-bit products.
#[target_feature(enable = "neon,dotprod")]
fn peak8(loops: usize) -> f64 {
    const SUMS: usize = 16;
    let ones = vdupq_n_s8(std::hint::black_box(1));
    let mut sums = [vdupq_n_s32(0); SUMS];
    for _ in 0..loops {
        for sum in &mut sums {
            *sum = dot::<0>(*sum, ones, ones);
        }
    }
    std::hint::black_box(sums);
    2.0 * (loops * SUMS * 16) as f64
}

/// Rows of a whose sums stay in registers.
const ROWS: usize = 4;

/// Products of ROWS rows of a with one group of b, all signed bytes, added to `starts`.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn products(a: [&[u8]; ROWS], b: &[u8], starts: [i32; ROWS]) -> [[i32; LANES]; ROWS] {
    const STEP: usize = 4 * QUAD;
    let load = |bytes: &[u8; 16]| {
        // SAFETY: sixteen bytes are there.
        unsafe { vld1q_s8(bytes.as_ptr().cast()) }
    };
    let mut sums: [[int32x4_t; FOURS]; ROWS] = starts.map(|start| [vdupq_n_s32(start); FOURS]);
    let (steps, last) = b.as_chunks::<{ STEP * LANES }>();
    for (t, b) in (0..).step_by(STEP).zip(steps) {
        let a = a.map(|a| load(a[t..].first_chunk().expect("four quads")));
        let b = b.as_chunks::<16>().0;
        macro_rules! quad {
            ($k:literal) => {
                for v in 0..FOURS {
                    let b = load(&b[$k * FOURS + v]);
                    for r in 0..ROWS {
                        sums[r][v] = dot::<$k>(sums[r][v], b, a[r]);
                    }
                }
            };
        }
        quad!(0);
        quad!(1);
        quad!(2);
        quad!(3);
    }
    let done = steps.len() * STEP;
    for (t, b) in (done..).step_by(QUAD).zip(last.as_chunks::<{ QUAD * LANES }>().0) {
        let a = a.map(|a| {
            let quad: &[u8; QUAD] = a[t..].first_chunk().expect("a quad");
            vreinterpretq_s8_s32(vdupq_n_s32(i32::from_ne_bytes(*quad)))
        });
        for (v, b) in b.as_chunks::<16>().0.iter().enumerate() {
            let b = load(b);
            for r in 0..ROWS {
                sums[r][v] = dot::<0>(sums[r][v], b, a[r]);
            }
        }
    }
    sums.map(|sums| {
        let mut lanes = [0; LANES];
        for (lanes, sum) in lanes.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
            // SAFETY: four lanes are there.
            unsafe { vst1q_s32(lanes.as_mut_ptr(), sum) };
        }
        lanes
    })
}

/// Biased bytes of b are no larger than 127, so that they are signed ones as they are.
#[target_feature(enable = "neon,dotprod")]
fn screen8(a: &[u8], sums: &[i16], b: &[u8], quads: usize, least: i32, out: &mut [u32]) -> usize {
    let width = quads * QUAD;
    let mut found = 0;
    for (group, b) in b.chunks_exact(width * LANES).enumerate() {
        for (start, sums) in (0..).step_by(ROWS).zip(sums.chunks(ROWS)) {
            // A last group of rows that is not full repeats its last row.
            let row = |r: usize| r.min(sums.len() - 1);
            let rows: [&[u8]; ROWS] = array::from_fn(|r| &a[(start + row(r)) * width..][..width]);
            let starts: [i32; ROWS] = array::from_fn(|r| -BIAS * i32::from(sums[row(r)]));
            let products = products(rows, b, starts);
            for (r, products) in products[..sums.len()].iter().enumerate() {
                let mask = products
                    .iter()
                    .enumerate()
                    .fold(0, |mask, (lane, &p)| mask | (u32::from(p >= least) << lane));
                screen::list(mask, start + r, group * LANES, out, &mut found);
            }
        }
    }
    found
}

/// Rounded rows of b without the bias, so that all bytes are signed, and sums that start at 0.
fn quantise(x: &[f32], index: &[u32], frame: &[f64], first: bool, most: i32, out: &mut [u8], rounded: &mut [f64]) {
    rows8::quantise(x, index, frame, first, most, out, rounded);
    if first {
        rounded
            .as_chunks_mut::<ROUNDED8_NUMBERS>()
            .0
            .iter_mut()
            .for_each(|rounded| rounded[ROUNDED8_START] = 0.0);
    } else {
        out.iter_mut()
            .for_each(|byte| *byte = byte.wrapping_sub((most + 1) as u8));
    }
}

#[target_feature(enable = "neon,dotprod")]
fn screen_rows(a: &[u8], b: &[u8], quads: usize, limits: &Limits, out: &mut [u32]) -> usize {
    let width = quads * QUAD;
    let rows = limits.rows.as_chunks::<ROW_NUMBERS>().0;
    let mut found = 0;
    for (group, b) in b.chunks_exact((width * LANES).max(1)).enumerate() {
        for (start, rows) in (0..).step_by(ROWS).zip(rows.chunks(ROWS)) {
            // A last group of rows that is not full repeats its last row.
            let row = |r: usize| r.min(rows.len() - 1);
            let from: [&[u8]; ROWS] = array::from_fn(|r| &a[(start + row(r)) * width..][..width]);
            let products = products(from, b, array::from_fn(|r| rows[row(r)][5].to_bits() as i32));
            for (r, (products, row)) in products.iter().zip(rows).enumerate() {
                let mask = rows8::sift(products, row, limits, group * LANES);
                screen::list(mask, start + r, group * LANES, out, &mut found);
            }
        }
    }
    found
}
