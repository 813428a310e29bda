"""A plug-in as pip would install it, without pip: beside its code, what names its entry points."""

import os
import tomllib
from pathlib import Path

HOUSE_RULES = Path(__file__).parents[2] / "examples" / "plugins" / "house_rules"


def install(project: Path, directory: Path) -> str:
    """A PYTHONPATH on which the project is installed."""
    described = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    info = directory / f"{described['name'].replace('-', '_')}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {described['name']}\nVersion: 1\n"
    )
    lines = [
        line
        for group, points in described["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {where}" for name, where in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return os.pathsep.join([str(directory), str(project), os.environ.get("PYTHONPATH", "")])
