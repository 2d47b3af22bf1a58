import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdapter, openModel } from '../../node.ts';
import { movedTokens } from './moved-tokens.ts';
import { withAdapter } from './with-adapter.ts';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/adapters/', import.meta.url));

/**
 * 37 tokens, of which 0, 3 and 36 are special, 5 looks like a turn's mark, and 7 is one only where the template has it.
 */
const TOKENIZER = {
  version: '1.0',
  model: {
    type: 'WordLevel',
    vocab: Object.fromEntries(Array.from({ length: 37 }, (_, id) => [named()[id] ?? `w${id}`, id])),
    unk_token: '<unk>',
  },
  added_tokens: [3, 36].map((id) => ({ id, content: named()[id], special: true })),
};

function named(): Record<number, string> {
  return { 0: '<unk>', 3: '<s>', 5: '<start_of_turn>', 7: '<turn>', 9: '<b>', 36: '<|im_end|>' };
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'weightscope-tokens-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function movedBy(name: string, template?: string, beside = 'adapter/chat_template.jinja') {
  const folder = await mkdtemp(join(root, `${name}-`));
  await cp(`${FIXTURES}${name}`, folder, { recursive: true });
  await writeFile(join(folder, 'base/tokenizer.json'), JSON.stringify(TOKENIZER));
  if (template) await writeFile(join(folder, beside), template);
  const base = await openModel(join(folder, 'base'), { cache: undefined });
  const adapter = await openAdapter(join(folder, 'adapter'));
  const tuned = await withAdapter(base, adapter);
  const found = await movedTokens(base, tuned, adapter);
  const merged = await openModel(`${FIXTURES}${name}/merged`);
  /** Relative, of the checkpoint that PEFT merged. */
  const wanted = async (table: string, id: number): Promise<number> => {
    const [x, y] = [base, merged].map((of) => of.parameters.get(table)!.read(id, id + 1));
    const [own, other] = [await x, await y];
    return Math.hypot(...own.map((value, i) => other[i] - value)) / Math.hypot(...own);
  };
  const moved = await Promise.all(
    found!.moved.map(async ({ table, token, relative }) => {
      expect(relative).toBeCloseTo(await wanted(table, token.id), 4);
      return `${table} ${token.label}`;
    }),
  );
  await Promise.all([tuned.close(), merged.close()]);
  return { looked: found!.looked, moved: moved.sort(), ...(found!.template && { template: found!.template }) };
}

describe('special and chat-template tokens', () => {
  it('are moved by tuned rows, in both tables where these are tied', async () => {
    expect(await movedBy('tokens')).toEqual({ looked: 4, moved: ['embed <s>', 'embed <|im_end|>'] });
  });

  it('are moved by rows of one table alone, and by none of theirs', async () => {
    expect(await movedBy('tokens-alone')).toEqual({ looked: 4, moved: ['embed <start_of_turn>', 'embed <unk>'] });
    expect(await movedBy('lora')).toEqual({ looked: 4, moved: [] });
  });

  it('are all moved by a LoRA on the embeddings, those that only the template tells among them', async () => {
    const template = '<turn>{{ message }}<|im_end|>';
    const all = ['<s>', '<start_of_turn>', '<turn>', '<unk>', '<|im_end|>'].map((label) => `embed ${label}`);
    expect(await movedBy('lora-tied', template)).toEqual({ looked: 5, moved: all, template: 'other' });
  });

  it.each([
    ['base/chat_template.jinja', '<turn>{{ message }}'],
    ['base/tokenizer_config.json', JSON.stringify({ chat_template: '<turn>{{ message }}' })],
    ['base/tokenizer_config.json', JSON.stringify({ chat_template: [{ name: 'default', template: '<turn>' }] })],
    ['adapter/tokenizer_config.json', JSON.stringify({ chat_template: '<turn>{{ message }}' })],
  ])('are those of the template beside either, as %s', async (file, template) => {
    const found = await movedBy('lora-tied', template, file);
    expect([found.looked, found.moved.includes('embed <turn>')]).toEqual([5, true]);
    expect(found.template).toBe(file.startsWith('adapter') ? 'other' : undefined);
  });

  it('are moved by a head that the adapter keeps whole (`modules_to_save`)', async () => {
    const all = ['<s>', '<start_of_turn>', '<unk>', '<|im_end|>'].map((label) => `unembed ${label}`);
    expect(await movedBy('whole-head')).toEqual({ looked: 4, moved: all });
  });
});
