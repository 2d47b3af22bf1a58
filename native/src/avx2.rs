//! x86-64 with AVX2 and FMA: 256-bit vectors. The AVX-512 kernels use these where wider vectors gain nothing.

use std::arch::x86_64::*;
use std::array;

use crate::kernels::{Kernels, compiled_for};
use crate::means16::{self, sums};
use crate::portable;
use crate::records::*;
use crate::rows8::{self, Limits};
use crate::rows16::Rows16;
use crate::screen::{self, BIAS, LANES, Packing, QUAD};
use crate::tile::{self, Block, PANEL32, PANEL64, block};

pub const KERNELS: Kernels = Kernels {
    name: "avx2",
    available: || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
    peak32,
    peak8: None,
    dots64,
    matmul64,
    screen8,
    dots32,
    panels32,
    product32,
    scan,
    most: rows8::NARROW,
    screen_rows,
    means16,
    ..COMPILED
};

block! {
    /// One panel of 8 columns.
    F32(__m256): f32, width PANEL32, panels 1;
    zero = _mm256_setzero_ps();
    load(from, panel) = _mm256_loadu_ps(from);
    add(sum, x, b) = _mm256_fmadd_ps(_mm256_set1_ps(*x), b, sum);
    resume(out) = _mm256_loadu_ps(out);
    store(out, sums) = _mm256_storeu_ps(out, sums);
}

block! {
    /// One panel of 4 columns.
    F64(__m256d): f64, width PANEL64, panels 1;
    zero = _mm256_setzero_pd();
    load(from, panel) = _mm256_loadu_pd(from);
    add(sum, x, b) = _mm256_fmadd_pd(_mm256_set1_pd(*x), b, sum);
    resume(out) = _mm256_cvtps_pd(_mm_loadu_ps(out));
    store(out, sums) = _mm_storeu_ps(out, _mm256_cvtpd_ps(sums));
}

sums! {
    /// Half a panel of columns.
    I16(__m256i): lanes 8;
    zero = _mm256_setzero_si256();
    load(from) = _mm256_loadu_si256(from.cast());
    add(sum, x, b) = {
        let x = _mm256_set1_epi32(x.cast::<i32>().read_unaligned());
        _mm256_add_epi32(sum, _mm256_madd_epi16(x, b))
    };
    store(out, sums) = _mm256_storeu_si256(out.cast(), sums);
}

compiled_for!("avx2,fma");

#[target_feature(enable = "avx2,fma")]
fn means16(a: &[i16], scale: &[f64], b: &[i16], steps: usize, relu: &mut [f64], abs: &mut [f64]) {
    // SAFETY: this function has the instruction set.
    unsafe { means16::means16::<I16, 4, 2>(a, scale, b, steps, relu, abs) };
}

#[target_feature(enable = "avx2,fma")]
fn dots32(
    a: &[f32],
    index_a: &[u32],
    b: &[f32],
    index_b: &[u32],
    stride: usize,
    list: &[u32],
    least: f32,
    out: &mut [u32],
) -> usize {
    screen::dots32(a, index_a, b, index_b, stride, list, least, out)
}

#[target_feature(enable = "avx2,fma")]
fn peak32(loops: usize) -> f64 {
    // SAFETY: this function has the instruction set.
    unsafe { tile::peak::<F32, 12>(loops) }
}

#[target_feature(enable = "avx2,fma")]
fn product32(a: &[f32], panels_a: usize, b: &[f32], panels_b: usize, d: usize, out: &mut [f32], stride: usize) {
    // Eight sums, two columns and a number of a: with twelve sums the compiler spills one of the sixteen registers.
    // SAFETY: this function has the instruction set.
    unsafe { tile::product32::<F32, F32, 4, 2>(a, panels_a, b, panels_b, d, out, stride) };
}

#[target_feature(enable = "avx2,fma")]
fn matmul64(a: &[f64], rows: usize, b: &[f64], panels: usize, d: usize, out: &mut [f32], stride: usize) {
    // SAFETY: this function has the instruction set.
    unsafe { tile::matmul64::<F64, F64, 4>(a, rows, b, panels, d, out, stride) };
}

/// Four pairs to a vector of sums, so that each sum keeps its order; two such vectors hide the addition's latency. Rows
/// of b lie anywhere: those of the next pairs are on their way meanwhile.
#[target_feature(enable = "avx2,fma")]
pub fn dots64(a: &[f32], b: &[f32], d: usize, list: &[u32], out: &mut [f64]) {
    const PAIRS: usize = 8;
    const LINE: usize = 16;
    let (pairs, _) = list.as_chunks::<2>();
    for (start, out) in (0..).step_by(PAIRS).zip(out.chunks_mut(PAIRS)) {
        let row = |p: usize| pairs[(start + p).min(pairs.len() - 1)].map(|i| i as usize * d);
        let next: [*const f32; PAIRS] = array::from_fn(|p| b.as_ptr().wrapping_add(row(PAIRS + p)[1]));
        // A last group that is not full repeats its last pair.
        let rows: [(&[f32], &[f32]); PAIRS] = array::from_fn(|p| {
            let [i, j] = row(p);
            (&a[i..i + d], &b[j..j + d])
        });
        let mut sums = [_mm256_setzero_pd(); 2];
        let mut t = 0;
        while t + 4 <= d {
            for (half, sum) in sums.iter_mut().enumerate() {
                let products: [__m256d; 4] = array::from_fn(|p| {
                    let (a, b) = rows[half * 4 + p];
                    // SAFETY: t + 4 <= d, the length of both rows; a prefetch may name any place.
                    let (a, b) = unsafe {
                        if t.is_multiple_of(LINE) {
                            _mm_prefetch::<_MM_HINT_T1>(next[half * 4 + p].wrapping_add(t).cast());
                        }
                        (_mm_loadu_ps(a.as_ptr().add(t)), _mm_loadu_ps(b.as_ptr().add(t)))
                    };
                    // Exact: 24 and 24 bits make at most 48.
                    _mm256_mul_pd(_mm256_cvtps_pd(a), _mm256_cvtps_pd(b))
                });
                for product in transposed(products) {
                    *sum = _mm256_add_pd(*sum, product);
                }
            }
            t += 4;
        }
        let mut lanes = [0.0; PAIRS];
        for (lanes, sum) in lanes.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
            // SAFETY: four lanes are there.
            unsafe { _mm256_storeu_pd(lanes.as_mut_ptr(), sum) };
        }
        for ((out, sum), (a, b)) in out.iter_mut().zip(lanes).zip(rows) {
            *out = portable::dot(sum, &a[t..], &b[t..]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn transposed([a, b, c, d]: [__m256d; 4]) -> [__m256d; 4] {
    let (ab0, ab1) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
    let (cd0, cd1) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
    [
        _mm256_permute2f128_pd::<0x20>(ab0, cd0),
        _mm256_permute2f128_pd::<0x20>(ab1, cd1),
        _mm256_permute2f128_pd::<0x31>(ab0, cd0),
        _mm256_permute2f128_pd::<0x31>(ab1, cd1),
    ]
}

/// Eight rows at a time, four dimensions at a time, transposed in registers.
#[target_feature(enable = "avx2,fma")]
pub fn panels32(x: &[f32], d: usize, index: &[u32], factor: &[f64], out: &mut [f32]) {
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
            for (r, (&i, &by)) in index.iter().zip(factor).enumerate() {
                portable::pack32(&x[i as usize * d..][..d], by, 0, r, panel);
            }
            continue;
        }
        let rows: [&[f32]; PANEL32] = array::from_fn(|r| &x[index[r] as usize * d..][..d]);
        let mut t = 0;
        while t + 4 <= d {
            for half in 0..2 {
                let scaled: [__m128; 4] = array::from_fn(|p| {
                    let r = half * 4 + p;
                    // SAFETY: t + 4 <= d, the length of the row.
                    let values = unsafe { _mm_loadu_ps(rows[r].as_ptr().add(t)) };
                    _mm256_cvtpd_ps(_mm256_mul_pd(_mm256_cvtps_pd(values), _mm256_set1_pd(factor[r])))
                });
                let [mut a, mut b, mut c, mut e] = scaled;
                _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut e);
                for (k, lanes) in [a, b, c, e].into_iter().enumerate() {
                    // SAFETY: dimension t + k < d of a panel with 8 lanes a dimension, from lane 0 or 4.
                    unsafe { _mm_storeu_ps(panel.as_mut_ptr().add((t + k) * PANEL32 + half * 4), lanes) };
                }
            }
            t += 4;
        }
        for (r, (row, &by)) in rows.iter().zip(factor).enumerate() {
            portable::pack32(row, by, t, r, panel);
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn scan(tile: &[f32], columns: usize, stride: usize, low: &[f32], high: &[f32], out: &mut [u32]) -> usize {
    let mut found = 0;
    for (i, (&least, &most)) in low.iter().zip(high).enumerate() {
        let row = &tile[i * stride..][..columns];
        let (low, high) = (_mm256_set1_ps(least), _mm256_set1_ps(most));
        let (head, tail) = row.as_chunks::<8>();
        for (group, values) in head.iter().enumerate() {
            // SAFETY: eight values are there.
            let v = unsafe { _mm256_loadu_ps(values.as_ptr()) };
            let inside = _mm256_and_ps(
                _mm256_cmp_ps::<_CMP_GE_OQ>(v, low),
                _mm256_cmp_ps::<_CMP_LE_OQ>(v, high),
            );
            let mut bits = _mm256_movemask_ps(inside) as u32;
            while bits != 0 {
                out[found] = ((i << 16) | (group * 8)) as u32 + bits.trailing_zeros();
                found += 1;
                bits &= bits - 1;
            }
        }
        let from = columns - tail.len();
        for (j, &value) in tail.iter().enumerate() {
            if least <= value && value <= most {
                out[found] = ((i << 16) | (from + j)) as u32;
                found += 1;
            }
        }
    }
    found
}

/// Σ_t a_it b_jt >= least for 16 rows of b against six of a at a time. Sums of two products each stay in 16 bits
/// (127 * 127 * 2); sums of those wrap around, and end right when the whole is below 2^15. The group of b (4 KB at 256
/// dimensions) and all rows of a (16 KB) stay in the first-level cache.
#[target_feature(enable = "avx2,fma")]
pub fn screen8(a: &[u8], sums: &[i16], b: &[u8], quads: usize, least: i32, out: &mut [u32]) -> usize {
    /// Twelve sums, two vectors of b, a number of a and a product: the sixteen registers there are.
    const ROWS: usize = 6;
    let width = quads * QUAD;
    let mut found = 0;
    for (group, b) in b.chunks_exact(width * LANES).enumerate() {
        let mut start = 0;
        while start < sums.len() {
            let rows = &a[start * width..];
            let sums = &sums[start..];
            let at = (start, group * LANES);
            // What is left after whole tiles is one of fewer rows: blocks of 64 rows are ten tiles and four rows.
            start += if sums.len() >= ROWS {
                screen_tile::<ROWS>(rows, sums, b, quads, least, at, out, &mut found)
            } else if sums.len() >= 4 {
                screen_tile::<4>(rows, sums, b, quads, least, at, out, &mut found)
            } else {
                screen_tile::<1>(rows, sums, b, quads, least, at, out, &mut found)
            };
        }
    }
    found
}

/// The first ROWS rows of a against a group of b, listed as rows `at.0` and columns `at.1` on. Returns ROWS.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn screen_tile<const ROWS: usize>(
    a: &[u8],
    sums: &[i16],
    b: &[u8],
    quads: usize,
    least: i32,
    at: (usize, usize),
    out: &mut [u32],
    found: &mut usize,
) -> usize {
    let width = quads * QUAD;
    assert!(a.len() >= ROWS * width && sums.len() >= ROWS && b.len() >= width * LANES);
    // The two sums of a row are added in the upper half of its 32 bits, where the lower cannot disturb.
    let mut products: [[__m256i; 2]; ROWS] =
        array::from_fn(|r| [_mm256_set1_epi32((-BIAS * i32::from(sums[r])) << 16); 2]);
    let a = a.as_ptr();
    let mut add = |quad: usize| {
        // SAFETY: quad < quads, so that both halves of 64 bytes are inside the group, and four bytes inside rows.
        unsafe {
            let at: *const __m256i = b.as_ptr().add(quad * QUAD * LANES).cast();
            let b = [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))];
            for (r, products) in products.iter_mut().enumerate() {
                let a = _mm256_set1_epi32(a.add(r * width + quad * QUAD).cast::<i32>().read_unaligned());
                for (product, b) in products.iter_mut().zip(b) {
                    *product = _mm256_add_epi16(*product, _mm256_maddubs_epi16(b, a));
                }
            }
        }
    };
    // Two a round: what a round costs beside its products would be a sixth of it.
    for two in 0..quads / 2 {
        add(2 * two);
        add(2 * two + 1);
    }
    if quads & 1 == 1 {
        add(quads - 1);
    }
    let whole = |product| _mm256_add_epi16(product, _mm256_slli_epi32::<16>(product));
    // Most tiles have no pair: the largest sums of all rows say so at once.
    let limit = _mm256_set1_epi32(((least - 1) << 16) | 0xffff);
    let reached = |sums| _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(sums, limit))) as u32;
    let mut most = [_mm256_set1_epi16(i16::MIN); 2];
    for products in &products {
        for (most, &product) in most.iter_mut().zip(products) {
            *most = _mm256_max_epi16(*most, whole(product));
        }
    }
    if (reached(most[0]) | reached(most[1])) != 0 {
        for (r, &[low, high]) in products.iter().enumerate() {
            let mask = reached(whole(low)) | (reached(whole(high)) << 8);
            screen::list(mask, at.0 + r, at.1, out, found);
        }
    }
    ROWS
}

/// As `screen8`, but sums of two products are widened to 32 bits at once.
#[target_feature(enable = "avx2,fma")]
pub fn screen_rows(a: &[u8], b: &[u8], quads: usize, limits: &Limits, out: &mut [u32]) -> usize {
    const ROWS: usize = 4;
    let width = quads * QUAD;
    let rows = limits.rows.as_chunks::<ROW_NUMBERS>().0;
    let ones = _mm256_set1_epi16(1);
    let mut found = 0;
    assert!(a.len() >= rows.len() * width);
    for (group, b) in b.chunks_exact((width * LANES).max(1)).enumerate() {
        for (start, rows) in (0..).step_by(ROWS).zip(rows.chunks(ROWS)) {
            // A last group of rows that is not full repeats its last row.
            let from: [*const u8; ROWS] = array::from_fn(|r| a[(start + r.min(rows.len() - 1)) * width..].as_ptr());
            let mut sums: [[__m256i; 2]; ROWS] =
                array::from_fn(|r| [_mm256_set1_epi32(rows[r.min(rows.len() - 1)][5].to_bits() as i32); 2]);
            for quad in 0..quads {
                // SAFETY: quad < quads, so that both halves of 64 bytes are inside the group, and four bytes inside
                // rows.
                unsafe {
                    let at: *const __m256i = b.as_ptr().add(quad * QUAD * LANES).cast();
                    let b = [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))];
                    for (sums, from) in sums.iter_mut().zip(from) {
                        let a = _mm256_set1_epi32(from.add(quad * QUAD).cast::<i32>().read_unaligned());
                        for (sum, b) in sums.iter_mut().zip(b) {
                            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(_mm256_maddubs_epi16(b, a), ones));
                        }
                    }
                }
            }
            for (r, row) in rows.iter().enumerate() {
                let mut products = [0; LANES];
                for (half, to) in products.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                    // SAFETY: eight lanes are there.
                    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), sums[r][half]) };
                }
                let mask = rows8::sift(&products, row, limits, group * LANES);
                screen::list(mask, start + r, group * LANES, out, &mut found);
            }
        }
    }
    found
}
