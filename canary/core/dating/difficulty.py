"""How much work a Bitcoin block header must show to prove its date.

Made by `scripts/make_difficulty_floors.py`, which says where the figures come from; never edited. Each row is the first
day of a span of time, and the least difficulty of a header dated in it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

FLOORS: Final[tuple[tuple[date, int], ...]] = (
    (date(2023, 1, 1), 26_338_270_386_194),
    (date(2023, 4, 1), 28_792_741_700_518),
    (date(2023, 7, 1), 31_526_829_526_091),
    (date(2023, 10, 1), 40_258_698_813_546),
    (date(2024, 1, 1), 46_171_352_249_748),
    (date(2024, 4, 1), 48_457_305_115_336),
    (date(2024, 7, 1), 50_969_366_945_838),
    (date(2024, 10, 1), 60_380_141_579_397),
    (date(2025, 1, 1), 66_829_286_222_543),
    (date(2025, 4, 1), 69_840_256_830_844),
    (date(2025, 7, 1), 82_961_718_095_239),
    (date(2025, 10, 1), 85_785_167_707_839),
    (date(2026, 1, 1), 81_542_138_620_514),
    (date(2026, 4, 1), 80_559_913_840_961),
    (date(2026, 7, 1), 80_559_913_840_961),
    (date(2026, 10, 1), 73_016_390_397_218),
    (date(2027, 1, 1), 73_016_390_397_218),
)

ENDS: Final = date(2027, 3, 24)
"""From this day on nothing is known yet."""
