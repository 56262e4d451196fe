"""Is this bundle the one that was handed over, and does it work here?

python verify.py [--digest SHA256]

Needs Python 3.11 and the packages onnxruntime, numpy and pillow, nothing else. Changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # a file more in the bundle would be one that nobody handed over
BUNDLE = Path(__file__).resolve().parent
CODE = BUNDLE / "code"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--digest", help="of SHA256SUMS, as the export printed it")
    digest = parser.parse_args().digest
    sys.path.insert(0, str(CODE))
    from ivfgrade.bundle import seal  # standard library only

    try:
        sums = seal.check(BUNDLE, digest)
    except seal.BrokenSeal as error:
        return _failed(str(error))
    asked = "" if digest else "; say --digest to know that the list itself is the right one"
    print(f"{seal.SUMS}: all {len(sums)} files are unchanged{asked}")
    from ivfgrade.bundle import checks, manifest
    from ivfgrade.errors import InputError

    try:
        for line in checks.checked(BUNDLE, manifest.read(BUNDLE)):
            print(line)
    except InputError as error:
        return _failed(str(error))
    print("The bundle is as it was handed over, and works here.")
    return 0


def _failed(reason: str) -> int:
    print(f"error: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
