"""What is put in front of ``PYTHONPATH`` of a recorded command; nothing here imports provkit.

``sitecustomize`` is what every Python loads when it starts; it hands over to
``provkit_audit``, takes itself away, and lets the user's own one be loaded.
"""
