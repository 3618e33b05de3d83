"""The command `astro-tokens`, also as `python -m astro_tokens`."""

import sys

from ._program import main

if __name__ == "__main__":
    sys.exit(main())
