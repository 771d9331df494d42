"""Prints the version of each package named on the command line, after importing it."""

import importlib
import sys

for name in sys.argv[1:]:
    print(name, importlib.import_module(name).__version__)
