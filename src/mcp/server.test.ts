import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TinyServed, tinyServed } from '../../test/served.ts';
import { QUESTIONS } from '../questions/index.ts';
import { factsOf } from '../questions/parameters.ts';
import type { AnyQuestion } from '../questions/question.ts';
import { createApi } from '../server/app.ts';
import { createMcp } from './server.ts';

const questions = QUESTIONS as readonly AnyQuestion[];
const pages = { start: '# A first lesson\n\nText.\n' };
let served: TinyServed;
let app: ReturnType<typeof createApi>['app'];
let client: Client;

beforeAll(async () => {
  served = await tinyServed();
  app = createApi(served).app;
  const server = createMcp({
    version: served.version,
    fetch: (request) => app.fetch(request),
    models: served.models.map(({ id }) => id),
    pages,
  });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  client = new Client({ name: 'test', version: '1' });
  await Promise.all([server.connect(ours), client.connect(theirs)]);
});
afterAll(async () => {
  await client.close();
  await served.remove();
});

const call = async (name: string, asked: Record<string, unknown>) => {
  const { content, isError } = await client.callTool({ name, arguments: asked });
  return { text: (content as { text: string }[])[0].text, isError: isError ?? false };
};

/** Where parameters give no example. */
const TEXTS: Record<string, Record<string, unknown>> = {
  vector: { expression: 'tok:" king" - tok:"a"' },
  search: { q: 'king' },
  sql: { q: 'select layer, neuron from neurons order by all limit 2' },
  compare: { a: 'both', b: 'both' },
  resolve: { q: '1:1' },
};

/** What its parameters give as examples, of the model that has both an atlas and weights. */
const example = ({ name, place, parameters }: AnyQuestion): Record<string, unknown> => {
  const required = Object.entries({ ...place, ...parameters }).filter(([, schema]) => factsOf(schema).required);
  const given = required.map(([parameter, schema]) => {
    const { example, names } = factsOf(schema);
    return [parameter, example === 'sample' ? 'both' : (example ?? names?.[0])];
  });
  return { ...Object.fromEntries(given), ...TEXTS[name] };
};

describe('an assistant', () => {
  it('finds a tool for every question, with its parameters, and the pages of docs', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(questions.map(({ name }) => name));
    for (const { inputSchema, description, annotations } of tools) {
      expect(description).toBeTruthy();
      expect(annotations?.readOnlyHint).toBe(true);
      for (const property of Object.values(inputSchema.properties ?? {}))
        expect(property).toMatchObject({ type: expect.any(String), description: expect.any(String) });
    }
    const head = tools.find(({ name }) => name === 'head')!;
    expect(head.inputSchema.required).toEqual(['model', 'layer', 'head']);
    expect(head.inputSchema.properties?.k).toMatchObject({ type: 'integer', minimum: 0 });
    expect(client.getInstructions()).toContain('tiny, both, atlas, bare');
    const { resources } = await client.listResources();
    expect(resources).toMatchObject([{ uri: 'weightscope://docs/start', title: 'A first lesson' }]);
    const { contents } = await client.readResource({ uri: 'weightscope://docs/start' });
    expect(contents[0]).toMatchObject({ text: pages.start });
  });

  it.each(questions.map((question) => [question.name, question] as const))(
    'gets from %s what the API answers',
    async (name, question) => {
      const asked = example(question);
      const path = question.path.replace(/\{(\w+)\}/g, (_, part: string) => String(asked[part]));
      const query = Object.entries(asked).filter(([part]) => !(part in question.place));
      const url = `${path}?${new URLSearchParams(query.map(([part, value]) => [part, String(value)]))}`;
      const response = await app.request(url);
      const { text, isError } = await call(name, asked);
      const body = await response.text();
      expect({ isError, status: response.status }).toEqual({ isError: !response.ok, status: response.status });
      const { error } = JSON.parse(body);
      expect(text).toBe(error ? `${error.code}: ${error.message}` : body);
    },
  );

  it('may write numbers as numbers and lists as lists', async () => {
    const one = await call('neuron', { model: 'tiny', layer: 1, neuron: 2, k: 3, parts: ['key', 'value'] });
    const response = await app.request('/api/models/tiny/neurons/1/2?k=3&parts=key,value');
    expect(one.text).toBe(await response.text());
  });

  it.each([
    ['a path as a model', 'neuron', { model: '../../etc/passwd', layer: 0, neuron: 0 }, /^MODEL_UNKNOWN: /],
    ['an address as a model', 'modelInfo', { model: 'https://example.org/x.gguf' }, /^MODEL_UNKNOWN: /],
    ['no layer', 'neuron', { model: 'tiny', neuron: 0 }, /^ARGUMENT_INVALID: Expected `layer`/],
    ['a layer that is not there', 'neuron', { model: 'tiny', layer: 99, neuron: 0 }, /^OUT_OF_RANGE: /],
    ['an object as a layer', 'neuron', { model: 'tiny', layer: { a: 1 }, neuron: 0 }, /^ARGUMENT_INVALID: .*\{.*a/],
    ['a parameter that is not there', 'neuron', { model: 'tiny', layer: 0, neuron: 0, kk: 3 }, /`kk`/],
    ['files through SQL', 'sql', { model: 'both', q: "select * from read_text('/etc/passwd')" }, /^[A-Z_]+: /],
  ])('is told in a sentence what was wrong with %s', async (_, name, asked, sentence) => {
    const { text, isError } = await call(name, asked);
    expect(isError).toBe(true);
    expect(text).toMatch(sentence);
    expect(text).not.toContain('root:');
  });

  const deep = (depth: number): unknown => {
    let value: unknown = 'x';
    for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
    return value;
  };
  const HOSTILE: Record<string, unknown> = {
    'a path': '../../etc/passwd',
    'an address': 'file:///etc/passwd',
    'a huge number': 1e15,
    'a number beyond all': 1e308,
    'a negative number': -1,
    'a fraction': 0.5,
    'a long text': 'x'.repeat(100_000),
    'a text of many parts': 'a + '.repeat(20_000),
    brackets: '('.repeat(20_000),
    'deep nesting': deep(1000),
    'a long list': Array.from({ length: 20_000 }, (_, i) => i),
    nothing: null,
    'an empty text': '',
    'a zero character': 'a\u0000b',
    'an object': { toString: 'no', a: 1 },
    yes: true,
    'a name of objects': '__proto__',
  };

  it.each(questions.map((question) => [question.name, question] as const))(
    'gets a sentence or a bounded answer from %s, whatever is asked',
    async (name, question) => {
      for (const parameter of [...Object.keys({ ...question.place, ...question.parameters }), 'unknown'])
        for (const [what, value] of Object.entries(HOSTILE)) {
          const { text, isError } = await call(name, { ...example(question), [parameter]: value });
          const said = `${parameter}: ${what}: ${text.slice(0, 200)}`;
          if (isError) expect(text, said).toMatch(/^[A-Z_]+: \S[\s\S]{1,1500}$/);
          expect(text, said).not.toMatch(/^INTERNAL/);
          expect(text.length, said).toBeLessThan(40_001);
          expect(text, said).not.toContain('root:');
        }
    },
    120_000,
  );

  it('is told to ask for less where an answer is too long to read', async () => {
    const { text, isError } = await call('sql', {
      model: 'both',
      q: "select repeat('x', 1000) as x from range(100)",
    });
    expect(isError).toBe(true);
    expect(text).toMatch(/^TOO_LARGE: Expected an answer of at most 40,000 characters, got 1\d\d,\d{3}: ask for fewer/);
  });
});
