"""An OTLP receiver that writes down what it is sent, byte for byte, and believes everything."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Sent:
    """One export: as it came, its coding included.

    path: "/v1/logs". headers: names in lower case.
    """

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def encoding(self) -> str:
        """"gzip", or "" for none."""
        return self.headers.get("content-encoding", "")


class Recorder:
    """``with Recorder() as recorder: ...``: on a free port, until the block ends."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self._chunks() if "chunked" in self.headers.get("transfer-encoding", "") else self._whole()
                headers = {name.lower(): value for name, value in self.headers.items()}
                recorder.sent.append(Sent(self.path, headers, body))
                is_json = headers.get("content-type", "").startswith("application/json")
                answer = b"{}" if is_json else b""  # an empty message: all was taken
                self.send_response(200)
                self.send_header("content-type", "application/json" if is_json else "application/x-protobuf")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def _whole(self) -> bytes:
                return self.rfile.read(int(self.headers.get("content-length", 0)))

            def _chunks(self) -> bytes:
                body = b""
                while size := int(self.rfile.readline().partition(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the terminal belongs to who runs this."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Without /v1/…: what goes into OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


_ENDINGS = {"application/json": "json", "application/x-protobuf": "pb"}


def write(sent: list[Sent], folder: Path) -> None:
    """`001-logs.json`, `002-metrics.pb.gz`, …, and `index.json` with each one's path and headers."""
    index = []
    for nth, each in enumerate(sent, 1):
        ending = _ENDINGS.get(each.content_type, "bin") + (".gz" if each.encoding == "gzip" else "")
        name = f"{nth:03}-{each.path.rpartition('/')[2]}.{ending}"
        (folder / name).write_bytes(each.body)
        index.append(
            {"file": name, "path": each.path, "content_type": each.content_type, "content_encoding": each.encoding}
        )
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")
