//! Every instruction set of this processor against plain loops, on places of exactly the size that a call needs, so
//! that a sanitiser sees a step beside them.

#![allow(clippy::undocumented_unsafe_blocks)] // All: the kernels under test are of this processor.

mod calls;
mod lists;
mod products;
mod screens;

use crate::kernels::{self, Kernels};

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
