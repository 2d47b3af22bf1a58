import { throwIfAborted } from '../errors.ts';
import type { Model, Parameter } from '../model/types.ts';
import { checkRows, type Level, type RowsHealth } from './doctor-rows.ts';
import { Print } from './print.ts';

/** One thing that was found. */
export interface Finding {
  readonly check: string;
  readonly level: Level;
  /** One sentence. */
  readonly what: string;
  readonly count: number;
  /** Names of parameters, or tokens, the first of them. */
  readonly examples: readonly string[];
}

export interface Health {
  readonly model: string;
  /** No fault and no risk. */
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  /** What was looked at, whether or not anything was found. */
  readonly checks: readonly string[];
  /** The tables of tokens: of each its indicators' medians and thresholds. */
  readonly rows: readonly RowsHealth[];
}

export interface DoctorOptions {
  /** Examples of each finding; default 10. */
  examples?: number;
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
}

const CHECKS = [
  'numbers that are not finite',
  'parameters of zeros',
  'dead neurons',
  'gains far off',
  'equal parameters and layers',
  'types and ties',
  'rows of E: without a token, zero, constant, huge, equal, nearly equal, never trained',
  'outlier dimensions',
];

/** Numbers read at a time. */
const PIECE = 1 << 21;

/**
 * The health of a model's vocabulary and weights, from the weights alone, streaming; every number is read once, those
 * of E are held. Nothing is run: what may be meant so is called a risk or a note.
 */
export async function examineModel(model: Model, options: DoctorOptions = {}): Promise<Health> {
  const { examples = 10, signal, progress } = options;
  const findings: Finding[] = [];
  const add = (
    check: string,
    level: Level,
    names: readonly string[],
    what: (count: number) => string,
    count = names.length,
  ) => {
    if (count > 0) findings.push({ check, level, what: what(count), count, examples: names.slice(0, examples) });
  };
  const all = [...model.parameters].filter(
    ([name]) => !/^(change\.|(en|de)coder\.)/.test(name) || !model.parameters.has(name.replace(/^(en|de)coder\./, '')),
  );
  const total = all.reduce((sum, [, { count, width }]) => sum + count * width, 0);
  const found: Scan[] = [];
  let done = 0;
  for (const [name, parameter] of all) {
    const tied = name === 'unembed' && String(parameter.tensors) === String(model.parameters.get('embed')?.tensors);
    if (!tied) found.push(await scan(name, parameter, signal));
    done += parameter.count * parameter.width;
    progress?.((0.7 * done) / total, `reading ${name}`);
  }

  const bad = found.filter(({ nan, infinite }) => nan + infinite > 0);
  add(
    'finite',
    'fault',
    bad.map(({ name, nan, infinite }) => `${name}: ${nan} NaN, ${infinite} infinite`),
    (n) =>
      `${n} ${n === 1 ? 'parameter holds' : 'parameters hold'} NaN or infinities; readings leave out rows of E that do.`,
  );
  add(
    'zeros',
    'risk',
    found.filter((one) => one.largest === 0 && !/_bias$/.test(one.name)).map(({ name }) => name),
    (n) => `${n} ${n === 1 ? 'parameter is' : 'parameters are'} 0 throughout.`,
  );
  const dead = found.flatMap(({ name, zeroRows, largest }) =>
    /\bff\.(.*\.)?(key|up|value)$/.test(name) && largest > 0 ? zeroRows.map((row) => `${name}:${row}`) : [],
  );
  add(
    'dead neurons',
    'risk',
    dead,
    (n) => `${n} ${n === 1 ? 'neuron has a vector' : 'neurons have vectors'} of zeros: it reads or writes nothing.`,
  );
  add(
    'gains',
    'risk',
    found.filter(isGain).flatMap(farOff),
    (n) => `${n} ${n === 1 ? 'norm has a gain' : 'norms have gains'} far from the others of it.`,
  );
  const equal = equalOnes(found);
  add(
    'equal layers',
    'risk',
    equal.layers,
    (n) => `${n} ${n === 1 ? 'layer is' : 'layers are'} equal to an earlier one in every number.`,
  );
  add(
    'equal parameters',
    'risk',
    equal.parameters,
    (n) => `${n} ${n === 1 ? 'parameter is' : 'parameters are'} equal to another of its kind in every number.`,
  );
  add(
    'types',
    'note',
    mixedTypes(model),
    (n) => `${n} ${n === 1 ? 'kind' : 'kinds'} of parameters stored in more than one type.`,
  );
  add(
    'ties',
    'note',
    model.notes.filter((note) => /\btied\b|no unembedding of its own/.test(note)),
    () => 'What the config says of tied embeddings is not what the file has.',
  );

  const rows: RowsHealth[] = [];
  const tables = (['embed', 'unembed'] as const).flatMap((table) => {
    const parameter = model.parameters.get(table);
    const tied = table === 'unembed' && String(parameter?.tensors) === String(model.parameters.get('embed')?.tensors);
    return parameter && !tied ? [{ table, parameter }] : [];
  });
  for (const { table, parameter } of tables) {
    const checked = await checkRows(model, table, parameter, { tables: tables.length, signal });
    rows.push(checked.health);
    for (const { check, level, ids, what } of checked.found)
      add(
        check,
        level,
        ids.map((id) => labelOf(model, id)),
        what,
      );
    add(
      'outlier dimensions',
      'note',
      checked.health.outlierDimensions.map(String),
      (n) => `${n} ${n === 1 ? 'dimension' : 'dimensions'} of ${table} far larger than the others.`,
    );
  }
  progress?.(1, 'checked');
  const healthy = findings.every(({ level }) => level === 'note');
  return { model: model.name, healthy, findings, checks: CHECKS, rows };
}

const labelOf = (model: Model, id: number): string => {
  const token = model.vocabulary;
  if (!token) return `#${id}`;
  return token.isPadding(id)
    ? `#${id} (no token)`
    : `#${id} ${token.label(id)}${token.isSpecial(id) ? ' (special)' : ''}`;
};

/** What one pass over a parameter gives. */
interface Scan {
  readonly name: string;
  readonly nan: number;
  readonly infinite: number;
  readonly largest: number;
  readonly constant: boolean;
  readonly zeroRows: readonly number[];
  readonly print: string;
  /** The numbers themselves, of one vector alone. */
  readonly values?: Float32Array;
}

async function scan(name: string, parameter: Parameter, signal?: AbortSignal): Promise<Scan> {
  const { count, width } = parameter;
  const step = Math.max(1, Math.floor(PIECE / width));
  const print = new Print();
  const zeroRows: number[] = [];
  let [nan, infinite, largest, constant] = [0, 0, 0, true];
  let first: number | undefined;
  let values: Float32Array | undefined;
  for (let from = 0; from < count; from += step) {
    throwIfAborted(signal);
    const to = Math.min(from + step, count);
    const data = await parameter.read(from, to, signal, { finite: false });
    if (count === 1) values = data;
    print.add(data);
    for (let row = 0, at = 0; row < to - from; row++) {
      let own = 0;
      const broken = nan + infinite;
      for (const end = at + width; at < end; at++) {
        const x = data[at];
        if (Number.isNaN(x)) nan++;
        else if (x - x !== 0) infinite++;
        else own = Math.max(own, Math.abs(x));
        first ??= x;
        if (x !== first) constant = false;
      }
      largest = Math.max(largest, own);
      if (own === 0 && broken === nan + infinite && count > 1) zeroRows.push(from + row);
    }
  }
  return { name, nan, infinite, largest, constant, zeroRows, print: print.digest(), ...(values && { values }) };
}

const isGain = ({ name }: Scan): boolean => /(^|\.)norm\.\w+$/.test(name) && !/_bias$/.test(name);

/** How many times its norm's median a gain is far off. */
const FAR = 30;

function farOff({ name, values, constant }: Scan): string[] {
  if (!values || constant) return [];
  const sizes = values.map(Math.abs).sort();
  const middle = sizes[sizes.length >> 1];
  const most = sizes[sizes.length - 1];
  return middle > 0 && most > FAR * middle
    ? [`${name}: ${most.toPrecision(3)} beside a median of ${middle.toPrecision(3)}`]
    : [];
}

/** Parameters of one kind with the same numbers; gains and biases may well all be 1 or 0. */
function equalOnes(found: readonly Scan[]): { layers: string[]; parameters: string[] } {
  const byLayer = new Map<string, Map<string, string>>();
  for (const { name, print } of found) {
    const [, layer, own] = /^(.*layer\.\d+)\.(.*)$/.exec(name) ?? [];
    if (layer === undefined) continue;
    byLayer.set(layer, (byLayer.get(layer) ?? new Map()).set(own, print));
  }
  const layers: string[] = [];
  const seen = new Map<string, string>();
  for (const [layer, prints] of byLayer) {
    const key = JSON.stringify([...prints]);
    const earlier = seen.get(key);
    if (earlier) layers.push(`${layer} is ${earlier}`);
    else seen.set(key, layer);
  }
  const copies = new Set(layers.map((one) => `${one.split(' is ')[0]}.`));
  const parameters: string[] = [];
  const known = new Map<string, string>();
  for (const { name, print, constant } of found) {
    if (constant || /_bias$/.test(name) || [...copies].some((layer) => name.startsWith(layer))) continue;
    const earlier = known.get(print);
    if (earlier) parameters.push(`${name} is ${earlier}`);
    else known.set(print, name);
  }
  return { layers, parameters };
}

function mixedTypes(model: Model): string[] {
  const kinds = new Map<string, Set<string>>();
  for (const [name, { tensors }] of model.parameters) {
    const kind = /^(?:(?:en|de)coder\.)?layer\.\d+\.(.*)$/.exec(name)?.[1].replace(/^ff\.\d+\./, 'ff.');
    if (kind === undefined) continue;
    for (const tensor of tensors) {
      const dtype = model.tensors.get(tensor)?.dtype;
      if (dtype) kinds.set(kind, (kinds.get(kind) ?? new Set()).add(dtype));
    }
  }
  return [...kinds].flatMap(([kind, types]) => (types.size > 1 ? [`${kind}: ${[...types].join(', ')}`] : []));
}
