import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeightscopeError } from '../errors.ts';
import { printable } from '../quote.ts';
import type { SourceFolder } from '../source/source.ts';
import { vocabularyFromGguf } from './gguf.ts';
import { prettyLabel } from './label.ts';
import { readVocabulary } from './read.ts';
import { vocabularyFromTokenizerJson } from './tokenizer-json.ts';
import { vocabularyFromVocabJson, vocabularyFromVocabTxt } from './vocab-files.ts';

const GPT2 = {
  decoder: { type: 'ByteLevel' },
  added_tokens: [{ id: 7, content: '<|endoftext|>', special: true }],
  model: {
    type: 'BPE',
    vocab: { king: 0, Ġking: 1, ĠKings: 2, Ċ: 3, âĢ: 4, 'Ġ[': 5, Ġ中: 6, '12': 8 },
    merges: [['k', ']"']],
  },
};
const BERT = '[PAD]\n[unused0]\n[CLS]\nking\n##ing\n##\n';

describe('a vocabulary with more tokens than rows', () => {
  const beyond = (size: number, added: readonly unknown[] = []) =>
    vocabularyFromTokenizerJson(JSON.stringify({ ...GPT2, added_tokens: added }), size).notes ?? [];

  it('is said to be, perhaps, of another model', () => {
    expect(beyond(9)).toEqual([]);
    expect(beyond(5)[0]).toMatch(/words beyond the 5 rows of E \(3\): if it is another model's/);
  });

  it('is not where what is beyond was added, or is a mark of its own', () => {
    expect(beyond(9, [{ id: 9, content: '<image>' }])).toEqual([]);
    expect(beyond(8, [{ id: 8, content: '12', special: true }])).toEqual([]);
  });
});

describe('a byte-level vocabulary with more rows than tokens', () => {
  const vocabulary = vocabularyFromTokenizerJson(JSON.stringify(GPT2), 12);

  it('gives piece, text and three labels', () => {
    expect([vocabulary.kind, vocabulary.size, vocabulary.tokens]).toEqual(['byte-level', 12, 9]);
    expect(vocabulary.piece(1)).toBe('Ġking');
    expect(vocabulary.token(1)).toEqual({ id: 1, token: ' king', label: '·king' });
    expect([0, 1, 3, 4].map((id) => vocabulary.label(id))).toEqual(['king', '·king', '↵', '\\xE2\\x80']);
    expect([0, 1, 3, 7].map((id) => vocabulary.label(id, 'notebook'))).toEqual([
      '#king',
      'king',
      '#Ċ',
      '#<|endoftext|>',
    ]);
    expect(vocabulary.label(1, 'raw')).toBe('Ġking');
  });

  it("names rows without a token by their number past the tokenizer's", () => {
    expect([vocabulary.piece(9), vocabulary.text(9), vocabulary.label(11)]).toEqual([undefined, '[pos0]', '[pos2]']);
    expect(vocabulary.label(9, 'notebook')).toBe('#[pos0]');
    expect([vocabulary.isPadding(8), vocabulary.isPadding(9), vocabulary.isSpecial(9)]).toEqual([false, true, false]);
  });

  it('finds the token of a text, and a piece as it is written', () => {
    expect([vocabulary.find(' king'), vocabulary.find('king'), vocabulary.find('Ġking')]).toEqual([[1], [0], [1]]);
    expect([vocabulary.find('\n'), vocabulary.find('queen'), vocabulary.find('[pos0]')]).toEqual([[3], [], []]);
  });

  it('masks by class, padding left out by what asks for text', () => {
    const kept = (filters: Parameters<typeof vocabulary.mask>[0]) => [...vocabulary.mask(filters)].join('');
    expect(kept({})).toBe('111111111111');
    expect(kept({ onlyAscii: true })).toBe('111101011000');
    expect(kept({ onlyAlnum: true })).toBe('111000101000');
    expect(kept({ onlyEnglish: true })).toBe('111000001000');
    expect(kept({ excludeBrackets: true })).toBe('111110111000');
    expect(kept({ noSpecial: true })).toBe('111111101111');
    expect(kept({ noPadding: true })).toBe('111111111000');
    expect(kept({ onlyFrom: ['Kings', ' king ', ''] })).toBe('111000000000');
    expect(kept({ onlyEnglish: true, onlyFrom: ['kings'] })).toBe('001000000000');
    expect(vocabulary.mask({ onlyAscii: true })).toBe(vocabulary.mask({ onlyAscii: true, noSpecial: false }));
  });

  it('refuses ids that are no rows', () => {
    for (const id of [-1, 12, 0.5]) expect(() => vocabulary.text(id)).toThrow(`Expected a token id 0..11, got ${id}`);
  });
});

it('reads vocab.txt: word starts are bare, inner parts keep their mark, reserved tokens count as special', () => {
  const vocabulary = vocabularyFromVocabTxt(BERT.replaceAll('\n', '\r\n'), 6);
  expect([vocabulary.kind, vocabulary.tokens]).toEqual(['wordpiece', 6]);
  expect([3, 4, 5].map((id) => vocabulary.text(id))).toEqual(['king', '##ing', '##']);
  expect([2, 3, 4].map((id) => vocabulary.label(id, 'notebook'))).toEqual(['[CLS]', 'king', '#ing']);
  expect([vocabulary.find('king'), vocabulary.find(' king'), vocabulary.find('##ing')]).toEqual([[3], [3], [4]]);
  expect([...vocabulary.mask({ noSpecial: true })].join('')).toBe('000111');
  expect([...vocabulary.mask({ onlyFrom: ['ing'] })].join('')).toBe('000010');
});

it('reads vocab.json with the special tokens named beside it', () => {
  const extras = {
    specialTokensMap: { bos_token: '<b>', additional_special_tokens: [{ content: 'Ġx' }] },
    addedTokens: { '<new>': 3 },
  };
  const vocabulary = vocabularyFromVocabJson('{"<b>":0,"Ġx":1,"y":2}', 4, extras);
  expect([vocabulary.kind, vocabulary.piece(3)]).toEqual(['byte-level', '<new>']);
  expect([0, 1, 2, 3].map((id) => vocabulary.isSpecial(id))).toEqual([true, true, false, false]);
  const bare = vocabularyFromVocabJson('{"a":0,"b":1}', 2, { config: { eos_token_id: [1], pad_token_id: null } });
  expect([bare.isSpecial(0), bare.isSpecial(1)]).toEqual([false, true]);
});

it.each([
  [{ type: 'BPEDecoder', suffix: '</w>' }, 'king</w>', 'king'],
  [{ type: 'Metaspace', replacement: '_' }, '_king', ' king'],
  [{ type: 'Replace', pattern: { Regex: '[._]+' }, content: ' ' }, 'a._b', 'a b'],
  [
    { type: 'Sequence', decoders: [{ type: 'Strip', content: '=', start: 1, stop: 1 }, { type: 'Fuse' }] },
    '==x==',
    '=x=',
  ],
  [{ type: 'Sequence', decoders: [{ type: 'Fuse' }, { type: 'Strip', content: '=', start: 1, stop: 0 }] }, '=x', '=x'],
  [null, 'Ġking', 'Ġking'],
])('decoder %j: %j is %j', (decoder, piece, text) => {
  expect(vocabularyFromTokenizerJson({ decoder, model: { type: 'BPE', vocab: { [piece]: 0 } } }, 1).text(0)).toBe(text);
});

describe('GGUF metadata', () => {
  const read = (model: string, tokens: string[], types?: ArrayLike<number>) =>
    vocabularyFromGguf(
      new Map<string, unknown>([
        ['tokenizer.ggml.model', model],
        ['tokenizer.ggml.tokens', tokens],
        ...(types ? [['tokenizer.ggml.token_type', types] as const] : [['tokenizer.ggml.eos_token_id', 1] as const]),
      ]),
      tokens.length,
    )!;

  it('gpt2, with rows filled up by the converter', () => {
    const vocabulary = read('gpt2', ['Ġking', '<|end|>', '[PAD2]'], Int32Array.of(1, 3, 5));
    expect([vocabulary.text(0), vocabulary.tokens, vocabulary.isSpecial(1), vocabulary.label(2)]).toEqual([
      ' king',
      2,
      true,
      '[pos0]',
    ]);
    expect(read('gpt2', ['Ġking', '<|end|>']).isSpecial(1)).toBe(true);
  });

  it('another tokenizer is guessed, and said to be', () => {
    const vocabulary = read('rwkv', ['▁king', 'ing']);
    expect([vocabulary.text(0), vocabulary.notes?.length]).toEqual([' king', 1]);
    expect(vocabulary.notes?.[0]).toMatch(/calls its tokenizer the text "rwkv", which is not known/);
    expect(read('gpt2', ['Ġking']).notes).toEqual([]);
  });

  it('llama: byte tokens and visible spaces', () => {
    const vocabulary = read('llama', ['<unk>', '<0x0A>', '<0xE2>', '▁king', 'A', '<0x41>'], [2, 6, 6, 1, 1, 6]);
    expect([1, 2, 3].map((id) => vocabulary.text(id))).toEqual(['\n', '\\xE2', ' king']);
    expect([vocabulary.find('A'), vocabulary.label(3, 'notebook'), vocabulary.label(4, 'notebook')]).toEqual([
      [4, 5],
      'king',
      '#A',
    ]);
    expect(vocabulary.normal(2)).toBe('\ufffd');
  });

  it("bert: back to WordPiece's form", () => {
    const vocabulary = read('bert', ['[CLS]', '▁king', 'ing', '▁'], [3, 1, 1, 1]);
    expect([0, 1, 2].map((id) => vocabulary.piece(id))).toEqual(['[CLS]', 'king', '##ing']);
  });

  it('no tokens: undefined; types that do not fit: an error', () => {
    expect(vocabularyFromGguf(new Map(), 3)).toBeUndefined();
    expect(() => read('gpt2', ['a', 'b'], [1])).toThrow('Expected the GGUF metadata to hold 2 token types');
  });
});

describe('labels', () => {
  it.each([
    [' king', '·king'],
    ['a b', 'a b'],
    ['a  b ', 'a··b·'],
    ['\n  x\ty', '↵··x⇥y'],
    ['', '(empty)'],
    ['·', '\\u{B7}'],
    ['\u200b\u202e', '\\u{200B}\\u{202E}'],
    ['\u001b[31mred\u0007', '\\u{1B}[31mred\\u{7}'],
    ['\u00a0\u3000', '\\u{A0}\\u{3000}'],
    ['\ufe0f', '\\u{FE0F}'],
    [' \u0301', '·◌\u0301'],
    ['\ud800', '\\u{D800}'],
    ['中é😀', '中é😀'],
  ])('%j is shown as %s', (text, label) => expect(prettyLabel(text)).toBe(label));

  it('never lets a control character through, and never hides a token', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    fc.assert(
      fc.property(text, (value) => {
        expect(prettyLabel(value) + printable(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(prettyLabel(value).trim()).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('readVocabulary', () => {
  const folder = (files: Record<string, string>): SourceFolder => ({
    name: 'memory',
    list: async () => Object.keys(files),
    open: async (name) => {
      if (!(name in files)) return undefined;
      const bytes = new TextEncoder().encode(files[name]);
      return { name, byteLength: bytes.length, version: '1', slice: async (start, end) => bytes.subarray(start, end) };
    },
  });

  it('prefers tokenizer.json, then vocab.json, then vocab.txt; says that there is none', async () => {
    const files = { 'vocab.txt': BERT, 'vocab.json': '{"Ġx":0}', 'tokenizer_config.json': '{"eos_token":"king"}' };
    const read = async (more: Record<string, string>, size: number) => await readVocabulary(folder(more), size);
    const whole = await read({ ...files, 'tokenizer.json': JSON.stringify(GPT2) }, 9);
    expect(whole.vocabulary?.isSpecial(0)).toBe(true);
    expect((await read(files, 1)).vocabulary?.text(0)).toBe(' x');
    expect((await read({ 'vocab.txt': BERT }, 6)).vocabulary?.kind).toBe('wordpiece');
    expect(await read({ 'config.json': '{}' }, 6)).toEqual({});
    expect(await read({ 'tokenizer.mm': '' }, 6)).toEqual({
      note: expect.stringMatching(/only tokenizer\.mm .*tokenizer\.json/),
    });
  });

  it.each([
    ['tokenizer.json', '{"model":', 'TOKENIZER_INVALID'],
    ['tokenizer.json', '[]', 'TOKENIZER_INVALID'],
    ['tokenizer.json', '{"model":{"vocab":{"a":-1}}}', 'TOKENIZER_INVALID'],
    ['tokenizer.json', '{"model":{"vocab":{"a":1e15}}}', 'TOKENIZER_INVALID'],
    ['tokenizer.json', '{"model":{"vocab":[["a",0],3]}}', 'TOKENIZER_INVALID'],
    ['tokenizer.json', '{"model":{"vocab":{}},"added_tokens":[{"id":"x"}]}', 'TOKENIZER_INVALID'],
    ['vocab.txt', '', 'TOKENIZER_INVALID'],
    ['vocab.json', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'LFS_POINTER'],
  ])('%s with %j: %s', async (name, text, code) => {
    await expect(readVocabulary(folder({ [name]: text }), 3)).rejects.toMatchObject({ code });
  });

  it('answers any mutated tokenizer.json with a vocabulary or a typed error', () => {
    const json = JSON.stringify(GPT2);
    fc.assert(
      fc.property(fc.nat(json.length), fc.nat(6), fc.string({ maxLength: 4 }), (at, cut, put) => {
        try {
          const vocabulary = vocabularyFromTokenizerJson(json.slice(0, at) + put + json.slice(at + cut), 12);
          for (let id = 0; id < 12; id++) vocabulary.token(id);
        } catch (error) {
          expect(error).toBeInstanceOf(WeightscopeError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
