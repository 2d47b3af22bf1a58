/** The k-th largest (k >= 1) of the values; reorders them (quickselect, middle of three as pivot). */
export const kthLargest = (values: Float32Array | Float64Array, k: number): number => {
  let [low, high] = [0, values.length - 1];
  const target = k - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const [x, y, z] = [values[low], values[middle], values[high]];
    const pivot = Math.max(Math.min(x, y), Math.min(Math.max(x, y), z));
    let [i, j] = [low, high];
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
