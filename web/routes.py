"""The routing layer: who may call what, and how every call is answered.

Owns: the table's row (`Route`), the one guard that stands before every handler, and the one place
where an error becomes an answer.
Never: knows a particular route; app.py lists them.

A handler never looks for credentials: it is given the session, or the call does not reach it. A new
route says its access in its row, and the tests walk the rows.
"""

from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from quart import request, websocket
from werkzeug.exceptions import MethodNotAllowed

from actors.errors import Refusal
from web.answers import secure
from web.asgi import Application, Response
from web.errors import problem_answer, to_problem
from web.identity import Identity


class Access(Enum):
    """Who may call a route."""

    ANYBODY = auto()
    SESSION = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table, with what OpenAPI tells about it.

    Attributes:
        path: with variables as Quart writes them (`<id>`).
        answer: the view that a success sends; None for an empty or a binary one.
        media_type: of the answer.
        body: media type of what is read; None when nothing is.
        query: what may stand behind the `?`.
        problems: statuses of its own refusals, besides those of every route.
    """

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    _: KW_ONLY
    access: Access = Access.SESSION
    status: HTTPStatus = HTTPStatus.OK
    answer: type[BaseModel] | None = None
    media_type: str = "application/json"
    body: str | None = None
    query: type[BaseModel] | None = None
    problems: tuple[int, ...] = ()

    @property
    def websocket(self) -> bool:
        """Whether the route speaks websocket instead of HTTP."""
        return self.method == "WEBSOCKET"

    @property
    def endpoint(self) -> str:
        """A name of its own."""
        return f"{self.method} {self.path}"

    @property
    def summary(self) -> str:
        """One sentence: the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]


def mount(app: Application, routes: list[Route], identity: Identity) -> None:
    """Puts the rows into the application, each behind the guard.

    Whatever a handler raises is answered from the table of errors; whatever is answered carries
    the security headers.
    """
    for route in routes:
        if route.websocket:
            app.add_websocket(route.path, route.endpoint, _guard_socket(route, identity))
        else:
            app.add_url_rule(
                route.path,
                route.endpoint,
                _guard(route, identity),
                methods=[route.method],
                provide_automatic_options=False,
            )
    app.register_error_handler(Exception, _answer_error)
    app.after_request(_finish)


async def _answer_error(error: Exception) -> Response:
    answer = problem_answer(to_problem(error))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


async def _finish(answer: Response) -> Response:
    return secure(answer)


def _guard(route: Route, identity: Identity) -> Callable[..., Awaitable[Response]]:
    async def call(**variables: Any) -> Response:
        http = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 -- werkzeug's documented way out of a proxy
        if route.access is Access.SESSION:
            variables["session"] = await identity.session_of(http)
        answer: Response = await route.handler(http, **variables)
        return answer

    return call


def _guard_socket(route: Route, identity: Identity) -> Callable[..., Awaitable[Response | None]]:
    """As `_guard`; a refusal before the handshake is an ordinary HTTP answer."""

    async def call(**variables: str) -> Response | None:
        socket = websocket._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 -- as above
        try:
            session = await identity.session_of(socket)
            await route.handler(socket, session, **variables)
        except Refusal as refusal:
            return problem_answer(to_problem(refusal))
        return None

    return call
