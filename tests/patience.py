"""What a test asks a store itself is no outage when the machine stands still for a moment."""

import pytest

from storage.redis_directory import RedisDirectory

PATIENCE_SECONDS = 60.0


def patient_directory(redis_url: str) -> RedisDirectory:
    """Weft itself goes on without one that has not answered within 2 s. Close it when done."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.redis_directory.DIRECTORY_TIMEOUT_SECONDS", PATIENCE_SECONDS)
        return RedisDirectory(redis_url)
