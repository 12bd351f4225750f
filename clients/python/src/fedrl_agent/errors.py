"""What an agent fails with. The command line turns each into one line and an exit code."""


class InputError(Exception):
    """What a person gave is wrong: a file, a flag, an environment that does not fit. Exit code 2."""


class MismatchError(InputError):
    """The agent's experience does not fit the experiment; the server is told so, but no value of the agent's data."""

    def __init__(self, reason: str, told: str | None = None) -> None:
        """Keep what the server is told, where that is less than the reason."""
        super().__init__(reason)
        self.told = reason if told is None else told


class RefusedError(Exception):
    """The server does not take the agent, and trying again would change nothing. Exit code 1."""

    def __init__(self, code: str, reason: str) -> None:
        """Keep the code of the Failure beside its reason."""
        super().__init__(reason)
        self.code = code


class UnreachableError(Exception):
    """No server took the agent in within the time it had. Exit code 1."""

    def __init__(self, reason: str, was_welcome: bool = False) -> None:
        """Keep whether one had taken it in before."""
        super().__init__(reason)
        self.was_welcome = was_welcome


class MalformedError(ValueError):
    """Bytes that are no frame, or a frame that is no message."""
