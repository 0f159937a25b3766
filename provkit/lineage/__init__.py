"""Answer "what was this made from?" at any size."""
