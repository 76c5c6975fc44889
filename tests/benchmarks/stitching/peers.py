"""The peers and the photographs, each in a folder of its own that stays.

Owns: which releases are measured, installing them with pip, npm and apt, and where they lie then.
Never: installs for the whole machine: Debian's packages are unpacked beside each other.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tests.benchmarks.stitching.photographs import PACKAGES

PYVIPS: Final = ("pyvips==3.2.0", "pyvips-binary==8.18.7")
SHARP: Final = ("sharp@0.35.5",)
MAGICK: Final = "imagemagick-6.q16"

POLICIES: Final = ("debian", "open")
"""What ImageMagick may do: as Debian has it, and without limits."""


class MissingError(Exception):
    """Something could not be installed; the text says what was tried."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Where everything lies, below one folder, whether it is there or not."""

    folder: Path

    @property
    def photographs(self) -> Path:
        """The folder below which they are."""
        return self.folder / "photographs"

    @property
    def vips(self) -> Path:
        """An interpreter that has pyvips."""
        return self.folder / "vips" / "bin" / "python"

    @property
    def sharp(self) -> Path:
        """The folder of modules that has sharp."""
        return self.folder / "node" / "node_modules"

    @property
    def magick(self) -> Path:
        """What Debian's packages unpack to."""
        return self.folder / "magick"

    def there(self) -> set[str]:
        """The peers that can be run."""
        places = {
            "libvips": self.vips,
            "sharp": self.sharp / "sharp",
            "ImageMagick": self.magick / "usr",
        }
        return {name for name, place in places.items() if place.exists()}

    def install(self) -> list[str]:
        """Installs what is not there; what could not be, and why."""
        steps: list[tuple[Path, Callable[[Path], None]]] = [
            (self.folder / "vips", _install_vips),
            (self.folder / "node", _install_sharp),
            (self.magick, _install_magick),
            (self.photographs, _install_photographs),
        ]
        return [told for place, step in steps if (told := _tried(place, step))]

    def magick_environment(self, policy: str) -> dict[str, str]:
        """What its program needs to find its parts, and one of `POLICIES`."""
        [library] = self.magick.glob("usr/lib/*-linux-*")
        [home] = library.glob("ImageMagick-6*")
        return {
            **os.environ,
            "LD_LIBRARY_PATH": str(library),
            "MAGICK_CODER_MODULE_PATH": str(home / "modules-Q16" / "coders"),
            "MAGICK_CONFIGURE_PATH": str(self.magick / "policies" / policy),
        }

    @property
    def convert(self) -> Path:
        """ImageMagick's program."""
        [program] = self.magick.glob("usr/bin/convert-im6*")
        return program


def versions(peers: Peers) -> dict[str, str]:
    """What is installed, in the words of each."""
    asks: dict[str, tuple[list[str], dict[str, str] | None]] = {}
    there = peers.there()
    if "libvips" in there:
        text = "import pyvips as p; print(p.__version__, *map(p.version, range(3)))"
        asks["pyvips, libvips"] = ([str(peers.vips), "-I", "-c", text], None)
    if "sharp" in there:
        text = "const s = require('sharp').versions; console.log(s.sharp, process.version)"
        modules = {**os.environ, "NODE_PATH": str(peers.sharp)}
        asks["sharp, node"] = (["node", "-e", text], modules)
    if "ImageMagick" in there:
        asks["ImageMagick"] = ([str(peers.convert), "-version"], peers.magick_environment("debian"))
    return {name: _said(*ask).splitlines()[0] for name, ask in asks.items()}


def _tried(place: Path, step: Callable[[Path], None]) -> str:
    """Installs into a folder that takes its place only when it is whole; why not, or nothing."""
    if place.exists():
        return ""
    place.parent.mkdir(parents=True, exist_ok=True)
    # an environment of Python's cannot be moved: the folder is made where it is to be
    place.mkdir()
    try:
        step(place)
    except (MissingError, OSError) as error:
        shutil.rmtree(place)
        return f"{place.name}: {error}"
    return ""


def _install_vips(place: Path) -> None:
    _said([sys.executable, "-m", "venv", str(place)])
    _said([str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *PYVIPS])


def _install_sharp(place: Path) -> None:
    (place / "package.json").write_text(json.dumps({"private": True}))
    _said(["npm", "install", "--silent", "--no-audit", "--no-fund", *SHARP], place=place)


def _install_magick(place: Path) -> None:
    """With all that it needs and the machine does not have; its policy twice."""
    archives = place / "archives"
    (archives / "partial").mkdir(parents=True)
    options = ["-o", "Debug::NoLocking=1", "-o", f"Dir::Cache::archives={archives}"]
    install = ["apt-get", "install", "--yes", "--download-only", "--no-install-recommends"]
    _said([*install, "--reinstall", *options, MAGICK])
    _unpack(archives, place)
    for policy in POLICIES:
        shutil.copytree(place / "etc" / "ImageMagick-6", place / "policies" / policy)
    file = place / "policies" / "open" / "policy.xml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if 'domain="resource"' not in line))


def _install_photographs(place: Path) -> None:
    archives = place / "archives"
    archives.mkdir()
    _said(["apt-get", "download", *PACKAGES], place=archives)
    _unpack(archives, place)


def _unpack(archives: Path, place: Path) -> None:
    for package in sorted(archives.glob("*.deb")):
        _said(["dpkg", "-x", str(package), str(place)])
    shutil.rmtree(archives)


def _said(
    command: Sequence[str], environment: dict[str, str] | None = None, *, place: Path | None = None
) -> str:
    """What a command prints.

    Raises:
        MissingError: there is no such program, or it failed.
    """
    if shutil.which(command[0]) is None:
        raise MissingError(f"{command[0]} is not on the PATH")
    run = partial(subprocess.run, check=False, capture_output=True, text=True)
    done = run(command, cwd=place, env=environment)
    if done.returncode != 0:
        raise MissingError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}".strip())
    return str(done.stdout)
