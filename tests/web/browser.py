"""A real browser for tests: Chromium without a window, told what to do over its own protocol.

Owns: finding and starting it with a profile of its own, the protocol's messages (Chrome DevTools
Protocol 1.3), and words for what a person does.
Never: reaches into the page's modules; it sees and does what a person could.
"""

import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from trio_websocket import WebSocketConnection, open_websocket_url

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

WAIT = 60.0
"""Seconds after which a wait has failed. Nothing takes so long unless it hangs."""

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--remote-debugging-port=0",
)

KEYS = {
    "Enter": ("\r", 13),
    "Tab": ("", 9),
    "Escape": ("", 27),
    " ": (" ", 32),
    "ArrowRight": ("", 39),
}
"""The text that a key types, and its number."""

UNTIL = """new Promise((resolve) => {
  const look = () => { if (!(%s)) return; observer.disconnect(); resolve(true); };
  const observer = new MutationObserver(look);
  observer.observe(document, {
    subtree: true, childList: true, attributes: true, characterData: true,
  });
  for (const event of ["load", "focusin"]) document.addEventListener(event, look, true);
  look();
})"""
"""Resolves as soon as an expression is true; looks after every change of the page."""

NOISE = ("Failed to load resource",)
"""What the browser complains of although it is meant: an answer that is a refusal."""


def find() -> str | None:
    """The path of a browser on this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Tab:
    """One page. `complaints` holds what the browser had against it: errors, breaches of policy."""

    def __init__(self, socket: WebSocketConnection, session: str) -> None:
        self.complaints: list[str] = []
        self._socket = socket
        self._session = session
        self._numbers = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self._news = trio.Event()

    async def listen(self) -> None:
        """Takes in what the browser tells, for as long as it does."""
        while True:
            message = json.loads(await self._socket.get_message())
            if "id" in message:
                self._answers[message["id"]] = message
                self._news.set()
                self._news = trio.Event()
            else:
                self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        match event:
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.complaints.append(json.dumps(details))
            case {
                "method": "Log.entryAdded",
                "params": {"entry": {"level": "error", "text": text}},
            }:
                if not text.startswith(NOISE):
                    self.complaints.append(text)

    async def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Calls a method of the protocol."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, "sessionId": self._session}
        await self._socket.send_message(json.dumps(message))
        with trio.fail_after(WAIT):
            while number not in self._answers:
                await self._news.wait()
        answer = self._answers.pop(number)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def value(self, expression: str) -> Any:
        """What an expression comes to in the page; a promise is waited for."""
        answer = await self.tell(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Waits until an expression is true in the page."""
        with trio.move_on_after(WAIT) as waiting:
            await self.value(UNTIL % expression)
        if waiting.cancelled_caught:
            seen = await self.value("document.body.innerText")
            raise AssertionError(f"never came true: {expression}; the page shows:\n{seen}")

    async def text(self, selector: str) -> str:
        """The text of the first such element."""
        return str(await self.value(f"document.querySelector({json.dumps(selector)}).innerText"))

    async def count(self, selector: str) -> int:
        """How many such elements there are."""
        return int(await self.value(f"document.querySelectorAll({json.dumps(selector)}).length"))

    async def choose(self, selector: str, *files: Path) -> None:
        """Chooses files, as in the browser's own dialog."""
        found = await self.tell(
            "Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})"
        )
        await self.tell(
            "DOM.setFileInputFiles",
            files=[str(file) for file in files],
            objectId=found["result"]["objectId"],
        )

    async def press(self, key: str, selector: str | None = None) -> None:
        """Presses a key, after the focus was put on such an element."""
        if selector is not None:
            await self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        text, number = KEYS[key]
        about = {"key": key, "code": key.strip() or "Space", "windowsVirtualKeyCode": number}
        await self.tell("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        await self.tell("Input.dispatchKeyEvent", type="keyUp", **about)


@asynccontextmanager
async def open_tab(address: str, profile: Path, language: str = "en-US") -> AsyncIterator[Tab]:
    """A browser with one page, at this address; gone at the end of the block."""
    browser = find()
    assert browser is not None
    command = [browser, *FLAGS, f"--user-data-dir={profile}", f"--accept-lang={language}"]
    async with trio.open_nursery() as nursery:
        process = await nursery.start(_run, command)
        # inside the connection, so that the listener ends before it
        async with open_websocket_url(await _door(process)) as socket, trio.open_nursery() as ears:
            tab = Tab(socket, await _attach(socket))
            ears.start_soon(tab.listen)
            for domain in ("Page", "Runtime", "Log"):
                await tab.tell(f"{domain}.enable")
            await tab.tell("Page.navigate", url=address)
            yield tab
            ears.cancel_scope.cancel()
        nursery.cancel_scope.cancel()


async def _run(
    command: list[str], *, task_status: trio.TaskStatus[trio.Process] = trio.TASK_STATUS_IGNORED
) -> None:
    process = await trio.lowlevel.open_process(command, stderr=subprocess.PIPE)
    task_status.started(process)
    try:
        await process.wait()
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            assert process.stderr is not None
            await process.stderr.aclose()


async def _door(process: trio.Process) -> str:
    """The address of the browser's own socket, which it writes among its complaints."""
    assert process.stderr is not None
    told = b""
    with trio.fail_after(WAIT):
        while True:
            _, found, rest = told.partition(b"DevTools listening on ")
            if found and b"\n" in rest:
                return rest.partition(b"\n")[0].strip().decode()
            more = await process.stderr.receive_some()
            assert more, told
            told += more


async def _attach(socket: WebSocketConnection) -> str:
    """Opens an empty page; its session in the protocol's sense."""
    target = await _ask(socket, "Target.createTarget", url="about:blank")
    session = await _ask(socket, "Target.attachToTarget", targetId=target["targetId"], flatten=True)
    return str(session["sessionId"])


async def _ask(socket: WebSocketConnection, method: str, **parameters: Any) -> dict[str, Any]:
    """A call to the browser itself, while nobody listens to its events yet."""
    await socket.send_message(json.dumps({"id": 0, "method": method, "params": parameters}))
    with trio.fail_after(WAIT):
        while True:
            message = json.loads(await socket.get_message())
            if message.get("id") == 0:
                result: dict[str, Any] = message["result"]
                return result
