"""``python -m fcgen``: the same program as ``fcgen``."""

import sys

from fcgen.cli import main

if __name__ == "__main__":
    sys.exit(main())
