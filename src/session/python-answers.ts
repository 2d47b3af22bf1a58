/** Answers as Python's types: a TypedDict for every object in a question's result. */
import { z } from 'zod';
import { QUESTIONS } from '../questions/index.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  prefixItems?: Schema[];
  description?: string;
}

const KEYWORDS = new Set([
  'from',
  'class',
  'is',
  'in',
  'not',
  'or',
  'and',
  'global',
  'lambda',
  'None',
  'True',
  'False',
]);

/** `effectiveRank` as `effective_rank`; a word that is Python's own has `_` behind it. */
export function snake(name: string): string {
  const made = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return KEYWORDS.has(made) ? `${made}_` : made;
}

const pascal = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('');

/** One field of an answer. */
export interface Field {
  name: string;
  type: string;
  optional: boolean;
  description?: string;
}

/** The types of all answers, and the fields of each question's. */
export class PythonAnswers {
  readonly #schemas: Record<string, Schema>;
  readonly #made = new Map<string, string>();

  constructor() {
    const { schemas } = z.toJSONSchema(z.globalRegistry, { uri: (id) => id }) as { schemas: Record<string, Schema> };
    this.#schemas = schemas;
  }

  /** What a question's result is called. */
  idOf = (result: z.ZodType): string => z.globalRegistry.get(result)!.id!;

  fields(id: string): Field[] {
    const { properties = {}, required = [] } = this.#schemas[id];
    return Object.entries(properties).map(([name, schema]) => ({
      name,
      type: this.#type(schema, pascal(`${id} ${name}`)),
      optional: !required.includes(name),
      description: schema.description,
    }));
  }

  /** The module: every type that an answer of a question is made of, each before what is made of it. */
  source(): string {
    for (const { result } of QUESTIONS) this.#object(this.idOf(result), this.#schemas[this.idOf(result)]);
    return [...this.#made.values()].join('\n\n');
  }

  #type(schema: Schema, name: string): string {
    if (schema.$ref !== undefined) return this.#object(schema.$ref, this.#schemas[schema.$ref]);
    if (schema.const !== undefined) return `Literal[${JSON.stringify(schema.const)}]`;
    if (schema.enum) return `Literal[${schema.enum.map((one) => JSON.stringify(one)).join(', ')}]`;
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) {
      const types = choices.map((one, i) => this.#type(one, one.type === 'object' ? `${name}${i || ''}` : name));
      return [...new Set(types)].join(' | ');
    }
    if (Array.isArray(schema.type)) return schema.type.map((type) => this.#type({ ...schema, type }, name)).join(' | ');
    if (schema.type === 'array') {
      const items = schema.prefixItems ?? [schema.items ?? {}];
      return `list[${[...new Set(items.map((item) => this.#type(item, name)))].join(' | ')}]`;
    }
    if (schema.type === 'object' && schema.properties) return this.#object(name, schema);
    if (schema.type === 'object') {
      const { additionalProperties: values } = schema;
      return `dict[str, ${typeof values === 'object' ? this.#type(values, name) : 'Any'}]`;
    }
    return (
      { string: 'str', number: 'float', integer: 'int', boolean: 'bool', null: 'None' }[schema.type ?? ''] ?? 'Any'
    );
  }

  #object(id: string, schema: Schema): string {
    const name = `${id}Dict`;
    if (this.#made.has(name)) return name;
    const { properties = {}, required = [], description } = schema;
    const entries = Object.entries(properties).map(([key, inner]) => {
      const type = this.#type(inner, pascal(`${id} ${key}`));
      return [key, required.includes(key) ? type : `NotRequired[${type}]`, inner.description] as const;
    });
    this.#made.set(name, classOf(name, entries, description));
    return name;
  }
}

function classOf(
  name: string,
  entries: readonly (readonly [key: string, type: string, description?: string])[],
  description?: string,
): string {
  const said = description ? [...wrapped(`"""${description}."""`).map((line) => `    ${line}`), ''] : [];
  if (entries.some(([key]) => KEYWORDS.has(key)))
    return `${name} = TypedDict(\n    "${name}",\n    {${entries.map(([key, type]) => `"${key}": "${type}"`).join(', ')}},\n)\n`;
  const lines = entries.flatMap(([key, type, about]) => field(key, type, about));
  return [`class ${name}(TypedDict):`, ...said, ...(lines.length > 0 ? lines : ['    pass']), ''].join('\n');
}

/** An attribute with its type, and what it is above it. */
export const field = (name: string, type: string, description?: string): string[] => [
  ...(description ? wrapped(description).map((line) => `    # ${line}`) : []),
  // A type too long for a line is broken where Python lets it be: in its brackets.
  `    ${name}: ${type.length > 100 ? type.replace(/ \| /g, '\n        | ') : type}`,
];

/** Lines of at most 108 characters, those after the first behind `indent`. */
export function wrapped(text: string, indent = ''): string[] {
  const lines = [''];
  for (const word of text.split(/(?<=\S) /)) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + word.length >= 108) lines.push(indent + word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
