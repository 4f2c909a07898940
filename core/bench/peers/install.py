"""Makes the Python of the peers: a virtual environment in a folder of the user's, on Linux 0.9 GB to fetch and 2.2 GB on disk.

    python3 install.py FOLDER

The last line of stdout is the path of its Python. A second call finds all in place; one that was cut off begins again.

PyTorch's package for Linux is the one for GPUs: with everything that it asks for it fetches 3 GB. On the CPU none of
that is called, but the loader wants to find each library by its name. So the nine large ones are stand-ins, copies of a
library of PyTorch's own that exports nothing, and this Python binds a function when it is called, not when a library is
loaded. A call into one would end the process with the name of the function; torch.cuda.is_available() is False first.
The packages for macOS and Windows are for the CPU.
"""

import hashlib
import os
import pathlib
import shutil
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
requirements = pathlib.Path(__file__).with_name("requirements.txt")
check = "import jax, torch; print(float(torch.ones(3) @ torch.ones(3)), jax.numpy.ones(3).sum())"


def main(folder):
    if sys.version_info < (3, 11):
        sys.exit(f"Python: expected 3.11 or newer, got {sys.version.split()[0]}")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    proof = folder / "installed"  # written last
    wanted = hashlib.sha256(requirements.read_bytes() + pathlib.Path(__file__).read_bytes()).hexdigest()
    if not proof.exists() or proof.read_text() != wanted:
        if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
            sys.exit(f"FOLDER: expected a new one or one of the peers', got {folder}")
        print("Installing PyTorch and JAX (some minutes)…", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        run(python, "-m", "pip", "install", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--quiet", "-r", requirements)
        if sys.platform == "linux":
            stand_in(folder)
        run(python, "-c", check)
        proof.write_text(wanted)
    print(python)


def stand_in(folder):
    (site,) = folder.glob("lib/python3.*/site-packages")
    libraries = site / "torch" / "lib"
    for name in stand_ins:
        shutil.copyfile(libraries / "libtorch_global_deps.so", libraries / name)
    # Read at the start of every Python here, also of those that PyTorch starts to compile.
    (site / "bind_late.pth").write_text("import sys, os; sys.setdlopenflags(os.RTLD_LAZY)\n")


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=sys.stderr)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command[1:4]))}: expected exit status 0, got {done.returncode}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("install.py: expected FOLDER, got " + (" ".join(sys.argv[1:]) or "nothing"))
    main(pathlib.Path(sys.argv[1]).absolute())
