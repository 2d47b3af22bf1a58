import { DIFFERENT_WORDS, EXAMPLES } from '../guide/lesson.ts';
import { byLayer, entriesOf, extremes, firstChoice, partsOf } from '../questions/standouts.ts';

/** Gives the answer to a GET of the API; of one that failed nothing. */
type Ask = (path: string) => Promise<unknown>;

interface Info {
  heads: number;
  neurons: number;
  live: boolean;
  atlas: object | null;
}
type Names = Parameters<typeof firstChoice>[0];
type Statistic = Parameters<typeof byLayer>[0];

/**
 * Asks what the page of a model asks when it is shown for the first time, with the page's own addresses. A test in a
 * browser holds that nothing else is asked.
 */
export async function askFirstView(id: string, ask: Ask): Promise<void> {
  const at = `/api/models/${encodeURIComponent(id)}`;
  const info = (await ask(at)) as Info | undefined;
  if (!info) return;
  const neurons = await askStatistic(
    `${at}/statistics/neurons`,
    info.neurons > 0 ? 'key_value_cosine' : undefined,
    ask,
  );
  const heads = await askStatistic(`${at}/statistics/heads`, info.heads > 0 ? 'copying' : undefined, ask);
  if (info.live) {
    for (const path of id === 'sample' ? cards() : (neurons?.highest ?? []).slice(0, 2).map((one) => words(one, 5)))
      await ask(at + path);
    for (const one of [...(neurons?.highest ?? []), ...(neurons?.lowest ?? []).slice(0, 2)])
      await ask(at + words(one, 3));
  }
  if (info.atlas && heads) await ask(`${at}/atlas/heads?matrix=${heads.part === 'qk' ? 'qk' : 'vo'}&k=100000`);
}

/** The lesson's own places. */
const cards = (): string[] =>
  EXAMPLES.slice(0, 4).flatMap((example) => {
    if (example.kind === 'neuron') return [words(example, 5)];
    if (example.kind !== 'head') return [];
    const { layer, index, matrix } = example;
    const different = Object.keys(DIFFERENT_WORDS[matrix]).map((name) => `&${name}=true`);
    return [`/heads/${layer}/${index}?matrix=${matrix}&k=3${different.join('')}&preview=true`];
  });

const words = ({ layer, index }: { layer: number; index: number }, k: number): string =>
  `/neurons/${layer}/${index}?k=${k}&bottom=0&preview=true`;

/** The statistic that is drawn first, and the places at its ends. */
async function askStatistic(at: string, wish: string | undefined, ask: Ask) {
  const { statistics = [] } = ((await ask(at)) ?? {}) as { statistics?: Names };
  const name = wish === undefined ? undefined : firstChoice(statistics, wish);
  const found = name === undefined ? undefined : ((await ask(`${at}/${encodeURIComponent(name)}`)) as Statistic);
  const part = found && (partsOf(found)[0] ?? 'value');
  return part === undefined ? undefined : { part, ...extremes(entriesOf(byLayer(found!, part)), 3) };
}
