import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { invalid } from './zip.ts';

/**
 * Reads a pickle of protocol 2 as data: it is a program for a stack machine, of which only the instructions that build
 * dicts, lists, tuples, strings and numbers are known. A name of Python stays a name; nothing is imported or called.
 * https://github.com/python/cpython/blob/3.13/Lib/pickletools.py describes the instructions; those that torch's own
 * `weights_only` unpickler knows are a superset.
 */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Global
  | Call
  | PersistentId
  | Tuple
  | Pickled[]
  | Map<Pickled, Pickled>;

/** The name of something in Python, which is not looked up. */
export class Global {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A name and what it would be called with. */
export class Call {
  readonly name: string;
  readonly args: Tuple;
  constructor(name: string, args: Tuple) {
    this.name = name;
    this.args = args;
  }
}

/** What torch puts in place of a storage. */
export class PersistentId {
  readonly id: Pickled;
  constructor(id: Pickled) {
    this.id = id;
  }
}

export class Tuple {
  readonly items: readonly Pickled[];
  constructor(items: readonly Pickled[]) {
    this.items = items;
  }
}

const MARK = Symbol('mark');
const ORDERED_DICT = 'collections.OrderedDict';

/** The one object in `bytes`. `allowed` are the names that may occur. Throws `FORMAT_INVALID`, `FORMAT_UNSUPPORTED`. */
export function readPickle(bytes: Uint8Array, allowed: (name: string) => boolean, file: string): Pickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: (Pickled | typeof MARK)[] = [];
  const memo = new Map<number, Pickled>();
  let at = 0;

  const broken = (what: string) => invalid(file, `its pickle ${what} at byte ${at}`);
  const take = (size: number): number => {
    if (size > bytes.length - at) throw broken('ends too early');
    at += size;
    return at - size;
  };
  const text = (from: number, to: number): string => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(from, to));
    } catch {
      throw broken('has text that is not UTF-8');
    }
  };
  const line = (): string => {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0 || end - at > 1000) throw broken('has a name without an end');
    const found = text(at, end);
    at = end + 1;
    return found;
  };
  const pop = (): Pickled => {
    const top = stack.pop();
    if (top === undefined || top === MARK) throw broken('takes what is not there');
    return top;
  };
  const popToMark = (): Pickled[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw broken('takes what is not there');
    const items = stack.splice(mark) as Pickled[];
    return items.slice(1);
  };
  const top = (): Pickled => {
    const last = stack.at(-1);
    if (last === undefined || last === MARK) throw broken('takes what is not there');
    return last;
  };
  const tuple = (count: number): Tuple => new Tuple(Array.from({ length: count }, pop).reverse());
  const setItems = (items: Pickled[]): void => {
    const dict = top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw broken('sets items of what is no dict');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key === 'string' && dict.has(key)) throw broken(`sets ${quote(key)} twice`);
      dict.set(key, items[i + 1]);
    }
  };
  const append = (items: Pickled[]): void => {
    const list = top();
    if (!Array.isArray(list)) throw broken('appends to what is no list');
    for (const item of items) list.push(item);
  };
  const remember = (index: number): void => void memo.set(index, top());
  const recall = (index: number): void => {
    const found = memo.get(index);
    if (found === undefined) throw broken('recalls what it has not kept');
    stack.push(found);
  };
  const global = (): Global => {
    const name = `${line()}.${line()}`;
    if (!allowed(name)) throw refused(name, file);
    return new Global(name);
  };
  const reduce = (): void => {
    const args = pop();
    const callee = pop();
    if (!(callee instanceof Global) || !(args instanceof Tuple)) throw broken('calls what is no name');
    // The one container that is a call: state dicts are such.
    if (callee.name !== ORDERED_DICT) stack.push(new Call(callee.name, args));
    else if (args.items.length === 0) stack.push(new Map());
    else throw broken('makes an OrderedDict of arguments');
  };
  /** A module's state dict has versions of its parts as an attribute; they say nothing of weights. */
  const build = (): void => {
    const state = pop();
    if (!(state instanceof Map) || !(top() instanceof Map)) throw broken('sets attributes of what is no state dict');
  };
  const long = (): void => {
    const size = bytes[take(1)];
    if (size > 8) throw broken('has a number of more than 64 bits');
    let value = 0n;
    for (let i = size - 1, from = take(size); i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]);
    const signed = BigInt.asIntN(8 * size, value);
    stack.push(Number.isSafeInteger(Number(signed)) ? Number(signed) : signed);
  };
  const string = (size: number): void => {
    const from = take(size);
    stack.push(text(from, from + size));
  };

  if (bytes[0] !== 0x80 || bytes[1] !== 2) throw broken('is not of protocol 2');
  at = 2;
  for (;;) {
    const code = bytes[take(1)];
    switch (String.fromCharCode(code)) {
      case '.':
        if (at !== bytes.length) throw broken('goes on after its end');
        if (stack.length !== 1) throw broken('leaves more than one object');
        return pop();
      case '(':
        stack.push(MARK);
        break;
      case ')':
        stack.push(new Tuple([]));
        break;
      case 't':
        stack.push(new Tuple(popToMark()));
        break;
      case '\x85':
      case '\x86':
      case '\x87':
        stack.push(tuple(code - 0x84));
        break;
      case ']':
        stack.push([]);
        break;
      case 'a':
        append([pop()]);
        break;
      case 'e':
        append(popToMark());
        break;
      case '}':
        stack.push(new Map());
        break;
      case 's': {
        const value = pop();
        setItems([pop(), value]);
        break;
      }
      case 'u':
        setItems(popToMark());
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
      case '\x89':
        stack.push(code === 0x88);
        break;
      case 'K':
        stack.push(bytes[take(1)]);
        break;
      case 'M':
        stack.push(view.getUint16(take(2), true));
        break;
      case 'J':
        stack.push(view.getInt32(take(4), true));
        break;
      case '\x8a':
        long();
        break;
      case 'G':
        stack.push(view.getFloat64(take(8), false));
        break;
      case 'X':
        string(view.getUint32(take(4), true));
        break;
      case 'U':
        string(bytes[take(1)]);
        break;
      case 'q':
        remember(bytes[take(1)]);
        break;
      case 'r':
        remember(view.getUint32(take(4), true));
        break;
      case 'h':
        recall(bytes[take(1)]);
        break;
      case 'j':
        recall(view.getUint32(take(4), true));
        break;
      case 'c':
        stack.push(global());
        break;
      case 'R':
        reduce();
        break;
      case 'b':
        build();
        break;
      case 'Q':
        stack.push(new PersistentId(pop()));
        break;
      default:
        throw broken(`has the instruction 0x${code.toString(16).padStart(2, '0')}, which state dicts do not need,`);
    }
  }
}

function refused(name: string, file: string): WeightscopeError {
  return new WeightscopeError(
    'FORMAT_UNSUPPORTED',
    `Expected only tensors in the PyTorch file ${file}, found Python's ${quote(name)}, which is not called here; save the model's state_dict alone, or take its .safetensors.`,
  );
}
