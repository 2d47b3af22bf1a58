// Some of the pieces of a SentencePiece file, and what stands after them.
import { readFileSync } from 'node:fs';

const MODELS = ['sp-bpe.model', 'sp-unigram.model'].map((name) =>
  fieldsOf(readFileSync(new URL(`../../fixtures/vocabulary/${name}`, import.meta.url))),
);

/** Top-level fields of a protobuf message: here all of them have a length. */
function fieldsOf(file) {
  const fields = [];
  for (let at = 0; at < file.length; ) {
    let [length, bytes] = [0, 0];
    do length |= (file[at + 1 + bytes] & 127) << (7 * bytes);
    while (file[at + 1 + bytes++] > 127);
    const end = at + 1 + bytes + length;
    fields.push(file.subarray(at, end));
    at = end;
  }
  return fields;
}

export function sentencepiece(random) {
  const fields = random.pick(MODELS);
  const from = random.below(fields.length);
  const some = random.chance(0.02)
    ? fields
    : [...fields.slice(0, 3), ...fields.slice(from, from + 12), ...fields.slice(-2)];
  return Buffer.concat(some.filter(() => random.chance(0.97)));
}
