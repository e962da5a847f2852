"""The command: `groundgate …`, `python -m groundgate …`."""

from __future__ import annotations

import sys

from ._engine import run


def main() -> None:
    """Runs the command line and exits with its code."""
    sys.exit(run(["groundgate", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
