"""Queries are files in ``sparql/``: load them, bind their parameters, run the rules."""
