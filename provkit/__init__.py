"""provkit: what was this made from, and can I trust it?"""

__version__ = "0.1.0"
