"""``python -m tests.clients.otel_libraries [NAME ...]``: runs the libraries, and writes their captures anew."""

from __future__ import annotations

import argparse

from tests.clients.otel_libraries.capture import capture
from tests.clients.otel_libraries.libraries import LIBRARIES


def main() -> None:
    """Each in a process of its own; what is missing is installed first."""
    names = [each.name for each in LIBRARIES]
    parser = argparse.ArgumentParser(prog="python -m tests.clients.otel_libraries", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*names, []], metavar="NAME", help=f"of {', '.join(names)}")
    options = parser.parse_args()
    for library in LIBRARIES:
        if not options.names or library.name in options.names:
            print(library.name, flush=True)
            capture(library)


if __name__ == "__main__":
    main()
