import type { Served, ServedModel } from '../questions/opened.ts';
import { printable } from '../quote.ts';
import { signal } from './interrupt.ts';
import { shellWord } from './output/shell.ts';
import { writeNow } from './output/standard.ts';
import { progressFor } from './run.ts';

interface ExploreFlags {
  engine?: string;
  port: number;
  host: string;
  token?: string;
  allowOpen?: boolean;
  open?: boolean;
  embed?: boolean;
  noAtlas?: boolean;
  quiet?: boolean;
  adapter?: string;
  minus?: string;
}

/** Addresses that only this machine can connect to. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Opens, serves, says where; ends when it is interrupted. */
export async function explore(names: readonly string[], flags: ExploreFlags): Promise<void> {
  const progress = progressFor({ quiet: flags.quiet });
  const { openEngine } = await import('../node.ts');
  const { openServed, withKeptAtlas } = await import('../server/explore.node.ts');
  const { listen } = await import('../server/listen.node.ts');
  const engine = flags.engine === undefined ? undefined : await openEngine(flags.engine);
  const report = (done: number, what: string) => progress.report(done, what);
  const mayOpen = LOOPBACK.includes(flags.host) || flags.allowOpen === true;
  const { adapter, minus } = flags;
  const opening = openServed(names, { engine, signal, progress: report, mayOpen, adapter, minus });
  const served = await opening.finally(() => progress.stop());
  const { rememberedToken } = await import('../server/remembered-token.node.ts');
  // Where other machines can connect, what was said once does not hold for ever.
  const token = flags.token ?? (flags.host === '127.0.0.1' ? await rememberedToken() : undefined);
  const { url, origin, port, moved } = await listen(served, { ...flags, token });
  // Names of folders and files are strangers' text.
  const say = (text: string) => void writeNow(`${printable(text)}\n`);
  if (moved) say(`Port ${flags.port} is taken; another one is used: ${port}.`);
  say(`weightscope: ${served.models.map(({ name }) => name).join(', ')}`);
  say('');
  say(`  ${url}`);
  say('');
  for (const model of served.models) {
    const sentence = await aboutAtlas(model, names, flags).catch(() => undefined);
    if (sentence) say(sentence);
  }
  say(`The API: ${origin}/api   Ctrl-C ends it.`);
  if (flags.host !== '127.0.0.1')
    say('Other machines can connect: whoever has this address can ask, and nothing on the way is encrypted.');
  warmUp(served);
  for (const model of served.models) {
    if (model.name !== 'sample' || flags.noAtlas) continue;
    void withKeptAtlas(model, { signal }).then(() => model.problem && say(model.problem));
  }
  if (flags.open) {
    const { openBrowser } = await import('../server/open-browser.node.ts');
    if (!(await openBrowser(url))) say('No browser was found to open: follow the address.');
  }
  await new Promise<never>(() => {}); // Signals end the process (interrupt.ts).
}

/** Where the atlas of a model is that none was opened for, or how to make one: one line. */
async function aboutAtlas(
  { name, model, atlas }: ServedModel,
  names: readonly string[],
  { noAtlas, adapter, minus }: ExploreFlags,
): Promise<string | undefined> {
  if (!model || atlas) return undefined;
  const { atlasesNear, atlasName } = await import('../server/atlases-near.node.ts');
  const [near, ...others] = await atlasesNear(model, { signal });
  if (name === 'sample' && !noAtlas) {
    const { keptAtlas } = await import('../server/explore.node.ts');
    const place = keptAtlas(model);
    return near === place
      ? `The atlas of sample is kept in ${place}.`
      : `The atlas of sample is being made in ${place}; the page takes it in when it is there.`;
  }
  const changes = { adapter, minus };
  // With an adapter or without a base a model is called by both; there is one checkpoint then.
  const given = names.length === 1 ? names[0] : name;
  const flags = Object.entries(changes).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag} ${shellWord(value)}`],
  );
  const place = shellWord(given);
  const opens = (folder: string): string => ['weightscope explore', place, shellWord(folder), ...flags].join(' ');
  if (others.length > 0) {
    const more = others.length > 3 ? ` and ${others.length - 2} more` : '';
    const all = [near, ...others.slice(0, more ? 2 : 3)].join(', ');
    return `Atlases of ${name} are in ${all}${more}: ${opens(near)} opens the first with it.`;
  }
  if (near !== undefined) return `An atlas of ${name} is in ${near}: ${opens(near)} opens both.`;
  const folder = atlasName(given);
  return `To search ${name} by word, make an atlas: ${['weightscope atlas build', place, ...flags].join(' ')} -o ${shellWord(folder)}, then ${opens(folder)}.`;
}

/** Makes ready what the first question needs, while the person opens the page. A failure is that question's to tell. */
function warmUp({ models, engine }: Served): void {
  void (async () => {
    const { defaultEngine, embedding } = await import('../node.ts');
    await (engine ?? defaultEngine());
    for (const { model } of models) if (model) await embedding(model, 'unembed', signal);
  })().catch(() => {});
}
