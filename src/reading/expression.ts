import { WeightscopeError } from '../errors.ts';
import { meant, nearest } from '../nearest.ts';
import { printable, quote } from '../quote.ts';

/** What an expression is made of; `at` is its position in the text, for messages. */
export type Expression =
  | { kind: 'number'; value: number; at: number }
  | { kind: 'negate'; of: Expression; at: number }
  | { kind: '+' | '-' | '*'; left: Expression; right: Expression; at: number }
  | ({ kind: 'vector'; at: number } & VectorName);

/** A vector by name. */
export type VectorName =
  | { type: 'neuron'; layer: number; expert?: number; neuron: number; part: 'key' | 'up' | 'value' }
  | { type: 'head'; layer: number; head: number; part: 'q' | 'k' | 'v' | 'o'; index: number }
  | { type: 'token'; text: string }
  | { type: 'tokenId'; id: number }
  | { type: 'position'; index: number }
  | { type: 'tensor'; name: string; row?: number }
  | { type: 'parameter'; name: string; row?: number };

/** Parentheses and minus signs deeper than this are no expression a person wrote. */
const MAX_DEPTH = 200;

const MAX_LENGTH = 10_000;
/** Each is a level of the tree that is walked. */
const MAX_OPERATORS = 1000;

const EXAMPLES = 'ff:28:100.value, head:3:1.q[0], tok:" king", pos:5, norm.final, tensor:NAME[0] or a number';

/** How vectors' names begin, and what people call them elsewhere. */
const KINDS = ['ff', 'head', 'tok', 'pos', 'tensor'];
const OTHER_KINDS: Readonly<Record<string, string>> = {
  neuron: 'ff',
  mlp: 'ff',
  ffn: 'ff',
  attn: 'head',
  attention: 'head',
  word: 'tok',
  token: 'tok',
  position: 'pos',
};

/** What is shown of a long expression on each side of the place that is wrong. */
const MAX_SHOWN = 200;

/** An `EXPRESSION_INVALID`, or an error like `cause`, that shows where: the text with a caret below position `at`. */
export function expressionError(text: string, at: number, sentence: string, cause?: WeightscopeError) {
  const before = printable(text.slice(Math.max(0, at - MAX_SHOWN), at).replace(/[\n\r\t]/g, ' '));
  const shown = text.slice(at, at + MAX_SHOWN).replace(/[\n\r\t]/g, ' ');
  return new WeightscopeError(cause?.code ?? 'EXPRESSION_INVALID', sentence, {
    cause,
    below: [`  ${before}${shown}`, `  ${' '.repeat(before.length)}^`],
  });
}

/**
 * Parses arithmetic on vectors: `ff:28:100.value - 0.5 * (tok:" king" + tok:#12)`.
 *
 *     sum     = product { ('+' | '-') product }
 *     product = factor { '*' factor }            at most one factor is a vector
 *     factor  = '-' factor | '(' sum ')' | number | vector
 *
 * Vectors: `ff:L:N.key|up|value` (`ff:L:EXPERT:N.key` with experts), `head:L:H.q[i]|k[i]|v[i]|o[i]`, `tok:"text"`
 * (escapes as in JSON) or `tok:#id`, `pos:I`, any parameter's name, `[row]` behind it where it has several
 * (`layer.3.attn.o_bias`), and `tensor:NAME[row]` (NAME quoted if need be). Throws `EXPRESSION_INVALID`, saying where
 * and what was expected.
 */
export function parseExpression(text: string): Expression {
  return new Parser(text).parse();
}

/** Whether an expression is a vector or a number. */
export function isVector(expression: Expression): boolean {
  switch (expression.kind) {
    case 'number':
      return false;
    case 'vector':
      return true;
    case 'negate':
      return isVector(expression.of);
    default:
      return isVector(expression.left) || isVector(expression.right);
  }
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #operators = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Expression {
    if (this.#text.length > MAX_LENGTH) {
      throw new WeightscopeError(
        'EXPRESSION_INVALID',
        `Expected an expression of at most ${MAX_LENGTH} characters, got ${this.#text.length}.`,
      );
    }
    const whole = this.#sum();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('an operator (+, - or *) or the end');
    if (!isVector(whole)) throw this.#error(0, 'Expected a vector, got only numbers.');
    return whole;
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const at = this.#skip();
      const kind = this.#take(/[+-]/y)?.[0] as '+' | '-' | undefined;
      if (!kind) return left;
      this.#count(at);
      const right = this.#product();
      if (isVector(left) !== isVector(right))
        throw this.#error(at, `Expected two vectors or two numbers around "${kind}", got one of each.`);
      left = { kind, left, right, at };
    }
  }

  #product(): Expression {
    let left = this.#factor();
    for (;;) {
      const at = this.#skip();
      if (!this.#take(/\*/y)) return left;
      this.#count(at);
      const right = this.#factor();
      if (isVector(left) && isVector(right))
        throw this.#error(at, 'Expected a number on one side of "*", got two vectors.');
      left = { kind: '*', left, right, at };
    }
  }

  #count(at: number): void {
    if (++this.#operators > MAX_OPERATORS) throw this.#error(at, `Expected at most ${MAX_OPERATORS} operators.`);
  }

  #factor(): Expression {
    const at = this.#skip();
    if (++this.#depth > MAX_DEPTH) throw this.#error(at, `Expected at most ${MAX_DEPTH} levels of "(" and "-".`);
    let found: Expression;
    if (this.#take(/-/y)) {
      found = { kind: 'negate', of: this.#factor(), at };
    } else if (this.#take(/\(/y)) {
      found = this.#sum();
      this.#skip();
      if (!this.#take(/\)/y)) this.#fail('")"');
    } else {
      found = this.#number(at) ?? { kind: 'vector', at, ...this.#vector() };
    }
    this.#depth--;
    return found;
  }

  #number(at: number): Expression | undefined {
    const digits = this.#take(/(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y);
    if (!digits) return undefined;
    const value = Number(digits[0]);
    if (!Number.isFinite(value)) throw this.#error(at, `Expected a finite number, got ${digits[0]}.`);
    return { kind: 'number', value, at };
  }

  #vector(): VectorName {
    if (this.#take(/ff:/y)) return this.#neuron();
    if (this.#take(/head:/y)) return this.#head();
    if (this.#take(/tok:/y)) return this.#token();
    if (this.#take(/pos:/y)) return { type: 'position', index: this.#index('a position, as in pos:5') };
    if (this.#take(/tensor:/y)) {
      const name =
        this.#quoted() ?? this.#take(/[\w./:]+/y)?.[0] ?? this.#fail('a tensor\'s name, as in tensor:"h.0.ln_1.bias"');
      return { type: 'tensor', name, row: this.#row() };
    }
    const start = this.#at;
    const name = this.#take(/[A-Za-z_][\w.]*/y)?.[0];
    if (name !== undefined && this.#text[this.#at] === ':') {
      const kind = OTHER_KINDS[name.toLowerCase()] ?? nearest(name, KINDS);
      const hint = kind === undefined ? '' : `; is \`${kind}:\` meant?`;
      throw this.#error(
        start,
        `Expected ${KINDS.join(':, ')}: or a parameter's name, found ${quote(`${name}:`)}${hint || '.'}`,
      );
    }
    if (name === undefined) return this.#fail(`a vector or a number (${EXAMPLES})`);
    return { type: 'parameter', name, row: this.#row() };
  }

  #neuron(): VectorName {
    const numbers = [this.#index('a layer, as in ff:28:100.value')];
    while (numbers.length < 3 && this.#take(/:/y)) numbers.push(this.#index('a neuron, as in ff:28:100.value'));
    if (numbers.length < 2) this.#fail('":" and a neuron, as in ff:28:100.value');
    const part = this.#take(/\.(key|up|value)(?![\w.])/y)?.[1] as 'key' | 'up' | 'value' | undefined;
    if (!part) return this.#fail('.key, .up or .value', ['.key', '.up', '.value']);
    const [layer, ...rest] = numbers;
    const neuron = rest[rest.length - 1];
    return { type: 'neuron', layer, expert: rest.length === 2 ? rest[0] : undefined, neuron, part };
  }

  #head(): VectorName {
    const layer = this.#index('a layer, as in head:3:1.q[0]');
    if (!this.#take(/:/y)) this.#fail('":" and a head, as in head:3:1.q[0]');
    const head = this.#index('a head, as in head:3:1.q[0]');
    const part = this.#take(/\.([qkvo])(?=\[)/y)?.[1] as 'q' | 'k' | 'v' | 'o' | undefined;
    if (!part) return this.#fail('.q[i], .k[i], .v[i] or .o[i]');
    return { type: 'head', layer, head, part, index: this.#row() as number };
  }

  #token(): VectorName {
    if (this.#take(/#/y)) return { type: 'tokenId', id: this.#index('a token id, as in tok:#123') };
    const text = this.#quoted();
    if (text === undefined) return this.#fail('a token in double quotes, as in tok:" king", or tok:#123');
    return { type: 'token', text };
  }

  /** A string in double quotes with JSON's escapes; undefined when there is no quote here. */
  #quoted(): string | undefined {
    if (this.#text[this.#at] !== '"') return undefined;
    const start = this.#at;
    const body = this.#take(/"((?:[^"\\]|\\[\s\S])*)"/y)?.[1];
    if (body === undefined) throw this.#error(start, 'Expected a closing double quote for the one here.');
    try {
      // JSON wants control characters escaped; people may paste them as they are.
      const strict = [...body].map((c) => (c < ' ' ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c));
      return JSON.parse(`"${strict.join('')}"`) as string;
    } catch {
      throw this.#error(start, 'Expected escapes as in JSON: \\" \\\\ \\n \\t \\u00e9.');
    }
  }

  #row(): number | undefined {
    if (!this.#take(/\[/y)) return undefined;
    const row = this.#index('a row number');
    if (!this.#take(/\]/y)) this.#fail('"]"');
    return row;
  }

  #index(what: string): number {
    const digits = this.#take(/\d{1,12}(?!\d)/y)?.[0];
    return digits === undefined ? this.#fail(what) : Number(digits);
  }

  #skip(): number {
    this.#space();
    return this.#at;
  }

  #space(): void {
    this.#take(/\s*/y);
  }

  /** Moves past a match at the present position. */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match ?? undefined;
  }

  /** `names`: what a mistyped word here may have been meant to be. */
  #fail(expected: string, names: readonly string[] = []): never {
    const rest = this.#text.slice(this.#at);
    const found = rest === '' ? 'the end' : JSON.stringify([...rest].slice(0, 12).join(''));
    const hint = meant(/^\.?\w*/.exec(rest)![0], names);
    throw this.#error(this.#at, `Expected ${expected} at position ${this.#at + 1}, found ${found}${hint}.`);
  }

  #error(at: number, sentence: string): WeightscopeError {
    return expressionError(this.#text, at, sentence);
  }
}
