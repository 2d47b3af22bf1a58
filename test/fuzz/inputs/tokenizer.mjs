// tokenizer.json, nearly right.
import { anyJson, or, word } from '../random.mjs';

export function tokenizer(random) {
  const step = (depth = 0) => {
    const type = random.pick([
      'ByteLevel',
      'ByteFallback',
      'Metaspace',
      'Replace',
      'BPEDecoder',
      'Strip',
      'WordPiece',
      'Fuse',
      'Sequence',
      'CTC',
      word(random),
    ]);
    const pattern = random.pick([
      { String: word(random) },
      {
        Regex: random
          .times(5, () => random.pick(['a', '(a+)+', '[^k]', '\\s', '.*', '|', '$', '(?:g)', '{2}', '(', '\\p{L}']))
          .join(''),
      },
      anyJson(random),
    ]);
    return or(random, {
      type,
      pattern,
      content: or(random, word(random)),
      start: or(random, 1),
      stop: or(random, 1),
      ...(depth < 4 && { decoders: random.times(3, () => step(depth + 1)) }),
    });
  };
  const map = Object.fromEntries(random.times(12, (i) => [word(random), or(random, i, 0.02)]));
  const list = random.times(12, () => or(random, [word(random), -1.5], 0.02));
  const vocab = random.chance(0.7) ? map : list;
  const added = random.times(4, () =>
    or(
      random,
      { id: or(random, random.below(20)), content: or(random, word(random)), special: random.chance(0.5) },
      0.02,
    ),
  );
  const model = {
    type: random.pick(['BPE', 'Unigram', 'WordPiece']),
    vocab: or(random, vocab, 0.02),
    merges: [['a', 'b]"']],
    unk_token: or(random, '<unk>'),
    unk_id: 0,
    end_of_word_suffix: or(random, ''),
  };
  return or(
    random,
    {
      version: '1.0',
      added_tokens: or(random, added, 0.02),
      decoder: or(random, step()),
      pre_tokenizer: or(random, step()),
      model: or(random, model, 0.02),
    },
    0.01,
  );
}
