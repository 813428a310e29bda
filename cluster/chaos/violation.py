"""What contradicts a law."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    law: int
    why: str
    at: float  # when it showed; 0: at the end
    client: str = ""
    version: int = 0  # 0: of none

    def __str__(self) -> str:
        return f"law {self.law}: {self.why}"
