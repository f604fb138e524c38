"""The strings in the attributes of a Keras ``.h5``, read in a process of its own.

On a damaged file, HDF5's library can crash or never return.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SECONDS = 30
_CODE = "import sys; from fcgen.load.keras.attributes import dump; dump(sys.argv[1])"


def read_attributes(path: Path) -> dict[str, Any]:
    """Return ``model_config``, None where there is none, and ``weight_names`` of each layer.

    Raises
    ------
    ValueError
        For a file that is damaged, whatever that does to the library.
    """
    command = [sys.executable, "-c", _CODE, str(path.resolve())]
    source = Path(__file__).resolve().parents[3]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, cwd=source)
    except subprocess.TimeoutExpired:
        raise ValueError("HDF5 does not come to an end") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines()
        crashed = done.returncode != 1 or not lines
        raise ValueError("HDF5 crashes" if crashed else lines[-1])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def dump(path: str) -> None:
    """Print the attributes of a file as JSON."""
    import h5py

    with h5py.File(path, "r") as file:
        config, names = file.attrs.get("model_config"), {}
        if config is not None:
            group = file["model_weights"]
            for name in group:
                # Links out of the file are not followed.
                if group.id.links.get_info(name.encode()).type == h5py.h5l.TYPE_HARD:
                    names[name] = [_text(n) for n in group[name].attrs["weight_names"]]
        json.dump({"model_config": config and _text(config), "weight_names": names}, sys.stdout)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()
