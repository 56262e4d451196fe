"""How fast a run is, against the network alone on the same machine."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median

from ivfgrade.bundle.session import Computed, Failed

ALONE = 8  # pictures that are computed with nothing else going on, spread over the run's


@dataclass
class Rate:
    """Wall time counts from the first decoding to the last answer on disk."""

    begun: float = field(default_factory=time.perf_counter)
    pictures: int = 0  # that the network computed; an unreadable one costs it nothing
    alone: list[float] = field(default_factory=list)  # seconds of the network, undisturbed
    ended: float | None = None

    def add(self, done: Computed | Failed, undisturbed: bool = False) -> None:
        if isinstance(done, Computed):
            self.pictures += 1
            if undisturbed:
                self.alone.append(done.seconds)

    def end(self) -> None:
        self.ended = time.perf_counter()

    @property
    def per_second(self) -> float:
        return self.pictures / ((self.ended or time.perf_counter()) - self.begun)

    @property
    def of_network(self) -> float | None:
        """Pictures/s of the network alone; its first run, which sets up its memory, is left out."""
        measured = self.alone[1:] or self.alone
        return 1 / median(measured) if measured else None

    @property
    def told(self) -> str:
        if not self.pictures:
            return "nothing was computed"
        rate, own = f"{self.per_second:.1f} pictures/s", self.of_network
        if own is None:
            return rate
        return f"{rate}, {self.per_second / own:.0%} of the network's own {own:.1f}"
