"""DataFrame: a plan. Nothing is computed before an action (count, write, collect...)."""
import _sluice
import sluice_plan


def stream_plan(source):
    """The rows of the batch whose function runs."""
    return {"leaf": "stream", "steps": [], "source": {"source": source}}


class DataFrame:
    def __init__(self, plan):
        self._plan = plan

    def count(self):
        return sluice_plan.call(_sluice.count, {k: v for k, v in self._plan.items() if k != "source"})
