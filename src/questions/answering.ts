import type { Atlas } from '../atlas/query/atlas.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import type { ReadOptions } from '../reading/types.ts';
import type { Opened, ServedModel } from './opened.ts';
import { factsOf, readOptions } from './parameters.ts';
import type { AnyQuestion, Around, Run } from './question.ts';

/** How a question will be answered, once its parameters are known. */
export interface Answering {
  /** The models that decide the answer. */
  models: string[];
  /** Tried first, beside whatever the engine does: an answer that takes milliseconds, where there is one. */
  quick: (run: Run) => Promise<unknown>;
  /** Waits its turn. */
  work?: (run: Run) => Promise<unknown>;
  queue: 'engine' | 'sql';
}

/**
 * Decides where an answer comes from. What must be open for any answer is looked for at once: `MODEL_UNKNOWN`,
 * `MODEL_UNAVAILABLE`, `ATLAS_MISSING`. `said`: whether a parameter was given, or has its default.
 */
export function answering(
  question: AnyQuestion,
  opened: Opened,
  asked: Record<string, unknown>,
  said: (name: string) => boolean,
): Answering {
  const { sources, call } = question;
  const weights = sources.weights ?? call;
  const named = [asked.model, 'second' in question.parameters ? asked.second : undefined];
  const ids = question.models?.(asked) ?? named.filter((id) => typeof id === 'string');
  const [served] = ids.map((id) => opened.model(id));
  if (weights && !sources.opened && !sources.lists) opened.live(served.id);
  const second = 'second' in question.parameters ? opened.live(asked.second as string) : undefined;
  if (sources.atlas) opened.atlas(served.id);
  const full = served ? withLengths(question, served, asked, said) : asked;
  const steps = stepsOf(question, opened, served, full, second);
  const queue = question.queue ?? (weights ? 'engine' : 'none');
  const work = queue === 'none' ? undefined : steps.pop();
  return {
    // What a preview says, the exact reading takes the place of at any time.
    models: question.changes || asked.preview ? [] : ids,
    quick: async (run) => {
      for (const step of steps) {
        const found = await step(run);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    ...(work && { work: async (run: Run) => work(run) }),
    queue: queue === 'sql' ? 'sql' : 'engine',
  };
}

type Step = (run: Run) => unknown;

/** Its sources in the order in which all questions try them. */
function stepsOf(
  { place, parameters, sources, call }: AnyQuestion,
  opened: Opened,
  served: ServedModel,
  asked: Record<string, unknown>,
  second: Model | undefined,
): Step[] {
  const { kept, lists } = sources;
  // A call is never asked for a second model unless its question has one.
  const ofTwo: typeof sources.weights = call && ((model, asked, options) => call(model, asked, options, second!));
  const weights = sources.weights ?? ofTwo;
  const { engine } = opened.served;
  const options = (run: Run): ReadOptions => {
    return { engine, factorCache: opened.factorCache, ...readOptions(asked), ...run };
  };
  const listed =
    lists && !lists.unless?.(asked) ? listedIn({ ...place, ...parameters }, opened, served, asked) : undefined;
  const around = (run: Run): Around => ({ ...run, opened, served, listed, second });
  const steps: Step[] = [];
  if (sources.opened) steps.push((run) => sources.opened!(asked, around(run)));
  if (kept) steps.push((run) => served.model && kept(served.model, asked, options(run), opened.rankings));
  if (lists && listed && !(lists.alone && served.model))
    steps.push(async (run) => {
      try {
        return await lists.read(listed, asked, options(run));
      } catch (error) {
        // An atlas may be of neurons alone, or of some layers: the weights know of the others.
        if (served.model && error instanceof WeightscopeError && error.code === 'OUT_OF_RANGE') return undefined;
        throw error;
      }
    });
  if (sources.atlas) steps.push((run) => sources.atlas!(opened.atlas(served.id), asked, around(run)));
  if (weights) steps.push((run) => weights(opened.live(served.id), asked, options(run), around(run)));
  return steps;
}

/** The atlas, where it was made with the options that are asked for and its lists are long enough. */
function listedIn(
  shape: AnyQuestion['parameters'],
  opened: Opened,
  served: ServedModel,
  asked: Record<string, unknown>,
): Atlas | undefined {
  const atlas = opened.matching(served.id, readOptions(asked));
  const enough = Object.entries(shape).every(([name, schema]) => {
    const { lists } = factsOf(schema);
    return !lists || !atlas || (asked[name] as number) <= atlas.manifest.settings[lists];
  });
  return enough ? atlas : undefined;
}

/** How many to list where that was not said: what is usual, or what there is where only an atlas is open. */
function withLengths(
  { parameters }: AnyQuestion,
  { model, atlas }: ServedModel,
  asked: Record<string, unknown>,
  said: (name: string) => boolean,
): Record<string, unknown> {
  if (model || !atlas) return asked;
  const lengths = Object.entries(parameters).flatMap(([name, schema]) => {
    const { lists } = factsOf(schema);
    return lists && !said(name) ? [[name, Math.min(asked[name] as number, atlas.manifest.settings[lists])]] : [];
  });
  return { ...asked, ...Object.fromEntries(lengths) };
}
