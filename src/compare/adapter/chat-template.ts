import type { Source, SourceFolder } from '../../source/source.ts';

/** Larger than any known tokenizer_config.json. */
const MAX_BYTES = 32 << 20;

/**
 * The chat template that lies in a folder, as `transformers` looks for it: chat_template.jinja, else what
 * tokenizer_config.json has (one, or several by name, which are taken together); undefined where there is none. It is
 * searched for tokens and never run, so what cannot be read counts as none.
 */
export async function chatTemplateOf(folder: SourceFolder, signal?: AbortSignal): Promise<string | undefined> {
  const own = await textOf(await folder.open('chat_template.jinja'), signal);
  if (own !== undefined) return own;
  const config = await textOf(await folder.open('tokenizer_config.json'), signal);
  if (config === undefined) return undefined;
  try {
    const { chat_template: template } = JSON.parse(config) as { chat_template?: unknown };
    if (typeof template === 'string') return template;
    return Array.isArray(template) ? template.map((one) => String(one?.template)).join('\n') : undefined;
  } catch {
    return undefined;
  }
}

async function textOf(source: Source | undefined, signal?: AbortSignal): Promise<string | undefined> {
  if (!source) return undefined;
  try {
    if (source.byteLength > MAX_BYTES) return undefined;
    return new TextDecoder().decode(await source.slice(0, source.byteLength, signal));
  } finally {
    await source.close?.();
  }
}
