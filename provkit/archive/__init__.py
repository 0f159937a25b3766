"""Keep the bytes of every version that a run read or wrote, by content."""
