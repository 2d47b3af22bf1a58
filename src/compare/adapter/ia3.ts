import type { TensorInfo } from '../../formats/tensor.ts';
import { readWhole } from '../../formats/wide.ts';
import type { Change, ModuleChange } from './change.ts';
import { once } from './low-rank.ts';
import { type Site, sizeOf } from './site.ts';

/** IA3 (Liu et al. 2022): inputs, in feed-forward modules, or outputs are multiplied by a vector. */
export function ia3Change(site: Site, info: TensorInfo): ModuleChange {
  const feedForward = site.config.feedForward(site.name);
  const [rows, width] = site.shape();
  const size = sizeOf(info);
  // The vector scales inputs or outputs; a weight has its inputs along its rows, a conv1d's down its columns.
  const alongRows = feedForward !== site.target.conv1d;
  if (size !== (alongRows ? width : rows)) throw site.unfit(`a vector of ${size}`);
  const l = once((signal) => readWhole({ ...info, shape: [size] }, signal));
  const onWeight: Change = {
    kind: 'IA3',
    apply: async (data, from, _to, _tensor, signal) => {
      const by = await l(signal);
      for (let at = 0; at < data.length; at++)
        data[at] *= alongRows ? by[at % width] : by[from + Math.floor(at / width)];
    },
  };
  if (feedForward || !site.target.bias) return { onWeight: [onWeight], onBias: [], notes: [] };
  const onBias: Change = {
    kind: 'IA3',
    apply: async (row, _from, _to, _tensor, signal) => {
      const by = await l(signal);
      for (let i = 0; i < row.length; i++) row[i] *= by[i];
    },
  };
  return { onWeight: [onWeight], onBias: [onBias], notes: [] };
}
