/** The k-th largest (k >= 1) of the first `count` values; reorders them (quickselect, middle of three as pivot). */
export const kthLargest = (values: Float32Array | Float64Array, k: number, count = values.length): number => {
  let low = 0;
  let high = count - 1;
  const target = k - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const x = values[low];
    const y = values[middle];
    const z = values[high];
    const pivot = Math.max(Math.min(x, y), Math.min(Math.max(x, y), z));
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i <= j) {
        const swap = values[i];
        values[i++] = values[j];
        values[j--] = swap;
      }
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  return values[target];
};
