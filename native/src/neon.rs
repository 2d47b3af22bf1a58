//! aarch64: 128-bit vectors, two of them to a panel. NEON is part of every 64-bit Arm processor.

use std::arch::aarch64::*;

use crate::kernels::Kernels;
use crate::portable;
use crate::tile::{self, Block, PANEL32, PANEL64, block};

pub const KERNELS: Kernels = Kernels {
    name: "neon",
    matmul64,
    product32,
    ..portable::KERNELS
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
    unsafe { tile::matmul64::<F64, F64>(a, rows, b, panels, d, out, stride) };
}
