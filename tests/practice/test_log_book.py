"""What a container wrote, as `kubectl logs` asks for it."""

import asyncio
from datetime import timedelta

from practice.kubelet.log_book import LogBook


def test_the_tail_is_what_was_written_last() -> None:
    """No line, some lines, more than there are."""
    book = LogBook()
    for number in range(5):
        book.write(f"line {number}")

    assert [line[-6:] for line in book.read(tail=2)] == ["line 3", "line 4"]
    assert book.read(tail=0) == []
    assert len(book.read(tail=99)) == 5


def test_lines_move_with_their_container_into_the_past() -> None:
    """Then they are older than what is asked for."""
    book = LogBook()
    book.write("long ago")
    start = book.lines[0][0]

    book.move(timedelta(hours=-2))

    assert book.read(since=start) == []
    assert book.lines[0][0] == start - timedelta(hours=2)


async def test_following_gives_new_lines_until_the_end() -> None:
    """Lines from before are not repeated."""
    book = LogBook()
    book.write("before")

    async def listen() -> list[str]:
        return [line[-5:] async for line in book.follow()]

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    book.write("first")
    await asyncio.sleep(0)
    book.write("later")
    await asyncio.sleep(0)
    book.close()

    assert await listening == ["first", "later"]
