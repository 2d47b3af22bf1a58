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
const READ = ['normalize', 'fold', 'embedding', 'filters', 'matrix'];

/** The pin of an address, its path as the router has it; undefined for pages that are of none. */
export function pinOf(path: string, search: Readonly<Record<string, unknown>>): Pin | undefined {
  const [first, model, kind, ...rest] = path.split('/').slice(1);
  if (first !== 'm' || !model || !isKind(kind) || rest.length !== COUNTS[kind]) return undefined;
  if (!rest.every((part) => /^\d{1,9}$/.test(part))) return undefined;
  const query = new URLSearchParams();
  for (const name of READ) if (search[name] !== undefined && search[name] !== '') query.set(name, String(search[name]));
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
    return pinOf(path!, Object.fromEntries(new URLSearchParams(query)));
  } catch {
    return undefined; // A percent sign that begins no character.
  }
}

/** `neuron 4:100` */
export const nameOf = ({ kind, numbers }: Pin): string =>
  kind === 'token' ? `token #${numbers[0]}` : `${kind} ${numbers.join(':')}`;
