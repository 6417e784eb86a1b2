# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings: one frozen value, parsed once from the environment.

Every variable that begins with ``GRAPH_`` must be one of SETTINGS; an unknown or malformed one is refused by name, all
faults at once. An empty value is the same as none. docs/reference/settings.md is written from SETTINGS.
"""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from graph import VERSION, setting_forms
from graph.errors import SettingsError
from graph.setting_forms import Setting

PREFIX = "GRAPH_"
FOLDER = "programs-graph"
WIKIMEDIA_STREAM = "https://stream.wikimedia.org"
WIKIMEDIA_OAUTH = "https://meta.wikimedia.org/w/rest.php/oauth2"
PETSCAN = "https://petscan.wmcloud.org"
PAGEPILE = "https://pagepile.toolforge.org"
SOURCE = "https://gitlab.wikimedia.org/toolforge-repos/programs-graph"
_EVERYWHERE = {"0.0.0.0", "::"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator may choose. ``repr`` never shows the database's address, which may hold a password, nor any key
    or secret.

    Raises SettingsError for choices that do not go together.
    """

    database_url: str | None = field(default=None, repr=False)
    database_connections: int = 10
    data_dir: Path = field(default_factory=lambda: _home() / ".local" / "share" / FOLDER)
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    stream_url: str = WIKIMEDIA_STREAM
    action_api: str = "https://{domain}/w/api.php"
    petscan_url: str = PETSCAN
    pagepile_url: str = PAGEPILE
    contact: str | None = None
    source_url: str = SOURCE
    oauth_url: str = WIKIMEDIA_OAUTH
    oauth_client_id: str | None = None
    oauth_client_secret: str | None = field(default=None, repr=False)
    session_key: str | None = field(default=None, repr=False)
    admins: frozenset[str] = frozenset()
    max_streams: int = 20_000
    metrics_token: str | None = field(default=None, repr=False)
    forwarded_allow_ips: str = "127.0.0.1"
    log_format: str = "text"
    run_dir: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    dev_sign_in: bool = False

    def __post_init__(self) -> None:
        if self.dev_sign_in and not setting_forms.is_loopback(self.host):
            raise SettingsError(
                "the development sign-in (GRAPH_DEV_SIGN_IN, and the demo) lets anybody be anybody: "
                f"it needs GRAPH_HOST on loopback, for example 127.0.0.1, not {self.host}"
            )

        if (self.oauth_client_id is None) is not (self.oauth_client_secret is None):
            raise SettingsError("GRAPH_OAUTH_CLIENT_ID and GRAPH_OAUTH_CLIENT_SECRET go together: set both, or neither")
        if self.oauth_client_id is not None and self.session_key is None:
            raise SettingsError(
                "GRAPH_SESSION_KEY is missing: where people can sign in (GRAPH_OAUTH_CLIENT_ID is set) it is required; "
                "set it to a long random text, the same for every process, for example of `openssl rand -hex 32`"
            )

    @classmethod
    def parse(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in ``environ``. Raises SettingsError that names every fault."""
        faults = [_unknown(name) for name in sorted(environ) if name.startswith(PREFIX) and name not in _NAMES]
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            name = setting.name
            if name == "GRAPH_PORT" and not environ.get(name):
                name = "PORT"
            given = environ.get(name, "").strip()
            if not given:
                continue
            try:
                values[setting.field] = setting.parse(given)
            except ValueError:
                seen = "" if setting.secret else f", not {given!r}"
                faults.append(f"{name} should be {setting.expects}{seen}")
        if faults:
            raise SettingsError("; ".join(faults))
        return cls(**{**_derived(environ, values), **values})

    @property
    def user_agent(self) -> str:
        """Who we are, in the form of Wikimedia's policy: name/version (contact) library/version."""
        contact = self.contact or "no contact given"
        return f"ProgramsGraph/{VERSION} ({contact}) httpx/{_version('httpx')}"

    def require_contact(self) -> None:
        """Raise SettingsError where Wikimedia's own stream would be read without saying who reads it."""
        if self.contact is None and urlsplit(self.stream_url).hostname == urlsplit(WIKIMEDIA_STREAM).hostname:
            raise SettingsError(
                "GRAPH_CONTACT is missing: Wikimedia's policy asks whoever reads its streams for an address; "
                "set it to an e-mail address or to the URL of a page about you"
            )


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # where a container's user has no name and no home
        return Path(tempfile.gettempdir())


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "GRAPH_DATABASE_URL",
        "database_url",
        setting_forms.database_url,
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        "an embedded PostgreSQL under GRAPH_DATA_DIR",
        "The PostgreSQL (15 or newer) that holds everything.",
        secret=True,
    ),
    Setting(
        "GRAPH_DATABASE_CONNECTIONS",
        "database_connections",
        setting_forms.between(2, 100),
        "a number from 2 to 100",
        "10",
        "The most connections one process keeps in its pool; the consumer and the relay hold one more each.",
    ),
    Setting(
        "GRAPH_DATA_DIR",
        "data_dir",
        setting_forms.folder,
        "the path of a folder",
        f"$XDG_DATA_HOME/{FOLDER}, or ~/.local/share/{FOLDER}",
        "Where the embedded PostgreSQL keeps its data. The demo uses a temporary folder instead.",
    ),
    Setting(
        "GRAPH_HOST",
        "host",
        setting_forms.host,
        "a host name or an address",
        "127.0.0.1",
        "Where the web part listens; 0.0.0.0 for every interface.",
    ),
    Setting(
        "GRAPH_PORT",
        "port",
        setting_forms.between(0, 65535),
        "a port from 0 (any free one) to 65535",
        "PORT, else 8000",
        "The port on which the web part listens.",
    ),
    Setting(
        "GRAPH_PUBLIC_URL",
        "public_url",
        setting_forms.base_url,
        "a URL like https://programs.example.org",
        "http://GRAPH_HOST:GRAPH_PORT",
        "The address under which readers find us; links in answers and pages begin with it.",
    ),
    Setting(
        "GRAPH_STREAM_URL",
        "stream_url",
        setting_forms.base_url,
        "a URL like https://stream.wikimedia.org",
        WIKIMEDIA_STREAM,
        "Where EventStreams is.",
    ),
    Setting(
        "GRAPH_ACTION_API",
        "action_api",
        setting_forms.action_api,
        "a URL with {domain} or {dbname} in it, and no other braces",
        "https://{domain}/w/api.php",
        "Where each wiki's Action API is.",
    ),
    Setting(
        "GRAPH_PETSCAN_URL",
        "petscan_url",
        setting_forms.base_url,
        f"a URL like {PETSCAN}",
        PETSCAN,
        "Where PetScan is asked for the articles of its queries (docs/scopes.md).",
    ),
    Setting(
        "GRAPH_PAGEPILE_URL",
        "pagepile_url",
        setting_forms.base_url,
        f"a URL like {PAGEPILE}",
        PAGEPILE,
        "Where PagePile is asked for the articles in its piles.",
    ),
    Setting(
        "GRAPH_CONTACT",
        "contact",
        setting_forms.contact,
        "an e-mail address or a URL, without parentheses",
        "none",
        "Whom Wikimedia and readers can reach; part of the User-Agent, and on the privacy page. Required for reading "
        "Wikimedia's own stream.",
    ),
    Setting(
        "GRAPH_SOURCE_URL",
        "source_url",
        setting_forms.base_url,
        f"a URL like {SOURCE}",
        SOURCE,
        "Where readers find the source of what runs here; every page links there. If you changed it, set your own.",
    ),
    Setting(
        "GRAPH_OAUTH_CLIENT_ID",
        "oauth_client_id",
        setting_forms.opaque,
        "the key that the log-in gave, without spaces",
        "none: nobody can sign in",
        "Under which this service is registered with Wikimedia's log-in (docs/sign-in.md).",
    ),
    Setting(
        "GRAPH_OAUTH_CLIENT_SECRET",
        "oauth_client_secret",
        setting_forms.opaque,
        "the secret that came with it, without spaces",
        "none",
        "Proves to the log-in that it is this service that asks. Never shown or logged.",
        secret=True,
    ),
    Setting(
        "GRAPH_OAUTH_URL",
        "oauth_url",
        setting_forms.base_url,
        "a URL like https://meta.wikimedia.org/w/rest.php/oauth2",
        WIKIMEDIA_OAUTH,
        "Where the log-in is.",
    ),
    Setting(
        "GRAPH_SESSION_KEY",
        "session_key",
        setting_forms.key,
        f"a random text of at least {setting_forms.KEY_LENGTH} characters, without spaces",
        "none",
        "Required where GRAPH_OAUTH_CLIENT_ID is set. What the database keeps of sign-ins, and the tokens of forms, "
        "are made with it; the same for every process. Another one signs everybody out.",
        secret=True,
    ),
    Setting(
        "GRAPH_ADMINS",
        "admins",
        setting_forms.usernames,
        "usernames separated by commas",
        "nobody",
        "Who may do everything here.",
    ),
    Setting(
        "GRAPH_MAX_STREAMS",
        "max_streams",
        setting_forms.between(1, 1_000_000),
        "a number from 1 to 1000000",
        "20000",
        "The most event streams, sockets and subscriptions on them that one process serves; others are told to poll.",
    ),
    Setting(
        "GRAPH_METRICS_TOKEN",
        "metrics_token",
        setting_forms.opaque,
        "a long random text without spaces",
        "none: there is no /metrics",
        "Whoever asks for /metrics gives it as `Authorization: Bearer`.",
        secret=True,
    ),
    Setting(
        "GRAPH_FORWARDED_ALLOW_IPS",
        "forwarded_allow_ips",
        setting_forms.proxies,
        "addresses or networks separated by commas, like 192.168.0.0/16",
        "127.0.0.1",
        "The proxies in front, whose word for the reader's scheme is taken.",
    ),
    Setting(
        "GRAPH_LOG_FORMAT",
        "log_format",
        setting_forms.log_format,
        "text or json",
        "text",
        "What a line of the log is: text for people, or one JSON object.",
    ),
    Setting(
        "GRAPH_RUN_DIR",
        "run_dir",
        setting_forms.folder,
        "the path of a folder",
        "the system's folder for temporary files",
        "Where the consumer and the worker keep their heartbeats, which `programs-graph healthy` looks at.",
    ),
    Setting(
        "GRAPH_DEV_SIGN_IN",
        "dev_sign_in",
        setting_forms.switch,
        "0 or 1",
        "0",
        "Lets `Authorization: Bearer dev:USERNAME` sign anybody in. Refused unless GRAPH_HOST is on loopback.",
    ),
)
_NAMES = frozenset(setting.name for setting in SETTINGS)


def reference() -> str:
    """The Markdown table of all settings, as it stands in docs/reference/settings.md."""
    lines = ["| Variable | Should be | Default | Meaning |", "|---|---|---|---|"]
    lines += [f"| `{s.name}` | {s.expects} | {s.default} | {s.meaning} |" for s in SETTINGS]
    return "\n".join(lines) + "\n"


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0.8)
    return f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else "")


def _derived(environ: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    host, port = values.get("host", Settings.host), values.get("port", Settings.port)
    shown = "localhost" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    derived: dict[str, Any] = {"public_url": f"http://{shown}:{port}"}
    data_home = Path(environ.get("XDG_DATA_HOME", ""))
    if data_home.is_absolute():
        derived["data_dir"] = data_home / FOLDER
    return derived


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # run from a tree that was not installed
        return "0"
