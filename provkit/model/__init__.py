"""Frozen values in the words of PROV, ProvONE and YesWorkflow.

Nothing here reads a file, a clock or a store; every floor above speaks in
these values.
"""
