import type { Change, ModuleChange, Target } from './change.ts';
import type { AdapterConfig } from './config.ts';
import { ia3Change } from './ia3.ts';
import { loraChange } from './lora.ts';
import type { AdapterModule } from './modules.ts';
import { productChange } from './products.ts';
import { rowsChange } from './rows.ts';
import { Site } from './site.ts';

/** What PEFT makes of a module that its config chooses. */
export const MATRICES = /^(lora_|ia3_|hada_|lokr_)/;

/**
 * The changes of one module, in the order in which PEFT makes them. Reads nothing. Throws `TENSOR_SHAPE` where the
 * matrices do not fit the base's weight, `TENSOR_MISSING` where one of them is not there.
 */
export function changesOf(module: AdapterModule, config: AdapterConfig, target: Target): ModuleChange {
  const site = new Site(module, config, target);
  const matrices = site.pair('lora_A', 'lora_B');
  const embedding = site.pair('lora_embedding_A', 'lora_embedding_B');
  if (site.own('lora_magnitude_vector') && !matrices && !embedding) throw site.absent('lora_A');
  if (site.own('weight') && !module.wrapped && [...module.tensors.keys()].some((part) => MATRICES.test(part)))
    throw site.twofold();
  const vector = site.own('ia3_l');
  const rows = site.own('trainable_tokens_delta');
  const onWeightAlone = (change: Change): ModuleChange => ({ onWeight: [change], onBias: [], notes: [] });
  const made: ModuleChange[] = [
    ...(matrices ? [loraChange(site, matrices, target.conv1d)] : []),
    // An embedding's weight is [inputs, outputs].
    ...(embedding ? [loraChange(site, embedding, true)] : []),
    ...(vector ? [ia3Change(site, vector)] : []),
    ...(site.has('hada_') ? [onWeightAlone(productChange(site, 'LoHa'))] : []),
    ...(site.has('lokr_') ? [onWeightAlone(productChange(site, 'LoKr'))] : []),
    ...(rows ? [onWeightAlone(rowsChange(site, rows))] : []),
  ];
  return {
    weight: site.own('weight'),
    bias: site.own('bias'),
    onWeight: made.flatMap(({ onWeight }) => onWeight),
    onBias: made.flatMap(({ onBias }) => onBias),
    notes: made.flatMap(({ notes }) => notes),
  };
}
