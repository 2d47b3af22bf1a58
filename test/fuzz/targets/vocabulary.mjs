// Files of tokenizers, and the patterns in them.
import { json } from '../inputs/bytes.mjs';
import { gguf } from '../inputs/gguf.mjs';
import { sentencepiece } from '../inputs/sentencepiece.mjs';
import { tokenizer } from '../inputs/tokenizer.mjs';
import { mutatedJson, or, word } from '../random.mjs';

const PIECES = ['a', 'b', 'é', '.', '[ab]', '[^a]', '\\s', '\\w', '^', '$', '|', '(', ')', '(?:', '*', '+', '?', '{2}'];
const ODD_PIECES = ['{1,3}', '{999999}', '[a-', '\\p{L}', '\\p{', '(?=', '\\1', '{,', '\\', ']', '😀', '\ud800'];
const SHORT_STEPS = 20_000;

export async function vocabularyTargets(load) {
  const { memorySource, memoryFolder } = await load('source/memory');
  const { openTensorFile } = await load('formats/open');
  const { readVocabulary } = await load('vocabulary/read');
  const { vocabularyFromGguf } = await load('vocabulary/gguf');
  const { Pattern, PatternError } = await load('vocabulary/pattern');

  const look = (vocabulary) => {
    if (!vocabulary) return;
    for (let id = 0; id < Math.min(vocabulary.size, 40); id++) {
      vocabulary.token(id);
      vocabulary.label(id, 'notebook');
      vocabulary.normal(id);
    }
    vocabulary.find('king');
    vocabulary.mask({ onlyEnglish: true, onlyAlnum: true, excludeBrackets: true, noSpecial: true });
  };
  const readTokens = (name) => async (bytes) =>
    look((await readVocabulary(memoryFolder({ [name]: bytes }), 40, { model_type: 't5' })).vocabulary);

  return {
    'gguf tokens': {
      make: gguf,
      run: async (bytes) => look(vocabularyFromGguf((await openTensorFile(memorySource(bytes))).metadata, 40)),
    },
    'tokenizer.json': {
      make: (random) => json(tokenizer(random)),
      mutate: mutatedJson,
      run: readTokens('tokenizer.json'),
    },
    'vocab.json': {
      make: (random) => json(Object.fromEntries(random.times(9, (i) => [word(random), or(random, i)]))),
      mutate: mutatedJson,
      run: readTokens('vocab.json'),
    },
    'vocab.txt': {
      make: (random) => Buffer.from(random.times(9, () => word(random)).join('\n')),
      run: readTokens('vocab.txt'),
    },
    'tokenizer.model': { make: sentencepiece, run: readTokens('tokenizer.model') },
    'spiece.model': { make: sentencepiece, run: readTokens('spiece.model') },
    tiktoken: {
      make: (random) =>
        Buffer.from(random.times(9, (i) => `${Buffer.from(word(random)).toString('base64')} ${i}`).join('\n')),
      run: readTokens('tiktoken.model'),
    },
    'tekken.json': {
      make: (random) => {
        const vocab = random.times(9, (rank) =>
          or(random, { rank, token_bytes: Buffer.from(word(random)).toString('base64') }),
        );
        const config = { default_vocab_size: or(random, 12), default_num_special_tokens: or(random, 2) };
        return json({ config: or(random, config), vocab, special_tokens: or(random, [{ rank: 0, token_str: '<s>' }]) });
      },
      mutate: mutatedJson,
      run: readTokens('tekken.json'),
    },
    // A pattern, a line break, a text: whatever they are, an answer within so many steps.
    pattern: {
      make: (random) => {
        const piece = () => random.pick(random.chance(0.9) ? PIECES : ODD_PIECES);
        const text = random.times(60, () => random.pick(['a', 'b', 'é', ' ', '😀', '.', '\n'])).join('');
        return Buffer.from(`${random.times(12, piece).join('')}\n${text}`);
      },
      run: (bytes) => {
        const [source, ...text] = bytes.toString().split('\n');
        try {
          new Pattern(source, SHORT_STEPS).replaceAll(text.join('\n'), '-');
        } catch (error) {
          if (!(error instanceof PatternError)) throw error;
        }
      },
    },
  };
}
