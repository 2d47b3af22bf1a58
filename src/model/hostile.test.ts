import { describe, expect, test } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { array, GGUF, ggufFile, text, u32, u64 } from '../../test/gguf.ts';
import { openModel } from './open.ts';

// What strangers' checkpoints have been seen to do: each is answered, or refused by a sentence, and nothing takes long.

/** A safetensors file without weights: name -> shape. */
function empty(shapes: Record<string, number[]>): Uint8Array {
  const header = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'F32', shape, data_offsets: [0, 0] }]),
  );
  const json = Buffer.from(JSON.stringify(header));
  return Buffer.concat([u64(json.length), json]);
}

const config = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const SIZES = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16, vocab_size: 4 };

describe('configs', () => {
  const open = (text: string) =>
    openModel({ 'config.json': config(text), 'model.safetensors': empty({}) }).then(
      () => undefined,
      (error) => error,
    );

  test.each<[string, string, string, RegExp]>([
    ['a million deep', `{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`, 'CONFIG_INVALID', /nested more than 127 deep/],
    ['a type of 10 MB', `{"model_type":"${'x'.repeat(1e7)}"}`, 'ARCHITECTURE_UNKNOWN', /found "x{100}…"/],
    ['a type that objects have', '{"model_type":"constructor"}', 'ARCHITECTURE_UNKNOWN', /found "constructor"/],
    ['a type that is an object', '{"model_type":{"toString":1}}', 'CONFIG_INVALID', /found an object/],
    [
      'an escape sequence',
      '{"model_type":"\\u001b]0;x\\u0007"}',
      'ARCHITECTURE_UNKNOWN',
      /found "\\u001b\]0;x\\u0007"/,
    ],
    ['not JSON', '{"model_type" "llama"}', 'CONFIG_INVALID', /has ".*" at byte 14 where ":" should be/],
  ])('%s', async (_, text, code, message) => {
    const error = await open(text);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.message.length).toBeLessThan(2000);
  });

  test('Infinity, NaN and a key given twice are read as Python does', async () => {
    const text = `{"model_type":"gpt2","model_type":"llama","a":Infinity,"b":[-Infinity,NaN],${JSON.stringify(SIZES).slice(1)}`;
    expect(await open(text)).toMatchObject({ code: 'TENSOR_MISSING' });
  });
});

test('a name of 200,000 parts is no prefix that is taken apart', () =>
  expectError(
    openModel({
      'config.json': config({ model_type: 'llama', ...SIZES }),
      'model.safetensors': empty({ [`${'model.'.repeat(200_000)}embed_tokens.weight`]: [0] }),
    }),
    'TENSOR_MISSING',
    /found no such name among its 1 tensors/,
  ));

describe('GGUF metadata', () => {
  const open = (pairs: [string, number, Uint8Array][]) => openModel({ 'model.gguf': ggufFile({ pairs }) });

  test.each<[string, [string, number, Uint8Array][], string, RegExp]>([
    [
      'an architecture of 2^60',
      [['general.architecture', GGUF.u64, u64(2n ** 60n)]],
      'CONFIG_INVALID',
      /the number 115292/,
    ],
    [
      'a size of 2^63',
      [
        ['general.architecture', GGUF.string, text('llama')],
        ['llama.embedding_length', GGUF.u64, u64(2n ** 63n)],
        ['llama.block_count', GGUF.u32, u32(1)],
        ['llama.attention.head_count', GGUF.u32, u32(1)],
      ],
      'CONFIG_INVALID',
      /the number 9223372036854775808/,
    ],
    [
      'a list for each of 20,000 layers',
      [
        ['general.architecture', GGUF.string, text('llama')],
        ['llama.attention.head_count', GGUF.array, array(GGUF.u8, Array(20_000).fill(Uint8Array.of(1)))],
      ],
      'CONFIG_INVALID',
      /one number for each layer, found 20000/,
    ],
  ])('%s', (_, pairs, code, message) => expectError(open(pairs), code as 'CONFIG_INVALID', message));
});

test('an address whose percent signs are no UTF-8 is refused', () =>
  expectError(openModel('https://example.org/%E0%A4%A.gguf'), 'ARGUMENT_INVALID', /percent signs/));
