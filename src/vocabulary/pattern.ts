/**
 * Regular expressions of strangers, matched in time that is linear in the text: a decoder's pattern must not be able to
 * hang whoever opens a tokenizer, as backtracking can. A small language (literals, classes, groups, `|`, quantifiers,
 * `^ $ . \s \d \w \p{L}`) is compiled to a program that all alternatives run through side by side (Thompson 1968,
 * Pike's version, which keeps the priorities of a backtracking matcher). Lookaround, back references and flags are not
 * in it.
 */

/** The pattern is not one that is read; `message` says what in it is not. */
export class PatternError extends Error {}

const MAX_PROGRAM = 1000;
/** Steps in all, some seconds: a tokenizer of a million tokens stays well below it. */
const MAX_STEPS = 200_000_000;

type Test = (code: number) => boolean;
type Step =
  | { op: 'one'; test: Test }
  | { op: 'split'; first: number; second: number }
  | { op: 'start' | 'end' | 'match' };

export class Pattern {
  readonly #program: readonly Step[];
  #steps: number;

  /** Throws {@link PatternError}. */
  constructor(source: string, maxSteps = MAX_STEPS) {
    this.#steps = maxSteps;
    this.#program = [...new Compiler(source).compile(), { op: 'match' }];
  }

  /**
   * `text` with `content` in place of every match, leftmost first. Throws {@link PatternError} when it takes too long.
   */
  replaceAll(text: string, content: string): string {
    const codes = Array.from(text);
    let out = '';
    for (let at = 0; at <= codes.length; ) {
      const found = this.#find(codes, at);
      if (!found) return out + codes.slice(at).join('');
      const [start, end] = found;
      out += codes.slice(at, start).join('') + content;
      // An empty match stands before the next character.
      if (end === start && end < codes.length) out += codes[end];
      at = end === start ? end + 1 : end;
    }
    return out;
  }

  /** Whether the pattern is all of `text`; `take` is told the steps and may throw. */
  isWhole(text: string, take: (steps: number) => void): boolean {
    const codes = Array.from(text);
    const program = this.#program;
    const seen = new Int32Array(program.length).fill(-1);
    let threads: number[] = [];
    const add = (list: number[], from: number, at: number): void => {
      const open = [from];
      for (let pc = open.pop(); pc !== undefined; pc = open.pop()) {
        if (seen[pc] === at) continue;
        seen[pc] = at;
        const step = program[pc];
        if (step.op === 'split') open.push(step.second, step.first);
        else if (step.op === 'start' || step.op === 'end') {
          if (at === (step.op === 'start' ? 0 : codes.length)) open.push(pc + 1);
        } else list.push(pc);
      }
    };
    add(threads, 0, 0);
    for (let at = 0; at < codes.length && threads.length > 0; at++) {
      take(threads.length);
      const following: number[] = [];
      const code = codes[at].codePointAt(0)!;
      for (const pc of threads) {
        const step = program[pc];
        if (step.op === 'one' && step.test(code)) add(following, pc + 1, at + 1);
      }
      threads = following;
    }
    return threads.some((pc) => program[pc].op === 'match');
  }

  /** The leftmost match from `from` on; of several that begin there, the one that backtracking would find first. */
  #find(codes: readonly string[], from: number): [start: number, end: number] | undefined {
    const program = this.#program;
    const seen = new Int32Array(program.length).fill(-1);
    let threads: { pc: number; start: number }[] = [];
    let found: [number, number] | undefined;
    const add = (list: typeof threads, pc: number, start: number, at: number) => {
      const open = [pc];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (seen[next] === at) continue;
        seen[next] = at;
        const step = program[next];
        if (step.op === 'split') open.push(step.second, step.first);
        else if (step.op === 'start') {
          if (at === 0 || codes[at - 1] === '\n') open.push(next + 1);
        } else if (step.op === 'end') {
          if (at === codes.length || codes[at] === '\n') open.push(next + 1);
        } else list.push({ pc: next, start });
      }
    };
    for (let at = from; ; at++) {
      if (!found) add(threads, 0, at, at);
      this.#steps -= threads.length + 1;
      if (this.#steps < 0) throw new PatternError('takes too long');
      const following: typeof threads = [];
      const code = at < codes.length ? codes[at].codePointAt(0)! : -1;
      for (const { pc, start } of threads) {
        const step = program[pc];
        if (step.op === 'match') {
          found = [start, at];
          break; // what comes after has lower priority
        }
        if (code >= 0 && step.op === 'one' && step.test(code)) add(following, pc + 1, start, at + 1);
      }
      threads = following;
      if (at >= codes.length || (found && threads.length === 0)) return found;
    }
  }
}

const UNICODE_SPACE = /\p{White_Space}/u;
const NAMED: Record<string, Test> = {
  s: (code) => UNICODE_SPACE.test(String.fromCodePoint(code)),
  d: classOf('\\p{Nd}'),
  w: classOf('[\\p{L}\\p{M}\\p{N}\\p{Pc}]'),
};
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', '0': '\0' };

/** A test of one character by JavaScript: there is nothing to go back over. */
function classOf(source: string): Test {
  const expression = new RegExp(`^${source}$`, 'u');
  return (code) => expression.test(String.fromCodePoint(code));
}

class Compiler {
  readonly #source: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = Array.from(source);
  }

  compile(): Step[] {
    const program = this.#alternatives();
    if (this.#at < this.#source.length) throw new PatternError(`has "${this.#source[this.#at]}" out of place`);
    return program;
  }

  #alternatives(): Step[] {
    if (++this.#depth > 50) throw new PatternError('is nested too deep');
    let whole = this.#sequence();
    while (this.#takes('|')) {
      const other = this.#sequence();
      // Positions within a program count from its own beginning; `moved` puts it elsewhere.
      const jump = whole.length + other.length + 2;
      whole = bounded([
        { op: 'split', first: 1, second: whole.length + 2 },
        ...moved(whole, 1),
        { op: 'split', first: jump, second: jump },
        ...moved(other, whole.length + 2),
      ]);
    }
    this.#depth--;
    return whole;
  }

  #sequence(): Step[] {
    let program: Step[] = [];
    while (this.#at < this.#source.length && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      const atom = this.#quantified(this.#atom());
      program = bounded([...program, ...moved(atom, program.length)]);
    }
    return program;
  }

  #quantified(atom: Step[]): Step[] {
    const [least, most] = this.#takes('*')
      ? [0, Number.POSITIVE_INFINITY]
      : this.#takes('+')
        ? [1, Number.POSITIVE_INFINITY]
        : this.#takes('?')
          ? [0, 1]
          : (this.#count() ?? [1, 1]);
    if (least === 1 && most === 1) return atom;
    const lazy = this.#takes('?');
    if (this.#takes('+')) throw new PatternError('has a possessive quantifier');
    const times = Number.isFinite(most) ? most : least + 1;
    if (times * (atom.length + 2) > MAX_PROGRAM) throw new PatternError('is too long');
    const branch = (first: number, second: number): Step => ({
      op: 'split',
      ...(lazy ? { first: second, second: first } : { first, second }),
    });
    let program: Step[] = [];
    for (let i = 0; i < least; i++) program = [...program, ...moved(atom, program.length)];
    if (!Number.isFinite(most)) {
      const loop = program.length;
      const after = loop + atom.length + 2;
      program = [
        ...program,
        branch(loop + 1, after),
        ...moved(atom, loop + 1),
        { op: 'split', first: loop, second: loop },
      ];
    } else {
      const end = program.length + (most - least) * (atom.length + 1);
      for (let i = least; i < most; i++)
        program = [...program, branch(program.length + 1, end), ...moved(atom, program.length + 1)];
    }
    return bounded(program);
  }

  /** `{2}`, `{2,}`, `{2,5}`; anything else in braces is text. */
  #count(): [number, number] | undefined {
    const rest = this.#source.slice(this.#at, this.#at + 12).join('');
    const found = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(rest);
    if (!found) return undefined;
    this.#at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]);
    if (most < least) throw new PatternError('has a quantifier that ends before it begins');
    return [least, most];
  }

  #atom(): Step[] {
    const character = this.#source[this.#at++];
    switch (character) {
      case '(': {
        if (this.#takes('?') && !this.#takes(':'))
          throw new PatternError('has a group of another kind than (…) or (?:…)');
        const inner = this.#alternatives();
        if (!this.#takes(')')) throw new PatternError('has a group without an end');
        return inner;
      }
      case '[':
        return [{ op: 'one', test: this.#set() }];
      case '.':
        return [{ op: 'one', test: (code) => code !== 0x0a }];
      case '^':
        return [{ op: 'start' }];
      case '$':
        return [{ op: 'end' }];
      case '*':
      case '+':
      case '?':
        throw new PatternError(`has "${character}" with nothing before it`);
      case '\\': {
        const escaped = this.#escape();
        return [{ op: 'one', test: typeof escaped === 'string' ? isCode(escaped) : escaped }];
      }
      default:
        return [{ op: 'one', test: isCode(character) }];
    }
  }

  /** After `[`. */
  #set(): Test {
    const negated = this.#takes('^');
    const tests: Test[] = [];
    for (let first = true; first || this.#source[this.#at] !== ']'; first = false) {
      const from = this.#member();
      if (typeof from === 'string' && this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']') {
        this.#at++;
        const to = this.#member();
        if (typeof to !== 'string') throw new PatternError('has a range that ends in a class');
        const [low, high] = [from.codePointAt(0)!, to.codePointAt(0)!];
        if (low > high) throw new PatternError('has a range that ends before it begins');
        tests.push((code) => code >= low && code <= high);
      } else tests.push(typeof from === 'string' ? isCode(from) : from);
    }
    this.#at++;
    return (code) => tests.some((test) => test(code)) !== negated;
  }

  #member(): string | Test {
    const character = this.#source[this.#at++];
    if (character === undefined) throw new PatternError('has a class without an end');
    if (character === '[' || (character === '&' && this.#source[this.#at] === '&'))
      throw new PatternError('has a class within a class');
    return character === '\\' ? this.#escape() : character;
  }

  /** After a backslash: the character that is meant, or a class. */
  #escape(): string | Test {
    const character = this.#source[this.#at++];
    if (character === undefined) throw new PatternError('ends with a backslash');
    const lower = character.toLowerCase();
    if (Object.hasOwn(NAMED, lower)) {
      const test = NAMED[lower];
      return character === lower ? test : (code) => !test(code);
    }
    if (lower === 'p') {
      const name = /^\{(\^?)(\w{1,40})\}/.exec(this.#source.slice(this.#at, this.#at + 44).join(''));
      if (!name) throw new PatternError('has a property without a name');
      this.#at += name[0].length;
      try {
        return classOf(`\\${(name[1] === '^') === (character === 'p') ? 'P' : 'p'}{${name[2]}}`);
      } catch {
        throw new PatternError(`has the property ${name[2]}`);
      }
    }
    if (character === 'x' || character === 'u') {
      const number = /^(?:\{([0-9a-f]{1,6})\}|([0-9a-f]{4})|([0-9a-f]{2}))/i.exec(
        this.#source.slice(this.#at, this.#at + 8).join(''),
      );
      const digits = number?.[1] ?? (character === 'u' ? number?.[2] : (number?.[3] ?? number?.[2]?.slice(0, 2)));
      const code = Number.parseInt(digits ?? '', 16);
      if (!(code <= 0x10ffff)) throw new PatternError(`has "\\${character}" without a number`);
      this.#at += number![1] !== undefined ? number![0].length : digits!.length;
      return String.fromCodePoint(code);
    }
    if (Object.hasOwn(ESCAPES, character)) return ESCAPES[character];
    if (/[\p{L}\p{N}]/u.test(character)) throw new PatternError(`has "\\${character}"`);
    return character;
  }

  #takes(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

function isCode(character: string): Test {
  const wanted = character.codePointAt(0);
  return (code) => code === wanted;
}

/** A program for another place. */
function moved(program: readonly Step[], by: number): Step[] {
  return program.map((step) =>
    step.op === 'split' ? { ...step, first: step.first + by, second: step.second + by } : step,
  );
}

function bounded(program: Step[]): Step[] {
  if (program.length > MAX_PROGRAM) throw new PatternError('is too long');
  return program;
}
