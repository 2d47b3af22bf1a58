import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { HEAD_MATRICES, NEURON_PARTS } from '../../reading/parts.ts';
import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import type { Manifest, Sign } from '../schema.ts';
import { asQuery } from './database.ts';
import { inParallel } from './parallel.ts';
import {
  type HeadHit,
  MAX_TOKENS,
  type Match,
  meet,
  type NeuronHit,
  type SearchOptions,
  type SearchPart,
  type SearchResult,
} from './search.ts';
import type { Sources, Words } from './sources.ts';
import { parseTerms, type Term, unknownWords } from './terms.ts';

/** Neurons and heads for words; terms.ts says how words are written. Throws `QUERY_INVALID`, `TOKEN_UNKNOWN`. */
export async function searchAtlas(sources: Sources, query: string, options: SearchOptions): Promise<SearchResult> {
  const words = await sources.words();
  const found = await Promise.all(
    parseTerms(query).map((all) =>
      Promise.all(all.map(async (term) => ({ term, tokens: await tokensOf(term, words, sources) }))),
    ),
  );
  // A word that is said twice counts once.
  const terms = unlike(
    found.map((all) => unlike(all, textOf)),
    (all) => all.map(textOf).sort().join(' '),
  );
  // An alternative with a word that no token is cannot be met.
  const possible = terms.filter((all) => all.every(({ tokens }) => tokens.length > 0));
  if (possible.length === 0) {
    const all = terms.find((all) => all.some(({ tokens }) => tokens.length === 0))!;
    const { term } = all.find(({ tokens }) => tokens.length === 0)!;
    throw new WeightscopeError(
      'TOKEN_UNKNOWN',
      `Expected a token ${term.kind === 'exact' ? 'that is exactly' : 'for'} ${quote(term.text)}, found none; ${await insteadOf(term, words, sources)}${all.length > 1 ? '; with commas between words any of them is enough' : ''}.`,
    );
  }
  const ids = possible.map((all) => all.map(({ tokens }) => tokens));
  const { parts, sign, k } = options;
  const asked = (known: readonly string[]) => parts === undefined || parts.some((part) => known.includes(part));
  const notes = [...unknownWords(terms), ...unsearched(sources.manifest, parts)];
  const labelled = (match: Omit<Match, 'label'>): Match => {
    const { token, rank, score } = match;
    return { token, rank, score, label: words.label(token) };
  };

  const neurons: NeuronHit[] = [];
  if (asked(NEURON_PARTS)) {
    const lists = await sources.tokenNeurons();
    const own = lists.parts.filter((part) => parts?.includes(part) ?? true);
    const loudness = async (part: NeuronPart) => {
      const norms = await sources.readingNorms(part);
      return { '+': norms, '-': norms };
    };
    const met = await meet(lists, ids, loudness, { parts: own, sign, k });
    const listed = await sources.neurons();
    const found = await inParallel(met, async ({ number, matches, ...hit }): Promise<NeuronHit> => {
      const { layer, expert, index } = lists.places.place(number);
      const { token: own } = await listed.list(hit.part, number, hit.sign);
      const placed = matches.map((match) => ({ ...labelled(match), within: own.indexOf(match.token) + 1 || null }));
      return { layer, expert, neuron: index, ...hit, matches: placed };
    });
    neurons.push(...found);
  }
  const heads: HeadHit[] = [];
  if (asked(HEAD_MATRICES)) {
    const [lists, { rows, lists: pairs }] = await Promise.all([sources.tokenHeads(), sources.heads()]);
    const own = lists.parts.filter((part) => parts?.includes(part) ?? true);
    const loudness = async (matrix: HeadMatrix) => {
      const best: Record<Sign, Float64Array> = {
        '+': new Float64Array(lists.places.size),
        '-': new Float64Array(lists.places.size),
      };
      for (const head of rows.filter((row) => row.matrix === matrix)) {
        const number = lists.places.number(head.layer, 0, head.head);
        best['+'][number] = Math.abs(head.best);
        best['-'][number] = Math.abs(head.worst);
      }
      return best;
    };
    const met = await meet(lists, ids, loudness, { parts: own, sign, k });
    for (const { number, part: matrix, sign: side, matches, ...hit } of met) {
      const { layer, index: head } = lists.places.place(number);
      const ranked = await Promise.all(
        matches.map(async (match) => ({
          ...labelled(match),
          pairRank: await pairs.pairRank(layer, head, matrix, side, match.token),
        })),
      );
      heads.push({ layer, head, matrix, sign: side, ...hit, matches: ranked });
    }
  }
  return { neurons, heads, terms, notes };
}

/**
 * Finding nothing in what was not read would say that there is nothing: where some of what is asked for is not there, a
 * sentence on it; where all of it, `ARGUMENT_INVALID`.
 */
function unsearched({ settings, state }: Manifest, parts: SearchOptions['parts'] = []): string[] {
  const kindOf = (part: SearchPart) => (HEAD_MATRICES.includes(part as HeadMatrix) ? 'heads' : 'neurons');
  const missing = (['neurons', 'heads'] as const).find((kind) => !settings.what.includes(kind));
  if (missing === undefined || (parts.length > 0 && parts.every((part) => kindOf(part) !== missing))) return [];
  const there = missing === 'heads' ? 'neurons' : 'heads';
  const how = state === 'building' ? `its ${missing} are not read yet` : 'build one with --what neurons,heads';
  if (parts.length === 0 || parts.some((part) => kindOf(part) === there))
    return [`Only ${there} were searched, which are all that the atlas has; ${how}.`];
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected a part of ${there}, which are all that the atlas has, got ${parts.join(', ')}; ${how}.`,
  );
}

/** What to write in place of a term that no token is. */
async function insteadOf({ kind, text }: Term, words: Words, sources: Sources): Promise<string> {
  if (kind === 'exact' && (await tokensOf({ kind: 'exact', text: ` ${text}` }, words, sources)).length > 0)
    return `${quote(` ${text}`)}, with a space before it, is one`;
  if (
    kind === 'exact' &&
    (await tokensOf({ kind: 'word', text: text.trim().toLowerCase() }, words, sources)).length > 0
  )
    return 'without quotes it is found in any case, with or without a space before it';
  return kind === 'word' || kind === 'exact' ? 'try a beginning of it with a star' : 'try a shorter one';
}

/** What a term asks for, as text: its tokens, or itself where there are none. */
const textOf = ({ term, tokens }: { term: Term; tokens: readonly number[] }): string =>
  tokens.length > 0 ? String(tokens) : JSON.stringify(term);

/** Without those that have the text of an earlier one. */
function unlike<T>(all: readonly T[], textOf: (one: T) => string): T[] {
  const texts = all.map(textOf);
  return all.filter((_, i) => texts.indexOf(texts[i]) === i);
}

/** Ids of a term's tokens, in order. */
async function tokensOf(term: Term, words: Words, sources: Sources): Promise<number[]> {
  const { kind, text } = term;
  const tokens: number[] = [];
  if (kind === 'regex') {
    // DuckDB's expressions (RE2) take time in proportion to the text, whatever they are.
    const database = sources.database();
    const found = await asQuery(() =>
      database.rows(`SELECT token FROM tokens WHERE regexp_matches(text, ?) ORDER BY token LIMIT ${MAX_TOKENS + 1}`, [
        text,
      ]),
    );
    for (const { token } of found) tokens.push(token as number);
  } else {
    const all = kind === 'exact' ? words.texts : words.normals;
    for (let id = 0; id < all.length; id++) {
      if (kind === 'prefix' ? all[id].startsWith(text) : all[id] === text) tokens.push(id);
    }
  }
  if (tokens.length <= MAX_TOKENS) return tokens;
  throw new WeightscopeError(
    'QUERY_INVALID',
    `Expected ${JSON.stringify(text)} to stand for at most ${MAX_TOKENS} tokens, found more; ask for something rarer.`,
  );
}
