import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { throwIfAborted, WeightscopeError } from '../errors.ts';
import { openModel } from '../node.ts';
import type { Opening, Served, ServedModel } from '../questions/opened.ts';
import { tooManyOpened } from '../questions/opened.ts';
import type { ReadOptions } from '../reading/types.ts';
import { idsOf } from './served.ts';

type Opened = Pick<ServedModel, 'model' | 'atlas'>;
type OpenPlace = (place: string, run: Pick<ReadOptions, 'signal' | 'progress'>) => Promise<Opened>;

/**
 * What opens further models into `models` while a server runs. The same place again is the model that is open; what
 * fails, or is given up on the way, leaves nothing open. Throws what `openModel` throws, `MODEL_UNKNOWN`, `TOO_BUSY`.
 */
export function opener(models: ServedModel[], openPlace: OpenPlace): NonNullable<Served['open']> {
  return async (asked, { signal, progress }) => {
    const place = asked.place.replace(/^~(?=[\\/]|$)/, homedir());
    const base = asked.adapter || (await looksLikeAdapter(place)) ? baseOf(models, asked) : undefined;
    const name = base === undefined ? place : `${base.name} with ${place}`;
    const known = () => models.find((one) => one.name === name);
    const already = known();
    if (already) return already;
    const found: Opened = base
      ? { model: await openModel(base.name, { adapter: place, signal, progress }) }
      : await openPlace(place, { signal, progress });
    try {
      throwIfAborted(signal);
      // Another request may have opened it, or one too many, meanwhile.
      if (!known()) tooManyOpened(models);
      const twice = known();
      if (!twice) {
        const id = idsOf([...models.map(({ id }) => id), name]).at(-1)!;
        const { model, atlas } = found;
        models.push({ id, name, model, ...(atlas && { atlas }) });
        return models.at(-1)!;
      }
      await closed(found);
      return twice;
    } catch (error) {
      await closed(found);
      throw error;
    }
  };
}

async function closed({ model, atlas }: Opened): Promise<void> {
  atlas?.close();
  await Promise.allSettled([model?.close()]);
}

/** A whole checkpoint that an adapter was left beside is a model. */
async function looksLikeAdapter(place: string): Promise<boolean> {
  const has = async (name: string) => Boolean(await stat(join(place, name)).catch(() => undefined));
  return (await has('adapter_config.json')) && !(await has('config.json'));
}

function baseOf(models: readonly ServedModel[], { base: id, place }: Opening): ServedModel {
  const base = models.find((one) => one.id === id);
  if (base?.model && !base.model.derived) return base;
  throw new WeightscopeError(
    'MODEL_UNKNOWN',
    `Expected an opened checkpoint as the base of the adapter ${JSON.stringify(place.slice(0, 200))}, got ${
      id === undefined ? 'none' : JSON.stringify(id.slice(0, 200))
    }; open the base first.`,
  );
}
