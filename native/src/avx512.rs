//! x86-64 with AVX-512: 512-bit vectors, and integer dot products where the processor has VNNI.

use std::arch::x86_64::*;
use std::array;

use crate::avx2::{self, F32, F64};
use crate::kernels::{Kernels, compiled_for};
use crate::means16::{self, sums};
use crate::records::*;
use crate::rows8::{Limits, NARROW, WIDE};
use crate::rows16::Rows16;
use crate::screen::{self, BIAS, LANES, Packing, QUAD};
use crate::tile::{self, Block, PANEL32, PANEL64, block};

pub const FOUNDATION: Kernels = Kernels {
    name: "avx512",
    available: || {
        (avx2::KERNELS.available)()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
    },
    peak32,
    peak8: None,
    dots64: avx2::dots64,
    matmul64,
    screen8: avx2::screen8,
    dots32,
    panels32: avx2::panels32,
    product32,
    scan,
    most: NARROW,
    screen_rows: avx2::screen_rows,
    means16,
    ..COMPILED
};

pub const VNNI: Kernels = Kernels {
    name: "avx512 vnni",
    available: || (FOUNDATION.available)() && is_x86_feature_detected!("avx512vnni"),
    peak8: Some(peak8),
    means16: means16_vnni,
    screen8,
    most: WIDE,
    screen_rows,
    ..FOUNDATION
};

block! {
    /// Two panels of 8 columns.
    Pair32(__m512): f32, width PANEL32, panels 2;
    zero = _mm512_setzero_ps();
    load(from, panel) = {
        let low = _mm512_castps256_ps512(_mm256_loadu_ps(from));
        _mm512_insertf32x8::<1>(low, _mm256_loadu_ps(from.add(panel)))
    };
    add(sum, x, b) = _mm512_fmadd_ps(_mm512_set1_ps(*x), b, sum);
    resume(out) = _mm512_loadu_ps(out);
    store(out, sums) = _mm512_storeu_ps(out, sums);
}

block! {
    /// Two panels of 4 columns.
    Pair64(__m512d): f64, width PANEL64, panels 2;
    zero = _mm512_setzero_pd();
    load(from, panel) = {
        let low = _mm512_castpd256_pd512(_mm256_loadu_pd(from));
        _mm512_insertf64x4::<1>(low, _mm256_loadu_pd(from.add(panel)))
    };
    add(sum, x, b) = _mm512_fmadd_pd(_mm512_set1_pd(*x), b, sum);
    resume(out) = _mm512_cvtps_pd(_mm256_loadu_ps(out));
    store(out, sums) = _mm256_storeu_ps(out, _mm512_cvtpd_ps(sums));
}

sums! {
    /// A panel of columns.
    I16(__m512i): lanes 16;
    zero = _mm512_setzero_si512();
    load(from) = _mm512_loadu_si512(from.cast());
    add(sum, x, b) = {
        let x = _mm512_set1_epi32(x.cast::<i32>().read_unaligned());
        _mm512_add_epi32(sum, _mm512_madd_epi16(x, b))
    };
    store(out, sums) = _mm512_storeu_si512(out.cast(), sums);
}

sums! {
    /// A panel of columns, in one instruction a pair.
    I16Vnni(__m512i): lanes 16;
    zero = _mm512_setzero_si512();
    load(from) = _mm512_loadu_si512(from.cast());
    add(sum, x, b) = _mm512_dpwssd_epi32(sum, _mm512_set1_epi32(x.cast::<i32>().read_unaligned()), b);
    store(out, sums) = _mm512_storeu_si512(out.cast(), sums);
}

compiled_for!("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma");

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn means16(a: &[i16], scale: &[f64], b: &[i16], steps: usize, relu: &mut [f64], abs: &mut [f64]) {
    // SAFETY: this function has the instruction set.
    unsafe { means16::means16::<I16, 8, 3>(a, scale, b, steps, relu, abs) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512vnni")]
fn means16_vnni(a: &[i16], scale: &[f64], b: &[i16], steps: usize, relu: &mut [f64], abs: &mut [f64]) {
    // SAFETY: this function has the instruction set.
    unsafe { means16::means16::<I16Vnni, 8, 3>(a, scale, b, steps, relu, abs) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn peak32(loops: usize) -> f64 {
    // SAFETY: this function has the instruction set.
    unsafe { tile::peak::<Pair32, 24>(loops) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn product32(a: &[f32], panels_a: usize, b: &[f32], panels_b: usize, d: usize, out: &mut [f32], stride: usize) {
    // SAFETY: this function has the instruction set.
    unsafe { tile::product32::<Pair32, F32, 8, 3>(a, panels_a, b, panels_b, d, out, stride) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn matmul64(a: &[f64], rows: usize, b: &[f64], panels: usize, d: usize, out: &mut [f32], stride: usize) {
    // SAFETY: this function has the instruction set.
    unsafe { tile::matmul64::<Pair64, F64, 8>(a, rows, b, panels, d, out, stride) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn scan(tile: &[f32], columns: usize, stride: usize, low: &[f32], high: &[f32], out: &mut [u32]) -> usize {
    let mut found = 0;
    let lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (i, (&low, &high)) in low.iter().zip(high).enumerate() {
        let row = &tile[i * stride..][..columns];
        let (low, high) = (_mm512_set1_ps(low), _mm512_set1_ps(high));
        let mut take = |v: __m512, present: u16, j: usize| {
            let above = _mm512_mask_cmp_ps_mask::<_CMP_GE_OQ>(present, v, low);
            let inside = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(above, v, high);
            if inside != 0 {
                let entry = _mm512_add_epi32(_mm512_set1_epi32(((i << 16) | j) as i32), lane);
                let entries = _mm512_maskz_compress_epi32(inside, entry);
                let count = inside.count_ones();
                let to = &mut out[found..found + count as usize];
                // SAFETY: `to` has room for `count` entries.
                unsafe { _mm512_mask_storeu_epi32(to.as_mut_ptr().cast(), ((1u32 << count) - 1) as u16, entries) };
                found += count as usize;
            }
        };
        let (head, tail) = row.as_chunks::<LANES>();
        for (group, values) in head.iter().enumerate() {
            // SAFETY: sixteen values are there.
            take(unsafe { _mm512_loadu_ps(values.as_ptr()) }, !0, group * LANES);
        }
        let present = (1 << tail.len()) - 1;
        // SAFETY: `present` has a bit for each of the values that are there.
        take(
            unsafe { _mm512_maskz_loadu_ps(present, tail.as_ptr()) },
            present,
            columns - tail.len(),
        );
    }
    found
}

/// As `tile::peak`, of 8-bit products.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn peak8(loops: usize) -> f64 {
    const SUMS: usize = 16;
    let ones = _mm512_set1_epi8(std::hint::black_box(1));
    let mut sums = [_mm512_setzero_si512(); SUMS];
    for _ in 0..loops {
        for sum in &mut sums {
            *sum = _mm512_dpbusd_epi32(*sum, ones, ones);
        }
    }
    std::hint::black_box(sums);
    2.0 * (loops * SUMS * 64) as f64
}

/// Sums start at minus what they have to reach, so that one sign bit says whether they did.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn screen8(a: &[u8], sums: &[i16], b: &[u8], quads: usize, least: i32, out: &mut [u32]) -> usize {
    const ROWS: usize = 8;
    const GROUPS: usize = 2;
    let width = quads * QUAD;
    let bytes = width * LANES;
    let mut found = 0;
    for (start, (rows, sums)) in a.chunks(ROWS * width).zip(sums.chunks(ROWS)).enumerate() {
        // A last group of rows that is not full repeats its last row.
        let row = |r: usize| r.min(sums.len() - 1);
        let offsets: [__m512i; ROWS] = array::from_fn(|r| _mm512_set1_epi32(-BIAS * i32::from(sums[row(r)]) - least));
        let from: [*const u8; ROWS] = array::from_fn(|r| rows[row(r) * width..].as_ptr());
        for (at, b) in (0..).step_by(GROUPS * LANES).zip(b.chunks(GROUPS * bytes)) {
            // A last group that is alone is taken twice.
            let second = b.len() - bytes;
            let mut products: [[__m512i; GROUPS]; ROWS] = array::from_fn(|r| [offsets[r]; GROUPS]);
            for quad in 0..quads {
                // SAFETY: quad < quads, so that 64 bytes are inside each group, and four bytes inside each row.
                unsafe {
                    let b = b.as_ptr().add(quad * QUAD * LANES);
                    let b = [_mm512_loadu_si512(b.cast()), _mm512_loadu_si512(b.add(second).cast())];
                    for (products, from) in products.iter_mut().zip(from) {
                        let a = _mm512_set1_epi32(from.add(quad * QUAD).cast::<i32>().read_unaligned());
                        for (product, b) in products.iter_mut().zip(b) {
                            *product = _mm512_dpbusd_epi32(*product, b, a);
                        }
                    }
                }
            }
            let all = products.iter().fold(_mm512_set1_epi32(-1), |all, &[low, high]| {
                _mm512_ternarylogic_epi32::<0x80>(all, low, high)
            });
            if _mm512_movepi32_mask(all) != !0 {
                let reached: [u32; ROWS] = array::from_fn(|r| {
                    let [low, high] = products[r].map(|product| u32::from(!_mm512_movepi32_mask(product)));
                    low | (high << LANES)
                });
                let columns = if second > 0 { !0 } else { 0xffff };
                for (r, mask) in reached[..sums.len()].iter().enumerate() {
                    screen::list(mask & columns, start * ROWS + r, at, out, &mut found);
                }
            }
        }
    }
    found
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
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
    let mut found = 0;
    for &entry in list {
        let (i, j) = ((entry >> 16) as usize, (entry & 0xffff) as usize);
        if i >= index_a.len() || j >= index_b.len() {
            continue;
        }
        let (head_a, tail_a) = a[i * stride..][..stride].as_chunks::<LANES>();
        let (head_b, tail_b) = b[j * stride..][..stride].as_chunks::<LANES>();
        let present = (1 << tail_a.len()) - 1;
        // SAFETY: `present` has a bit for each of the values that are there; the chunks are whole vectors.
        let sum = unsafe {
            let last = _mm512_mul_ps(
                _mm512_maskz_loadu_ps(present, tail_a.as_ptr()),
                _mm512_maskz_loadu_ps(present, tail_b.as_ptr()),
            );
            head_a.iter().zip(head_b).fold(last, |sum, (a, b)| {
                _mm512_fmadd_ps(_mm512_loadu_ps(a.as_ptr()), _mm512_loadu_ps(b.as_ptr()), sum)
            })
        };
        if _mm512_reduce_add_ps(sum) >= least {
            out[2 * found] = index_a[i];
            out[2 * found + 1] = index_b[j];
            found += 1;
        }
    }
    found
}

/// Tiles of 8 rows and 32 columns, whose sums stay in registers.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn screen_rows(a: &[u8], b: &[u8], quads: usize, limits: &Limits, out: &mut [u32]) -> usize {
    const ROWS: usize = 8;
    const GROUPS: usize = 2;
    let width = quads * QUAD;
    let bytes = width * LANES;
    let rows = limits.rows.as_chunks::<ROW_NUMBERS>().0;
    assert!(a.len() >= rows.len() * width);
    let mut found = 0;
    for (column, b) in (0..).step_by(GROUPS * LANES).zip(b.chunks((GROUPS * bytes).max(1))) {
        // A last group that is alone is multiplied twice.
        let second = b.len() - bytes;
        let groups = if second > 0 { 2 } else { 1 };
        for (start, rows) in (0..).step_by(ROWS).zip(rows.chunks(ROWS)) {
            // A last group of rows that is not full repeats its last row.
            let row = |r: usize| r.min(rows.len() - 1);
            let from: [*const u8; ROWS] = array::from_fn(|r| a[(start + row(r)) * width..].as_ptr());
            let mut sums: [[__m512i; GROUPS]; ROWS] =
                array::from_fn(|r| [_mm512_set1_epi32(rows[row(r)][5].to_bits() as i32); GROUPS]);
            for quad in 0..quads {
                // SAFETY: quad < quads, so that 64 bytes are inside each group, and four bytes inside each row.
                unsafe {
                    let b = b.as_ptr().add(quad * QUAD * LANES);
                    let b = [_mm512_loadu_si512(b.cast()), _mm512_loadu_si512(b.add(second).cast())];
                    for (sums, from) in sums.iter_mut().zip(from) {
                        let a = _mm512_set1_epi32(from.add(quad * QUAD).cast::<i32>().read_unaligned());
                        for (sum, b) in sums.iter_mut().zip(b) {
                            *sum = _mm512_dpbusd_epi32(*sum, b, a);
                        }
                    }
                }
            }
            for g in 0..groups {
                let column = column + g * LANES;
                let sums: [__m512i; ROWS] = array::from_fn(|r| sums[r][g]);
                found = sift(&sums[..rows.len()], rows, limits, start, column, out, found);
            }
        }
    }
    found
}

/// Lists, for one group of columns, the sums that may reach a limit.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn sift(
    sums: &[__m512i],
    rows: &[[f32; ROW_NUMBERS]],
    limits: &Limits,
    first: usize,
    column: usize,
    out: &mut [u32],
    mut found: usize,
) -> usize {
    let [size, residual, steps, parts] = array::from_fn(|list| {
        let numbers: &[f32; LANES] = limits.columns[list * limits.stride + column..]
            .first_chunk()
            .expect("a whole group");
        // SAFETY: sixteen numbers are there.
        unsafe { _mm512_loadu_ps(numbers.as_ptr()) }
    });
    let lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (r, (&sum, &[error, norm, _, top, bottom, _, part, _])) in sums.iter().zip(rows).enumerate() {
        let [error, norm, top, bottom, part] = [error, norm, top, bottom, part].map(|x| _mm512_set1_ps(x));
        let value = _mm512_fmadd_ps(part, parts, _mm512_cvtepi32_ps(sum));
        let above = _mm512_fmadd_ps(norm, residual, _mm512_fmadd_ps(error, size, value));
        let below = _mm512_fnmadd_ps(norm, residual, _mm512_fnmadd_ps(error, size, value));
        let zero = _mm512_setzero_ps();
        let mask = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(_mm512_fnmadd_ps(top, steps, above), zero)
            | _mm512_cmp_ps_mask::<_CMP_LE_OQ>(_mm512_fnmadd_ps(bottom, steps, below), zero);
        if mask != 0 {
            let entry = _mm512_add_epi32(_mm512_set1_epi32((((first + r) << 16) | column) as i32), lane);
            let count = mask.count_ones() as usize;
            let to = &mut out[found..found + count];
            let entries = _mm512_maskz_compress_epi32(mask, entry);
            // SAFETY: `to` has room for `count` entries.
            unsafe { _mm512_mask_storeu_epi32(to.as_mut_ptr().cast(), ((1u32 << count) - 1) as u16, entries) };
            found += count;
        }
    }
    found
}
