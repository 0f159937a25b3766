"""Turn errors of ours into problems that are told, so that the command goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class Teller(Protocol):
    """Whoever can be told that something went wrong."""

    def problem(self, sentence: str) -> None:
        """Something went wrong in us."""


P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=Teller)


def harmless(
    otherwise: R,
) -> Callable[[Callable[Concatenate[T, P], R]], Callable[Concatenate[T, P], R]]:
    """Decorate a method that must not raise.

    Args:
        otherwise: What it returns when it fails.
    """

    def decorate(method: Callable[Concatenate[T, P], R]) -> Callable[Concatenate[T, P], R]:
        @wraps(method)
        def guarded(self: T, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(self, *args, **kwargs)
            except Exception as error:  # noqa: BLE001 - do no harm: the command has started
                self.problem(f"{type(error).__name__} in {method.__name__}: {error}")
                return otherwise

        return guarded

    return decorate
