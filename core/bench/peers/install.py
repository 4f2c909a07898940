"""Makes the Python of the peers in a new folder: a virtual environment, on Linux 1.2 GB to fetch and 3.6 GB on disk.

    python3 install.py FOLDER

The last line of stdout is a JSON object: for each peer null, or the sentence why it is not there, which is the platform's
or Python's fault and not the network's. Whoever calls this makes the folder whole: by renaming it once all has gone well.

PyTorch's package for Linux is the one for GPUs: with everything that it asks for it fetches 3 GB. On the CPU none of
that is called, but the loader wants to find each library by its name. So the nine large ones are stand-ins, copies of a
library of PyTorch's own that exports nothing, and this Python binds a function when it is called, not when a library is
loaded. A call into one would end the process with the name of the function; torch.cuda.is_available() is False first.
The packages for macOS and Windows are for the CPU.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import venv

stand_ins = [
    "libcublas.so.13",
    "libcublasLt.so.13",
    "libcudnn.so.9",
    "libcufft.so.12",
    "libcufile.so.0",
    "libcusparse.so.12",
    "libcusparseLt.so.0",
    "libnccl.so.2",
    "libnvrtc.so.13",
]
here = pathlib.Path(__file__).parent
bind_now = "import os, sys; hasattr(os, 'RTLD_NOW') and sys.setdlopenflags(os.RTLD_NOW); "  # see peer_tensorflow.py
peers = {
    "pytorch": "import torch; print(float(torch.ones(3) @ torch.ones(3)))",
    "jax": "import jax; print(float(jax.numpy.ones(3).sum()))",
    "tensorflow": bind_now + "import tensorflow as tf; print(float(tf.reduce_sum(tf.ones(3))))",
}


def main(folder):
    if sys.version_info < (3, 11):
        sys.exit(f"Python: expected 3.11 or newer, got {sys.version.split()[0]}")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    failed = pip(python, "requirements.txt")
    if failed is not None:
        sys.exit(failed)  # without this one nothing says that the network is there
    print(json.dumps({peer: add(peer, check, python, folder) for peer, check in peers.items()}))


def add(peer, check, python, folder):
    """Installs a peer and proves that it computes; the sentence why it is not to be had here, or None."""
    failed = pip(python, f"requirements-{peer}.txt")
    if failed is not None:
        if "No matching distribution" in failed and not is_offline(failed):
            return f"{failed.splitlines()[-1].removeprefix('ERROR: ')}, {sys.platform}, Python {sys.version.split()[0]}"
        sys.exit(failed)
    if peer == "pytorch" and sys.platform == "linux":
        stand_in(folder)
    done = subprocess.run([python, "-c", check], capture_output=True, text=True)
    if done.returncode == 0:
        return None
    return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]


def pip(python, requirements):
    """What pip said when it failed, or None."""
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(
        [python, "-m", "pip", "install", *options, "-r", here / requirements], stdout=sys.stderr, stderr=subprocess.PIPE, text=True
    )
    return None if done.returncode == 0 else done.stderr.strip() or f"pip: exit status {done.returncode}"


def is_offline(said):
    return any(word in said for word in ("Retrying", "ConnectionError", "Timeout", "ProxyError"))


def stand_in(folder):
    (site,) = folder.glob("lib/python3.*/site-packages")
    libraries = site / "torch" / "lib"
    for name in stand_ins:
        shutil.copyfile(libraries / "libtorch_global_deps.so", libraries / name)
    # Read at the start of every Python here, also of those that PyTorch starts to compile.
    (site / "bind_late.pth").write_text("import sys, os; sys.setdlopenflags(os.RTLD_LAZY)\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("install.py: expected FOLDER, got " + (" ".join(sys.argv[1:]) or "nothing"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("install.py: stopped"))  # ends pip as well
    main(pathlib.Path(sys.argv[1]).absolute())
