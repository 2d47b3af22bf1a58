/**
 * The first key that occurs twice in one object of a valid JSON text, or undefined. `JSON.parse` keeps the last of two
 * equal keys without a word, but the safetensors format forbids them.
 */
export function findDuplicateKey(json: string): string | undefined {
  // One set of keys per open object, undefined per open array.
  const open: (Set<string> | undefined)[] = [];
  let keyExpected = false;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '{':
        open.push(new Set());
        keyExpected = true;
        break;
      case '[':
        open.push(undefined);
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        keyExpected = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfString(json, at);
        if (keyExpected) {
          const text = json.slice(at, end);
          const key: string = text.includes('\\') ? JSON.parse(text) : text.slice(1, -1);
          const keys = open.at(-1)!;
          if (keys.has(key)) return key;
          keys.add(key);
          keyExpected = false;
        }
        at = end - 1;
      }
    }
  }
  return undefined;
}

/** The position after the quote that closes the string opened at `at`. */
function endOfString(json: string, at: number): number {
  let end = at + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
}
