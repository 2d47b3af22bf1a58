//! Cutting a list of candidates (`topRows`): with t the rank-th largest of fp32 values,
//!
//!   least = max(least, t - error),  needed = least - error (both rounded down),  and only values >= needed stay.
//!
//! The rank-th largest is found bit by bit, by counting how many values reach a limit: passes over a short list in
//! whole vectors, without a branch, are faster than a selection that moves numbers.

/// Numbers side by side.
const LANES: usize = 16;
/// Numbers of a list whose keys are kept on the stack.
const STACK: usize = 512;

/// Orders as the number does.
#[inline(always)]
fn key(value: f32) -> i32 {
    let bits = value.to_bits() as i32;
    bits ^ ((bits >> 31) & i32::MAX)
}

/// The largest fp32 that is at most x.
fn below(x: f64) -> f32 {
    let rounded = x as f32;
    if f64::from(rounded) <= x {
        rounded
    } else {
        rounded.next_down()
    }
}

/// The `rank`-th largest key, bit by bit from the highest, by counting how many reach it.
#[inline(always)]
fn kth(keys: &[[i32; LANES]], rank: usize) -> i32 {
    let mut found = 0u32;
    for bit in (0..32).rev() {
        let wanted = ((found | (1 << bit)) ^ (1 << 31)) as i32;
        let mut counts = [0u32; LANES];
        for keys in keys {
            for lane in 0..LANES {
                counts[lane] += u32::from(keys[lane] >= wanted);
            }
        }
        let reached = counts.iter().sum::<u32>() as usize;
        if reached < rank {
            continue;
        }
        found |= 1 << bit;
        if reached == rank {
            // Nothing else reaches it: the smallest that does is the one.
            let mut least = [i32::MAX; LANES];
            for keys in keys {
                for lane in 0..LANES {
                    let key = if keys[lane] >= wanted { keys[lane] } else { i32::MAX };
                    least[lane] = least[lane].min(key);
                }
            }
            return least.into_iter().fold(i32::MAX, i32::min);
        }
    }
    (found ^ (1 << 31)) as i32
}

/// `Kernels.cut`. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn cut(value: &mut [f32], index: &mut [u32], rank: usize, error: f32, limits: [&mut f32; 2]) -> usize {
    let groups = value.len().div_ceil(LANES);
    // What fills the last group is less than any number.
    let (mut stack, mut heap) = ([[i32::MIN; LANES]; STACK / LANES], vec![]);
    let keys = if groups <= stack.len() {
        &mut stack[..groups]
    } else {
        heap.resize(groups, [i32::MIN; LANES]);
        &mut heap[..]
    };
    for (key_, &value) in keys.as_flattened_mut().iter_mut().zip(&*value) {
        *key_ = key(value);
    }
    let kth = f32::from_bits(key(f32::from_bits(kth(keys, rank) as u32)) as u32);
    let [least, needed] = limits;
    let reached = below(f64::from(kth) - f64::from(error));
    if reached > *least {
        *least = reached;
        *needed = below(f64::from(reached) - f64::from(error));
    }
    let mut kept = 0;
    for p in 0..value.len() {
        let number = value[p];
        value[kept] = number;
        index[kept] = index[p];
        kept += usize::from(number >= *needed);
    }
    kept
}
