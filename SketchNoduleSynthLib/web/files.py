"""Files that come in through the browser."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path, PurePosixPath

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from SketchNoduleSynthLib.ct.attached import check_attached
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.teaching.copies import unzip

MOST_BYTES = 2 * 1024**3
"""Of what is sent, and of what is in a zip: a chest CT of 1,000 slices has half a gigabyte."""
CHUNK_BYTES = 1024**2
BROKEN_FORM = (ValueError, RuntimeError, AssertionError, HttpProcessingError)
"""What aiohttp raises for one; an :class:`InputError` is a ValueError too."""
TOO_LARGE = f"More than {MOST_BYTES // 1024**3} GB were sent; send one CT series, or start the app with its path."


@asynccontextmanager
async def received(request: web.Request) -> AsyncIterator[Path]:
    """The file, or the folder with the files, that a form sends; gone afterwards.

    A zip is unpacked. Raises :class:`InputError` if nothing or too much is sent, or a zip is broken.
    """
    if (request.content_length or 0) > MOST_BYTES:
        raise InputError(TOO_LARGE)
    with temporary_folder() as folder:
        try:
            await _save(request, folder / "sent")
            path = await asyncio.to_thread(_opened, folder)
        except InputError:
            raise
        except OSError as error:
            raise InputError(f"What was sent cannot be kept: {error.strerror or error}.") from error
        except BROKEN_FORM as error:
            raise InputError("What was sent is no whole form; send it again.") from error
        yield path


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone after the block."""
    with tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


async def _save(request: web.Request, folder: Path) -> None:
    folder.mkdir()
    if not request.content_type.startswith("multipart/"):
        raise InputError("No file was sent; choose one.")
    total = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.filename:
            continue
        path = folder / _plain(part.filename)
        while path.exists():  # Browsers send files of several folders without the folders' names.
            path = path.with_name(f"_{path.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while chunk := await part.read_chunk(CHUNK_BYTES):
                total += len(chunk)
                if total > MOST_BYTES:
                    raise InputError(TOO_LARGE)
                file.write(chunk)


def _plain(name: str) -> PurePosixPath:
    """A path that stays in the folder it is put in, whatever bytes were sent as its name."""
    name = name.replace("\\", "/").replace("\0", "").encode(errors="xmlcharrefreplace").decode()
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..", ".")]
    if not parts:
        raise InputError("A file without a name was sent; give it one.")
    return PurePosixPath(*parts)


def _opened(folder: Path) -> Path:
    """The one file that was sent, or the folder with all of them; of a zip what is in it."""
    files = [path for path in (folder / "sent").rglob("*") if path.is_file()]
    if not files:
        raise InputError("No file was sent; choose one.")
    if len(files) > 1:
        return folder / "sent"
    if files[0].suffix.lower() != ".zip":
        return _whole(files[0])
    unzip(files[0], folder / "unpacked", MOST_BYTES)
    inside = [path for path in (folder / "unpacked").rglob("*") if path.is_file()]
    return _whole(inside[0]) if len(inside) == 1 else folder / "unpacked"


def _whole(path: Path) -> Path:
    """The same; raises :class:`InputError` if its voxels lie in another file, which would be one of this machine."""
    check_attached(path)
    return path
