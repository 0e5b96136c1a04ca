"""Print pip constraints that pin every run-time dependency to the oldest version we support."""

import configparser
import sys


def floor(path):
    """The lower bounds of install_requires and of the run-time extras in setup.cfg, as pins."""
    config = configparser.ConfigParser()
    config.read(path)
    extras = config["options.extras_require"]
    lines = [config["options"]["install_requires"], extras["plot"], extras["audformat"]]
    requirements = [line for line in "\n".join(lines).splitlines() if line and line[0] != "#"]
    return [requirement.replace(">=", "==") for requirement in requirements]


if __name__ == "__main__":
    sys.stdout.write("\n".join(floor(sys.argv[1])) + "\n")
