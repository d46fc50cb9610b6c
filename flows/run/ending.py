"""How a program is ended from outside: by Ctrl-C, by SIGTERM, by the end of its terminal."""

from __future__ import annotations

import os
import signal
import sys
import time
from threading import Thread, Timer
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
"""The exit code of a program that was ended so: a shell's code for Ctrl-C."""
SOON = 0.05
INSIST_SECONDS = 10
"""After how long a program that goes on is interrupted again, and after as long again is ended."""


def listen() -> None:
    """From now on each of the three interrupts the program, so that nothing half-done is left behind; the end of the terminal
    does not if somebody has said so (nohup).
    """
    for request in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if request != signal.SIGHUP or signal.getsignal(request) is not signal.SIG_IGN:
            signal.signal(request, _interrupt)
    sys.unraisablehook = _again


def leave_to_loop() -> None:
    """The same for a program that is a loop of asyncio: it ends what it does by itself, as after Ctrl-C."""
    for request in (signal.SIGTERM, signal.SIGHUP):
        if request != signal.SIGHUP or signal.getsignal(request) is not signal.SIG_IGN:
            signal.signal(request, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    Thread(target=_insist, daemon=True).start()
    raise KeyboardInterrupt


def _again(lost: sys.UnraisableHookArgs) -> None:
    """Python loses an exception that comes while it destroys an object, and the program would go on to its end."""
    if isinstance(lost.exc_value, KeyboardInterrupt):
        Timer(SOON, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


def _insist() -> None:
    """What waits in a library for long is not interrupted at all."""
    time.sleep(INSIST_SECONDS)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(INSIST_SECONDS)
    os._exit(INTERRUPTED)  # what it has begun is cleared away by the next run, as after a power cut
