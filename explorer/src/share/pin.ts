import { MOST_EXPERTS, type NeuronAt, neuronText } from '../state/neuron-at.ts';
import { type PairIds, pairText, parsePair } from '../state/pair.ts';
import { wholeNumber } from '../state/reading-search.ts';

/** A neuron, head or token of a model with how it is read: what a card shows, and what is pinned. */
export interface Pin {
  /** The model's id, as addresses have it. */
  model: string;
  kind: 'neuron' | 'head' | 'token';
  /** Layer and index; of a token its id. */
  numbers: readonly number[];
  /** The query of its address, without the `?`: how it is read. */
  query: string;
}

const COUNTS = { neuron: 2, head: 2, token: 1 } as const;
const LONGEST = 500;
/** What changes how a card reads; the rest of an address is of the whole page. */
const READ = ['expert', 'normalize', 'fold', 'embedding', 'filters', 'matrix', 'pair'];

/** The pin of an address, its path as the router has it; undefined for pages that are of none. */
export function pinOf(path: string, search: Readonly<Record<string, unknown>>): Pin | undefined {
  const [first, model, kind, ...rest] = path.split('/').slice(1);
  if (first !== 'm' || !model || !isKind(kind) || rest.length !== COUNTS[kind]) return undefined;
  if (!rest.every((part) => /^\d{1,9}$/.test(part))) return undefined;
  const query = new URLSearchParams();
  const { pair, ...kept } = search;
  const named = kind === 'head' ? parsePair(pair) : undefined;
  // As on the head's page: a pair of an address that names no matrix is of QK, and all else of VO.
  const matrix = kind === 'head' ? (kept.matrix ?? (named ? 'qk' : 'vo')) : undefined;
  const read: Readonly<Record<string, unknown>> = { ...kept, matrix, pair: named && pairText(named) };
  for (const name of READ) if (read[name] !== undefined && read[name] !== '') query.set(name, String(read[name]));
  return {
    model: decodeURIComponent(model),
    kind,
    numbers: rest.map(Number),
    query: query.toString().slice(0, LONGEST),
  };
}

const isKind = (kind: string | undefined): kind is Pin['kind'] => kind !== undefined && Object.hasOwn(COUNTS, kind);

/** `/m/sample/neuron/4/100?normalize=cosine`: the same on a server and, behind the `#`, on a site. */
export const addressOf = ({ model, kind, numbers, query }: Pin): string =>
  `/m/${encodeURIComponent(model)}/${kind}/${numbers.join('/')}${query && `?${query}`}`;

/** A pin from its address, as it is written in a file or a link; undefined for what is none. */
export function pinFrom(address: unknown): Pin | undefined {
  if (typeof address !== 'string') return undefined;
  const [path, query = ''] = address.split('?');
  try {
    const given = Object.fromEntries(new URLSearchParams(query));
    // Pins name their matrix. Those of before that name none were of QK.
    return pinOf(path!, { ...(path!.includes('/head/') && { matrix: 'qk' }), ...given });
  } catch {
    return undefined; // A percent sign that begins no character.
  }
}

/** The pair that a head's pin is of, where it is of one. */
export const pairOf = ({ query }: Pin): PairIds | undefined => parsePair(new URLSearchParams(query).get('pair'));

/** The place of a neuron's pin. */
export const neuronOf = ({ numbers: [layer = 0, neuron = 0], query }: Pin): NeuronAt => {
  const expert = wholeNumber(new URLSearchParams(query).get('expert'), 1, MOST_EXPERTS);
  return { layer, neuron, ...(expert !== undefined && { expert }) };
};

/** `neuron 4:100`, `head 1:5, pair 540-1234` */
export function nameOf(pin: Pin): string {
  const { kind, numbers } = pin;
  const pair = pairOf(pin);
  if (kind === 'token') return `token #${numbers[0]}`;
  if (kind === 'neuron') return `neuron ${neuronText(neuronOf(pin))}`;
  return `${kind} ${numbers.join(':')}${pair ? `, pair ${pairText(pair)}` : ''}`;
}
