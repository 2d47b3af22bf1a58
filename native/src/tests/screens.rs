//! How rows are rounded and packed, and the screens.

use super::*;
use crate::portable;
use crate::records::*;
use crate::rows8::{self, Limits};
use crate::rows16::{self, Rows16};
use crate::screen::{self, LANES, Packing, QUAD};

#[test]
fn gram_matrices() {
    for_all(|kernels, check| {
        for (rows, every, d) in [(0, 1, 3), (1, 1, 1), (5, 2, 7), (13, 3, 64), (40, 1, 33)] {
            let x = numbers(8, rows * d);
            let mut out = vec![f64::NAN; d * d];
            unsafe { (kernels.gram)(&x, every, d, 0.5, &mut out) };
            for (t, u) in (0..d).flat_map(|t| (0..d).map(move |u| (t, u))) {
                let products = (0..rows)
                    .step_by(every)
                    .map(|i| f64::from(x[i * d + t]) * f64::from(x[i * d + u]) / 4.0);
                check("gram", close(out[t * d + u], products.sum(), 1e-12 * rows as f64));
            }
        }
    });
}

/// Unit vectors whose values fall with the dimension, as after the rotation.
fn rotated(seed: u32, rows: usize, stride: usize, d: usize) -> Vec<f32> {
    let mut x = numbers(seed, rows * stride);
    for row in x.chunks_mut(stride) {
        row[d..].fill(0.0);
        row.iter_mut().enumerate().for_each(|(t, x)| *x /= (1 + t) as f32);
        let norm = dot(row, row).sqrt() as f32;
        row.iter_mut().for_each(|x| *x /= norm);
    }
    x
}

#[test]
fn packs_and_screens_as_plain_loops_do() {
    for_all(|kernels, check| {
        let sizes = [
            (5, 16),
            (13, 16),
            (30, 16),
            (64, 32),
            (77, 48),
            (128, 132),
            (200, 96),
            (256, 260),
            (600, 516),
        ];
        for (d, width) in sizes {
            let stride = d + 3;
            let prefix = d.min(width - 3);
            // Whole tiles of rows, and some of fewer.
            let (count_a, count_b) = (17, 37);
            let (x, y) = (rotated(9, 20, stride, d), rotated(10, 50, stride, d));
            let index_a: Vec<u32> = (0..count_a).map(|i| i * 7 % 20).collect();
            let index_b: Vec<u32> = (0..count_b).map(|j| j * 11 % 50).collect();
            let (padded_a, padded_b) = (count_a as usize, count_b.next_multiple_of(32) as usize);
            let pack = |by: &Kernels, x: &[f32], index: &[u32], first: bool, padded: usize, step: f64| {
                let packing = Packing {
                    stride,
                    d,
                    prefix,
                    step,
                    error: 1e-6,
                    first,
                    width,
                };
                let mut rows = vec![9f32; index.len() * stride];
                let extent = unsafe { (by.gather32)(x, stride, index, prefix, &mut rows) };
                let (mut most, mut longest) = (0f32, 0f64);
                for (row, &i) in rows.chunks(stride).zip(index) {
                    check("gather32", *row == x[i as usize * stride..][..stride]);
                    most = row[..prefix].iter().fold(most, |most, x| most.max(x.abs()));
                    longest = longest.max(dot(&row[prefix..], &row[prefix..]));
                }
                check("extent", extent[0] == most.into() && close(extent[1], longest, 1e-12));
                let (mut out, mut sums) = (vec![9u8; padded * width], vec![9i16; if first { padded } else { 0 }]);
                let largest = unsafe { (by.pack8)(&rows, index.len(), &packing, &mut out, &mut sums) };
                (largest, out, sums, rows)
            };
            let (steps_a, steps_b) = (1.0 / 120.0, 1.0 / 60.0);
            let (largest_a, a, sums, rows_a) = pack(kernels, &x, &index_a, true, padded_a, steps_a);
            let (largest_b, b, _, rows_b) = pack(kernels, &y, &index_b, false, padded_b, steps_b);
            check("values fit", largest_a < 160 * 160 && largest_b < 200 * 200);
            let plain = &portable::KERNELS;
            let plainly = pack(plain, &x, &index_a, true, padded_a, steps_a);
            check(
                "pack8 of a",
                (plainly.0, &plainly.1, &plainly.2) == (largest_a, &a, &sums),
            );
            check("pack8 of b", pack(plain, &y, &index_b, false, padded_b, steps_b).1 == b);
            check(
                "pack8 refuses",
                pack(kernels, &x, &index_a, true, padded_a, 1e-5).0 == i32::MAX,
            );

            for least in [-32767, -500, 1000, 4000, 7000, 32767] {
                let screen = |by: &Kernels| {
                    let mut list = vec![0; padded_a * padded_b];
                    let found = unsafe { (by.screen8)(&a, &sums, &b, width / QUAD, least, &mut list) };
                    list.truncate(found);
                    list.sort();
                    list
                };
                let listed = screen(kernels);
                check("screen8", listed == screen(plain));
                // The bound: no pair whose product reaches the threshold is missing.
                for (i, j) in (0..count_a).flat_map(|i| (0..count_b).map(move |j| (i, j))) {
                    let row = |x: &[f32], r: u32| x[r as usize * stride..][..stride].to_vec();
                    let exact = dot(&row(&x, index_a[i as usize]), &row(&y, index_b[j as usize]));
                    if exact >= f64::from(least) * steps_a * steps_b {
                        check(
                            "screen8 keeps what counts",
                            listed.binary_search(&((i << 16) | j)).is_ok(),
                        );
                    }
                }
                let mut pairs = vec![0; 2 * listed.len()];
                let dots32 = kernels.dots32;
                let kept = unsafe { dots32(&rows_a, &index_a, &rows_b, &index_b, stride, &listed, 0.25, &mut pairs) };
                let mut position = 0;
                for &entry in &listed {
                    let (i, j) = ((entry >> 16) as usize, (entry & 0xffff) as usize);
                    if j >= index_b.len() {
                        continue;
                    }
                    let pair = [index_a[i], index_b[j]];
                    let [p, q] = pair.map(|row| row as usize * stride);
                    let exact = dot(&x[p..p + stride], &y[q..q + stride]);
                    let listed = pairs[2 * position..2 * kept].starts_with(&pair);
                    check("dots32", (exact - 0.25).abs() < 1e-6 || listed == (exact >= 0.25));
                    position += usize::from(listed);
                }
                check("dots32 lists no more", position == kept);
            }
        }
    });
}

#[test]
fn screens_long_rows_as_plain_loops_do() {
    for_all(|kernels, check| {
        for d in [1, 4, 30, 129] {
            for (rows, columns) in [(1usize, 1usize), (8, 32), (13, 37), (17, 16)] {
                let groups = columns.div_ceil(LANES);
                let stride = groups * LANES + 16;
                let width = rows8::width(d);
                let (x, e) = (numbers(11, rows * d), numbers(12, columns * d));
                let pack = |x: &[f32], rows: usize, first: bool, padded: usize| {
                    let index: Vec<u32> = (0..rows as u32).rev().collect();
                    let (mut out, mut record) = (vec![9u8; padded * width], vec![f64::NAN; rows * ROUNDED8_NUMBERS]);
                    let factors = (0..d).map(|t| 1.5f64.powi(if first { 1 } else { -1 } * (t % 3) as i32));
                    let direction = (0..d).map(|t| if t % 2 == 0 { 1.0 } else { -0.5 } / (d as f64).sqrt());
                    let frame: Vec<f64> = factors.chain(direction).collect();
                    unsafe { (kernels.quantise)(x, &index, &frame, first, kernels.most, &mut out, &mut record) };
                    let mut rounded = vec![];
                    for (record, &i) in record.as_chunks::<ROUNDED8_NUMBERS>().0.iter().zip(&index) {
                        let row = x[i as usize * d..][..d].iter().zip(&frame);
                        let row: Vec<f64> = row
                            .map(|(&v, factor)| f64::from(v) * factor / record[ROUNDED8_STEP])
                            .collect();
                        let part = dot64(&row, &frame[d..]);
                        check(
                            "quantise: part",
                            close(record[ROUNDED8_PART], part, 1e-9 * record[ROUNDED8_NORM]),
                        );
                        check(
                            "quantise: norm",
                            close(
                                record[ROUNDED8_NORM],
                                dot64(&row, &row).sqrt(),
                                1e-9 * record[ROUNDED8_NORM],
                            ),
                        );
                        let row: Vec<f64> = row.iter().zip(&frame[d..]).map(|(v, u)| v - part * u).collect();
                        let whole: Vec<f64> = row.iter().map(|v| v.round_ties_even()).collect();
                        let residual = row.iter().zip(&whole).map(|(v, n)| (v - n).powi(2));
                        let norm = whole.iter().map(|n| n * n).sum::<f64>().sqrt();
                        let most = if first { 127.0 } else { f64::from(kernels.most) };
                        check("quantise: size", close(record[ROUNDED8_LENGTH], norm, 1e-9 * norm));
                        check(
                            "quantise: residual",
                            close(record[ROUNDED8_RESIDUAL], residual.sum::<f64>().sqrt(), 1e-9),
                        );
                        check("quantise: most", d == 1 || whole.iter().any(|n| n.abs() == most));
                        rounded.push(whole);
                    }
                    (out, record, rounded)
                };
                let (a, record_a, rounded_a) = pack(&x, rows, true, rows);
                let (b, record_b, rounded_b) = pack(&e, columns, false, groups * LANES);
                let mut limits = vec![0f32; rows * ROW_NUMBERS];
                for (i, limits) in limits.as_chunks_mut::<ROW_NUMBERS>().0.iter_mut().enumerate() {
                    let [_, _, norm, residual, part, start] = record_a.as_chunks::<ROUNDED8_NUMBERS>().0[i];
                    let top = norm as f32 * (i as f32 / rows as f32) * 5.0;
                    *limits = [
                        residual as f32,
                        norm as f32,
                        0.5,
                        top,
                        -top,
                        f32::from_bits(start as i32 as u32),
                        part as f32,
                        0.0,
                    ];
                }
                let mut lists = vec![1f32; 4 * stride];
                for (j, record) in record_b.as_chunks::<ROUNDED8_NUMBERS>().0.iter().enumerate() {
                    [lists[j], lists[stride + j], lists[3 * stride + j]] = [
                        record[ROUNDED8_LENGTH],
                        record[ROUNDED8_RESIDUAL],
                        record[ROUNDED8_PART],
                    ]
                    .map(|v| v as f32);
                }
                let limits = Limits {
                    rows: &limits,
                    columns: &lists,
                    stride,
                };
                let mut list = vec![0; rows * groups * LANES];
                let found = unsafe { (kernels.screen_rows)(&a, &b, width / QUAD, &limits, &mut list) };
                list.truncate(found);
                list.sort();
                // Whatever the bytes are, products are of the rounded rows; those that do not exist are zeros.
                let product = |i: usize, j: usize| rounded_b.get(j).map_or(0, |b| dot64(&rounded_a[i], b) as i32);
                let mut expected = vec![0; rows * groups * LANES];
                let mut count = 0;
                for (i, row) in limits.rows.as_chunks::<ROW_NUMBERS>().0.iter().enumerate() {
                    for column in (0..groups * LANES).step_by(LANES) {
                        let products: [i32; LANES] = std::array::from_fn(|lane| product(i, column + lane));
                        let mask = rows8::sift(&products, row, &limits, column);
                        screen::list(mask, i, column, &mut expected, &mut count);
                    }
                }
                expected.truncate(count);
                check("screen_rows", list == expected);
                // To the last unit: half a unit below a product it is listed, half a unit above it is not.
                let exact = vec![1f32; 4 * stride];
                for (shift, listed) in [(-0.5, true), (0.5, false)] {
                    let mut row_records = vec![0f32; rows * ROW_NUMBERS];
                    for (i, record) in row_records.as_chunks_mut::<ROW_NUMBERS>().0.iter_mut().enumerate() {
                        let start =
                            f32::from_bits(record_a.as_chunks::<ROUNDED8_NUMBERS>().0[i][ROUNDED8_START] as i32 as u32);
                        let top = product(i, i % columns) as f32 + shift;
                        *record = [0.0, 0.0, 1.0, top, f32::NEG_INFINITY, start, 0.0, 0.0];
                    }
                    let limits = Limits {
                        rows: &row_records,
                        columns: &exact,
                        stride,
                    };
                    let mut list = vec![0; rows * groups * LANES];
                    let found = unsafe { (kernels.screen_rows)(&a, &b, width / QUAD, &limits, &mut list) };
                    for i in 0..rows {
                        let pair = ((i << 16) | (i % columns)) as u32;
                        check("screen_rows, exactly", list[..found].contains(&pair) == listed);
                    }
                }
                let index: Vec<u32> = (0..rows.max(columns) as u32).collect();
                let list: Vec<u32> = (0..rows * columns)
                    .map(|p| (((p / columns) << 16) | (p % columns)) as u32)
                    .collect();
                let mut values = vec![f32::NAN; list.len()];
                unsafe { (kernels.listed_dots32)(&x, &index[..rows], &e, &index[..columns], d, &list, &mut values) };
                for (&entry, value) in list.iter().zip(values) {
                    let [i, j] = [entry >> 16, entry & 0xffff].map(|row| row as usize * d);
                    let exact = dot(&x[i..i + d], &e[j..j + d]);
                    check("listed_dots32", close(value.into(), exact, 1e-6 * d as f64));
                }
            }
        }
    });
}

#[test]
fn multiplies_long_rows_in_16_bits() {
    for_all(|kernels, check| {
        for d in [1, 4, 31, 32, 129, 576] {
            let (rows, columns) = (7usize, 13usize);
            let width = rows16::width(d);
            // Sizes far apart, zero rows, and what comes nearest to an overflow: one large number, all equal, both
            // signs.
            let mut x = numbers(13, rows * d);
            let mut e = numbers(14, columns * d);
            for (row, value) in x.chunks_mut(d).zip([1e-30, 1e30, 0.0]) {
                row.iter_mut().for_each(|v| *v *= value);
            }
            x[3 * d..][..d].fill(0.3);
            e[3 * d..][..d].fill(-0.7);
            e[4 * d..][..d].fill(0.0);
            e[4 * d] = 5.0;
            let round = |x: &[f32], rows: usize, factor: f64| {
                let index: Vec<u32> = (0..rows as u32).rev().collect();
                let mut out = vec![9i16; rows * width];
                let mut record = vec![f64::NAN; rows * ROUNDED16_NUMBERS];
                unsafe { (kernels.quantise16)(x, &index, &vec![factor; rows], d, &mut out, &mut record) };
                for (i, &r) in index.iter().enumerate() {
                    let [step, residual] = record.as_chunks::<{ ROUNDED16_NUMBERS }>().0[i].map(|size| size / factor);
                    let row: Vec<f64> = x[r as usize * d..][..d].iter().map(|&v| v.into()).collect();
                    let norm = dot64(&row, &row).sqrt();
                    let whole: Vec<f64> = out[i * width..][..d].iter().map(|&n| n.into()).collect();
                    let error: Vec<f64> = row.iter().zip(&whole).map(|(v, n)| v - n * step).collect();
                    check(
                        "quantise16: residual",
                        close(residual, dot64(&error, &error).sqrt(), 1e-9 * norm),
                    );
                    check("quantise16: little", residual <= norm * (d as f64).sqrt() / 65_000.0);
                    check("quantise16: norm", dot64(&whole, &whole).sqrt() <= rows16::NORM);
                    check(
                        "quantise16: padding",
                        out[i * width + d..][..width - d].iter().all(|&n| n == 0),
                    );
                }
                (out, record)
            };
            let (a, record_a) = round(&x, rows, 0.5);
            let (b, record_b) = round(&e, columns, 2.0);
            let mut list: Vec<u32> = (0..rows * 16).map(|p| (((p / 16) << 16) | (p % 16)) as u32).collect();
            let limits: [Vec<f32>; 2] = [0.25, 0.5].map(|limit| vec![limit; rows]);
            let mut values = vec![f32::NAN; list.len()];
            let [rows_a, rows_b] = [(&a, &record_a), (&b, &record_b)].map(|(rows, rounded)| Rows16 { rows, rounded });
            let limit = [&limits[0][..], &limits[1]];
            let kept = unsafe { (kernels.dots16)(rows_a, rows_b, d, &mut list, limit, &mut values) };
            let mut at = 0;
            for i in 0..rows {
                for j in 0..columns {
                    let row = |rows: &[i16], i: usize| -> Vec<f64> {
                        rows[i * width..][..d].iter().map(|&n| n.into()).collect()
                    };
                    let value = (dot64(&row(&a, i), &row(&b, j)) * (record_a[2 * i] * record_b[2 * j])) as f32;
                    if value >= 0.25 || -value >= 0.5 {
                        let listed = at < kept && list[at] as usize == (i << 16 | j) && values[at] == value;
                        check("dots16", listed);
                        at += 1;
                    }
                }
            }
            check("dots16 lists no more", at == kept);
        }
    });
}
