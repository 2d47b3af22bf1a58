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
  return near === undefined ? '' : areMeant([near]);
}

/** ` (is \`freq\` or \`q\` meant?)`, or nothing. */
export const areMeant = (near: readonly string[]): string =>
  near.length === 0 ? '' : ` (is ${near.map((name) => `\`${name}\``).join(' or ')} meant?)`;

/** So many letters are more than a likeness of any two words. */
const ALIKE = 4;

/**
 * The names that are near a word, whatever spaces and hyphens they have: the {@link nearest} one of a mistyped word, or
 * those that have it in them, are in it, or begin as at least half of it does, best first.
 */
export function related(typed: string, names: Iterable<string>): string[] {
  const plain = (text: string) =>
    text
      .slice(0, 200)
      .toLowerCase()
      .replaceAll(/[\s_-]/g, '');
  const text = plain(typed);
  const known = new Map([...names].map((name) => [plain(name), name]));
  const mistyped = nearest(text, known.keys());
  if (mistyped !== undefined) return [known.get(mistyped)!];
  const begins = Math.max(ALIKE, Math.ceil(text.length / 2));
  return [...known]
    .filter(([name]) => {
      if (Math.min(name.length, text.length) < ALIKE) return false;
      return name.includes(text) || text.includes(name) || name.slice(0, begins) === text.slice(0, begins);
    })
    .map(([name, written]) => [steps(text, name), written] as const)
    .sort(([a], [b]) => a - b)
    .map(([, written]) => written);
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
