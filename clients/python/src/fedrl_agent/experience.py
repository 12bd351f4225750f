"""Where an agent's steps come from. None of it is ever sent."""

from collections.abc import Iterable
from typing import Any, Protocol

from fedrl_agent.experiment import Contract
from fedrl_agent.learner import Step, Table


class Source(Protocol):
    """The experience of one run. Its state, the place of the next step, is an integer."""

    def steps(self, state: int, count: int, table: Table) -> Iterable[Step]:
        """Give the next `count` steps from a state; an agent that acts may look at the Task's table."""

    def after(self, state: int, count: int) -> int:
        """Give the state after `count` steps."""

    def news(self) -> Any:
        """Give what was experienced since the last call, as plain data for the journal; None where there is nothing."""

    def restore(self, news: Any) -> None:
        """Take up what `news` or `whole` gave before the program ended; in the order in which it was given."""

    def whole(self) -> Any:
        """Give all that is still remembered, in place of all news before; None where there is nothing."""

    def forget(self, state: int) -> None:
        """Forget the steps before a state: no Task starts from an earlier one."""


class Experience(Protocol):
    """What an agent brings along."""

    def join(self, contract: Contract) -> Source:
        """Begin a run, whose first state is 0. Raises MismatchError where the experience does not fit the contract."""
