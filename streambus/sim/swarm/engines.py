"""Engines: who plays the chunks. Each is an `Executor`, so that a campaign need not know which one it has."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from time import sleep
from typing import Any

HASH_SEED = "PYTHONHASHSEED"


class NoEngine(ValueError):
    """That engine cannot be had. The text says why, and what to do."""


@contextmanager
def local_engine(jobs: int, hash_seed: int | None = None) -> Iterator[Executor]:
    """`jobs` processes of this machine; with `hash_seed`, all with this one instead of one of their own."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        with _environment(HASH_SEED, None if hash_seed is None else str(hash_seed)):
            wait([pool.submit(sleep, 0.3) for _ in range(jobs)])  # a process is made for each, with this environment
        yield pool


@contextmanager
def dask_engine(address: str | None, jobs: int) -> Iterator[Executor]:
    """The workers of a Dask cluster: of the scheduler at `address`, or `jobs` processes of a cluster that is made for the purpose."""
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise NoEngine("the engine dask needs a package: pip install 'streambus[swarm]'") from error
    if address is not None:
        try:
            client = distributed.Client(address, timeout="10s", set_as_default=False)
        except OSError as error:
            raise NoEngine(f"no Dask scheduler answers at {address}: {error}") from error
        with client:
            yield client.get_executor()
        return
    with (
        distributed.LocalCluster(n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1") as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client.get_executor()


@contextmanager
def _environment(name: str, value: str | None) -> Iterator[None]:
    before = os.environ.get(name)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
