import { existsSync } from 'node:fs';
import { WeightscopeError } from '../errors.ts';
import { quote } from '../quote.ts';
import { type NeuronAt, neuronText, placeIn, type WrittenPlace } from '../reading/place.ts';
import { shellQuoted } from './output/shell.ts';

/** What stands before the number of a neuron or a head in a place such as L4N100. */
const LETTERS: Record<string, string> = { neuron: 'N', head: 'H' };

/** The beginning of an expression with a minus sign: no option looks like it. */
const NEGATED = /^-[-\s]*(?:\(|\d|\.\d|(?:ff|head|tok|pos|tensor):|(?:norm|layer)\.)/;

/**
 * The command line as the program takes it: a place is written as the program prints it (`neuron sample 4:100`,
 * `1:2:7` with an expert, `L4N100`), and an expression may begin with a minus sign, which is not an option; `help
 * neuron` is `neuron --help`. Throws `ARGUMENT_INVALID` for a place of another command, `USAGE` for two experts.
 */
export function plainArguments(args: readonly string[]): string[] {
  const [command, ...rest] = args;
  if (command === 'help') return [...rest, '--help'];
  if (command === '-v' && rest.length === 0) return ['--version'];
  if (command === 'vector') return [command, ...rest.map((arg) => (NEGATED.test(arg) ? ` ${arg}` : arg))];
  const letter = LETTERS[command];
  if (letter === undefined) return [...args];
  // The model comes first: what looks like a place before it is its name.
  const at = rest.findIndex((arg, i) => i > 0 && /^(?:\d+(?::\d+)+|L\d+[NH]\d+)$/i.test(arg));
  const place = placeIn(rest[at] ?? '');
  if (!place) return [...args];
  const { kind, layer, index, expert } = place;
  if (kind !== undefined && kind !== command) {
    const other = Object.keys(LETTERS).find((name) => name !== command);
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected a ${command}, such as L4${letter}1 or 4:1, got ${rest[at]}; \`weightscope ${other}\` reads it.`,
    );
  }
  if (expert !== undefined && rest.some((arg) => /^--expert(?:=|$)/.test(arg))) throw expertTwice(rest[at]);
  const whose = expert === undefined ? [] : ['--expert', `${expert}`];
  return [command, ...rest.slice(0, at), `${layer}`, `${index}`, ...whose, ...rest.slice(at + 1)];
}

/** An expert is said in one way. */
export const expertTwice = (place: string): WeightscopeError =>
  new WeightscopeError('USAGE', `Expected one expert, got that of ${place} and --expert; leave one of them out.`);

/** The usage of a command that takes a place: two numbers, or the place as it is printed. */
export function usageWithPlace(command: string, taken: readonly { name(): string }[]): string | undefined {
  if (LETTERS[command] === undefined) return undefined;
  const [model, layer, index] = taken.map((one) => one.name());
  return `[options] <${model}> <${layer}> <${index}> | <${layer}:${index}>`;
}

/**
 * What to say where a neuron or a head is not named by two numbers: `4:`, `L4`, `a b`, one number alone, which is the
 * index to whoever thinks of one list of neurons, or a place without a model before it. `given`: the model and what
 * stands behind it. Undefined for another command, and where nothing stands behind the model.
 */
export function wrongPlace(command: string, given: readonly string[]): string | undefined {
  const letter = LETTERS[command];
  if (letter === undefined) return undefined;
  const all = given.join(' ');
  const first = placeWritten(all);
  // A file or folder may be called 1: then it is the model.
  if (first && !existsSync(given[0])) {
    const whole = /^\d+$/.test(all) ? neuronText(first) : all;
    const asked = `weightscope ${first.kind ?? command} sample ${whole}`;
    return `Expected a model before the ${command}, got ${quote(all)} alone; was the model forgotten (\`${asked}\`)?`;
  }
  const place = given.slice(1, 3).join(' ');
  if (place === '') return undefined;
  const found = placeWritten(place);
  const alone = /^\d+$/.test(place) ? ' alone' : '';
  const meant = found && (found.kind ?? command) === command ? ` (is ${neuronText(found)} meant?)` : '';
  return `Expected a ${command} as LAYER INDEX, 4:1 or L4${letter}1 behind the model, got ${quote(place)}${alone}${meant}.`;
}

/** A place in any way that people write it, `0/381` and `0-381` too, or an index alone, which is one of layer 0. */
function placeWritten(text: string): (WrittenPlace & NeuronAt) | undefined {
  const found = placeIn(/^\d+$/.test(text) ? `0:${text}` : text.replace(/^(\d+)[/-](\d+)$/, '$1:$2'));
  return found && { ...found, neuron: found.index };
}

/**
 * What to say of an expression whose double quotes the shell has taken, or that stands in several words: `given` is
 * what arrived of it. Undefined where neither is so.
 */
export function wrongExpression(given: readonly string[]): string | undefined {
  const all = given.join(' ').trim();
  // What stands in double quotes is left as it is.
  const whole = all.replace(
    /"(?:[^"\\]|\\.)*"|(?<![\w./:])tok:(\s?[^\s"#+*()-][^\s"+*()-]*)/g,
    (found, text?: string) => (text === undefined ? found : `tok:${JSON.stringify(text)}`),
  );
  const asked = `write ${shellQuoted(whole)}, with single quotes around all of it`;
  if (whole !== all)
    return `Expected tokens in double quotes, got ${all}, whose quotes may be lost to the shell; ${asked}.`;
  return given.length > 1 ? `Expected one expression, got ${given.length} words: ${all}; ${asked}.` : undefined;
}
