//! Kernels for any processor: plain loops that the compiler turns into whatever vectors the target has. Products are
//! not fused: a fused multiply-add is a library call where the processor has none.

use std::array;

use crate::kernels::Kernels;
use crate::lists;
use crate::means16;
use crate::rows8;
use crate::rows16;
use crate::screen;
use crate::tile::{self, Block, PANEL32, PANEL64, block};

pub const KERNELS: Kernels = Kernels {
    name: "portable",
    available: || true,
    peak32,
    peak8: None,
    norms,
    dots64,
    matmul64,
    gram: screen::gram,
    gather32: screen::gather32,
    pack8: screen::pack8,
    screen8: screen::screen8,
    dots32: screen::dots32,
    panels32,
    product32,
    scan,
    sift_tile,
    most: rows8::NARROW,
    quantise: rows8::quantise,
    screen_rows: rows8::screen_rows,
    listed_dots32: rows8::listed_dots32,
    quantise16: rows16::quantise16,
    dots16: rows16::dots16,
    cut: lists::cut,
    column_sums,
    pack16: means16::pack16,
    means16: means16::plain,
};

block! {
    /// One panel of 8 columns.
    F32([f32; PANEL32]): f32, width PANEL32, panels 1;
    zero = [0.0; PANEL32];
    load(from, panel) = from.cast::<[f32; PANEL32]>().read();
    add(sum, x, b) = array::from_fn(|lane| sum[lane] + *x * b[lane]);
    resume(out) = out.cast::<[f32; PANEL32]>().read();
    store(out, sums) = out.cast::<[f32; PANEL32]>().write(sums);
}

block! {
    /// One panel of 4 columns.
    F64([f64; PANEL64]): f64, width PANEL64, panels 1;
    zero = [0.0; PANEL64];
    load(from, panel) = from.cast::<[f64; PANEL64]>().read();
    add(sum, x, b) = array::from_fn(|lane| sum[lane] + *x * b[lane]);
    resume(out) = out.cast::<[f32; PANEL64]>().read().map(f64::from);
    store(out, sums) = out.cast::<[f32; PANEL64]>().write(sums.map(|sum| sum as f32));
}

fn peak32(loops: usize) -> f64 {
    // SAFETY: this function has the instruction set.
    unsafe { tile::peak::<F32, 4>(loops) }
}

fn product32(a: &[f32], panels_a: usize, b: &[f32], panels_b: usize, d: usize, out: &mut [f32], stride: usize) {
    // SAFETY: plain operations need no instruction set.
    unsafe { tile::product32::<F32, F32, 4, 1>(a, panels_a, b, panels_b, d, out, stride) };
}

fn matmul64(a: &[f64], rows: usize, b: &[f64], panels: usize, d: usize, out: &mut [f32], stride: usize) {
    // SAFETY: plain operations need no instruction set.
    unsafe { tile::matmul64::<F64, F64, 4>(a, rows, b, panels, d, out, stride) };
}

/// Inlined into the functions of instruction sets, where it is compiled for their vectors.
#[inline(always)]
pub fn norms(x: &[f32], d: usize, out: &mut [f64]) {
    const LANES: usize = 16;
    for (i, out) in out.iter_mut().enumerate() {
        let (head, tail) = x[i * d..(i + 1) * d].as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for chunk in head {
            for (sum, &x) in sums.iter_mut().zip(chunk) {
                *sum += f64::from(x) * f64::from(x);
            }
        }
        *out = sums.iter().sum::<f64>() + tail.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
    }
}

pub fn dots64(a: &[f32], b: &[f32], d: usize, list: &[u32], out: &mut [f64]) {
    for (pair, out) in list.as_chunks::<2>().0.iter().zip(out) {
        let [i, j] = pair.map(|i| i as usize * d);
        *out = dot(0.0, &a[i..i + d], &b[j..j + d]);
    }
}

/// `start` + the dot product, in index order.
#[inline(always)]
pub fn dot(start: f64, a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .fold(start, |sum, (&a, &b)| sum + f64::from(a) * f64::from(b))
}

/// Rows for `matmul64`: panels of 4 rows, dimension by dimension; missing rows are zeros. The same for all processors.
pub fn panels64(x: &[f32], rows: usize, d: usize, out: &mut [f64]) {
    for (start, panel) in (0..rows)
        .step_by(PANEL64)
        .zip(out.chunks_exact_mut((PANEL64 * d).max(1)))
    {
        for (t, lanes) in panel.chunks_exact_mut(PANEL64).enumerate() {
            for (r, lane) in lanes.iter_mut().enumerate() {
                *lane = if start + r < rows {
                    x[(start + r) * d + t].into()
                } else {
                    0.0
                };
            }
        }
    }
}

/// Packs row r of a panel from dimension `from` on.
#[inline(always)]
pub fn pack32(row: &[f32], factor: f64, from: usize, r: usize, panel: &mut [f32]) {
    for (&x, lanes) in row.iter().zip(panel.chunks_exact_mut(PANEL32)).skip(from) {
        lanes[r] = (f64::from(x) * factor) as f32;
    }
}

fn panels32(x: &[f32], d: usize, index: &[u32], factor: &[f64], out: &mut [f32]) {
    if d == 0 {
        return;
    }
    for ((index, factor), panel) in index
        .chunks(PANEL32)
        .zip(factor.chunks(PANEL32))
        .zip(out.chunks_exact_mut(PANEL32 * d))
    {
        if index.len() < PANEL32 {
            panel.fill(0.0);
        }
        for (r, (&i, &by)) in index.iter().zip(factor).enumerate() {
            pack32(&x[i as usize * d..(i as usize + 1) * d], by, 0, r, panel);
        }
    }
}

/// `low.len()` rows of a tile.
fn scan(tile: &[f32], columns: usize, stride: usize, low: &[f32], high: &[f32], out: &mut [u32]) -> usize {
    let mut found = 0;
    for (i, (&low, &high)) in low.iter().zip(high).enumerate() {
        for (j, &value) in tile[i * stride..i * stride + columns].iter().enumerate() {
            if low <= value && value <= high {
                out[found] = ((i << 16) | j) as u32;
                found += 1;
            }
        }
    }
    found
}

/// `Kernels.siftTile`: tops and bottoms of rows and of columns. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn sift_tile(tile: &[f32], stride: usize, rows: [&[f32]; 2], columns: [&[f32]; 2], out: &mut [u32]) -> usize {
    const N: usize = 16;
    let mut found = 0;
    let [tops, bottoms] = columns;
    for (i, (&top, &bottom)) in rows[0].iter().zip(rows[1]).enumerate() {
        let row = &tile[i * stride..][..tops.len()];
        for (j, ((values, tops), bottoms)) in (0..)
            .step_by(N)
            .zip(row.chunks(N).zip(tops.chunks(N)).zip(bottoms.chunks(N)))
        {
            let mut kept = [false; N];
            for lane in 0..values.len() {
                let v = values[lane];
                kept[lane] = (v >= top) | (-v >= bottom) | (v >= tops[lane]) | (-v >= bottoms[lane]);
            }
            let mask = (0..N).fold(0, |mask, lane| mask | (u32::from(kept[lane]) << lane));
            crate::screen::list(mask, i, j, out, &mut found);
        }
    }
    found
}

/// Columns of the tile = length of `relu`. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn column_sums(tile: &[f32], rows: usize, stride: usize, relu: &mut [f64], abs: &mut [f64]) {
    const LANES: usize = 16;
    /// Eight terms of one sign are summed in fp32, then in fp64.
    const TERMS: usize = 8;
    let columns = relu.len();
    let mut j = 0;
    while j < columns {
        let width = LANES.min(columns - j);
        let mut sums = [[0f64; LANES]; 2];
        for i in (0..rows).step_by(TERMS) {
            let mut terms = [[0f32; LANES]; 2];
            for row in i..rows.min(i + TERMS) {
                let values = &tile[row * stride + j..][..width];
                let mut add = |lane: usize, value: f32| {
                    terms[0][lane] += value.max(0.0);
                    terms[1][lane] += value.abs();
                };
                match values.as_chunks::<LANES>().0 {
                    // A whole vector, of a length that the compiler knows.
                    [values] => values.iter().enumerate().for_each(|(lane, &value)| add(lane, value)),
                    _ => values.iter().enumerate().for_each(|(lane, &value)| add(lane, value)),
                }
            }
            for (sums, terms) in sums.iter_mut().zip(&terms) {
                for (sum, &term) in sums.iter_mut().zip(terms) {
                    *sum += f64::from(term);
                }
            }
        }
        for lane in 0..width {
            relu[j + lane] += sums[0][lane];
            abs[j + lane] += sums[1][lane];
        }
        j += width;
    }
}
