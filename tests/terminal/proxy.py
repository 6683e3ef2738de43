"""A line to the service that can lose an answer: what was asked arrives, the answer does not."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class LossyLine:
    """Forwards connections to a port; on request it cuts one after the answer to a create."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loses_next = False
        self.has_lost_one = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listening]
        self._threads: list[threading.Thread] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def lose_the_next_answer(self) -> None:
        """Let the next create through, and cut the line where its answer comes back."""
        self._loses_next = True

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _close(self._listening)
        self._threads[0].join()  # after which no connection is added
        for end in self._sockets:
            _close(end)
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                self._sockets.append(near)
                far = socket.create_connection(("127.0.0.1", self._port))
                self._sockets.append(far)
                connection = _Connection(self, near, far)
                self._start(connection.carry_questions)
                self._start(connection.carry_answers)

    def takes_this_one(self, question: bytes) -> bool:
        line = question.split(b"\r\n", 1)[0]
        if self._loses_next and line.startswith(b"POST ") and b"/keys " in line:
            self._loses_next = False
            return True
        return False


class _Connection:
    def __init__(self, line: LossyLine, near: socket.socket, far: socket.socket) -> None:
        self._line, self._near, self._far = line, near, far
        self._is_doomed = False

    def carry_questions(self) -> None:
        with contextlib.suppress(OSError):
            while piece := self._near.recv(65536):
                self._is_doomed = self._is_doomed or self._line.takes_this_one(piece)
                self._far.sendall(piece)
        self._close()

    def carry_answers(self) -> None:
        with contextlib.suppress(OSError):
            while piece := self._far.recv(65536):
                if self._is_doomed:
                    self._line.has_lost_one.set()
                    break
                self._near.sendall(piece)
        self._close()

    def _close(self) -> None:
        _close(self._near)
        _close(self._far)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
