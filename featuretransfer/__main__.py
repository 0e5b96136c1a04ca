"""``python -m featuretransfer`` is the command line."""

from .cli import main

main()
