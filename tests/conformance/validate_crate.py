"""Validate crates with roc-validator, without a network; run by its own interpreter.

``python validate_crate.py PROFILE CRATE…`` prints one JSON object per crate:
``{"crate", "passed", "issues": […]}``. The two JSON-LD contexts that the validator
would fetch are made here: the terms of the context that the rocrate library
ships, with the IRIs that version 1.1 gives to Bioschemas terms, and the terms
of Workflow Run RO-Crate.
"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

WFRUN = "https://w3id.org/ro/terms/workflow-run#"
WFRUN_TERMS = (
    "ParameterConnection connection sourceParameter targetParameter environment containerImage"
    " resourceUsage sha256 ContainerImage DockerImage SIFImage registry tag buildInstructions"
)
BIOSCHEMAS = "https://bioschemas.org/"


def contexts() -> dict[str, bytes]:
    """The documents that the validator asks for, by URL."""
    spec = importlib.util.find_spec("rocrate")
    assert spec is not None
    assert spec.origin is not None
    shipped = json.loads((Path(spec.origin).parent / "data/ro-crate.jsonld").read_text())
    terms = dict(shipped["@context"])
    for name in ("ComputationalWorkflow", "FormalParameter"):
        terms[name] = BIOSCHEMAS + name
    for name in ("input", "output"):
        terms[name] = f"{BIOSCHEMAS}ComputationalWorkflow#{name}"
    wfrun = {name: WFRUN + name for name in WFRUN_TERMS.split()}
    return {
        "https://w3id.org/ro/crate/1.1/context": json.dumps({"@context": terms}).encode(),
        "https://w3id.org/ro/terms/workflow-run/context": json.dumps({"@context": wfrun}).encode(),
    }


def serve(documents: dict[str, bytes]) -> None:
    """Answer every request from the documents, and none from the network."""
    import requests  # noqa: PLC0415 - of the validator's environment
    import requests_cache  # noqa: PLC0415

    def answer(_: Any, method: str, url: str, **__: Any) -> Any:
        del method
        response = requests.Response()
        response.url = url
        response.status_code = 200 if url in documents else 404
        response.raw = io.BytesIO(documents.get(url, b""))
        response.headers["Content-Type"] = "application/ld+json"
        response.from_cache = False
        return response

    def opened(_: Any, request: Any, *__: Any, **___: Any) -> Any:
        url = request if isinstance(request, str) else request.full_url
        if url.startswith("file:"):
            return real(_, request, *__, **___)
        if url not in documents:
            raise OSError(f"no network: {url}")
        made = urllib.request.addinfourl(
            io.BytesIO(documents[url]), {"Content-Type": "application/ld+json"}, url, 200
        )
        made.msg = "OK"
        return made

    real = urllib.request.OpenerDirector.open
    requests.Session.request = answer
    requests_cache.session.CacheMixin.request = answer
    urllib.request.OpenerDirector.open = opened


def main(profile: str, crates: list[str]) -> None:
    """Validate each crate at the level of what a profile requires."""
    serve(contexts())
    from rocrate_validator import models, services  # noqa: PLC0415 - after serving

    for crate in crates:
        settings = services.ValidationSettings(
            rocrate_uri=crate,
            profile_identifier=profile,
            requirement_severity=models.Severity.REQUIRED,
        )
        result = services.validate(settings)
        issues = sorted(
            {f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues()}
        )
        row = {"crate": crate, "passed": not issues, "issues": issues}
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
