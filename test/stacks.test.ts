import { expect, test } from 'vitest';
import { openModel } from '../src/node.ts';
import { readHead } from '../src/reading/heads.ts';
import { readNeuron } from '../src/reading/neurons.ts';
import { expectError, fixture } from './bytes.ts';

const T5 = fixture('architectures/t5_gated');

const same = async (a: Float32Array, b: Promise<Float32Array>): Promise<void> => expect(a).toEqual(await b);

test('layers are those of the stack that the name ends in; all are there under their full names', async () => {
  const [decoder, encoder, cross] = await Promise.all([
    openModel(T5),
    openModel(`${T5}#encoder`),
    openModel(`${T5}#cross`),
  ]);
  expect([decoder, encoder, cross].map(({ dimensions }) => dimensions.layers)).toEqual([2, 1, 2]);
  for (const [model, own, full] of [
    [decoder, 'layer.1.attn.v', 'decoder.layer.1.attn.v'],
    [decoder, 'layer.1.ff.key', 'decoder.layer.1.ff.key'],
    [encoder, 'layer.0.attn.q', 'encoder.layer.0.attn.q'],
    [cross, 'layer.1.attn.q', 'decoder.layer.1.cross.q'],
    [cross, 'layer.0.ff.value', 'decoder.layer.0.ff.value'],
  ] as const)
    await same(await model.parameters.get(own)!.read(), model.parameters.get(full)!.read());
  expect(new Set([decoder, encoder, cross].map(({ fingerprint }) => fingerprint)).size).toBe(3);
  expect(decoder.notes[0]).toMatch(
    /encoder of 1 layer and a decoder of 2 layers: layers here are the decoder’s; put #encoder or #cross/,
  );
  expect(cross.notes[0]).toMatch(/keys and values read what the encoder wrote/);
  await Promise.all([decoder, encoder, cross].map((model) => model.close()));
});

test('cross-attention heads are read as heads; to fold their norm is refused, since two streams meet in them', async () => {
  const cross = await openModel(`${T5}#cross`, { vocabulary: null });
  const reading = await readHead(cross, 1, 1, { matrices: ['vo'], k: 3, excludeSame: false });
  expect(reading.vo?.pairs).toHaveLength(3);
  await expectError(readHead(cross, 1, 1, { matrices: ['qk'], foldNorm: true }), 'ARGUMENT_INVALID', /foldNorm/);
  await cross.close();
});

const GEMMA = fixture('architectures/t5gemma');

test('each side of a T5Gemma is read by its own config: sizes, positions and caps', async () => {
  const [decoder, encoder] = await Promise.all([
    openModel(GEMMA, { vocabulary: null }),
    openModel(`${GEMMA}#encoder`, { vocabulary: null }),
  ]);
  expect(encoder.dimensions).toMatchObject({ hidden: 24, heads: 4, kvHeads: 2, headDim: 8, neurons: 28 });
  expect(decoder.dimensions).toMatchObject({ hidden: 32, heads: 4, kvHeads: 4, headDim: 12, neurons: 36 });
  expect(decoder.parameters.get('decoder.layer.0.cross.k')!.shape).toEqual([4, 24, 12]);
  // YaRN by the encoder's config alone, 0.1 ln 4 + 1.
  expect(encoder.notes.join()).toMatch(/turns them \(1\.1386\)/);
  const notes = async (model: typeof decoder, layer = 0) =>
    (await readHead(model, layer, 1, { matrices: ['qk'], k: 2, excludeSame: false })).applied.notes.join(' ');
  for (const model of [decoder, encoder]) {
    expect(await notes(model)).toMatch(/positions \(rotary\)/);
    expect(await notes(model)).toMatch(/attn_logit_softcapping 50/);
  }
  // The decoder's head is as wide as the decoder.
  expect(encoder.parameters.get('unembed')!.width).toBe(24);
  expect((await readNeuron(encoder, 0, 3, { k: 2 })).parts.value).toBeDefined();
  await expectError(openModel(`${GEMMA}#cross`), 'FORMAT_UNSUPPORTED', /encoder .* 24 wide and the decoder 32/);
  await Promise.all([decoder, encoder].map((model) => model.close()));
});

test('a model of one stack has no other', async () => {
  await expectError(
    openModel(`${fixture('architectures/llama')}#encoder`),
    'ARGUMENT_INVALID',
    /one stack.*leave out #encoder/,
  );
});

test('a layer without attention or feed-forward part says what it is', async () => {
  const model = await openModel(fixture('architectures/nemotron_h'), { vocabulary: null });
  await expectError(readHead(model, 0, 0), 'PARAMETER_UNKNOWN', /layer 0 has no attention.*recurrent\.in/);
  await expectError(readNeuron(model, 1, 0), 'PARAMETER_UNKNOWN', /layer 1 has no feed-forward part/);
  await model.close();
});
