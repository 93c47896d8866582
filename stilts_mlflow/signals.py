"""Signals that ask for an end: noted, so that the loop can save between two steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Stop:
    """Name of the signal that asked for an end, empty until then."""

    name: str = ""
    number: int = 0


@contextmanager
def stop_signals() -> Iterator[Stop]:
    """SIGTERM and SIGINT set a flag that the loop reads between steps; a second SIGINT interrupts at once."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(number: int, frame: object) -> None:
        if stop.name and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.name, stop.number = signal.Signals(number).name, number

    former = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
