"""Pages in a headless Chromium, over its debugging pipe: no driver and no package is needed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--remote-debugging-pipe", "about:blank"),
)
OVERLAPS = Path(__file__).with_name("overlaps.js")


class Chromium:
    """A browser with one page; a context manager.

    Parameters
    ----------
    profile : Path
        Empty folder.

    Attributes
    ----------
    faults : list of str
        Everything that the console said and every exception, of all pages.
    requests : list of str
        Addresses that pages asked for.
    """

    def __init__(self, profile: Path) -> None:
        self.faults: list[str] = []
        self.requests: list[str] = []
        assert PROGRAM is not None
        commands, own_commands = os.pipe()
        own_answers, answers = os.pipe()
        self._number, self._buffer = 0, b""
        self._commands, self._answers = own_commands, own_answers

        def as_three_and_four() -> None:
            # Copies first, as either may be 3 or 4 already.
            both = os.dup(commands), os.dup(answers)
            for source, target in zip(both, (3, 4), strict=True):
                os.dup2(source, target)

        self._process = subprocess.Popen(
            [PROGRAM, f"--user-data-dir={profile}", *FLAGS],
            pass_fds=(3, 4),
            preexec_fn=as_three_and_four,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._session: str | None = None
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._commands)
        os.close(self._answers)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            part = os.read(self._answers, 1 << 16)
            assert part, "Chromium has ended"
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(text)

    def _note(self, event: dict[str, Any]) -> None:
        method, values = event.get("method"), event.get("params", {})
        if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.faults.append(json.dumps(values))
        if method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])

    def open(self, page: Path, width: int, dark: bool = False, media: str = "screen") -> None:
        """Show a page in a window of so many pixels, and wait until it is there."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=844,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        self.call("Page.navigate", url=page.resolve().as_uri())
        while self.evaluate("document.readyState") != "complete":
            pass

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression on the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def faults_of_layout(self) -> list[str]:
        """Return what is cut, what sticks out, and which texts overlap."""
        return self.evaluate(OVERLAPS.read_text())

    def screenshot(self, path: Path) -> None:
        """Write the whole page, of any height, as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        found = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(found["data"]))

    def print(self, path: Path) -> None:
        """Write the page as PDF, as it is printed."""
        self.call("Emulation.setEmulatedMedia", media="", features=[])
        path.write_bytes(base64.b64decode(self.call("Page.printToPDF")["data"]))
