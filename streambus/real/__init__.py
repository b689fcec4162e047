"""The real world: one node on real sockets, real files and real time, by trio.

Theory of operation
===================

A **driver** hosts one life of one node (`driver.py`). Its heart is `feed`: one event in, the effects out, performed in order. Around it:

1. One task per connection (`connection.py`) calls the non-blocking socket first and asks trio only to wait. What arrives is handed over as
   whole frames, many at a time, in the buffer it was received into (`receiving.py`, `buffers.py`).
2. What one step sends leaves after that step, one call per connection (`outgoing.py`): short parts joined, long ones listed, file slices by
   `sendfile`. A peer that reads slowly gets a task that waits for it; the node hears `Congested` and `Relieved`.
3. One scheduler pass after an event, the flusher says `Drained`. The node answers with one write and one sync for all connections.
4. Disk effects run first in, first out (`disk.py`): in the loop while syncs are quick, in the writer thread when they take long. Long work
   runs beside them in a thread of its own (`work.py`).
5. One task wakes the node at its `next_deadline`; another looks once a second whether somebody has moved the wall clock.

`serve` puts a listening socket, a locked data folder (`folder.py`) and the signals of a process around a driver.

Rules:

- A connection's trouble ends that connection. A mistake in the node ends the driver: it is never half alive.
- No task, channel, nursery or timeout per request; a request costs a receive, a step and a send.
- Memory follows the bytes that came, never the length that was claimed.

What it leaves out: what the bytes mean. It knows Kafka's four-byte length in front of a frame and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from streambus.real.driver import Driver
from streambus.real.listening import CannotListen, Listening, listen

if TYPE_CHECKING:
    from streambus.real.clients import Admin, ClientError, Consumer, Producer
    from streambus.real.folder import UnusableFolder
    from streambus.real.serving import Serving, serve

_ELSEWHERE = {
    "Admin": "clients",
    "ClientError": "clients",
    "Consumer": "clients",
    "Producer": "clients",
    "Serving": "serving",
    "UnusableFolder": "folder",
    "serve": "serving",
}
"""Imported when first asked for: a client does not wait for the broker's modules, nor a broker for the client's."""


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)


__all__ = [
    "Admin",
    "CannotListen",
    "ClientError",
    "Consumer",
    "Driver",
    "Listening",
    "Producer",
    "Serving",
    "UnusableFolder",
    "listen",
    "serve",
]
