/**
 * What JSON may have as it is and a terminal would obey, or read the other way round; as escapes they are the same
 * text.
 */
const UNSAFE = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const escaped = (json: string): string =>
  json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** JSON in one line that is safe to print. */
export const jsonLine = (value: unknown): string => escaped(JSON.stringify(value));

/** Longer arrays are written piece by piece: a text of JavaScript has at most half a billion characters. */
const MANY = 1000;

/** What `JSON.stringify(value, null, 2)` gives, safe to print, in pieces of bounded length. */
export function* jsonPieces(value: unknown, indent = ''): Generator<string> {
  const inner = `${indent}  `;
  if (Array.isArray(value) && value.length > MANY) {
    yield '[';
    for (const [i, item] of value.entries()) {
      yield `${i === 0 ? '' : ','}\n${inner}`;
      yield* jsonPieces(item, inner);
    }
    yield `\n${indent}]`;
  } else if (hasMany(value)) {
    yield '{';
    let first = true;
    for (const [name, item] of Object.entries(value)) {
      if (item === undefined) continue;
      yield `${first ? '' : ','}\n${inner}${escaped(JSON.stringify(name))}: `;
      yield* jsonPieces(item, inner);
      first = false;
    }
    yield `\n${indent}}`;
  } else yield escaped(JSON.stringify(value, null, 2) ?? 'null').replaceAll('\n', `\n${indent}`);
}

/** An object with a long array somewhere in it. */
function hasMany(value: unknown): value is object {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || 'toJSON' in value) return false;
  return Object.values(value).some((inner) => (Array.isArray(inner) ? inner.length > MANY : hasMany(inner)));
}
