//! Products, what is taken from tiles of them, and means.

use super::*;
use crate::means16;
use crate::portable;

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
            // Sizes far apart, zero rows, and what comes nearest to an overflow: one large number, all equal, both
            // signs.
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
