"""The project folder, and the use cases that a command, a page and a notebook share."""
