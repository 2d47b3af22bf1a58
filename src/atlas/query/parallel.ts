/** Files that are looked into at a time: a large atlas has thousands, more than a process may open. */
const AT_A_TIME = 32;

/** What `work` makes of each, in their order. */
export async function inParallel<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const found: R[] = [];
  for (let i = 0; i < all.length; i += AT_A_TIME)
    found.push(...(await Promise.all(all.slice(i, i + AT_A_TIME).map(work))));
  return found;
}
