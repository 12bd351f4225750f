"""What an agent keeps of the run under way, so that nothing is lost and nothing counts twice. Pure.

The ordinal of a phase is round * phases + phase; Q-learning has one phase a round.
"""

from dataclasses import dataclass, replace

Run = tuple[int, int]
"""Variant and seed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An Update that the server has not said to be durable: the ordinal it answers, the state after it, and its frame."""

    ordinal: int
    state: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """The ordinal + 1 of the last durable Update (0 before the first), the state after it, and the offers since, ascending."""

    run: Run
    base: int = 0
    state: int = 0
    offers: tuple[Offer, ...] = ()

    def offer_at(self, ordinal: int) -> Offer | None:
        """Give the offer for the Task with this ordinal."""
        return next((offer for offer in self.offers if offer.ordinal == ordinal), None)

    def state_after(self, after: int) -> int | None:
        """Give the state that a Task names; None where the agent does not have it."""
        if after == self.base:
            return self.state
        offer = self.offer_at(after - 1) if after > self.base else None
        return None if offer is None else offer.state

    def offered(self, offer: Offer) -> "Kept":
        """Keep an offer as well."""
        others = [other for other in self.offers if other.ordinal != offer.ordinal]
        return replace(self, offers=tuple(sorted([*others, offer], key=lambda other: other.ordinal)))

    def durable(self, ordinal: int) -> "Kept":
        """Move the base to an offer that is durable; what is not held changes nothing."""
        offer = self.offer_at(ordinal)
        if offer is None:
            return self
        rest = tuple(other for other in self.offers if other.ordinal > ordinal)
        return replace(self, base=ordinal + 1, state=offer.state, offers=rest)

    def dropped(self, ordinal: int) -> "Kept":
        """Drop an offer that will not be folded."""
        return replace(self, offers=tuple(other for other in self.offers if other.ordinal != ordinal))
