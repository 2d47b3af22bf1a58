//! The 8-bit screen of long rows (`topRows`): how rows are rounded for it, and its plain form. A pair (i, j) is listed
//! when
//!
//!   v + bound >= top_i steps_j  or  v - bound <= bottom_i steps_j,
//!   v = Σ_t q_it q_jt + part_i part_j,  bound = error_i length_j + norm_i error_j
//!
//! with q whole numbers (docs/engine.md has the proof). Rows of a hold -127..127, one after the other, in whole pairs
//! of quads (four dimensions). Rows of b hold their values plus a bias, which is what multiplies unsigned by signed
//! bytes wants, 16 rows side by side: four dimensions of each row, then the next four. So one vector of b meets one
//! quad of a, broadcast.

use std::array;

use crate::records::*;
use crate::screen::{self, LANES, QUAD};

/// Largest value of b where products of two pairs of bytes must fit 16 bits; twice that where they need not.
pub const NARROW: i32 = 63;
pub const WIDE: i32 = 127;

/// Added to a small number, rounds it to a whole one, ties to even, which the low bits of the sum then are.
const SHIFT: f64 = 1.5 * (1u64 << 52) as f64;

/// Bytes of a packed row.
pub fn width(d: usize) -> usize {
    d.next_multiple_of(2 * QUAD)
}

/// Steps are no finer than this share of a row's norm (before its part along the direction is taken out), 127 times.
const FINEST: f64 = 1e-9;

/// `Kernels.quantise`; inlined into the functions of instruction sets.
#[inline(always)]
pub fn quantise(x: &[f32], index: &[u32], frame: &[f64], first: bool, most: i32, out: &mut [u8], rounded: &mut [f64]) {
    const N: usize = 16;
    let (factors, direction) = frame.split_at(frame.len() / 2);
    let d = factors.len();
    let width = width(d);
    let (limit, bias) = (if first { WIDE } else { most }, most + 1);
    let padded = d.next_multiple_of(N);
    let mut steps = vec![0i32; padded];
    let mut bytes = vec![0u8; padded];
    let mut row = vec![0f64; padded];
    let mut taken = vec![0f64; padded];
    taken[..d].copy_from_slice(direction);
    if !first {
        out.fill(bias as u8);
    }
    for (i, (&r, rounded)) in index
        .iter()
        .zip(rounded.as_chunks_mut::<ROUNDED8_NUMBERS>().0)
        .enumerate()
    {
        for ((row, &value), factor) in row.iter_mut().zip(&x[r as usize * d..][..d]).zip(factors) {
            *row = f64::from(value) * factor;
        }
        let (mut square, mut part) = ([0f64; N], [0f64; N]);
        for (values, taken) in row.as_chunks::<N>().0.iter().zip(taken.as_chunks::<N>().0) {
            for lane in 0..N {
                square[lane] += values[lane] * values[lane];
                part[lane] += values[lane] * taken[lane];
            }
        }
        let (norm, part) = (square.iter().sum::<f64>().sqrt(), part.iter().sum::<f64>());
        for (row, taken) in row.iter_mut().zip(&taken) {
            *row -= part * taken;
        }
        let mut largest = [0f64; N];
        for values in row.as_chunks::<N>().0 {
            for (largest, value) in largest.iter_mut().zip(values) {
                *largest = if value.abs() > *largest { value.abs() } else { *largest };
            }
        }
        let largest = largest.iter().fold(FINEST * norm, |a, &b| a.max(b));
        let step = if largest > 0.0 { largest / f64::from(limit) } else { 1.0 };
        let inverse = 1.0 / step;
        // Sums of whole numbers, exact in any order.
        let (mut residual, mut kept, mut sum) = ([0f64; N], [0f64; N], [0f64; N]);
        for (values, steps) in row.as_chunks::<N>().0.iter().zip(steps.as_chunks_mut::<N>().0) {
            for lane in 0..N {
                let value = values[lane];
                let shifted = value * inverse + SHIFT;
                let whole = shifted - SHIFT;
                let e = value - whole * step;
                residual[lane] += e * e;
                kept[lane] += whole * whole;
                sum[lane] += whole;
                steps[lane] = shifted.to_bits() as i32;
            }
        }
        rounded[ROUNDED8_STEP] = step;
        rounded[ROUNDED8_NORM] = norm / step;
        rounded[ROUNDED8_LENGTH] = kept.iter().sum::<f64>().sqrt();
        rounded[ROUNDED8_RESIDUAL] = residual.iter().sum::<f64>().sqrt() / step;
        rounded[ROUNDED8_PART] = part / step;
        rounded[ROUNDED8_START] = -f64::from(bias) * sum.iter().sum::<f64>();
        let shift = if first { 0 } else { bias };
        for (byte, &n) in bytes.iter_mut().zip(&steps) {
            *byte = (n + shift) as u8;
        }
        if first {
            out[i * width..][..width].copy_from_slice(&bytes[..width]);
        } else {
            let lanes = &mut out[i / LANES * LANES * width + i % LANES * QUAD..];
            for (to, quad) in lanes.chunks_mut(LANES * QUAD).zip(bytes[..width].as_chunks::<QUAD>().0) {
                to[..QUAD].copy_from_slice(quad);
            }
        }
    }
}

/// What `screenRows` compares products with.
#[derive(Clone, Copy)]
pub struct Limits<'m> {
    /// ROW_NUMBERS for each row of a.
    pub rows: &'m [f32],
    /// COLUMN_LISTS lists for the rows of b, each of `stride` numbers.
    pub columns: &'m [f32],
    pub stride: usize,
}

/// Whether each of a group's sums may be listed, as bits. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn sift(products: &[i32; LANES], row: &[f32; ROW_NUMBERS], limits: &Limits, column: usize) -> u32 {
    let [error, norm, top, bottom, own] = [ROW_ERROR, ROW_NORM, ROW_TOP, ROW_BOTTOM, ROW_PART].map(|at| row[at]);
    let list = |list: usize| -> &[f32; LANES] {
        limits.columns[list * limits.stride + column..]
            .first_chunk()
            .expect("a whole group")
    };
    let [length, errors, steps, parts] = [COLUMN_LENGTHS, COLUMN_ERRORS, COLUMN_STEPS, COLUMN_PARTS].map(list);
    let mut kept = [false; LANES];
    for lane in 0..LANES {
        let bound = error * length[lane] + norm * errors[lane];
        let value = products[lane] as f32 + own * parts[lane];
        kept[lane] = (value + bound >= top * steps[lane]) | (value - bound <= bottom * steps[lane]);
    }
    (0..LANES).fold(0, |mask, lane| mask | (u32::from(kept[lane]) << lane))
}

/// `Kernels.screenRows` in plain loops.
#[inline(always)]
pub fn screen_rows(a: &[u8], b: &[u8], quads: usize, limits: &Limits, out: &mut [u32]) -> usize {
    let width = quads * QUAD;
    let mut found = 0;
    for (g, b) in b.chunks_exact((width * LANES).max(1)).enumerate() {
        for (i, row) in limits.rows.as_chunks::<ROW_NUMBERS>().0.iter().enumerate() {
            let mut products = [row[ROW_START].to_bits() as i32; LANES];
            let a = &a[i * width..][..width];
            for (a, b) in a.as_chunks::<QUAD>().0.iter().zip(b.as_chunks::<{ LANES * QUAD }>().0) {
                for (product, b) in products.iter_mut().zip(b.as_chunks::<QUAD>().0) {
                    for (&a, &b) in a.iter().zip(b) {
                        *product += i32::from(a as i8) * i32::from(b);
                    }
                }
            }
            screen::list(sift(&products, row, limits, g * LANES), i, g * LANES, out, &mut found);
        }
    }
    found
}

/// `Kernels.listed_dots32`; the list names rows that exist. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn listed_dots32(a: &[f32], index_a: &[u32], b: &[f32], index_b: &[u32], d: usize, list: &[u32], out: &mut [f32]) {
    const N: usize = 64;
    for (&entry, out) in list.iter().zip(out) {
        let a = &a[index_a[(entry >> 16) as usize] as usize * d..][..d];
        let b = &b[index_b[(entry & 0xffff) as usize] as usize * d..][..d];
        let ((head_a, tail_a), (head_b, tail_b)) = (a.as_chunks::<N>(), b.as_chunks::<N>());
        let mut sums = [0f32; N];
        for (a, b) in head_a.iter().zip(head_b) {
            for lane in 0..N {
                sums[lane] += a[lane] * b[lane];
            }
        }
        let sums: [f32; 32] = array::from_fn(|lane| sums[lane] + sums[lane + 32]);
        let sums: [f32; 16] = array::from_fn(|lane| sums[lane] + sums[lane + 16]);
        let sums: [f32; 8] = array::from_fn(|lane| sums[lane] + sums[lane + 8]);
        let sums: [f32; 4] = array::from_fn(|lane| sums[lane] + sums[lane + 4]);
        let tail: f32 = tail_a.iter().zip(tail_b).map(|(a, b)| a * b).sum();
        *out = (sums[0] + sums[2]) + (sums[1] + sums[3]) + tail;
    }
}
