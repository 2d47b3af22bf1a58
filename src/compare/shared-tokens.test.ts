import { describe, expect, it } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import type { TokenizerKind } from '../vocabulary/types.ts';
import { createVocabulary } from '../vocabulary/vocabulary.ts';
import { sharedInWords, sharedTokens } from './shared-tokens.ts';

/** A model whose tokens decode as they are written, `▁` and `Ġ` as a space; undefined is a row without a token. */
function modelOf(name: string, pieces: (string | undefined)[], kind: TokenizerKind = 'plain', special: number[] = []) {
  const decode = (piece: string) => ({ text: piece.replace(/[▁Ġ]/g, ' ') });
  const vocabulary = createVocabulary({ kind, size: pieces.length, pieces, special: new Set(special), decode });
  return { ...tinyModel({ vocab: pieces.length }), name, vocabulary };
}

const pairs = ({ a, b }: { a: Uint32Array; b: Uint32Array }) => [...a].map((id, i) => [id, b[i]]);

describe('shared tokens', () => {
  it('matches by text, whatever the order, and says what each model has alone', () => {
    const a = modelOf('base', ['a', ' b', 'c', undefined]);
    const b = modelOf('tuned', [' b', 'a', '<new>', 'other', 'c', undefined]);
    const shared = sharedTokens(a, b);
    expect(pairs(shared)).toEqual([
      [0, 1],
      [1, 0],
      [2, 4],
    ]);
    expect(shared).toMatchObject({ by: 'text', same: false });
    expect([...shared.onlyA]).toEqual([]);
    expect([...shared.onlyB]).toEqual([2, 3]);
    expect(sharedInWords(a, b, shared)).toEqual([
      '3 tokens are shared, matched by their text; base has no other, tuned has 2 more (<new>, other).',
    ]);
  });

  it('has nothing to say of two equal vocabularies, padded differently', () => {
    const [a, b] = [modelOf('a', ['x', 'y']), modelOf('b', ['x', 'y', undefined])];
    const shared = sharedTokens(a, b);
    expect(shared.same).toBe(true);
    expect(sharedInWords(a, b, shared)).toEqual([]);
  });

  it('keeps apart tokens that decode alike and are written differently, and never gives a row twice', () => {
    const a = modelOf('a', ['▁x', 'Ġx', ' x', 'y']);
    const b = modelOf('b', ['Ġx', ' x', 'y', 'y']);
    const shared = sharedTokens(a, b);
    expect(pairs(shared)).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ]);
    expect([...shared.onlyA]).toEqual([0]);
    expect([...shared.onlyB]).toEqual([3]);
  });

  it('matches the same text where only the spelling of the tokenizer differs', () => {
    expect(pairs(sharedTokens(modelOf('a', ['▁x', 'y']), modelOf('b', ['y', 'Ġx'])))).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('takes the word starts of WordPiece for words after a space, its inner parts for parts', () => {
    const bert = modelOf('bert', ['[CLS]', 'king', '##ing', '.', '##q', 'un'], 'wordpiece', [0]);
    const gpt = modelOf('gpt', ['king', ' king', 'ing', '.', ' un', 'q', '[CLS]'], 'byte-level', [6]);
    const expected = [
      [0, 6],
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 5],
      [5, 4],
    ];
    expect(pairs(sharedTokens(bert, gpt))).toEqual(expected);
    const back = pairs(sharedTokens(gpt, bert)).map(([b, a]) => [a, b]);
    expect(back.sort(([p], [q]) => p - q)).toEqual(expected);
  });

  it('takes row for row where no tokenizer is at hand, and says so', () => {
    const [a, b] = [tinyModel({ vocab: 5 }), { ...tinyModel({ vocab: 7 }), name: 'larger' }];
    const shared = sharedTokens(a, b);
    expect([pairs(shared).length, [...shared.onlyB], shared.by]).toEqual([5, [5, 6], 'id']);
    expect(sharedInWords(a, b, shared)[0]).toBe(
      '5 tokens are shared, row i taken for row i, as a tokenizer is missing; tiny has no other, larger has 2 more (#5, #6).',
    );
  });

  it('leaves rows without a token out where only one model says which those are', () => {
    const shared = sharedTokens(modelOf('a', ['x', undefined, 'y']), tinyModel({ vocab: 3 }));
    expect([...shared.a]).toEqual([0, 2]);
  });

  it('refuses two models that have nothing in common, and one tokenizer for two sizes', async () => {
    await expectError(
      async () => sharedTokens(modelOf('a', ['x']), modelOf('b', ['y'])),
      'ARGUMENT_INVALID',
      /in common/,
    );
    await expectError(
      async () => sharedTokens(modelOf('a', ['x']), tinyModel({ vocab: 3 })),
      'TOKENIZER_MISSING',
      /tiny/,
    );
  });
});
