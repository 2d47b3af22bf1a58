import type { Served } from '../questions/opened.ts';
import { signal } from './interrupt.ts';
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
  const progress = await progressFor({ quiet: flags.quiet });
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
  const say = (text: string) => void writeNow(`${text}\n`);
  if (moved) say(`Port ${flags.port} is taken; another one is used: ${port}.`);
  say(`weightscope: ${served.models.map(({ name }) => name).join(', ')}\n`);
  say(`  ${url}\n`);
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

/** Makes ready what the first question needs, while the person opens the page. A failure is that question's to tell. */
function warmUp({ models, engine }: Served): void {
  void (async () => {
    const { defaultEngine, embedding } = await import('../node.ts');
    await (engine ?? defaultEngine());
    for (const { model } of models) if (model) await embedding(model, 'unembed', signal);
  })().catch(() => {});
}
