"""The published vectors of the protocol."""

import json
import os
from pathlib import Path

import numpy as np

_FILE = Path(os.environ.get("FEDRL_VECTORS", Path(__file__).parents[3] / "test" / "protocol-vectors.json"))

vectors = json.loads(_FILE.read_text())

_TYPES = {"f64": np.float64, "u32": np.uint32}


def tensor(kind, values):
    """Give a tensor as the vectors write it: numbers, or bytes as hex."""
    if kind == "u8":
        return np.frombuffer(bytes.fromhex(values), np.uint8)
    return np.array(values, _TYPES[kind])
