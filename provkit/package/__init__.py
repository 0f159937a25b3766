"""Package runs with their files: decide the members once, then write them in several formats.

``assemble`` turns runs into one :class:`~provkit.package.base.Package`; ``dataone``,
``rocrate`` and ``bagit`` write that same value; ``verify`` reads what anybody wrote.
"""
