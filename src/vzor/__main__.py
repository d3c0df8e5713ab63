"""`python -m vzor` is `vzor`."""

import sys

from vzor.cli.main import main

if __name__ == "__main__":  # loader processes import this file again where they are spawned
    sys.argv[0] = "vzor"  # what a run's report names as the command to repeat it
    sys.exit(main())
