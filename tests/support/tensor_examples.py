"""Safetensors files, written by hand."""

import json
from pathlib import Path

import numpy as np

KINDS = {"float64": "F64", "float32": "F32", "float16": "F16", "int8": "I8"}


def safetensors(tensors, **metadata) -> bytes:
    """The content of a file; a uint16 array is taken as bfloat16."""
    header, values = {"__metadata__": metadata} if metadata else {}, b""
    for name, array in tensors.items():
        data = np.ascontiguousarray(array).tobytes()
        offsets = [len(values), len(values) + len(data)]
        kind = KINDS.get(str(array.dtype), "BF16")
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
        values += data
    return with_header(header, values)


def with_header(header, values: bytes = b"") -> bytes:
    """The content of a file with any header."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + values


def save(folder: Path, tensors, layers, suffix=".safetensors", **more) -> Path:
    """Write tensors and the JSON beside them."""
    path = folder / f"net{suffix}"
    if suffix == ".npz":
        np.savez(path, **tensors)
    else:
        path.write_bytes(safetensors(tensors))
    described = {"format": "fcgen-model-1", "input_shape": [4], "layers": layers, **more}
    path.with_suffix(".json").write_text(json.dumps(described))
    return path
