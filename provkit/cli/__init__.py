"""The command line: thin sentences over the use cases in ``provkit.app``."""
