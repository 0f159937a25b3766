"""Watch a command: which process read and wrote which file, and in what surroundings.

Lives in a stranger's process, so it uses the standard library only.
"""
