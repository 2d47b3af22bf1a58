/** Whether no number is a NaN or an infinity. */
export const allFinite = (data: Float32Array): boolean => {
  // x * 0 is 0 for finite x and NaN otherwise, so sums tell of all without a branch per value; four, so that none waits
  // for the one before.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = data.length - (data.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += data[i] * 0;
    b += data[i + 1] * 0;
    c += data[i + 2] * 0;
    d += data[i + 3] * 0;
  }
  for (let i = whole; i < data.length; i++) a += data[i] * 0;
  return a + b + c + d === 0;
};
