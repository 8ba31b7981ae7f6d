"""The one error of the set-up: what is wrong, and what to do about it."""


class SetupProblem(Exception):
    """Something a person must mend before the set-up can go on."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}\nRemedy: {remedy}")
        self.what, self.remedy = what, remedy
