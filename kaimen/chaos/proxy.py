"""A line that can be cut, stalled, slowed and choked: TCP from one loopback port to another."""

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

HOST: Final = "127.0.0.1"
CHUNK: Final = 4096  # bytes passed on at a time
LOOK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Weather:
    """What the line is like. Each piece waits about `delay_s`; `bytes_per_s` each way, None for no limit."""

    delay_s: float = 0.0
    bytes_per_s: int | None = None
    stalled: bool = False  # connections stay, nothing comes through
    cut: bool = False  # connections end, with what was on its way; none is taken


CLEAR: Final = Weather()


class Proxy:
    """One line, in a thread of its own. Bytes are never changed or put in another order."""

    def __init__(self, to_port: int, seed: int = 0) -> None:
        """Listens from now on; `port` is where. `seed` rules how unevenly pieces are delayed."""
        self._to_port, self._chance = to_port, random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._socket = socket.create_server((HOST, 0))
        self.port = int(self._socket.getsockname()[1])
        self.carried = 0  # bytes, both ways
        self._weather = CLEAR
        self._live: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def weather(self, weather: Weather) -> None:
        """From now on. A cut has ended every connection when this returns."""
        self._weather = weather
        if weather.cut:
            asyncio.run_coroutine_threadsafe(self._abort_all(), self._loop).result()

    def close(self) -> None:
        self.weather(Weather(cut=True))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._take, sock=self._socket))
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    async def _abort_all(self) -> None:
        for writer in self._live:
            writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._weather.cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._to_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._live |= ends
        try:
            await _first_to_end(
                lambda: self._carry(reader, far_writer), lambda: self._carry(far_reader, writer)
            )
        finally:
            self._live -= ends
            for end in ends:
                end.close()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Until either side has ended."""
        with contextlib.suppress(OSError):
            while piece := await source.read(CHUNK):
                await self._wait_for_weather(len(piece))
                sink.write(piece)
                await sink.drain()
                self.carried += len(piece)

    async def _wait_for_weather(self, size: int) -> None:
        weather = self._weather
        pause_s = weather.delay_s * self._chance.uniform(0.5, 1.5)
        pause_s += size / weather.bytes_per_s if weather.bytes_per_s else 0.0
        if pause_s:
            await asyncio.sleep(pause_s)
        while self._weather.stalled:  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(LOOK_S)


async def _first_to_end(*ways: Callable[[], Awaitable[None]]) -> None:
    """Both ways of a connection, until one has ended."""
    tasks = [asyncio.ensure_future(way()) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
