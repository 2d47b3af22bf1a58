export interface Label {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Which labels can be written without covering one before them: the first come first. Boxes are centred on x, y. */
export function withoutOverlap(labels: readonly Label[]): boolean[] {
  const kept: Label[] = [];
  return labels.map((label) => {
    const free = kept.every(
      (other) =>
        Math.abs(label.x - other.x) * 2 >= label.width + other.width ||
        Math.abs(label.y - other.y) * 2 >= label.height + other.height,
    );
    if (free) kept.push(label);
    return free;
  });
}
