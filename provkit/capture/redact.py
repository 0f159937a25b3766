"""Take secrets out of everything that a record says.

Three ways to know one: by the name it is given to (``--password X``,
``api_key=X``, ``"token": "X"``), by its own shape (JWT, cloud and forge tokens,
PEM keys, URL passwords), and because it is the value of an environment variable
or argument that was found to be secret, wherever it turns up again.

The rules follow what the services publish about their tokens' prefixes. Numbers,
paths and plain words are left alone where only a name speaks against them:
``max_tokens=100`` and ``--sort-key name`` are no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

_SPACE = re.compile(r"\s")
MARK = "[redacted]"

_STRONG = re.compile(
    r"(?:[a-z]*password|[a-z]*passwd|passphrase|pwd|secrets?|token|apikey|credentials?|authorization|signature"
    r"|sas|passcode|otp|totp|jwt|bearer|cookie|connstring)\Z"
)
"""A name with one of these words holds a secret, unless its value is harmless."""

_PAIR = re.compile(
    r"(?:(?:api|access|private|secret|encryption|signing|master|account|auth|deploy|license|shared"
    r"|storage|session)_?key|session_?id|client_?secret|connection_?string|auth_?token"
    r"|(?:db|my|user)_?pass|pass_word)\Z"
)
"""So does one with two of these beside each other."""

_WEAK = re.compile(r"(?:key|pass|auth|sig|session|sid|pin|pat|sk)\Z")
"""A name that ends in one of these does so only when the value looks made by chance."""

_HARMLESS_LAST = re.compile(
    r"(?:file|path|dir|folder|names?|fields?|columns?|count|length|len|size|policy|type|url|uri"
    r"|limit|expires|expiry|ttl|hint|prompt|required|enabled|format|class|encoder|bytes)\Z"
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HARMLESS_VALUE = re.compile(
    r"(?:[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?|true|false|yes|no|on|off|none|null|nil|auto|default|basic"
    r"|required|optional|enabled|disabled|\[redacted\]|\*+|<.*>|\$\{?\w+\}?|%\w+%)\Z",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:~|\.{1,2})?/[\w./~+@ -]*\Z|[A-Za-z]:\\")

_NAMED = re.compile(
    r"""(?P<name>["']?(?<![\w.])[A-Za-z_][\w.-]*?["']?)"""
    r"""(?P<between>[ \t]{0,4}(?:=>|:=|[=:])[ \t]{0,4})(?!//)"""
    r"""(?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s"'`,;&<>(){}\[\]|]+)"""
)
_OPTION = re.compile(
    r"""(?P<name>(?<!\S)--?[A-Za-z][\w-]*)(?P<between>[ \t]+)"""
    r"""(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s"'-]\S*)"""
)
_SPOKEN = re.compile(
    r"(?i)\b(?P<name>(?:proxy-)?authorization|x-api-key|x-auth-token|set-cookie|cookie)"
    r"(?P<between>\s*[:=]\s*[\"']?)(?P<value>(?:(?:bearer|basic|token|digest|apikey)\s+)?[^\s\"']+)"
)
_SHAPES = re.compile(
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"  # JWT (RFC 7519)
    r"|\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b"  # AWS
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"  # GitHub
    r"|\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[\w-]{16,}"  # GitLab
    r"|\bxox[abeoprs]-[\w-]{10,}|\bxapp-[\w-]{10,}"  # Slack
    r"|hooks\.slack\.com/services/[\w/]+"
    r"|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}"  # Google
    r"|\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9]{16,}"  # Stripe
    r"|\bsk-(?:ant-|proj-|or-|svcacct-)?[A-Za-z0-9][\w-]{18,}"  # OpenAI, Anthropic and alike
    r"|\bhf_[A-Za-z0-9]{20,}|\br8_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{20,}"
    r"|\bpypi-[\w-]{16,}|\bdop_v1_[a-f0-9]{32,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\bdapi[a-f0-9]{32}|\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|\bglsa_\w{20,}|\bhvs\.[\w-]{20,}"
    r"|\bATATT3[\w=-]{20,}|\bNRAK-[A-Z0-9]{20,}|\blin_api_\w{20,}|\bvercel_\w{20,}"
    r"|\bSK[0-9a-f]{32}\b|\b\d{8,10}:AA[\w-]{30,}|\bAGE-SECRET-KEY-1[0-9A-Z]+"
    r"|\bdckr_pat_[\w-]{20,}|\bsq0(?:atp|csp)-[\w-]{20,}|\bEAA[A-Za-z0-9]{30,}"
)
_PEM = re.compile(
    r"-----BEGIN (?P<what>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----.*?(?:-----END (?P=what)-----|\Z)",
    re.DOTALL,
)
_USERINFO = re.compile(
    r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^\s/@:'\"]*)(?P<rest>:[^\s/'\"]*)?@"
)
_SHORT_USER = re.compile(
    r"(?P<head>(?<!\S)(?:-u|--user|--proxy-user)[ =]?)(?P<user>[^\s:'\"]+):(?P<rest>[^\s'\"]+)"
)
_SUSPICIOUS = re.compile(
    r"(?i:pass|secret|token|key|auth|cred|sig|sess|cookie|jwt|sas|otp|pin|pwd|bearer|sid|pat"
    r"|sk|conn|-u|--user)|://|[\w-]{12}"
)
"""What every rule needs at least; most texts do not have it."""

_SHORTEST_KNOWN = 5


class Redactor:
    """Takes secrets out of texts.

    Args:
        environ: The command's environment; values of secret names are secrets.
        words: The command line; so are the values of its secret options.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, words: Sequence[str] = ()) -> None:
        self._known: set[str] = set()
        for name, value in (environ or {}).items():
            if is_secret(name, value):
                self._learn([value])
        for word, then in zip(words, [*words[1:], ""], strict=False):
            self._learn(_secrets_in(word))
            option = word.lstrip("-")
            if word.startswith("-") and "=" not in word and is_secret(option, then):
                self._learn([then])
        self._pattern = _alternatives(self._known)

    def text(self, text: str) -> str:
        """A text without secrets."""
        return _without_secrets(self._without_known(text))

    def words(self, words: Sequence[str]) -> tuple[str, ...]:
        """A command line without secrets: ``--password X`` loses X."""
        whole = self._without_known("\0".join(words))
        if _SUSPICIOUS.search(whole) is None:
            return tuple(whole.split("\0")) if words else ()
        made: list[str] = []
        name = ""
        for word in whole.split("\0"):
            if name and not word.startswith("--") and is_secret(name, word):
                made.append(MARK)
                name = ""
                continue
            text = _without_secrets(word)
            if _SPACE.search(word):
                text = _OPTION.sub(_without_value, text)
            elif name in ("u", "user", "proxy-user") and ":" in text and "://" not in text:
                text = f"{text.partition(':')[0]}:{MARK}"
            made.append(text)
            name = word.lstrip("-") if word.startswith("-") and "=" not in word else ""
        return tuple(made)

    def value(self, name: str, value: str) -> str:
        """The value that a name was given, without secrets."""
        return MARK if value and is_secret(name, value) else self.text(value)

    def data(self, data: bytes) -> bytes:
        """Bytes that are mostly text, such as a log, without secrets; others stay as they are."""
        text = self._without_known(data.decode("utf-8", "surrogateescape"))
        if "PRIVATE KEY" in text:
            text = _PEM.sub(MARK, text)
        clean = "".join(
            _OPTION.sub(_without_value, _without_secrets(line))
            if _SUSPICIOUS.search(line)
            else line
            for line in text.splitlines(keepends=True)
        )
        return clean.encode("utf-8", "surrogateescape")

    def _without_known(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(MARK, text)

    def _learn(self, values: Iterable[str]) -> None:
        for value in values:
            if len(value) >= _SHORTEST_KNOWN and not _HARMLESS_VALUE.match(value):
                self._known.add(value)


def _without_secrets(text: str) -> str:
    """A text without what its shape or its name gives away."""
    if _SUSPICIOUS.search(text) is None:
        return text
    text = _PEM.sub(MARK, text) if "PRIVATE KEY" in text else text
    text = _SHAPES.sub(MARK, text)
    if "://" in text:
        text = _USERINFO.sub(_without_userinfo, text)
    text = _SHORT_USER.sub(rf"\g<head>\g<user>:{MARK}", text)
    text = _SPOKEN.sub(rf"\g<name>\g<between>{MARK}", text)
    return _NAMED.sub(_without_value, text)


def is_secret(name: str, value: str) -> bool:
    """Whether a name says that its value is a secret, and the value may be one."""
    bare = value.strip("\"'")
    if not bare or _HARMLESS_VALUE.match(bare):
        return False
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or _HARMLESS_LAST.match(words[-1]) or _PATH.match(bare):
        return False
    if any(map(_STRONG.match, [*words, "".join(words)])):
        return True
    if any(map(_PAIR.match, ["".join(words), *map("_".join, pairwise(words))])):
        return True
    return bool(_WEAK.match(words[-1])) and _is_random(bare)


def _is_random(value: str) -> bool:
    """Whether a value looks made by chance: long, and of several kinds of characters mixed."""
    if len(value) < 8 or " " in value:
        return False
    kinds = [r"[a-z]", r"[A-Z]", r"\d", r"[^\w.,/-]"]
    return sum(bool(re.search(kind, value)) for kind in kinds) >= 2 and not re.fullmatch(
        r"[A-Z]?[a-z]+(?:[-_.][A-Za-z]?[a-z]+)*\d{0,3}", value
    )


def _secrets_in(text: str) -> list[str]:
    """Values in a text that are secrets because of their name or place."""
    found = [
        each["value"].strip("\"'")
        for each in _NAMED.finditer(text)
        if is_secret(each["name"].strip("\"'"), each["value"])
    ]
    found += [each["rest"][1:] for each in _USERINFO.finditer(text) if each["rest"]]
    return found


def _without_value(found: re.Match[str]) -> str:
    name, value = found["name"].strip("\"'").lstrip("-"), found["value"]
    if not is_secret(name, value):
        return found.group()
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found['name']}{found['between']}{quote}{MARK}{quote}"


def _without_userinfo(found: re.Match[str]) -> str:
    if found["rest"]:
        return f"{found['scheme']}{found['user']}:{MARK}@"
    user = found["user"]
    return f"{found['scheme']}{MARK}@" if _is_random(user) else found.group()


def _alternatives(values: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for some texts, longest first."""
    texts = sorted(values, key=lambda value: (-len(value), value))
    return re.compile("|".join(map(re.escape, texts))) if texts else None
