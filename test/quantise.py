"""A GGUF file again with its matrices in another type, by the `gguf` package: what `weightscope diff` is tried on.

    pip install gguf numpy && python test/quantise.py FROM.gguf TO.gguf F16|Q8_0|Q4_0|Q4_1|Q5_0|Q5_1

Everything else is as it was. Vectors (norms) keep their type, as llama.cpp does.
"""
import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter
from gguf.quants import dequantize, quantize

source, target, wanted = sys.argv[1:4]
wanted = GGMLQuantizationType[wanted]
reader = GGUFReader(source)
arch = reader.fields['general.architecture'].contents()
writer = GGUFWriter(target, arch)
for name, field in reader.fields.items():
    if name.startswith('GGUF.') or name == 'general.architecture':
        continue
    kind = field.types[0]
    sub = field.types[-1] if kind == GGUFValueType.ARRAY else None
    writer.add_key_value(name, field.contents(), kind, sub_type=sub)
for tensor in reader.tensors:
    data = dequantize(tensor.data, tensor.tensor_type)
    if data.ndim == 1:
        writer.add_tensor(tensor.name, np.ascontiguousarray(data, dtype=np.float32))
    elif wanted == GGMLQuantizationType.F16:
        writer.add_tensor(tensor.name, data.astype(np.float16))
    else:
        writer.add_tensor(tensor.name, quantize(data.astype(np.float32), wanted), raw_dtype=wanted)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
