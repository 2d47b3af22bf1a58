import type { TensorInfo } from '../../formats/tensor.ts';
import { readWhole } from '../../formats/wide.ts';
import type { Change } from './change.ts';
import { once } from './low-rank.ts';
import type { Site } from './site.ts';

/** Rows of an embedding that were tuned alone (`trainable_token_indices`) take the place of the base's. */
export function rowsChange(site: Site, info: TensorInfo): Change {
  const ids = site.config.tokensOf(site.name);
  const [rows, width] = site.shape();
  if (!ids || ids.length !== info.shape[0] || info.shape[1] !== width)
    throw site.unfit(`${info.shape.join(' x ')} for ${ids?.length ?? 'unknown'} tokens`);
  const beyond = ids.find((id) => id >= rows);
  if (beyond !== undefined) throw site.unfit(`a row for token ${beyond}`);
  const at = new Map(ids.map((id, i) => [id, i]));
  const read = once((signal) => readWhole(info, signal));
  return {
    kind: 'rows',
    rows: ids,
    apply: async (data, from, to, _tensor, signal) => {
      const tuned = await read(signal);
      for (let i = from; i < to; i++) {
        const found = at.get(i);
        if (found !== undefined) data.set(tuned.subarray(found * width, (found + 1) * width), (i - from) * width);
      }
    },
  };
}
