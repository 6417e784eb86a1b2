# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the web part listens."""

from __future__ import annotations

import contextlib
import resource
import socket
from collections.abc import Iterator

from graph.web.graphql_lines import keep_fresh

BACKLOG = 65_535
"""How many connections may wait to be accepted; the kernel allows no more than its ``net.core.somaxconn``."""
MOST_FILES = 1_048_576


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket; ``shared``: other processes listen on the same port. Raises OSError where it is taken."""
    listener = socket.create_server((host, port), family=_family(host), backlog=BACKLOG, reuse_port=shared)
    keep_fresh(listener)
    return listener


def allow_many() -> None:
    """Let this process have as many connections as it may; systems begin with a thousand files or so."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else most
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def address(host: str, listener: socket.socket) -> str:
    """The URL at which it is reached, without a slash at the end."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """The port (a free one for 0), kept for processes that share it. Raises OSError where somebody else has it."""
    with socket.create_server((host, port), family=_family(host)) as free:
        found = int(free.getsockname()[1])
    with socket.socket(_family(host)) as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind((host, found))  # it never listens, and so is given no connection
        yield found


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
