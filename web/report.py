"""What a command's outcome is told as: lines for people, one JSON object for programs.

Owns: what goes to standard output and what to standard error.
Never: does anything of the work.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import click

from actors.errors import Problem
from web.foretold import told
from web.order import Outcome
from web.problems import problem_document
from web.terminal import EXIT_FAILED, complain, tell
from web.wording import Wording


@dataclass(frozen=True, slots=True)
class Report:
    """How one call of a command tells its outcome."""

    wording: Wording
    as_json: bool

    def succeed(self, outcome: Outcome) -> None:
        """Tells what was made; the end of the program where some arguments came to nothing."""
        failures = list(self._causes(outcome.data))
        if self.as_json:
            click.echo(json.dumps(self._document(outcome)))
        else:
            self._tell(outcome, failures)
        if failures:
            raise SystemExit(EXIT_FAILED)

    def fail(self, problems: Sequence[Problem], status: int = EXIT_FAILED) -> NoReturn:
        """Tells what came of it, which is nothing."""
        if self.as_json:
            click.echo(json.dumps(self._failure(problems)))
        else:
            for problem in problems:
                for line in self._lines(problem):
                    complain(line)
        raise SystemExit(status)

    # --- for people -------------------------------------------------------------------------------

    def _tell(self, outcome: Outcome, failures: Sequence[str]) -> None:
        left_out = [self._line(problem) for problem in outcome.left_out]
        if outcome.forecast is not None:
            click.echo(told(outcome.forecast, left_out))
            return
        for line in left_out:
            tell(f"left out: {line}", "yellow")
        for note in outcome.data.get("notes", ()):
            tell(self.wording.said(note), "yellow")
        for path in outcome.files:
            tell(f"✓ {path}", "green")
        for failure in failures:
            complain(failure)

    def _lines(self, problem: Problem) -> Iterator[str]:
        """An error, what else is wrong, and what each argument of its own came to."""
        yield self._line(problem)
        for picture in problem.more.get("pictures", ()):
            if picture["field"] != problem.field:
                yield self._blaming(picture["field"], picture["detail"])
        yield from self._causes(problem.more)

    def _line(self, problem: Problem) -> str:
        return self._blaming(problem.field, problem.detail)

    def _blaming(self, pointer: str | None, detail: str) -> str:
        blamed, said = self.wording.blamed(pointer), self.wording.said(detail)
        # a sentence about one of several arguments may begin with its name
        named = blamed is None or said.startswith(f"{blamed}: ")
        return said if named else f"{blamed}: {said}"

    def _causes(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Why some arguments came to nothing, where others did not.

        Work that treats each of its subjects by itself tells its `outcomes`, in their order.
        """
        for place, outcome in enumerate(data.get("outcomes", ())):
            if outcome["error"] is not None:
                yield f"{self.wording.name(place)}: {self.wording.said(outcome['error']['detail'])}"

    # --- for programs -----------------------------------------------------------------------------

    def _document(self, outcome: Outcome) -> dict[str, Any]:
        left_out = [self._problem(problem) for problem in outcome.left_out]
        more = {"left_out": left_out} if left_out else {}
        if outcome.forecast is not None:
            return {"forecast": outcome.forecast, **more}
        files = [str(path) for path in outcome.files]
        return {"files": files, "data": dict(outcome.data), **more}

    def _failure(self, problems: Sequence[Problem]) -> dict[str, Any]:
        """The first problem in the form of the API's, with all pictures that are to blame."""
        first, *others = problems
        document = self._problem(first)
        pictures = [
            *document.get("pictures", ()),
            *(self._problem(problem) for problem in others),
        ]
        if others and "pictures" not in document:
            pictures = [self._problem(problem) for problem in problems]
        if pictures:
            document["pictures"] = [self._placed(picture) for picture in pictures]
        return document

    def _problem(self, problem: Problem) -> dict[str, Any]:
        said = replace(problem, detail=self.wording.said(problem.detail))
        return self._placed(problem_document(said))

    def _placed(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """With the argument to blame, as it was typed."""
        argument = self.wording.argument(document.get("field"))
        return dict(document) if argument is None else {**document, "argument": argument}
