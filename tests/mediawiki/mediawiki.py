# SPDX-License-Identifier: GPL-3.0-or-later
"""Real wikis: Debian's MediaWiki 1.39 with SQLite, answering on loopback by PHP's own server."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

SOURCE = Path("/usr/share/mediawiki")
PASSWORD = "quite-a-long-pass-phrase"
PATROLLER, MOVER = "Patroller", "Mover"
SETTINGS = """
$wgRateLimits = [];
$wgJobRunRate = 0;
$wgEnableUploads = true;
$wgUploadDirectory = "{uploads}";
$wgUseImageMagick = false;
$wgGroupPermissions['sysop']['deleterevision'] = true;
$wgGroupPermissions['sysop']['mergehistory'] = true;
$wgExtraNamespaces = [118 => 'Draft', 119 => 'Draft_talk'];
wfLoadExtension( 'Renameuser' );
"""
RENAME = (
    '$user = User::newFromName("{old}"); $by = User::newSystemUser("Maintenance script", ["steal" => true]);'
    ' $rename = new MediaWiki\\Extension\\Renameuser\\RenameuserSQL("{old}", "{new}", $user->getId(), $by);'
    ' if (!$rename->rename()) {{ throw new Exception("not renamed"); }}'
)


class Refused(Exception):
    """The wiki did not do what was asked."""


class Account:
    """Somebody signed in to a wiki; every method is one action of theirs."""

    def __init__(self, wiki: Wiki, name: str) -> None:
        self.name = name
        self._wiki = wiki
        self._client = httpx.Client(base_url=wiki.api, timeout=60)
        token = self._ask(action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        self._do("login", lgname=name, lgpassword=PASSWORD, lgtoken=token)
        tokens = self._ask(action="query", meta="tokens", type="csrf|rollback|patrol")["query"]["tokens"]
        self._tokens = {"rollback": tokens["rollbacktoken"], "patrol": tokens["patroltoken"]}
        self._csrf = tokens["csrftoken"]

    def _ask(self, **parameters: Any) -> Any:
        return (
            self._client.get("", params={"format": "json", "formatversion": 2, **parameters}).raise_for_status().json()
        )

    def _do(self, action: str, files: Any = None, **parameters: Any) -> Any:
        token = {} if action == "login" else {"token": self._tokens.get(action, self._csrf)}
        form = {"format": "json", "formatversion": 2, "action": action, **token, **parameters}
        answer = self._client.post("", data=form, files=files).raise_for_status().json()
        done = answer.get(action)
        if done is None or (isinstance(done, dict) and done.get("result", "Success") != "Success"):
            raise Refused(f"{action} {parameters}: {answer}")
        return done

    def save(self, title: str, text: str, **options: Any) -> int:
        """Save a page's whole text; gives the revision."""
        return int(self._do("edit", title=title, text=text, **options)["newrevid"])

    def undo(self, title: str, revision: int) -> None:
        self._do("edit", title=title, undo=revision)

    def roll_back(self, title: str, author: str) -> None:
        self._do("rollback", title=title, user=author)

    def patrol(self, revision: int) -> None:
        self._do("patrol", revid=revision)

    def move(self, title: str, to: str, *, redirect: bool = True) -> None:
        self._do("move", **{"from": title, "to": to, "movetalk": 1}, **({} if redirect else {"noredirect": 1}))

    def delete(self, title: str) -> None:
        self._do("delete", title=title)

    def undelete(self, title: str, *timestamps: str) -> None:
        """Restore a page, or only its revisions of these times."""
        self._do("undelete", title=title, **({"timestamps": "|".join(timestamps)} if timestamps else {}))

    def hide(self, revision: int, what: str, *, suppress: bool = False, show: bool = False) -> None:
        """Hide (or show) ``content``, ``user`` or ``comment``, several parted by ``|``."""
        suppressing = {"suppress": "yes" if suppress else "no"} if suppress or show else {}
        self._do("revisiondelete", type="revision", ids=revision, **{"show" if show else "hide": what}, **suppressing)

    def protect(self, title: str) -> None:
        self._do("protect", title=title, protections="edit=sysop")

    def merge(self, title: str, to: str) -> None:
        self._do("mergehistory", **{"from": title, "to": to})

    def upload(self, name: str, content: bytes) -> None:
        self._do(
            "upload", filename=name, text="A picture", comment="Mine", ignorewarnings=1, files={"file": (name, content)}
        )

    def bring_in(self, pages: str) -> None:
        """Import pages from elsewhere, given as the ``page`` elements of an export."""
        export = f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10">{pages}</mediawiki>'
        self._do("import", interwikiprefix="elsewhere", assignknownusers=1, files={"xml": ("export.xml", export)})


class Wiki:
    """One wiki with its own database, ``database``. ``api`` is where it answers."""

    def __init__(self, folder: Path, dbname: str, base: str) -> None:
        self.dbname = dbname
        self.api = f"{base}/w/{dbname}/api.php"
        self.folder = folder / dbname
        self.database = self.folder / "data" / f"{dbname}.sqlite"
        self.folder.mkdir()
        self._base = base
        self._install()

    def _install(self) -> None:
        self._run(
            "install.php", "--dbtype=sqlite", f"--dbname={self.dbname}", f"--dbpath={self.folder}/data",
            f"--confpath={self.folder}", f"--server={self._base}", f"--scriptpath=/w/{self.dbname}",
            f"--pass={PASSWORD}", self.dbname, "Founder", configured=False,
        )  # fmt: skip
        uploads = self.folder / "uploads"
        uploads.mkdir()
        with (self.folder / "LocalSettings.php").open("a") as settings:
            settings.write(SETTINGS.replace("{uploads}", str(uploads)))
        self._run("createAndPromote.php", "--sysop", "--bureaucrat", "--custom-groups=suppress", PATROLLER, PASSWORD)

    def account(self, name: str) -> Account:
        """Register somebody, and sign them in."""
        self._run("createAndPromote.php", name, PASSWORD)
        return Account(self, name)

    def patroller(self) -> Account:
        """Somebody who may delete, hide, roll back, import and patrol."""
        return Account(self, PATROLLER)

    def rename(self, old: str, new: str) -> None:
        self._run("eval.php", given=RENAME.format(old=old, new=new))

    def knows(self, name: str) -> bool:
        """Whether there is an account of this name."""
        with closing(sqlite3.connect(self.database)) as db:
            query = "SELECT 1 FROM user WHERE CAST(user_name AS TEXT) = ?"
            return db.execute(query, (name,)).fetchone() is not None

    def time_of(self, revision: int) -> str:
        """When a revision was saved, as the wiki writes it."""
        with closing(sqlite3.connect(self.database)) as db:
            query = "SELECT CAST(rev_timestamp AS TEXT) FROM revision WHERE rev_id = ?"
            return str(db.execute(query, (revision,)).fetchone()[0])

    def run_jobs(self) -> None:
        """Do what the wiki has put off, such as marking edits as reverted."""
        self._run("runJobs.php")

    def _run(self, script: str, *arguments: str, configured: bool = True, given: str = "") -> None:
        settings = {"MW_CONFIG_FILE": f"{self.folder}/LocalSettings.php"} if configured else {}
        done = subprocess.run(
            ["php", str(SOURCE / "maintenance" / script), *arguments],
            env={**os.environ, **settings},
            input=given,
            capture_output=True,
            text=True,
        )
        if done.returncode or "Exception" in done.stdout:
            raise Refused(f"{script}: {done.stdout[-2000:]} {done.stderr[-2000:]}")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """PHP's own server for the wikis that are installed in ``folder``, while the block runs; gives its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    router = shutil.copy(Path(__file__).with_name("router.php"), folder)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            ["php", "-d", "opcache.enable_cli=1", "-S", f"127.0.0.1:{port}", str(router)],
            env={**os.environ, "MEDIAWIKI": str(SOURCE), "WIKIS": str(folder), "PHP_CLI_SERVER_WORKERS": "3"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        _wait_for(base)
        yield base
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _wait_for(base: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            httpx.get(base)
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
