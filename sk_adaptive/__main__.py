"""The command line as `python -m sk_adaptive`."""

import sys

from sk_adaptive._cli import main

if __name__ == "__main__":
    sys.exit(main())
