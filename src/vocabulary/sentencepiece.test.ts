import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../source/memory.ts';
import { readVocabulary } from './read.ts';
import { vocabularyFromSentencePiece } from './sentencepiece.ts';
import { vocabularyFromTokenizerJson } from './tokenizer-json.ts';

// sp-*.model and sentencepiece.json come from test/fixtures/vocabulary/make_sentencepiece.py, added.json from
// make_added.py.
const fixture = (name: string) => readFileSync(new URL(`../../test/fixtures/vocabulary/${name}`, import.meta.url));
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

type Row = [id: number, piece: string, text: string, special: boolean];
const rows: Record<string, Row[]> = JSON.parse(fixture('sentencepiece.json').toString());

describe('SentencePiece files', () => {
  it.each(Object.keys(rows))('%s: all ids have the pieces, texts and kinds that the package gives', (name) => {
    const vocabulary = vocabularyFromSentencePiece(fixture(`${name}.model`), rows[name].length + 3);
    expect([vocabulary.kind, vocabulary.tokens]).toEqual(['sentencepiece', rows[name].length]);
    const ours = rows[name].map(([id]) => [id, vocabulary.piece(id), vocabulary.text(id), vocabulary.isSpecial(id)]);
    expect(ours).toEqual(rows[name]);
  });

  const model = fixture('sp-bpe.model');
  const count = rows['sp-bpe'].length;
  const read = async (files: Record<string, Uint8Array>, type = 'llama') =>
    (await readVocabulary(memoryFolder(files), count + 200, { model_type: type })).vocabulary!;

  it('is found beside the weights, with the tokens that other files add', async () => {
    const added = json({ '<pad>': count });
    const vocabulary = await read({ 'tokenizer.model': model, 'added_tokens.json': added });
    expect([vocabulary.piece(count), vocabulary.tokens]).toEqual(['<pad>', count + 1]);
  });

  it("has T5's sentinels behind its own pieces", async () => {
    const vocabulary = await read({ 'spiece.model': model }, 't5');
    expect([count, count + 99, count + 100].map((id) => vocabulary.piece(id))).toEqual([
      '<extra_id_99>',
      '<extra_id_0>',
      undefined,
    ]);
    expect(vocabulary.isSpecial(count)).toBe(true);
  });

  it('is numbered as XLM-RoBERTa does, and refused where the numbering is not known', async () => {
    const vocabulary = await read({ 'sentencepiece.bpe.model': model }, 'xlm-roberta');
    expect([0, 1, 2, 3].map((id) => vocabulary.piece(id))).toEqual(['<s>', '<pad>', '</s>', '<unk>']);
    expect([vocabulary.piece(4), vocabulary.piece(count + 1)]).toEqual([rows['sp-bpe'][3][1], '<mask>']);
    const camembert = await readVocabulary(memoryFolder({ 'sentencepiece.bpe.model': model }), 9, {
      model_type: 'camembert',
    });
    expect(camembert.note).toMatch(/cannot be read: camembert numbers its tokens otherwise/);
  });

  it.each<[string, number[], RegExp]>([
    ['nothing', [], /pieces of a SentencePiece model, found none/],
    ['a piece that ends too late', [0x0a, 0x7f, 1], /127 bytes are claimed and 1 follow/],
    ['a number without an end', [0x0a, 0xff], /ends within a number/],
    ['a number of eleven bytes', Array(12).fill(0xff), /more than ten bytes/],
    ['an unknown wire type', [0x0b], /unknown wire type 3/],
    ['field 0', [0x02, 0x00], /number 0/],
  ])('%s is TOKENIZER_INVALID', (_, bytes, message) => {
    expect(() => vocabularyFromSentencePiece(Uint8Array.from(bytes), 3)).toThrow(message);
  });
});

describe('files of tiktoken', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const config = { added_tokens_decoder: { 3: { content: '<|größe|>', special: true } } };

  it('have their bytes in base64, special tokens in the config beside them', async () => {
    const lines = [' king', 'é', '\n'].map((text, rank) => `${base64(text)} ${rank}`);
    const half = `${Buffer.from([0xc3]).toString('base64')} 4`;
    const files = {
      'tokenizer.model': new TextEncoder().encode([...lines, half, ''].join('\n')),
      'tokenizer_config.json': json(config),
    };
    const { vocabulary } = await readVocabulary(memoryFolder(files), 5);
    expect([0, 1, 2, 3, 4].map((id) => vocabulary!.text(id))).toEqual([' king', 'é', '\n', '<|größe|>', '\\xC3']);
    expect([vocabulary!.kind, vocabulary!.piece(0), vocabulary!.isSpecial(3)]).toEqual(['byte-level', 'Ġking', true]);
    const { vocabulary: bare } = await readVocabulary(memoryFolder({ 'qwen.tiktoken': files['tokenizer.model'] }), 5);
    expect(bare!.notes).toEqual([expect.stringMatching(/Special tokens are not in/)]);
  });

  it("may be Mistral's, whose special tokens come first", async () => {
    const tekken = {
      config: { default_vocab_size: 4, default_num_special_tokens: 2 },
      vocab: [' a', 'b', 'unused'].map((text, rank) => ({ rank, token_bytes: base64(text), token_str: null })),
      special_tokens: [{ rank: 0, token_str: '<unk>', is_control: true }],
    };
    const { vocabulary } = await readVocabulary(memoryFolder({ 'tekken.json': json(tekken) }), 5);
    expect([0, 1, 2, 3, 4].map((id) => vocabulary!.piece(id))).toEqual(['<unk>', undefined, 'Ġa', 'b', undefined]);
  });

  it.each([
    ['tiktoken.model', 'YQ== 0\nx\n'],
    ['tiktoken.model', 'YQ== 99999999\n'],
    ['tekken.json', '{"config":{}}'],
    ['tekken.json', '{"config":{"default_vocab_size":1,"default_num_special_tokens":1},"vocab":[3]}'],
  ])('%s with %j is TOKENIZER_INVALID', async (name, text) => {
    const files = { [name]: new TextEncoder().encode(text) };
    await expect(readVocabulary(memoryFolder(files), 3)).rejects.toMatchObject({ code: 'TOKENIZER_INVALID' });
  });
});

describe('added tokens', () => {
  const cases: { what: string; model: object; added_tokens: object[]; pieces: (string | null)[]; special: number[] }[] =
    JSON.parse(fixture('added.json').toString());

  it.each(cases)('$what: as the tokenizers library resolves it', ({ pieces, special, ...file }) => {
    for (const given of [file, JSON.stringify(file)]) {
      const vocabulary = vocabularyFromTokenizerJson(given, pieces.length);
      expect(pieces.map((_, id) => vocabulary.piece(id) ?? null)).toEqual(pieces);
      const flagged = pieces.flatMap((piece, id) => (piece && vocabulary.isSpecial(id) ? [id] : []));
      // The unknown token counts as special here.
      expect(flagged.filter((id) => id !== 0)).toEqual(special);
    }
  });

  // Found by fuzzing: such an id was made a string.
  it('are refused with an id that is no number', async () => {
    const id = { toString: 1 };
    const file = { model: { type: 'BPE', vocab: { a: 0 } }, added_tokens: [{ id, content: 'b' }] };
    expect(() => vocabularyFromTokenizerJson(file, 2)).toThrow('found an object for "b"');
    const beside = { 'vocab.json': json({ a: 0 }), 'added_tokens.json': json({ b: id }) };
    await expect(readVocabulary(memoryFolder(beside), 2)).rejects.toMatchObject({ code: 'TOKENIZER_INVALID' });
  });

  it('keep their own text where the decoder has a byte alphabet', () => {
    const words = ['größe', ' naïve', 'São', '£100', 'Ġx'];
    const added = words.map((content, i) => ({ id: i + 1, content, special: false }));
    const file = { decoder: { type: 'ByteLevel' }, model: { type: 'BPE', vocab: { Ã: 0 } }, added_tokens: added };
    const vocabulary = vocabularyFromTokenizerJson(file, 6);
    expect(words.map((_, i) => vocabulary.text(i + 1))).toEqual(words);
    expect([vocabulary.text(0), vocabulary.find('größe')]).toEqual(['\\xC3', [1]]);
    expect([...vocabulary.mask({ onlyAlnum: true })].join('')).toBe('011101');
  });
});

describe("a stranger's tokenizer", () => {
  const decoding = (decoder: unknown, piece: string) =>
    vocabularyFromTokenizerJson({ decoder, model: { type: 'BPE', vocab: { [piece]: 0 } } }, 1);
  const double = { type: 'Replace', pattern: { String: 'a' }, content: 'aa' };
  const nested = (depth: number) =>
    `{"model":{"type":"BPE","vocab":{"a":0}},"decoder":${'{"type":"Sequence","decoders":['.repeat(depth)}${']}'.repeat(depth)}}`;

  it.each([
    [{ type: 'Sequence', decoders: Array(64).fill(double) }, 'aaaa'],
    [{ type: 'Replace', pattern: { String: 'a' }, content: 'b'.repeat(1e6) }, 'a'.repeat(1000)],
    [{ type: 'Replace', pattern: { Regex: 'a' }, content: 'b'.repeat(1e4) }, 'a'],
  ])('cannot make its tokens grow without end', (decoder, piece) => {
    expect(() => decoding(decoder, piece).text(0)).toThrow(/keeps tokens short/);
  });

  it('cannot hang by a pattern', () => {
    const decoder = { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' };
    expect(decoding(decoder, `${'a'.repeat(41)}!`).text(0)).toBe(`${'a'.repeat(41)}!`);
  });

  it('says which steps are not read', () => {
    const { notes } = decoding({ type: 'Replace', pattern: { Regex: '(?=a)' }, content: '' }, 'a');
    expect(notes).toEqual([
      expect.stringMatching(/^A step of the tokenizer's decoder is not read \(its pattern "\(\?=a\)"/),
    ]);
    expect(decoding({ type: 'CTC' }, 'a').notes).toHaveLength(1);
  });

  it.each([30, 20_000])('is refused when nested %i deep', (depth) => {
    expect(() => vocabularyFromTokenizerJson(nested(depth), 1)).toThrow(/TOKENIZER_INVALID|nested/);
  });

  it('may have long tokens, and ends of spaces', () => {
    const long = `${'Ġ'.repeat(130_000)}x${'é'.repeat(10)}`;
    const vocabulary = decoding({ type: 'ByteLevel' }, long);
    expect(vocabulary.text(0).length).toBeGreaterThan(130_000);
    expect(vocabulary.normal(0)).toMatch(/^x/);
    expect([...vocabulary.mask({ onlyEnglish: true, compat: true })]).toEqual([0]);
    expect([...vocabulary.mask({ onlyEnglish: true })]).toEqual([0]);
  });
});
