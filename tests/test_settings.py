# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
from importlib.metadata import version
from pathlib import Path

import pytest

from graph.errors import SettingsError
from graph.settings import SETTINGS, Settings, reference

DOCUMENT = Path(__file__).parent.parent / "docs" / "reference" / "settings.md"
SECRET = "postgresql://graph:s3cret@db.example:5433/graph"
KEY = "5f1d0c8a9b7e4f2d8c6a1e3b5d7f9a0c"


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.parse(environ)
    return str(refused.value)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.parse({"HOME": "/ignored", "PATH": "/bin"}) == Settings()
    assert Settings() == Settings(
        database_url=None,
        database_connections=10,
        data_dir=Path.home() / ".local/share/programs-graph",
        host="127.0.0.1",
        port=8000,
        public_url="http://127.0.0.1:8000",
        stream_url="https://stream.wikimedia.org",
        action_api="https://{domain}/w/api.php",
        contact=None,
        oauth_url="https://meta.wikimedia.org/w/rest.php/oauth2",
        oauth_client_id=None,
        oauth_client_secret=None,
        session_key=None,
        admins=frozenset(),
        dev_sign_in=False,
    )


def test_every_variable_reaches_its_field() -> None:
    assert Settings.parse(
        {
            "GRAPH_DATABASE_URL": SECRET,
            "GRAPH_DATABASE_CONNECTIONS": "4",
            "GRAPH_DATA_DIR": "/srv/graph",
            "GRAPH_HOST": "::1",
            "GRAPH_PORT": "9000",
            "GRAPH_PUBLIC_URL": "https://programs.example.org/",
            "GRAPH_STREAM_URL": "http://127.0.0.1:8080/",
            "GRAPH_ACTION_API": "http://127.0.0.1:8080/w/{dbname}/api.php",
            "GRAPH_CONTACT": "graph@example.org",
            "GRAPH_SOURCE_URL": "https://git.example.org/our/graph",
            "GRAPH_OAUTH_URL": "http://127.0.0.1:8080/w/rest.php/oauth2/",
            "GRAPH_OAUTH_CLIENT_ID": "9d0a8f5e",
            "GRAPH_OAUTH_CLIENT_SECRET": "hush",
            "GRAPH_SESSION_KEY": KEY,
            "GRAPH_ADMINS": "amara Quillfeather, Bo_Tern",
            "GRAPH_DEV_SIGN_IN": "1",
        }
    ) == Settings(
        database_url=SECRET,
        database_connections=4,
        data_dir=Path("/srv/graph"),
        host="::1",
        port=9000,
        public_url="https://programs.example.org",
        stream_url="http://127.0.0.1:8080",
        action_api="http://127.0.0.1:8080/w/{dbname}/api.php",
        contact="graph@example.org",
        source_url="https://git.example.org/our/graph",
        oauth_url="http://127.0.0.1:8080/w/rest.php/oauth2",
        oauth_client_id="9d0a8f5e",
        oauth_client_secret="hush",
        session_key=KEY,
        admins=frozenset({"Amara Quillfeather", "Bo Tern"}),
        dev_sign_in=True,
    )


def test_an_empty_value_is_the_same_as_none() -> None:
    assert Settings.parse(dict.fromkeys((setting.name for setting in SETTINGS), "  ")) == Settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_the_port_falls_back_to_port() -> None:
    assert Settings.parse({"PORT": "5000"}).port == 5000
    assert Settings.parse({"PORT": "5000", "GRAPH_PORT": "6000"}).port == 6000
    assert refusal(PORT="no") == "PORT should be a port from 0 (any free one) to 65535, not 'no'"


def test_data_go_where_xdg_says() -> None:
    assert Settings.parse({"XDG_DATA_HOME": "/data"}).data_dir == Path("/data/programs-graph")
    assert Settings.parse({"XDG_DATA_HOME": "relative"}).data_dir == Settings().data_dir


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:9000"),
        ("0.0.0.0", "http://localhost:9000"),
        ("::", "http://localhost:9000"),
        ("::1", "http://[::1]:9000"),
        ("graph.example", "http://graph.example:9000"),
    ],
)
def test_the_public_address_follows_host_and_port(host: str, address: str) -> None:
    assert Settings.parse({"GRAPH_HOST": host, "GRAPH_PORT": "9000"}).public_url == address


def test_an_unknown_variable_is_refused_by_name() -> None:
    assert refusal(GRAPH_SPEED="11") == "GRAPH_SPEED is no setting"
    assert refusal(GRAPH_STREAMURL="x") == "GRAPH_STREAMURL is no setting; did you mean GRAPH_STREAM_URL?"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRAPH_DATABASE_CONNECTIONS", "1"),
        ("GRAPH_DATABASE_CONNECTIONS", "many"),
        ("GRAPH_HOST", "two words"),
        ("GRAPH_HOST", "1:2"),
        ("GRAPH_PORT", "65536"),
        ("GRAPH_PORT", "-1"),
        ("GRAPH_PORT", "٣"),
        ("GRAPH_PUBLIC_URL", "programs.example.org"),
        ("GRAPH_PUBLIC_URL", "https://programs.example.org/?a=b"),
        ("GRAPH_STREAM_URL", "ftp://stream.example"),
        ("GRAPH_STREAM_URL", "http://stream.example:port"),
        ("GRAPH_STREAM_URL", "http://[::1"),
        ("GRAPH_ACTION_API", "https://en.wikipedia.org/w/api.php"),
        ("GRAPH_ACTION_API", "https://{host}/w/api.php"),
        ("GRAPH_ACTION_API", "https://{}/w/api.php"),
        ("GRAPH_ACTION_API", "https://{domain/w/api.php"),
        ("GRAPH_ACTION_API", "{domain}/w/api.php"),
        ("GRAPH_CONTACT", "graph (at) example.org"),
        ("GRAPH_CONTACT", "a\nb"),
        ("GRAPH_OAUTH_URL", "meta.wikimedia.org/w/rest.php/oauth2"),
        ("GRAPH_OAUTH_CLIENT_ID", "two words"),
        ("GRAPH_ADMINS", "Amara,,Bo"),
        ("GRAPH_DEV_SIGN_IN", "yes"),
    ],
)
def test_a_malformed_value_is_refused_with_what_is_expected(name: str, value: str) -> None:
    expects = next(setting.expects for setting in SETTINGS if setting.name == name)
    assert refusal(**{name: value}) == f"{name} should be {expects}, not {value!r}"


@pytest.mark.parametrize(
    "value", ["mysql://graph:s3cret@db/graph", "graph:s3cret", "postgresql:graph", "postgresql://h:x/y"]
)
def test_a_malformed_database_address_is_refused_without_showing_it(value: str) -> None:
    expected = "GRAPH_DATABASE_URL should be postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    assert refusal(GRAPH_DATABASE_URL=value) == expected


@pytest.mark.parametrize("url", ["postgresql://graph@/graph?host=/run/postgresql", "postgres:///graph"])
def test_a_database_may_be_reached_by_a_socket(url: str) -> None:
    assert Settings.parse({"GRAPH_DATABASE_URL": url}).database_url == url


def test_all_faults_are_named_at_once() -> None:
    assert refusal(GRAPH_PORT="x", GRAPH_SPEED="11", GRAPH_DEV_SIGN_IN="no").split("; ") == [
        "GRAPH_SPEED is no setting",
        "GRAPH_PORT should be a port from 0 (any free one) to 65535, not 'x'",
        "GRAPH_DEV_SIGN_IN should be 0 or 1, not 'no'",
    ]


def test_a_password_is_never_shown() -> None:
    settings = Settings.parse({"GRAPH_DATABASE_URL": SECRET})
    assert "s3cret" not in f"{settings!r} {settings}"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_the_development_sign_in_is_allowed_on_loopback(host: str) -> None:
    assert Settings.parse({"GRAPH_DEV_SIGN_IN": "1", "GRAPH_HOST": host}).dev_sign_in


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "graph.example"])
def test_the_development_sign_in_is_refused_where_others_can_reach_it(host: str) -> None:
    assert refusal(GRAPH_DEV_SIGN_IN="1", GRAPH_HOST=host).endswith(f"for example 127.0.0.1, not {host}")
    with pytest.raises(SettingsError, match="development sign-in"):
        dataclasses.replace(Settings(host=host), dev_sign_in=True)


def test_the_user_agent_follows_the_policy() -> None:
    settings = Settings(contact="https://meta.wikimedia.org/wiki/User:Amara")
    own, library = version("programs-graph"), version("httpx")
    assert settings.user_agent == f"ProgramsGraph/{own} (https://meta.wikimedia.org/wiki/User:Amara) httpx/{library}"


def test_wikimedias_stream_is_not_read_without_a_contact() -> None:
    with pytest.raises(SettingsError, match="GRAPH_CONTACT is missing"):
        Settings().require_contact()
    Settings(contact="graph@example.org").require_contact()
    Settings(stream_url="http://127.0.0.1:8080").require_contact()


def test_the_reference_documents_every_setting() -> None:
    table = reference()
    assert table in DOCUMENT.read_text("utf-8"), f"the table in {DOCUMENT} should be:\n{table}"
    assert {setting.field for setting in SETTINGS} == {field.name for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("given", ["GRAPH_OAUTH_CLIENT_ID", "GRAPH_OAUTH_CLIENT_SECRET"])
def test_the_log_ins_key_and_secret_go_together(given: str) -> None:
    told = refusal(**{given: "hush"})
    assert told == "GRAPH_OAUTH_CLIENT_ID and GRAPH_OAUTH_CLIENT_SECRET go together: set both, or neither"


def test_the_log_ins_secret_is_never_shown() -> None:
    settings = Settings.parse(
        {"GRAPH_OAUTH_CLIENT_ID": "key", "GRAPH_OAUTH_CLIENT_SECRET": "hush-hush", "GRAPH_SESSION_KEY": KEY}
    )
    assert "hush" not in repr(settings)
    assert KEY not in repr(settings)
    assert "hush" not in refusal(GRAPH_OAUTH_CLIENT_SECRET="hush hush")


def test_where_people_sign_in_there_is_a_session_key() -> None:
    told = refusal(GRAPH_OAUTH_CLIENT_ID="key", GRAPH_OAUTH_CLIENT_SECRET="hush")
    assert told.startswith("GRAPH_SESSION_KEY is missing: where people can sign in")


def test_a_session_key_that_can_be_guessed_is_refused_and_not_shown() -> None:
    told = refusal(GRAPH_SESSION_KEY="hush" * 7)
    assert told == "GRAPH_SESSION_KEY should be a random text of at least 32 characters, without spaces"
