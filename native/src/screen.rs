//! The 8-bit screen: how rows are packed for it, and its plain form. Rows of a hold -127..127, one after the other. Rows
//! of b hold 0..127, their values plus 64 (what multiplies unsigned by signed bytes wants), 16 rows side by side: four
//! dimensions of each row, then the next four. A row of a has the sum of its values beside it, which takes the 64 back.

use std::array;

/// Rows of b side by side.
pub const LANES: usize = 16;
/// Dimensions side by side.
pub const QUAD: usize = 4;
/// Added to the values of b.
pub const BIAS: i32 = 64;
/// Packed dimensions of a row at most.
pub const MOST: usize = 256;

/// How `pack8` packs.
pub struct Packing {
    /// Row length of x, and how much of it is not padding.
    pub stride: usize,
    pub d: usize,
    /// Dimensions that are kept.
    pub prefix: usize,
    pub step: f64,
    /// Whether the rows are of a.
    pub first: bool,
    /// Packed dimensions, a multiple of four, at most `MOST`.
    pub width: usize,
}

/// `Kernels.pack8`; docs/engine.md proves what the three values after the prefix bound. Inlined into the functions of
/// instruction sets.
#[inline(always)]
pub fn pack8(x: &[f32], index: &[u32], error: &[f64], packing: &Packing, out: &mut [u8], sums: &mut [i16]) -> i32 {
    const N: usize = 8;
    let &Packing {
        stride,
        d,
        prefix,
        step,
        first,
        width,
    } = packing;
    let (inverse, limit) = (1.0 / step, if first { 127 } else { 63 });
    let mut largest = 0;
    let mut packed = [0i32; MOST];
    // Copies of what is kept and of the rest, with zeros up to a whole vector.
    let mut head = [0f32; MOST];
    let mut rest = vec![0f32; (d - prefix).next_multiple_of(N)];
    if !first {
        out.fill(BIAS as u8);
    }
    for (i, &r) in index.iter().enumerate() {
        let row = &x[r as usize * stride..][..d];
        let delta = error[r as usize];
        head[..prefix].copy_from_slice(&row[..prefix]);
        rest[..d - prefix].copy_from_slice(&row[prefix..]);
        let (mut lost, mut tail) = ([0f64; N], [0f64; N]);
        let chunks = head[..prefix.next_multiple_of(N)].as_chunks::<N>().0;
        for (values, packed) in chunks.iter().zip(packed.as_chunks_mut::<N>().0) {
            for lane in 0..N {
                let value = f64::from(values[lane]);
                let steps = (value * inverse).round_ties_even();
                let e = value - steps * step;
                lost[lane] += e * e;
                packed[lane] = steps as i32;
            }
        }
        packed[prefix..width].fill(0);
        for values in rest.as_chunks::<N>().0 {
            for lane in 0..N {
                tail[lane] += f64::from(values[lane]) * f64::from(values[lane]);
            }
        }
        let kept: i32 = packed[..prefix]
            .iter()
            .map(|&n| n.saturating_mul(n))
            .fold(0, i32::saturating_add);
        // In steps; the last factor outweighs the rounding of these few fp64 operations.
        let up = 1.0 + 1e-9;
        let y = (lost.iter().sum::<f64>().sqrt() * inverse + delta * inverse) * up;
        let z = (tail.iter().sum::<f64>().sqrt() * inverse + delta * inverse) * up;
        let size = f64::from(kept).sqrt() * up;
        // a: (size / 4, 4 y, z) times b: (4 y, (size + y) / 4, z) >= size_a y_b + y_a (size_b + y_b) + z_a z_b
        let bounds = if first {
            [size * 0.25, y * 4.0, z]
        } else {
            [y * 4.0, (size + y) * 0.25, z]
        };
        for (to, bound) in packed[prefix..].iter_mut().zip(bounds) {
            *to = bound.ceil().min(1e6) as i32;
        }
        if packed[..width].iter().any(|&n| n.abs() > limit) {
            return i32::MAX;
        }
        largest = largest.max(packed[..width].iter().map(|&n| n * n).sum());
        if first {
            for (to, &n) in out[i * width..][..width].iter_mut().zip(&packed) {
                *to = n as i8 as u8;
            }
            sums[i] = packed[..width].iter().sum::<i32>() as i16;
        } else {
            let lanes = &mut out[i / LANES * LANES * width + i % LANES * QUAD..];
            for (to, quad) in lanes
                .chunks_mut(LANES * QUAD)
                .zip(packed[..width].as_chunks::<QUAD>().0)
            {
                to[..QUAD].copy_from_slice(&quad.map(|n| (n + BIAS) as u8));
            }
        }
    }
    largest
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

/// `Kernels.dots32`; the list names rows that exist. Inlined into the functions of instruction sets.
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
        let (i, j) = (index_a[i], index_b[j]);
        let (a, b) = (&a[i as usize * stride..][..stride], &b[j as usize * stride..][..stride]);
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
            out[2 * found] = i;
            out[2 * found + 1] = j;
            found += 1;
        }
    }
    found
}

/// `Kernels.gram`: the sum over every `every`-th row of x of scale² x xᵀ. Inlined into the functions of instruction sets.
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
