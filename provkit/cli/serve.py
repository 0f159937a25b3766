"""``provkit serve``: the project as a SPARQL endpoint with a page."""

from __future__ import annotations

import click

from provkit.app.project import Project
from provkit.cli import output
from provkit.cli.session import pass_project
from provkit.errors import UsageError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8765, show_default=True, help="Port; 0 takes a free one.")
@pass_project
def serve(project: Project, host: str, port: int) -> None:
    r"""Serve the project: SPARQL at /sparql, read-only, and the run list at /.

    A query may take 10 s and 1 GB; SERVICE is switched off. New runs appear by themselves.

    \b
    Examples:
      provkit serve
      curl 'http://127.0.0.1:8765/sparql?query=SELECT+(COUNT(*)+AS+%3Fn)+%7B%3Fs+%3Fp+%3Fo%7D'
    """
    try:
        import uvicorn  # noqa: PLC0415 - an extra, and 100 ms

        from provkit.web.server import create_app  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise UsageError(
            f"provkit serve needs {error.name}", hint='pip install "provkit[web]"'
        ) from error
    output.say(f"http://{host}:{port}/ (SPARQL at /sparql; Ctrl-C ends it)")
    hosts = () if host in ("127.0.0.1", "localhost", "::1") else (host,)
    uvicorn.run(create_app(project, hosts=hosts), host=host, port=port, log_level="warning")
