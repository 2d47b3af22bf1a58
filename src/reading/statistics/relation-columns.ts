import type { RelationShare } from './relations.ts';

/** A share of pairs beside its nulls as columns of one row: null where there is none. */
export function shareColumns(
  name: string,
  { value, random, shuffled, copying }: RelationShare,
): Record<string, number | null> {
  return {
    [name]: value,
    [`${name}_z`]: random?.z ?? null,
    [`${name}_p`]: random?.p ?? null,
    [`${name}_shuffled_z`]: shuffled?.z ?? null,
    [`${name}_shuffled_p`]: shuffled?.p ?? null,
    [`${name}_above`]: copying?.above ?? null,
    [`${name}_copying_z`]: copying?.z ?? null,
    [`${name}_copying_p`]: copying?.p ?? null,
  };
}

/** The share that {@link shareColumns} has written; of its nulls what the columns have: no moments. */
export function storedShare(row: object, name: string): RelationShare {
  const values = row as Readonly<Record<string, unknown>>;
  const of = (end: string) => values[`${name}${end}`] as number | null | undefined;
  const [random, shuffled, copying] = [of('_z'), of('_shuffled_z'), of('_copying_z')];
  return {
    value: of(''),
    ...(random != null && { random: { z: random, p: of('_p') } }),
    ...(shuffled != null && { shuffled: { z: shuffled, p: of('_shuffled_p') } }),
    ...(copying != null && {
      copying: { identity: values.identity, above: of('_above'), z: copying, p: of('_copying_p') },
    }),
  } as RelationShare;
}
