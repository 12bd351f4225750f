"""An agent of a fedrl federation: it learns from a log or a Gymnasium environment, and its data never leaves it."""

from fedrl_agent.errors import InputError, MismatchError, RefusedError, UnreachableError
from fedrl_agent.experience import Experience, Source
from fedrl_agent.experiment import Contract
from fedrl_agent.gym import Gym
from fedrl_agent.log import Log
from fedrl_agent.part import VERSION, take_part

__version__ = VERSION

__all__ = [
    "Contract",
    "Experience",
    "Gym",
    "InputError",
    "Log",
    "MismatchError",
    "RefusedError",
    "Source",
    "UnreachableError",
    "__version__",
    "take_part",
]
