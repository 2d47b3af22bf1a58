import { folderOfModel } from '../../model/open.ts';
import type { Model, Parameter } from '../../model/types.ts';
import type { Token, Vocabulary } from '../../vocabulary/types.ts';
import { chatTemplateOf } from './chat-template.ts';
import type { Adapter } from './open.ts';

/** A special or chat-template token whose own row an adapter changes. */
export interface MovedToken {
  readonly table: 'embed' | 'unembed';
  readonly token: Token;
  /** Length of the change over the length of the row; undefined where the base has no such row. */
  readonly relative?: number;
}

/** What an adapter does to the tokens that a chat is made of. */
export interface MovedTokens {
  /** The special tokens, and those that stand in the chat template or look like its marks. */
  readonly looked: number;
  /** Those of them whose row in either table is another, most first, of equals those that the base lacks. */
  readonly moved: readonly MovedToken[];
  /** The chat template beside the adapter, beside the base's: undefined where the adapter has none. */
  readonly template?: 'same' | 'other';
}

/**
 * What marks a turn in templates, where a tokenizer does not call it special: `<|user|>`, `<start_of_turn>`, `[INST]`.
 */
const MARK = /^(<\|[^|<>]+\|>|<\/?\w+_of_\w+>|\[\/?[A-Z_]+\])$/;
/** What else may be one, where it stands in the template itself: `<turn>`, `[user]`. */
const IN_TEMPLATE = /^(<[^<>\s]+>|\[[^\][\s]+\])$/;

/**
 * Which special and chat-template tokens have other rows with the adapter than without: by tuned rows, by LoRA on the
 * embeddings or the head, by tables of its own. A chat that is marked with such tokens reads otherwise than the base's.
 * Templates are those beside the base and beside the adapter. Reads these rows alone; undefined without a tokenizer.
 */
export async function movedTokens(
  base: Model,
  tuned: Model,
  adapter: Adapter,
  signal?: AbortSignal,
): Promise<MovedTokens | undefined> {
  const vocabulary = tuned.vocabulary ?? base.vocabulary;
  if (!vocabulary) return undefined;
  const [before, own] = await Promise.all(
    [folderOfModel(base), adapter.folder].map((folder) => folder && chatTemplateOf(folder, signal)),
  );
  const template = own === undefined ? undefined : own.trim() === before?.trim() ? 'same' : 'other';
  const ids = chatTokens(vocabulary, `${before ?? ''}\n${own ?? ''}`);
  const moved: MovedToken[] = [];
  const tables = isTied(base) && isTied(tuned) ? (['embed'] as const) : (['embed', 'unembed'] as const);
  for (const table of tables) {
    const [before, after] = [base.parameters.get(table), tuned.parameters.get(table)];
    if (!before || !after || before === after || before.width !== after.width) continue;
    for (const id of ids) {
      if (id >= after.count) continue;
      const token = vocabulary.token(id);
      if (id >= before.count) moved.push({ table, token });
      else {
        const relative = await changeOf(before, after, id, signal);
        if (relative > 0) moved.push({ table, token, relative });
      }
    }
  }
  moved.sort((a, b) => (b.relative ?? Infinity) - (a.relative ?? Infinity) || a.token.id - b.token.id);
  return { looked: ids.length, moved, ...(template && { template }) };
}

/** Ids of special tokens and of those that mark a chat. */
export function chatTokens(vocabulary: Vocabulary, template: string): number[] {
  const found: number[] = [];
  for (let id = 0; id < vocabulary.size; id++) {
    if (vocabulary.isPadding(id)) continue;
    const text = vocabulary.text(id).trim();
    const marks = MARK.test(text) || (IN_TEMPLATE.test(text) && template.includes(text));
    if (vocabulary.isSpecial(id) || marks) found.push(id);
  }
  return found;
}

const isTied = ({ parameters }: Model): boolean =>
  parameters.has('embed') && String(parameters.get('embed')?.tensors) === String(parameters.get('unembed')?.tensors);

async function changeOf(before: Parameter, after: Parameter, id: number, signal?: AbortSignal): Promise<number> {
  const [x, y] = [before, after].map((of) => of.read(id, id + 1, signal, { finite: false }));
  const [own, other] = [await x, await y];
  if (own.every((value, i) => Object.is(value, other[i]))) return 0;
  const length = Math.hypot(...own);
  const change = Math.hypot(...own.map((value, i) => other[i] - value));
  return length > 0 && Number.isFinite(change) ? change / length : change === 0 ? 0 : Infinity;
}
