import type { TensorInfo } from '../formats/tensor.ts';
import type { Config } from './architecture.ts';

/**
 * A hash of what the weights depend on, read from headers alone: config, tensor names, types, shapes and places, and
 * every source's size and version. It does not depend on what the checkpoint is called or where it lies. 32 hexadecimal
 * digits.
 */
export function fingerprint(config: Config, tensors: ReadonlyMap<string, TensorInfo>): string {
  const sources = new Map<TensorInfo['source'], number>();
  const hash = new Hash();
  hash.add(JSON.stringify(config, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
  for (const { name, dtype, shape, start, end, source } of tensors.values()) {
    if (!sources.has(source)) {
      sources.set(source, sources.size);
      hash.add(`${source.byteLength} ${source.version}`);
    }
    hash.add(`${name} ${dtype} ${shape} ${start} ${end} ${sources.get(source)}`);
  }
  return hash.digest();
}

/** FNV-1a in four lanes of 32 bits with different primes: no secret is kept with it, changes only have to be seen. */
class Hash {
  private readonly lanes = Uint32Array.of(0x811c9dc5, 0xc59d1c81, 0x9e3779b9, 0x85ebca6b);

  add(text: string): void {
    const { lanes } = this;
    for (let i = 0; i <= text.length; i++) {
      const unit = i < text.length ? text.charCodeAt(i) : 0x10000;
      for (let lane = 0; lane < 4; lane++) lanes[lane] = Math.imul(lanes[lane] ^ (unit + lane), PRIMES[lane]);
    }
  }

  digest(): string {
    const { lanes } = this;
    for (let lane = 0; lane < 4; lane++) {
      let h = lanes[lane];
      h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
      h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
      lanes[lane] = h ^ (h >>> 16);
    }
    return [...lanes].map((lane) => lane.toString(16).padStart(8, '0')).join('');
  }
}

const PRIMES = [0x01000193, 0x9e3779b1, 0x85ebca77, 0xc2b2ae3d];
