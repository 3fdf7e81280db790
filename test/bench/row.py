"""What a benchmark is: a row (or a curve) of a module's table, and a function.

A row's function takes the stage, sets servers and files up, and returns what is measured: `ours`
alone, or (ours, peer). Each is called once a round, peer and ours in turn, and returns a number or
a Sample. The stage takes everything down afterwards.

A curve's function takes the stage and one of the points; it returns `ours`."""
from dataclasses import dataclass, field
from typing import Callable, Optional


class Absent(Exception):
    """A peer that the command does not install is not on this machine."""


@dataclass
class Row:
    name: str
    work: str                       # what is done
    unit: str                       # of the values: "records/s"
    run: Callable
    peer: Optional[str] = None      # beside whom; without one the bars are for the value
    less: bool = False              # a smaller value is the better one
    floor: Optional[float] = None   # of the ratio, which says how many times better ours is
    goal: Optional[float] = None


@dataclass
class Curve:
    name: str
    work: str
    along: str                      # what grows: "shards"
    points: list
    unit: str                       # of the values
    run: Callable
    less: bool = True


@dataclass
class Sample:
    value: float
    rss_mib: Optional[float] = None  # the peak of whoever did the work
    details: dict = field(default_factory=dict)


def sample_of(result):
    return result if isinstance(result, Sample) else Sample(float(result))
