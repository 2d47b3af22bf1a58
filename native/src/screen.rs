//! The 8-bit screen of pairs: how rows are packed for it, and its plain form, which lists the pairs (i, j) where
//!
//!   Σ_t a_it b_jt >= least,  in whole numbers.
//!
//! Rows of a hold -127..127, one after the other. Rows of b hold 0..127, their values plus 64 (what multiplies unsigned
//! by signed bytes wants), 16 rows side by side: four dimensions of each row, then the next four, so that one
//! instruction takes four dimensions of all. A row of a has the sum of its values beside it, which takes the 64 back.

use std::array;

/// Rows of b side by side.
pub const LANES: usize = 16;
/// Dimensions side by side.
pub const QUAD: usize = 4;
/// Added to the values of b.
pub const BIAS: i32 = 64;
/// Packed dimensions of a row at most.
pub const MOST: usize = 520;

/// How `pack8` packs.
pub struct Packing {
    /// Row length of x, and how much of it is not padding.
    pub stride: usize,
    pub d: usize,
    /// Dimensions that are kept.
    pub prefix: usize,
    pub step: f64,
    /// Bound of a row's distance from the true one.
    pub error: f64,
    /// Whether the rows are of a.
    pub first: bool,
    /// Packed dimensions, a multiple of four, at most `MOST`.
    pub width: usize,
}

/// `Kernels.gather32`. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn gather32(x: &[f32], stride: usize, index: &[u32], prefix: usize, out: &mut [f32]) -> [f64; 2] {
    const N: usize = 8;
    let (mut most, mut longest) = ([0f32; N], 0f64);
    if stride == 0 {
        return [0.0; 2];
    }
    for (&r, out) in index.iter().zip(out.chunks_exact_mut(stride)) {
        let row = &x[r as usize * stride..][..stride];
        out.copy_from_slice(row);
        let (head, rest) = row.split_at(prefix);
        let mut larger = |lane: usize, value: f32| {
            most[lane] = if value.abs() > most[lane] {
                value.abs()
            } else {
                most[lane]
            }
        };
        let (chunks, last) = head.as_chunks::<N>();
        for values in chunks {
            for lane in 0..N {
                larger(lane, values[lane]);
            }
        }
        last.iter().enumerate().for_each(|(lane, &value)| larger(lane, value));
        longest = longest.max(squares(rest));
    }
    [most.iter().fold(0f32, |most, &value| most.max(value)).into(), longest]
}

#[inline(always)]
fn squares(values: &[f32]) -> f64 {
    const N: usize = 8;
    let mut sums = [0f64; N];
    let (chunks, last) = values.as_chunks::<N>();
    for values in chunks {
        for lane in 0..N {
            sums[lane] += f64::from(values[lane]) * f64::from(values[lane]);
        }
    }
    let rest: f64 = last.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    sums.iter().sum::<f64>() + rest
}

/// `Kernels.pack8`; docs/engine.md proves what the three values after the prefix bound. Inlined into the functions of
/// instruction sets.
#[inline(always)]
pub fn pack8(x: &[f32], rows: usize, packing: &Packing, out: &mut [u8], sums: &mut [i16]) -> i32 {
    const N: usize = 8;
    let &Packing {
        stride,
        d,
        prefix,
        step,
        error,
        first,
        width,
    } = packing;
    let (inverse, limit) = (1.0 / step, if first { 127.0 } else { 63.0 });
    let delta = error * inverse;
    let mut largest = 0f64;
    // What is kept, with zeros up to a whole vector.
    let mut head = [0f32; MOST];
    let mut packed = [0u8; MOST];
    if !first {
        out.fill(BIAS as u8);
    }
    for i in 0..rows {
        let row = &x[i * stride..][..d];
        head[..prefix].copy_from_slice(&row[..prefix]);
        let (mut residual, mut kept, mut sum) = ([0f64; N], [0f64; N], [0f64; N]);
        let chunks = head[..prefix.next_multiple_of(N)].as_chunks::<N>().0;
        for (values, packed) in chunks.iter().zip(packed.as_chunks_mut::<N>().0) {
            for lane in 0..N {
                let value = f64::from(values[lane]);
                let steps = (value * inverse).round_ties_even();
                let e = value - steps * step;
                residual[lane] += e * e;
                kept[lane] += steps * steps;
                sum[lane] += steps;
                packed[lane] = steps as i32 as u8;
            }
        }
        // In steps; the last factor outweighs the rounding of these few fp64 operations.
        let up = 1.0 + 1e-9;
        let y = (residual.iter().sum::<f64>().sqrt() * inverse + delta) * up;
        let z = (squares(&row[prefix..]).sqrt() * inverse + delta) * up;
        let kept = kept.iter().sum::<f64>();
        let size = kept.sqrt() * up;
        // a: (size / 4, 4 y, 1.5 z) times b: (4 y, (size + y) / 4, z / 1.5) >= size_a y_b + y_a (size_b + y_b) + z_a
        // z_b
        let bounds = if first {
            [size * 0.25, y * 4.0, z * 1.5 * up]
        } else {
            [y * 4.0, (size + y) * 0.25, z / 1.5 * up]
        };
        let bounds = bounds.map(f64::ceil);
        if bounds.iter().any(|&bound| bound > limit) || kept >= f64::from(1 << 30) {
            return i32::MAX;
        }
        for (to, bound) in packed[prefix..].iter_mut().zip(bounds) {
            *to = bound as u8;
        }
        packed[prefix + bounds.len()..width].fill(0);
        largest = largest.max(kept + bounds.iter().map(|n| n * n).sum::<f64>());
        if first {
            out[i * width..][..width].copy_from_slice(&packed[..width]);
            sums[i] = (sum.iter().sum::<f64>() + bounds.iter().sum::<f64>()) as i16;
        } else {
            let lanes = &mut out[i / LANES * LANES * width + i % LANES * QUAD..];
            for (to, quad) in lanes
                .chunks_mut(LANES * QUAD)
                .zip(packed[..width].as_chunks::<QUAD>().0)
            {
                to[..QUAD].copy_from_slice(&quad.map(|n| n.wrapping_add(BIAS as u8)));
            }
        }
    }
    largest as i32
}

/// Appends to a list the rows of a group that a mask names.
#[inline(always)]
pub fn list(mut mask: u32, row: usize, column: usize, out: &mut [u32], found: &mut usize) {
    while mask != 0 {
        out[*found] = ((row << 16) | column) as u32 + mask.trailing_zeros();
        *found += 1;
        mask &= mask - 1;
    }
}

/// `Kernels.screen8` in plain loops.
pub fn screen8(a: &[u8], sums: &[i16], b: &[u8], quads: usize, least: i32, out: &mut [u32]) -> usize {
    let mut found = 0;
    for ((i, a), &sum) in a.chunks_exact(quads * QUAD).enumerate().zip(sums) {
        for (group, b) in b.chunks_exact(quads * QUAD * LANES).enumerate() {
            let mut products = [-BIAS * i32::from(sum); LANES];
            for (a, b) in a.as_chunks::<QUAD>().0.iter().zip(b.as_chunks::<{ LANES * QUAD }>().0) {
                for (product, b) in products.iter_mut().zip(b.as_chunks::<QUAD>().0) {
                    for (&a, &b) in a.iter().zip(b) {
                        *product += i32::from(a as i8) * i32::from(b);
                    }
                }
            }
            let mask = products
                .iter()
                .enumerate()
                .fold(0, |mask, (lane, &p)| mask | (u32::from(p >= least) << lane));
            list(mask, i, group * LANES, out, &mut found);
        }
    }
    found
}

/// `Kernels.dots32`. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn dots32(
    a: &[f32],
    index_a: &[u32],
    b: &[f32],
    index_b: &[u32],
    stride: usize,
    list: &[u32],
    least: f32,
    out: &mut [u32],
) -> usize {
    const N: usize = 16;
    let mut found = 0;
    for &entry in list {
        let (i, j) = ((entry >> 16) as usize, (entry & 0xffff) as usize);
        if i >= index_a.len() || j >= index_b.len() {
            continue;
        }
        let (a, b) = (&a[i * stride..][..stride], &b[j * stride..][..stride]);
        let ((head_a, tail_a), (head_b, tail_b)) = (a.as_chunks::<N>(), b.as_chunks::<N>());
        // Zeros for what the last vector lacks: a sum that is indexed by a variable would not stay in registers.
        let mut last = [[0f32; N]; 2];
        last[0][..tail_a.len()].copy_from_slice(tail_a);
        last[1][..tail_b.len()].copy_from_slice(tail_b);
        let mut sums: [f32; N] = array::from_fn(|lane| last[0][lane] * last[1][lane]);
        for (a, b) in head_a.iter().zip(head_b) {
            for lane in 0..N {
                sums[lane] += a[lane] * b[lane];
            }
        }
        let sums: [f32; 8] = array::from_fn(|lane| sums[lane] + sums[lane + 8]);
        let sums: [f32; 4] = array::from_fn(|lane| sums[lane] + sums[lane + 4]);
        if (sums[0] + sums[2]) + (sums[1] + sums[3]) >= least {
            out[2 * found] = index_a[i];
            out[2 * found + 1] = index_b[j];
            found += 1;
        }
    }
    found
}

/// `Kernels.gram`: the sum over every `every`-th row of x of scale² x xᵀ. Inlined into the functions of instruction
/// sets.
#[inline(always)]
pub fn gram(x: &[f32], every: usize, d: usize, scale: f64, out: &mut [f64]) {
    /// Rows added at a time, so that each sum is loaded and stored once for several.
    const ROWS: usize = 4;
    out.fill(0.0);
    if d == 0 {
        return;
    }
    let mut rows = vec![0f64; ROWS * d];
    let mut all = x.chunks_exact(d).step_by(every.max(1)).peekable();
    while all.peek().is_some() {
        for to in rows.chunks_exact_mut(d) {
            match all.next() {
                Some(row) => to
                    .iter_mut()
                    .zip(row)
                    .for_each(|(to, &value)| *to = f64::from(value) * scale),
                None => to.fill(0.0),
            }
        }
        let (r0, rest) = rows.split_at(d);
        let (r1, rest) = rest.split_at(d);
        let (r2, r3) = rest.split_at(d);
        for t in 0..d {
            let by = [r0[t], r1[t], r2[t], r3[t]];
            let sums = &mut out[t * d..][t..d];
            let columns = r0[t..].iter().zip(&r1[t..]).zip(r2[t..].iter().zip(&r3[t..]));
            for (sum, ((x0, x1), (x2, x3))) in sums.iter_mut().zip(columns) {
                *sum += by[0] * x0 + by[1] * x1 + (by[2] * x2 + by[3] * x3);
            }
        }
    }
    for t in 0..d {
        for u in t + 1..d {
            out[u * d + t] = out[t * d + u];
        }
    }
}
