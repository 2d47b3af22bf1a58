// Reads files whose names come on standard input, one a line, and says of each in one line of JSON what was found:
// numbers of every tensor in fp64's digits, tokens, or the error's code. test/differential/compare.py asks the formats'
// own libraries.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const dist = pathToFileURL(resolve(import.meta.dirname, '../../dist')).href;
const { memorySource, memoryFolder } = await import(`${dist}/source/memory.js`);
const { openTensorFile } = await import(`${dist}/formats/open.js`);
const { readTensor } = await import(`${dist}/formats/read.js`);
const { readVocabulary } = await import(`${dist}/vocabulary/read.js`);
const { WeightscopeError } = await import(`${dist}/errors.js`);

/** Rows of E: tokenizers here have fewer tokens. */
const ROWS = 64;

async function tensorsIn(bytes) {
  const { tensors } = await openTensorFile(memorySource(bytes));
  const found = {};
  for (const info of tensors.values()) {
    const data = await readTensor(info, { finite: false }).catch((error) => {
      if (!(error instanceof WeightscopeError)) throw error;
    });
    found[info.name] = { shape: info.shape, data: data && Array.from(data, String) };
  }
  return { tensors: found };
}

async function tokensIn(bytes) {
  const { vocabulary } = await readVocabulary(memoryFolder({ 'tokenizer.json': bytes }), ROWS, { model_type: 'gpt2' });
  return { pieces: Array.from({ length: ROWS }, (_, id) => vocabulary.piece(id) ?? null) };
}

for await (const path of createInterface({ input: process.stdin })) {
  const bytes = new Uint8Array(readFileSync(path));
  let answer;
  try {
    answer = await (path.endsWith('.json') ? tokensIn(bytes) : tensorsIn(bytes));
  } catch (error) {
    answer = { error: error.code ?? error.stack, message: error.message };
  }
  console.log(JSON.stringify(answer));
}
