"""Secrets never reach a record; harmless texts stay as they are.

The tokens have the published shape of their service and were never valid.
"""

from __future__ import annotations

import random
import string

import pytest

from provkit.capture.redact import MARK, Redactor, is_secret

RANDOM = random.Random(20261124)  # the same planted secrets in every run


def chance(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    """Letters made by chance, with every kind of them."""
    body = "".join(RANDOM.choice(letters) for _ in range(length - 2))
    return "a7" + body if "a" in letters else body + letters[:2]


HEX = string.digits + "abcdef"
UPPER = string.ascii_uppercase + string.digits
JWT = f"eyJ{chance(20)}.{chance(60)}.{chance(43)}"

SHAPES = [
    JWT,
    f"AKIA{chance(16, UPPER)}",
    f"ASIA{chance(16, UPPER)}",
    *(f"gh{kind}_{chance(36)}" for kind in "pousr"),
    f"github_pat_{chance(22)}_{chance(59)}",
    f"glpat-{chance(20)}",
    f"gldt-{chance(20)}",
    *(f"xox{kind}-{chance(12, string.digits)}-{chance(24)}" for kind in "abprs"),
    f"xapp-1-{chance(11, UPPER)}-{chance(40)}",
    f"AIza{chance(35)}",
    f"ya29.{chance(60)}",
    f"GOCSPX-{chance(28)}",
    f"sk_live_{chance(24)}",
    f"rk_live_{chance(24)}",
    f"whsec_{chance(32)}",
    f"sk-{chance(48)}",
    f"sk-proj-{chance(48)}",
    f"sk-ant-api03-{chance(80)}",
    f"hf_{chance(34)}",
    f"r8_{chance(37)}",
    f"npm_{chance(36)}",
    f"pypi-AgEIcHlwaS5vcmc{chance(60)}",
    f"dop_v1_{chance(64, HEX)}",
    f"SG.{chance(22)}.{chance(43)}",
    f"dapi{chance(32, HEX)}",
    f"shpat_{chance(32, HEX)}",
    f"glsa_{chance(32)}_{chance(8, HEX)}",
    f"hvs.{chance(90)}",
    f"SK{chance(32, HEX)}",
    f"{chance(9, string.digits)}:AA{chance(33)}",
    f"AGE-SECRET-KEY-1{chance(58, UPPER)}",
    f"dckr_pat_{chance(27)}",
    f"sq0atp-{chance(22)}",
]

NAMES = [
    "password",
    "PASSWORD",
    "db_password",
    "DB_PASS",
    "pgPassword",
    "passwd",
    "passphrase",
    "secret",
    "client_secret",
    "clientSecret",
    "AWS_SECRET_ACCESS_KEY",
    "token",
    "auth_token",
    "access-token",
    "refreshToken",
    "api_key",
    "api-key",
    "apikey",
    "APIKEY",
    "OPENAI_API_KEY",
    "private_key",
    "encryption-key",
    "AccountKey",
    "credentials",
    "session_id",
    "sessionid",
    "jwt",
    "cookie",
    "signature",
    "connection_string",
    "key",
]


def planted() -> list[tuple[str, str, str]]:
    """Where a secret may stand: an id, the text, and the secret itself."""
    cases = [(f"shape {at}", f"using {text} now", text) for at, text in enumerate(SHAPES)]
    for name in NAMES:
        for form in ("{n}={v}", "--{n}={v}", '"{n}": "{v}"'):
            secret = chance(14)
            cases.append((f"{form} {name}", form.format(n=name, v=secret), secret))
    secret = chance(16)
    cases += [
        (name, text.format(v=secret), secret)
        for name, text in {
            "postgres url": "postgresql://ann:{v}@db.example.org:5432/x",
            "https url": "fetch https://ann:{v}@example.org/data.csv",
            "token url": "git clone https://{v}@github.com/ann/x.git",
            "redis url": "redis://:{v}@cache:6379/0",
            "query": "GET /data?user=ann&access_token={v}&n=5",
            "presigned": "https://b.s3.amazonaws.com/k?X-Amz-Signature={v}&X-Amz-Expires=60",
            "sas": "https://x.blob.core.windows.net/c?sv=2022-11-02&sig={v}%2B",
            "bearer": "Authorization: Bearer {v}",
            "basic": "authorization: Basic {v}",
            "github header": "Authorization: token {v}",
            "api header": "X-Api-Key: {v}",
            "cookie": "Cookie: {v}",
            "traceback": "ValueError: cannot connect with password='{v}' to db",
            "repr": "Config(user='ann', secret_key='{v}', n=3)",
            "yaml": "database:\n  password: {v}\n  port: 5432",
            "shell": "export PGPASSWORD={v}",
            "dict": "{{'token': '{v}', 'n': 1}}",
            "pem": "-----BEGIN RSA PRIVATE KEY-----\n{v}\n-----END RSA PRIVATE KEY-----",
            "cut pem": "-----BEGIN OPENSSH PRIVATE KEY-----\n{v}\n",
            "netrc": "machine x login ann password={v}",
        }.items()
    ]
    return cases


HARMLESS_WORDS = """max_tokens=100 n_tokens=5 --max-new-tokens=256 tokenizer=bert token_count=7 --sort-key name
    primary_key=id key=2 key=name key=patient_id pass=2 passes=3 n_pass=1 bypass=true author=Ann
    authors=12 keyboard=us monkey=5 turkey=2 keyword=climate --key-file keys.csv password_file=/etc/x
    secret_file=/run/secrets/db keyframes=24 hotkey=F5 compass=270 encompass=all pinned=true pin=off
    session=3 session=morning signal=0.5 sigma=0.2 assign=x design=grid passenger=12 passband=0.1:40
    cookie_policy=strict auth=none auth=basic api_url=https://api.example.org/v2 --threshold=2.5
    alpha=0.05 lr=1e-4 seed=20261124 method=REML epochs=100 out=results/plot.png fmt=%Y-%m-%d n=10
    path=/home/ann/data/2026/x.csv url=https://example.org/a/b?x=1&y=2 crs=EPSG:4326 bbox=-10,35,30,70
    sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    id=3f2504e0-4f89-11d3-9a0c-0305e82c3301 doi=10.5063/F1Z036CP orcid=0000-0002-1825-0097
    git=1e83b67d0a3c commit=a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 date=2026-01-31T09:30:00Z
    accession=SRR1234567 gene=BRCA1 taxon=Quercus_robur station=KSEA species=Canis_lupus
    host=db.example.org port=5432 user=ann database=climate table=monthly_means schema=public
    mail=ann@example.org tag=v1.2.3 version=2026.11.24 image=python:3.11-slim digest=sha256:e3b0c442
    key_column=station token_type=word secret=false password=none token=null api_key=""
    PWD=/home/ann/project HOME=/home/ann SHELL=/bin/bash TERM=xterm-256color LANG=en_US.UTF-8
    SSH_AUTH_SOCK=/tmp/ssh-x/agent.1 XDG_SESSION_TYPE=x11 DISPLAY=:0 EDITOR=vim PATH=/usr/bin:/bin
    OMP_NUM_THREADS=4 CUDA_VISIBLE_DEVICES=0,1 SLURM_JOB_ID=123456 TZ=Europe/Berlin
    --input=data/raw.csv --output=out.csv --verbose=true -n5 --jobs=8 --force --dry-run --by=content
    x=1.5 y=-2 z=3e8 model=ar1 family=binomial link=logit kernel=rbf gamma=auto C=10 degree=3
"""
HARMLESS_LINES = """Reading data/raw.csv with 120 rows and 14 columns
    Wrote results/C3_fraction.csv in 0.52 s
    Traceback (most recent call last):
      File "/home/ann/fit.py", line 12, in <module>
    KeyError: 'station'
    KeyError: 'temperature_mean'
    ValueError: could not convert string to float: 'NA'
    Warning message: package 'dplyr' was built under R version 4.2.3
    token 5 of 120 parsed
    the key to this result is the second pass over the data
    password must not be empty
    please enter your password:
    Secret Santa draw has 12 people
    author: Ann Example <ann@example.org>
    session info: R 4.2.2, Debian 12
    primary key (id)
    passing 12 arguments to fit()
    12 passed, 3 failed, 2 skipped in 4.10s
    sort -k 2 -t , data.csv
    awk -F: '{print $1}' names.txt
    curl -u ann https://example.org/data.csv
    ssh ann@cluster.example.org
    git clone https://github.com/ann/climate.git
    git@github.com:ann/climate.git
    rsync -a data/ ann@host:/backup/
    http://localhost:8000/path?page=2
    https://doi.org/10.5281/zenodo.1234567
    ftp://ftp.ncbi.nlm.nih.gov/genomes/x.fa
    The model has 12,345 parameters; loss: 0.123; accuracy: 98.1%
    epoch 3/10: loss=0.53 val_loss=0.61 lr=0.001
    >seq1 ATGCGTACGTTAGCATCGATCGATCGATGCATGCATCGATGC
    MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQ
    iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    c56a4180-65aa-42ec-a945-5fd21dec0538
    {"name": "station", "key": "KSEA", "n": 12}
    <a href="page.html" accesskey="h">Home</a>
    for key in sorted(table): print(key)
    def authorize(user: str, session: Session) -> bool:
    import secrets
    tokens = text.split()
    signal-to-noise ratio: 12.5 dB
    mean = 12.3 +- 0.4 (n = 24)
    p-value < 2.2e-16
    2026-11-24 09:30:00 INFO starting worker 3
    100%|##########| 120/120 [00:03<00:00, 38.1it/s]
"""
HARMLESS = [*HARMLESS_WORDS.split(), *map(str.strip, HARMLESS_LINES.strip().splitlines())]


@pytest.mark.parametrize(("text", "secret"), [case[1:] for case in planted()])
def test_planted_secret_is_taken_out(text: str, secret: str) -> None:
    """What a record must not hold is in no form of it."""
    assert secret not in Redactor().text(text)
    assert secret not in Redactor().data(text.encode()).decode()


def test_there_are_enough_planted_secrets() -> None:
    """The bar of the specification is 120."""
    assert len(planted()) >= 120


def test_harmless_texts_stay() -> None:
    """A record that hides half of a command line is worth little: at most 2 % are touched."""
    assert len(HARMLESS) >= 150
    redactor = Redactor()

    touched = [text for text in HARMLESS if redactor.data(text.encode()).decode() != text]

    assert len(touched) <= len(HARMLESS) * 0.02, touched


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        (("mysql", "--password", "hunter2", "db"), "hunter2"),
        (("curl", "-u", "ann:hunter2", "https://x.org"), "hunter2"),
        (("curl", "-H", "Authorization: Bearer abc.def"), "abc.def"),
        (("fit.py", "--api-key", "s3cr3t-value"), "s3cr3t-value"),
        (("bash", "-c", "login --token abc123XY < x"), "abc123XY"),
    ],
)
def test_command_line_loses_its_secrets(words: tuple[str, ...], secret: str) -> None:
    """An option and its value are two words."""
    assert secret not in " ".join(Redactor().words(words))


def test_command_line_keeps_the_rest() -> None:
    """Only the value goes, so that the command can still be understood."""
    words = ("fit.py", "--token", "abc123XY", "--n", "5", "data.csv")

    assert Redactor().words(words) == ("fit.py", "--token", MARK, "--n", "5", "data.csv")


def test_secret_of_the_environment_is_known_everywhere() -> None:
    """A program may print what it was given, without saying what it is."""
    redactor = Redactor({"DB_PASSWORD": "correct horse"}, ())

    assert redactor.text("connecting with correct horse to db") == f"connecting with {MARK} to db"


def test_secret_of_the_command_line_is_known_everywhere() -> None:
    """The same for an argument."""
    redactor = Redactor({}, ("login", "--password", "tr0ub4dor", "--pin=no"))

    assert "tr0ub4dor" not in redactor.text("user ann logged in using tr0ub4dor")


def test_bytes_that_are_no_text_stay() -> None:
    """A log may hold anything."""
    data = bytes(range(256)) * 3

    assert Redactor().data(data) == data


def test_a_path_is_no_secret() -> None:
    """What names a file that holds a secret is not the secret."""
    assert not is_secret("private_key", "/home/ann/.ssh/id_rsa")
