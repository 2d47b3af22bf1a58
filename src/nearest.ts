/**
 * The name that a mistyped one is nearest to: at most a third of its letters, and at least one, left out, put in,
 * changed or exchanged with their neighbour (Damerau and Levenshtein); undefined where none is near.
 */
export function nearest(typed: string, names: Iterable<string>): string | undefined {
  const text = typed.slice(0, 200).toLowerCase();
  let [found, least] = [undefined as string | undefined, Math.max(1, Math.floor(text.length / 3)) + 1];
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= least) continue;
    const distance = steps(text, name.toLowerCase());
    if (distance < least) [found, least] = [name, distance];
  }
  return found;
}

/** ` (is \`freq\` meant?)`, or nothing. */
export function meant(typed: string, names: Iterable<string>): string {
  const near = nearest(typed, names);
  return near === undefined ? '' : ` (is \`${near}\` meant?)`;
}

function steps(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}
