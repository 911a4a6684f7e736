"""Unique identifiers: random, or the same for the same content."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.uid import UID


@dataclass(frozen=True)
class Identifiers:
    """Derives all identifiers of what is written from one `root`: the same root and name, the same identifier."""

    root: uuid.UUID

    @classmethod
    def random(cls) -> Identifiers:
        return cls(uuid.uuid4())

    @classmethod
    def of(cls, content: Iterable[bytes]) -> Identifiers:
        digest = hashlib.sha256()
        for part in content:
            digest.update(part)
        return cls(uuid.UUID(bytes=digest.digest()[:16]))

    def uid(self, name: str) -> UID:
        """A UID derived from a UUID, which needs no registered root (PS3.5, B.2)."""
        return UID(f"2.25.{uuid.uuid5(self.root, name).int}")

    def patient_id(self) -> str:
        """A patient ID of its own, so that an archive keeps cases of different origin apart."""
        return f"SYNTHETIC-{uuid.uuid5(self.root, 'patient').hex[:12]}"
