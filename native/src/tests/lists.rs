//! Lists of candidates.

use super::*;

#[test]
fn lists_are_cut_at_their_rank() {
    for_all(|kernels, check| {
        for (count, shift) in [(1usize, 0.0), (5, 0.0), (16, 3.0), (107, 0.0), (107, -3.0), (700, 0.0)] {
            for rank in [1, count / 2 + 1, count] {
                for error in [0f32, 0.01] {
                    // Some numbers are there twice.
                    let values: Vec<f32> = numbers(count as u32, count)
                        .iter()
                        .map(|v| (v * 50.0).round() / 50.0 + shift)
                        .collect();
                    let (mut kept, mut index) = (values.clone(), (0..count as u32).collect::<Vec<_>>());
                    let (mut least, mut needed) = (-10f32, -20f32);
                    let length =
                        unsafe { (kernels.cut)(&mut kept, &mut index, rank, error, [&mut least, &mut needed]) };
                    let mut sorted = values.clone();
                    sorted.sort_by(|a, b| b.total_cmp(a));
                    let kth = sorted[rank - 1];
                    check("least", least <= kth - error && least > kth - error - 1e-6);
                    check("needed", needed <= least - error && needed > least - error - 1e-6);
                    let expected: Vec<u32> = (0..count as u32).filter(|&p| values[p as usize] >= needed).collect();
                    check("indices", index[..length] == expected);
                    check(
                        "values",
                        kept[..length]
                            .iter()
                            .zip(&expected)
                            .all(|(v, &p)| *v == values[p as usize]),
                    );
                    // A limit that is higher already stays.
                    let (mut least, mut needed) = (10f32, 9f32);
                    let length = unsafe {
                        (kernels.cut)(
                            &mut kept,
                            &mut index,
                            rank.min(length),
                            error,
                            [&mut least, &mut needed],
                        )
                    };
                    check("higher", length == 0 && least == 10.0 && needed == 9.0);
                }
            }
        }
    });
}
