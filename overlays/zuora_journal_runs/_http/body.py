"""Read the body of a response, within bounds of size and time."""

from __future__ import annotations

import zlib

import httpx

LARGEST = 64 * 2**20
"""Bytes that a body may have, compressed or not; a page of 300 entries has some 300,000."""


class Body:
    """The body of a response while it arrives."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._chunks: list[bytes] = []
        self._size = 0

    def keep(self, chunk: bytes) -> bool:
        """Keep a piece; return false if the body is too large, and no more should be read."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        return self._size <= LARGEST

    def finish(self) -> httpx.Response:
        """Return the response with its body, decompressed.

        If something is wrong with the body, the response's extension `problem` describes it.
        """
        response, content = self._response, b"".join(self._chunks)
        coding = response.headers.get("Content-Encoding")
        problem, oversized = None, self._size > LARGEST
        if not oversized and coding is not None and coding.lower() in ("gzip", "x-gzip"):
            try:
                content, oversized, complete = _unzipped(content)
            except zlib.error:
                problem = "is not the gzip that its header announces"
            else:
                if not complete:
                    problem = "is gzip that was cut off"
        if oversized:
            problem = f"has more than {LARGEST:,} bytes"
        if problem is not None:
            response.extensions |= {"problem": problem, "oversized": oversized}
        # As `response.read()` leaves it, which would decompress again, without a bound, and takes a tenth of a call.
        response._content, response.stream = content, httpx.ByteStream(content)  # noqa: SLF001
        response.is_stream_consumed = response.is_closed = True
        return response


def _unzipped(content: bytes) -> tuple[bytes, bool, bool]:
    """Return the content of gzip of one or several members, whether it is too large, and whether it is complete.

    Raises:
        zlib.error: It is not gzip.
    """
    found, left = b"", content
    while True:
        decoder = zlib.decompressobj(wbits=31)
        found += decoder.decompress(left, LARGEST + 1 - len(found))
        left = decoder.unused_data.lstrip(b"\0")
        if len(found) > LARGEST or not left:
            return found[:LARGEST], len(found) > LARGEST, decoder.eof
