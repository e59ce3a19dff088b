"""The uploader: `python -m parts.upload PORT PATH FILE` sends one file as a body and prints, as JSON, when it was sent and answered."""

import json
import socket
import sys
import time
from pathlib import Path

PIECE = 2**20


def main(arguments: list[str]) -> None:
    """Send it."""
    port, path, name = arguments
    file = Path(name)
    size = file.stat().st_size
    with socket.create_connection(("127.0.0.1", int(port))) as connection, file.open("rb", buffering=0) as source:
        begin = time.perf_counter()
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode())
        while piece := source.read(PIECE):
            connection.sendall(piece)
        sent = time.perf_counter()
        answer = b"".join(iter(lambda: connection.recv(PIECE), b""))
        answered = time.perf_counter()
    assert b" 201 " in answer[:20], answer[:600]
    print(json.dumps({"bytes": size, "sent": sent - begin, "answered": answered - begin}))


if __name__ == "__main__":
    main(sys.argv[1:])
