"""A conversation with a cluster: connect, talk, and tell how it ended."""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import trio

from streambus.cli.connected.cluster import Cluster
from streambus.cli.connected.options import servers_of
from streambus.cli.connected.refusals import Refused
from streambus.cli.connected.watch import Watch
from streambus.kernel import SECOND
from streambus.real.clients import Admin, parse_servers
from streambus.wire import messages


def converse(arguments: argparse.Namespace, talk: Callable[[Cluster], Awaitable[int]]) -> int:
    """Connect to the cluster that was asked for and let `talk` have it; its result is the exit status.

    What was refused is said on stderr in one line. Whoever reads our output may stop reading: that ends the command quietly.
    """
    prefix = f"streambus {arguments.command} {getattr(arguments, f'{arguments.command}_command', '')}".rstrip()
    servers = servers_of(arguments)
    try:
        return trio.run(_talk, servers, arguments.timeout, prefix, talk)
    except Refused as refusal:
        print(f"{prefix}: {refusal}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BaseExceptionGroup as group:
        if group.split(KeyboardInterrupt)[1] is None:
            raise KeyboardInterrupt from None
        raise


async def _talk(servers: str, timeout: float, prefix: str, talk: Callable[[Cluster], Awaitable[int]]) -> int:
    watch = Watch(tuple(f"{host}:{port}" for host, port in parse_servers(servers)), prefix)
    async with Admin(servers, trace=watch.note, operation_timeout=int(timeout * SECOND)) as admin:
        cluster = Cluster(admin, servers, timeout, watch)
        with trio.CancelScope() as scope:
            watch.on_hopeless = scope.cancel
            with suppress(Refused):
                await cluster.ask(messages.MetadataRequest(topics=[], allow_auto_topic_creation=False))
                watch.is_met = True
        if not watch.is_met:
            raise Refused("", None, watch.unreachable())
        return await talk(cluster)
