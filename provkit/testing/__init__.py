"""Contract suites and strategies: what a new recorder, importer, format or store must pass."""
