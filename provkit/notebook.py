"""Jupyter: ``%load_ext provkit``."""
