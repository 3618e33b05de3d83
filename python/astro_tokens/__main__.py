"""The command `astro-tokens`, also as `python -m astro_tokens`."""

import sys

from ._program import main

sys.exit(main())
