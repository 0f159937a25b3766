"""Read what other tools recorded; one module per source, each reports its repairs."""
