//! Products of long rows in 16 bits (`topRows`), which meet what the 8-bit screen leaves:
//!
//!   v_ij = step_i step_j Σ_t p_it p_jt,  with p whole numbers.
//!
//! They take half the memory of fp32 rows, and memory is what these products wait for. Rows are whole steps of their
//! own, padded with zeros to whole vectors. No sum can overflow: rounded rows have norms of at most 46340, and |a · b|
//! <= |a| |b| < 2^31 (Cauchy and Schwarz), which holds for a part of the dimensions as well.

use crate::records::*;

/// Numbers of a row are a multiple of this.
pub const LINE: usize = 32;

/// Largest norm of a rounded row, and its largest number.
pub const NORM: f64 = 46340.0;
const MOST: f64 = 32767.0;
/// Added to a number it leaves the nearest whole number in the low bits of the sum.
const ROUND: f64 = 1.5 * (1u64 << 52) as f64;

/// Numbers of a rounded row.
pub fn width(d: usize) -> usize {
    d.next_multiple_of(LINE)
}

/// `Kernels.quantise16`. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn quantise16(x: &[f32], index: &[u32], factor: &[f64], d: usize, out: &mut [i16], rounded: &mut [f64]) {
    const N: usize = 16;
    let whole = d.next_multiple_of(N);
    let mut row = vec![0f64; whole];
    for (i, (&r, rounded)) in index
        .iter()
        .zip(rounded.as_chunks_mut::<ROUNDED16_NUMBERS>().0)
        .enumerate()
    {
        let (mut largest, mut square) = ([0f64; N], [0f64; N]);
        for (row, &value) in row.iter_mut().zip(&x[r as usize * d..][..d]) {
            *row = value.into();
        }
        for values in row.as_chunks::<N>().0 {
            for lane in 0..N {
                let size = values[lane].abs();
                largest[lane] = if size > largest[lane] { size } else { largest[lane] };
                square[lane] += values[lane] * values[lane];
            }
        }
        let largest = largest.iter().fold(0f64, |a, &b| a.max(b));
        let norm = square.iter().sum::<f64>().sqrt();
        // Rounding moves each number by half a step at most.
        let inverse = if norm > 0.0 {
            ((NORM - 0.5001 * (d as f64).sqrt()) / norm).min(MOST / largest)
        } else {
            1.0
        };
        let step = 1.0 / inverse;
        let mut residual = [0f64; N];
        let out = &mut out[i * width(d)..][..width(d)];
        out[d..].fill(0);
        for (values, out) in row.as_chunks::<N>().0.iter().zip(out.as_chunks_mut::<N>().0) {
            for lane in 0..N {
                let shifted = values[lane] * inverse + ROUND;
                let e = values[lane] - (shifted - ROUND) * step;
                residual[lane] += e * e;
                out[lane] = shifted.to_bits() as i16;
            }
        }
        rounded[ROUNDED16_STEP] = step * factor[i];
        rounded[ROUNDED16_RESIDUAL] = residual.iter().sum::<f64>().sqrt() * factor[i];
    }
}

/// What `dots16` multiplies: rows and what `quantise16` says of them.
#[derive(Clone, Copy)]
pub struct Rows16<'m> {
    pub rows: &'m [i16],
    pub rounded: &'m [f64],
}

/// `Kernels.dots16`. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn dots16(a: Rows16, b: Rows16, d: usize, list: &mut [u32], limits: [&[f32]; 2], values: &mut [f32]) -> usize {
    let width = width(d);
    let (rounded_a, rounded_b) = (
        a.rounded.as_chunks::<ROUNDED16_NUMBERS>().0,
        b.rounded.as_chunks::<ROUNDED16_NUMBERS>().0,
    );
    let mut kept = 0;
    for p in 0..list.len() {
        let entry = list[p];
        let (i, j) = ((entry >> 16) as usize, (entry & 0xffff) as usize);
        if i >= rounded_a.len() || j >= rounded_b.len() {
            continue;
        }
        let (row_a, row_b) = (&a.rows[i * width..][..width], &b.rows[j * width..][..width]);
        let mut sums = [0i32; LINE];
        for (a, b) in row_a.as_chunks::<LINE>().0.iter().zip(row_b.as_chunks::<LINE>().0) {
            for lane in 0..LINE {
                sums[lane] += i32::from(a[lane]) * i32::from(b[lane]);
            }
        }
        let steps = rounded_a[i][ROUNDED16_STEP] * rounded_b[j][ROUNDED16_STEP];
        let value = (f64::from(sums.iter().sum::<i32>()) * steps) as f32;
        if value >= limits[0][i] || -value >= limits[1][i] {
            list[kept] = entry;
            values[kept] = value;
            kept += 1;
        }
    }
    kept
}
