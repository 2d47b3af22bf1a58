//! Every instruction set of this processor against plain loops, on places of exactly the size that a call needs, so that
//! a sanitiser sees a step beside them.

#![allow(clippy::undocumented_unsafe_blocks)] // All: the kernels under test are of this processor.

use super::*;

/// Numbers in -1..1 from a seed (mulberry32).
fn numbers(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x6d2b79f5);
        let mut t = (state ^ (state >> 15)).wrapping_mul(state | 1);
        t ^= t.wrapping_add((t ^ (t >> 7)).wrapping_mul(t | 61));
        ((t ^ (t >> 14)) >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn for_all(test: impl Fn(&Kernels, &dyn Fn(&str, bool))) {
    for kernels in kernels::available() {
        test(kernels, &|what, right| assert!(right, "{}: {what}", kernels.name));
    }
}

fn dot64(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (&a, &b) in a.iter().zip(b) {
        sum += f64::from(a) * f64::from(b);
    }
    sum
}

fn close(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() <= tolerance
}

/// Row r of panels of WIDTH rows.
fn unpacked<T: Copy, const WIDTH: usize>(panels: &[T], d: usize, r: usize) -> Vec<T> {
    (0..d)
        .map(|t| panels[r / WIDTH * WIDTH * d + t * WIDTH + r % WIDTH])
        .collect()
}

const WIDTHS: [usize; 9] = [0, 1, 3, 4, 7, 16, 33, 513, 1030];

#[test]
fn norms_and_scores() {
    for_all(|kernels, check| {
        for d in WIDTHS {
            let (a, b) = (numbers(1, 5 * d), numbers(2, 7 * d));
            let mut squares = [0.0; 5];
            unsafe { (kernels.norms)(&a, d, &mut squares) };
            for (i, &square) in squares.iter().enumerate() {
                let row = &a[i * d..(i + 1) * d];
                check("norms", close(square, dot(row, row), 1e-13 * (1.0 + dot(row, row))));
            }
            for count in 0..18 {
                let list: Vec<u32> = (0..count).flat_map(|p| [p * 3 % 5, p * 5 % 7]).collect();
                let mut scores = vec![0.0; count as usize];
                unsafe { (kernels.dots64)(&a, &b, d, &list, &mut scores) };
                for (pair, score) in list.chunks(2).zip(scores) {
                    let [i, j] = [pair[0] as usize * d, pair[1] as usize * d];
                    check("dots64", score.to_bits() == dot(&a[i..i + d], &b[j..j + d]).to_bits());
                }
            }
        }
    });
}

#[test]
fn products_in_fp64() {
    for_all(|kernels, check| {
        for d in WIDTHS {
            for (rows, columns) in [(1, 1), (3, 4), (4, 5), (7, 17), (9, 24)] {
                let (a, b) = (numbers(3, rows * d), numbers(4, columns * d));
                let panels = columns.div_ceil(4);
                let mut packed = vec![f64::NAN; panels * 4 * d];
                portable::panels64(&b, columns, d, &mut packed);
                let wide: Vec<f64> = a.iter().map(|&x| x.into()).collect();
                let stride = panels * 4 + 4;
                let mut out = vec![f32::NAN; (rows - 1) * stride + panels * 4];
                unsafe { (kernels.matmul64)(&wide, rows, &packed, panels, d, &mut out, stride) };
                for i in 0..rows {
                    for j in 0..panels * 4 {
                        let row = if j < columns { &b[j * d..(j + 1) * d] } else { &[] };
                        let expected = dot(&a[i * d..(i + 1) * d], row) as f32;
                        check("matmul64", out[i * stride + j].to_bits() == expected.to_bits());
                    }
                    let beside = out.get(i * stride + panels * 4);
                    check(
                        "matmul64 writes only its tile",
                        beside.is_none_or(|value| value.is_nan()),
                    );
                }
            }
        }
    });
}

#[test]
fn products_in_fp32() {
    for_all(|kernels, check| {
        for d in WIDTHS {
            for (rows_a, rows_b) in [(1, 1), (8, 16), (10, 23), (17, 48), (24, 60), (64, 100)] {
                let pack = |seed: u32, rows: usize| {
                    let x = numbers(seed, (rows + 2) * d);
                    let index: Vec<u32> = (0..rows as u32).map(|i| (i * 7 + 1) % (rows as u32 + 2)).collect();
                    let factor: Vec<f64> = (0..rows).map(|i| 0.1 + i as f64).collect();
                    let panels = rows.div_ceil(8);
                    let mut packed = vec![f32::NAN; panels * 8 * d];
                    unsafe { (kernels.panels32)(&x, d, &index, &factor, &mut packed) };
                    for r in 0..panels * 8 {
                        let scaled: Vec<f32> = match index.get(r) {
                            Some(&i) => x[i as usize * d..][..d]
                                .iter()
                                .map(|&x| (f64::from(x) * factor[r]) as f32)
                                .collect(),
                            None => vec![0.0; d],
                        };
                        check("panels32", unpacked::<f32, 8>(&packed, d, r) == scaled);
                    }
                    (panels, packed)
                };
                let ((panels_a, a), (panels_b, b)) = (pack(5, rows_a), pack(6, rows_b));
                let stride = panels_b * 8 + 8;
                let mut out = vec![f32::NAN; (panels_a * 8 - 1) * stride + panels_b * 8];
                unsafe { (kernels.product32)(&a, panels_a, &b, panels_b, d, &mut out, stride) };
                for i in 0..panels_a * 8 {
                    for j in 0..panels_b * 8 {
                        let (a, b) = (unpacked::<f32, 8>(&a, d, i), unpacked::<f32, 8>(&b, d, j));
                        let size: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a * b).abs()).sum();
                        let bound = (d + 1) as f64 * 2f64.powi(-24) * size * 1.001;
                        check("product32", close(out[i * stride + j].into(), dot(&a, &b), bound));
                    }
                    let beside = out.get(i * stride + panels_b * 8);
                    check(
                        "product32 writes only its tile",
                        beside.is_none_or(|value| value.is_nan()),
                    );
                }
            }
        }
    });
}

#[test]
fn means_of_16_bit_products() {
    use means16::{PANEL16, STEP16};
    for_all(|kernels, check| {
        let d_and_rows = [(0, 3, 5), (1, 16, 16), (7, 17, 33), (64, 70, 100), (513, 66, 33)];
        for (kind, (d, rows, columns)) in (0..6).flat_map(|kind| d_and_rows.map(|sizes| (kind, sizes))) {
            // Sizes far apart, zero rows, and what comes nearest to an overflow: one large number, all equal, both signs.
            let values = |seed: u32, rows: usize| -> Vec<f32> {
                let mut x = numbers(seed, rows * d);
                for (i, row) in x.chunks_exact_mut(d.max(1)).enumerate() {
                    for (t, x) in row.iter_mut().enumerate() {
                        *x = match kind {
                            0 => *x,
                            1 => *x * 10f32.powi(i as i32 % 60 - 30),
                            2 => *x * (i % 2) as f32,
                            3 => f32::from(t == d / 2),
                            4 => 1.0 + 0.0 * *x,
                            _ => x.signum() * 3e-40,
                        };
                    }
                }
                x
            };
            let pack = |x: &[f32], rows: usize, first: bool| {
                let panels = rows.div_ceil(PANEL16);
                let mut packed = vec![-1; panels * d.div_ceil(2) * STEP16];
                let mut scale = vec![f64::NAN; panels * PANEL16];
                unsafe { (kernels.pack16)(x, d, first, &mut scale, rows, &mut packed) };
                for (r, &scale) in scale.iter().enumerate() {
                    let mut square = 0i64;
                    for t in 0..d.next_multiple_of(2) {
                        let at = (r / PANEL16 * d.div_ceil(2) + t / 2) * STEP16 + r % PANEL16 * 2 + t % 2;
                        let q = packed[at];
                        square += i64::from(q) * i64::from(q);
                        let exact = if r < rows && t < d {
                            f64::from(x[r * d + t])
                        } else {
                            0.0
                        };
                        check("pack16", close(f64::from(q) * scale, exact, 0.501 * scale));
                        check("pack16 keeps -32768 out", q > i16::MIN);
                    }
                    check(
                        "pack16 bounds norms",
                        square as f64 <= means16::NORMS[usize::from(first)].powi(2),
                    );
                }
                (packed, scale)
            };
            let (x, e) = (values(11, rows), values(12, columns));
            let ((a, scale), (b, _)) = (pack(&x, rows, true), pack(&e, columns, false));
            let mut got = [
                vec![0.5; columns.next_multiple_of(PANEL16)],
                vec![0.25; columns.next_multiple_of(PANEL16)],
            ];
            let [relu, abs] = &mut got;
            unsafe { (kernels.means16)(&a, &scale, &b, d.div_ceil(2), relu, abs) };
            let number = |packed: &[i16], r: usize, t: usize| -> i64 {
                packed[(r / PANEL16 * d.div_ceil(2) + t / 2) * STEP16 + r % PANEL16 * 2 + t % 2].into()
            };
            for j in 0..columns.next_multiple_of(PANEL16) {
                let mut sums = [0f64; 2];
                for (i, scale) in scale.iter().enumerate() {
                    let s: i64 = (0..d).map(|t| number(&a, i, t) * number(&b, j, t)).sum();
                    sums[0] += s.max(0) as f64 * scale;
                    sums[1] += s.abs() as f64 * scale;
                }
                check("means16 relu", close(got[0][j] - 0.5, sums[0], 1e-6 * sums[0] + 1e-15));
                check("means16 abs", close(got[1][j] - 0.25, sums[1], 1e-6 * sums[1] + 1e-15));
            }
        }
    });
}

#[test]
fn scans_and_sums_of_tiles() {
    for_all(|kernels, check| {
        for (rows, columns) in [(8, 0), (8, 4), (16, 12), (64, 52), (8, 128)] {
            let stride = columns + 4;
            let tile = numbers(7, (rows - 1) * stride + columns);
            let values = |i: usize| &tile[i * stride..][..columns];
            for share in [0.0, 0.01, 0.5, 1.0] {
                let low: Vec<f32> = (0..rows).map(|i| i as f32 / 1000.0 - share).collect();
                let high: Vec<f32> = (0..rows).map(|i| share - i as f32 / 2000.0).collect();
                let mut expected = vec![];
                for i in 0..rows {
                    let inside = |(_, value): &(usize, &f32)| low[i] <= **value && **value <= high[i];
                    expected.extend(
                        values(i)
                            .iter()
                            .enumerate()
                            .filter(inside)
                            .map(|(j, _)| ((i << 16) | j) as u32),
                    );
                }
                let mut out = vec![0; rows * columns];
                let found = unsafe { (kernels.scan)(&tile, columns, stride, &low, &high, &mut out) };
                check("scan", out[..found] == expected);
                let column = |by: f32| -> Vec<f32> { (0..columns).map(|j| share * by + j as f32 / 500.0).collect() };
                let (tops, bottoms) = (column(1.1), column(1.2));
                let mut expected = vec![];
                for i in 0..rows {
                    for (j, &value) in values(i).iter().enumerate() {
                        if value >= high[i] || -value >= -low[i] || value >= tops[j] || -value >= bottoms[j] {
                            expected.push(((i << 16) | j) as u32);
                        }
                    }
                }
                let negated: Vec<f32> = low.iter().map(|low| -low).collect();
                let (own, others) = ([&high[..], &negated[..]], [&tops[..], &bottoms[..]]);
                let found = unsafe { (kernels.sift_tile)(&tile, stride, own, others, &mut out) };
                check("sift_tile", out[..found] == expected);
            }
            let (mut relu, mut abs) = (vec![1.0; columns], vec![2.0; columns]);
            unsafe { (kernels.column_sums)(&tile, rows, stride, &mut relu, &mut abs) };
            for j in 0..columns {
                let column: Vec<f64> = (0..rows).map(|i| values(i)[j].into()).collect();
                let sum = |of: fn(&f64) -> f64| column.iter().map(of).sum::<f64>();
                check("relu", close(relu[j] - 1.0, sum(|x| x.max(0.0)), 1e-6 * rows as f64));
                check("abs", close(abs[j] - 2.0, sum(|x| x.abs()), 1e-6 * rows as f64));
            }
        }
    });
}

#[test]
fn calls_check_their_places() {
    let mut bytes = vec![0u128; 64];
    // SAFETY: the bytes outlive the memory and belong to this thread.
    let mut memory = unsafe { Memory::new(bytes.as_mut_ptr().cast(), 1024) }.unwrap();
    let mut call = memory.call();
    assert!(call.read::<f32>(0, product(&[u32::MAX, u32::MAX])).is_err());
    assert!(tile_size(2, 3, 8, 23).is_err());
    assert_eq!(tile_size(0, 3, 8, 24), Ok(0));
    assert_eq!(tile_size(3, 2, 8, 24), Ok(64));
}

#[test]
fn a_panic_becomes_an_error() {
    let result: Result<(), Error> = guarded(|| panic!("row {} is missing", 3));
    assert_eq!(result.unwrap_err().reason, "A native kernel panicked: row 3 is missing");
}

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
        for (d, width) in [(5, 16), (13, 16), (30, 16), (64, 32), (77, 48)] {
            let stride = d + 3;
            let prefix = d.min(width - 3);
            let (count_a, count_b) = (13, 37);
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
                    let (mut out, mut about) = (vec![9u8; padded * width], vec![f64::NAN; rows * ABOUT]);
                    let factors = (0..d).map(|t| 1.5f64.powi(if first { 1 } else { -1 } * (t % 3) as i32));
                    let direction = (0..d).map(|t| if t % 2 == 0 { 1.0 } else { -0.5 } / (d as f64).sqrt());
                    let frame: Vec<f64> = factors.chain(direction).collect();
                    unsafe { (kernels.quantise)(x, &index, &frame, first, kernels.most, &mut out, &mut about) };
                    for (about, &i) in about.as_chunks::<ABOUT>().0.iter().zip(&index) {
                        let row = x[i as usize * d..][..d].iter().zip(&frame);
                        let row: Vec<f64> = row.map(|(&v, factor)| f64::from(v) * factor / about[0]).collect();
                        let along = dot64(&row, &frame[d..]);
                        check("quantise: along", close(about[4], along, 1e-9 * about[1]));
                        check(
                            "quantise: norm",
                            close(about[1], dot64(&row, &row).sqrt(), 1e-9 * about[1]),
                        );
                        let row: Vec<f64> = row.iter().zip(&frame[d..]).map(|(v, u)| v - along * u).collect();
                        let whole: Vec<f64> = row.iter().map(|v| v.round_ties_even()).collect();
                        let lost = row.iter().zip(&whole).map(|(v, n)| (v - n).powi(2));
                        let norm = whole.iter().map(|n| n * n).sum::<f64>().sqrt();
                        let most = if first { 127.0 } else { f64::from(kernels.most) };
                        check("quantise: size", close(about[2], norm, 1e-9 * norm));
                        check("quantise: lost", close(about[3], lost.sum::<f64>().sqrt(), 1e-9));
                        check("quantise: most", d == 1 || whole.iter().any(|n| n.abs() == most));
                    }
                    (out, about)
                };
                let (a, about_a) = pack(&x, rows, true, rows);
                let (b, about_b) = pack(&e, columns, false, groups * LANES);
                let mut limits = vec![0f32; rows * BESIDE];
                for (i, limits) in limits.as_chunks_mut::<BESIDE>().0.iter_mut().enumerate() {
                    let [_, _, norm, lost, along, start] = about_a.as_chunks::<ABOUT>().0[i];
                    let top = norm as f32 * (i as f32 / rows as f32) * 5.0;
                    *limits = [
                        lost as f32,
                        norm as f32,
                        0.5,
                        top,
                        -top,
                        f32::from_bits(start as i32 as u32),
                        along as f32,
                        0.0,
                    ];
                }
                let mut lists = vec![1f32; 4 * stride];
                for (j, about) in about_b.as_chunks::<ABOUT>().0.iter().enumerate() {
                    [lists[j], lists[stride + j], lists[3 * stride + j]] =
                        [about[2], about[3], about[4]].map(|v| v as f32);
                }
                let limits = Limits {
                    rows: &limits,
                    columns: &lists,
                    stride,
                };
                let listed = |screen: unsafe fn(&[u8], &[u8], usize, &Limits, &mut [u32]) -> usize| {
                    let mut list = vec![0; rows * groups * LANES];
                    let found = unsafe { screen(&a, &b, width / QUAD, &limits, &mut list) };
                    list.truncate(found);
                    list.sort();
                    list
                };
                // The plain loops take whatever the bias is, since it is in the sums' starts.
                check(
                    "screen_rows",
                    listed(kernels.screen_rows) == listed(portable::KERNELS.screen_rows),
                );
                let index: Vec<u32> = (0..rows.max(columns) as u32).collect();
                let list: Vec<u32> = (0..rows * columns)
                    .map(|p| (((p / columns) << 16) | (p % columns)) as u32)
                    .collect();
                let mut values = vec![f32::NAN; list.len()];
                unsafe { (kernels.near)(&x, &index[..rows], &e, &index[..columns], d, &list, &mut values) };
                for (&entry, value) in list.iter().zip(values) {
                    let [i, j] = [entry >> 16, entry & 0xffff].map(|row| row as usize * d);
                    let exact = dot(&x[i..i + d], &e[j..j + d]);
                    check("near", close(value.into(), exact, 1e-6 * d as f64));
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
            // Sizes far apart, zero rows, and what comes nearest to an overflow: one large number, all equal, both signs.
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
                let mut about = vec![f64::NAN; rows * rows16::ABOUT];
                unsafe { (kernels.quantise16)(x, &index, &vec![factor; rows], d, &mut out, &mut about) };
                for (i, &r) in index.iter().enumerate() {
                    let [step, lost] = about.as_chunks::<{ rows16::ABOUT }>().0[i].map(|size| size / factor);
                    let row: Vec<f64> = x[r as usize * d..][..d].iter().map(|&v| v.into()).collect();
                    let norm = dot64(&row, &row).sqrt();
                    let whole: Vec<f64> = out[i * width..][..d].iter().map(|&n| n.into()).collect();
                    let error: Vec<f64> = row.iter().zip(&whole).map(|(v, n)| v - n * step).collect();
                    check(
                        "quantise16: lost",
                        close(lost, dot64(&error, &error).sqrt(), 1e-9 * norm),
                    );
                    check("quantise16: little", lost <= norm * (d as f64).sqrt() / 65_000.0);
                    check("quantise16: norm", dot64(&whole, &whole).sqrt() <= rows16::NORM);
                    check(
                        "quantise16: padding",
                        out[i * width + d..][..width - d].iter().all(|&n| n == 0),
                    );
                }
                (out, about)
            };
            let (a, about_a) = round(&x, rows, 0.5);
            let (b, about_b) = round(&e, columns, 2.0);
            let mut list: Vec<u32> = (0..rows * 16).map(|p| (((p / 16) << 16) | (p % 16)) as u32).collect();
            let limits: [Vec<f32>; 2] = [0.25, 0.5].map(|limit| vec![limit; rows]);
            let mut values = vec![f32::NAN; list.len()];
            let [rows_a, rows_b] = [(&a, &about_a), (&b, &about_b)].map(|(rows, about)| Rows16 { rows, about });
            let limit = [&limits[0][..], &limits[1]];
            let kept = unsafe { (kernels.dots16)(rows_a, rows_b, d, &mut list, limit, &mut values) };
            let mut at = 0;
            for i in 0..rows {
                for j in 0..columns {
                    let row = |rows: &[i16], i: usize| -> Vec<f64> {
                        rows[i * width..][..d].iter().map(|&n| n.into()).collect()
                    };
                    let value = (dot64(&row(&a, i), &row(&b, j)) * (about_a[2 * i] * about_b[2 * j])) as f32;
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
