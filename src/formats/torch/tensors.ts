import { ELEMENT_TYPES } from '../elements.ts';
import { Call, Global, PersistentId, type Pickled, Tuple } from './pickle.ts';

/** What one entry of a state dict says: numbers `[offset, …)` of a storage, walked with strides. */
export interface PickledTensor {
  /** The storage's record is `data/<key>`. */
  readonly key: string;
  /** As safetensors calls it. */
  readonly dtype: string;
  /** Bytes of the whole storage. */
  readonly storageBytes: number;
  /** In elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** torch's names of element types, by those of safetensors. */
const DTYPES: Readonly<Record<string, readonly [dtype: string, storage?: string]>> = {
  F64: ['float64', 'DoubleStorage'],
  F32: ['float32', 'FloatStorage'],
  F16: ['float16', 'HalfStorage'],
  BF16: ['bfloat16', 'BFloat16Storage'],
  I64: ['int64', 'LongStorage'],
  I32: ['int32', 'IntStorage'],
  I16: ['int16', 'ShortStorage'],
  I8: ['int8', 'CharStorage'],
  U8: ['uint8', 'ByteStorage'],
  BOOL: ['bool', 'BoolStorage'],
  U16: ['uint16'],
  U32: ['uint32'],
  U64: ['uint64'],
  F8_E4M3: ['float8_e4m3fn'],
  F8_E5M2: ['float8_e5m2'],
  F8_E4M3FNUZ: ['float8_e4m3fnuz'],
  F8_E5M2FNUZ: ['float8_e5m2fnuz'],
  F8_E8M0: ['float8_e8m0fnu'],
};

const UNTYPED = 'torch.storage.UntypedStorage';
const REBUILD = [
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_parameter',
];
const byStorage = new Map<string, string>();
const byDtype = new Map<string, string>();
for (const [name, [dtype, storage]] of Object.entries(DTYPES)) {
  byDtype.set(`torch.${dtype}`, name);
  if (storage) byStorage.set(`torch.${storage}`, name);
}

const ALLOWED = new Set([
  ...REBUILD,
  ...byStorage.keys(),
  ...byDtype.keys(),
  UNTYPED,
  'collections.OrderedDict',
  'torch.Size',
]);

/** The names of Python that a state dict may hold: element types, storages, and what puts tensors together. */
export const isAllowed = (name: string): boolean => ALLOWED.has(name);

/** What is wrong with a tensor, as a sentence goes on after its name. */
const BROKEN = 'is not within its storage';
/** `torch._utils.set_tensor_metadata`: bits by which torch negates or conjugates what is stored. */
const TURNED = 'is a view that torch changes when it is read (neg, conj); save it with .resolve_neg().resolve_conj()';

/** The tensor that a value is, or undefined where it is none; a text where it is one that cannot be read. */
export function tensorOf(value: Pickled): PickledTensor | string | undefined {
  if (!(value instanceof Call)) return undefined;
  const { name, args } = value;
  if (name === 'torch._utils._rebuild_parameter') return parameterOf(args);
  return REBUILD.includes(name) ? rebuilt(args, name.endsWith('_v3')) : undefined;
}

/** `_rebuild_parameter(data, requires_grad, backward_hooks)`. */
function parameterOf({ items }: Tuple): PickledTensor | string {
  const [data] = items;
  const isTensor = data instanceof Call && data.name !== 'torch._utils._rebuild_parameter';
  return items.length === 3 && isTensor ? (tensorOf(data) ?? BROKEN) : BROKEN;
}

/** `_rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks)`; v3: and a dtype. */
function rebuilt({ items }: Tuple, isV3: boolean): PickledTensor | string {
  if (items.length < (isV3 ? 7 : 6) || items.length > (isV3 ? 8 : 7)) return BROKEN;
  const [storage, offset, shape, strides] = [storageOf(items[0]), items[1], sizesOf(items[2]), sizesOf(items[3])];
  if (!storage || !shape || !strides || !isSize(offset) || shape.length !== strides.length) return BROKEN;
  if (isTurned(items[isV3 ? 7 : 6])) return TURNED;
  const last = isV3 ? items[6] : undefined;
  const dtype = isV3 ? last instanceof Global && byDtype.get(last.name) : storage.dtype;
  if (!dtype || (isV3 && storage.dtype !== undefined)) return BROKEN;
  const { bytes } = ELEMENT_TYPES[dtype];
  const storageBytes = storage.count * (isV3 ? 1 : bytes);
  if (shape.includes(0)) return { key: storage.key, dtype, storageBytes, offset: 0, shape, strides };
  const reach = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], offset);
  return (reach + 1) * bytes <= storageBytes
    ? { key: storage.key, dtype, storageBytes, offset, shape, strides }
    : BROKEN;
}

/** Whether a tensor's metadata, its last argument, say anything. */
function isTurned(metadata: Pickled | undefined): boolean {
  if (metadata instanceof Map) return [...metadata.values()].some((value) => value !== false);
  return metadata !== undefined && metadata !== null;
}

/** `('storage', type, key, location, count)`. */
function storageOf(value: Pickled): { key: string; dtype?: string; count: number } | undefined {
  if (!(value instanceof PersistentId) || !(value.id instanceof Tuple) || value.id.items.length !== 5) return undefined;
  const [tag, type, key, location, count] = value.id.items;
  if (tag !== 'storage' || !(type instanceof Global) || typeof location !== 'string' || !isSize(count))
    return undefined;
  if (typeof key !== 'string' || !/^\w{1,40}$/.test(key)) return undefined;
  const dtype = byStorage.get(type.name);
  return dtype !== undefined || type.name === UNTYPED ? { key, dtype, count } : undefined;
}

function sizesOf(value: Pickled): readonly number[] | undefined {
  const items = value instanceof Call && value.name === 'torch.Size' ? value.args.items[0] : value;
  const sizes = items instanceof Tuple ? items.items : Array.isArray(items) ? items : undefined;
  return sizes && sizes.length <= 64 && sizes.every(isSize) ? sizes : undefined;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
