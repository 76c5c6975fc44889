"""The routing layer: who may call what, and how every call is answered.

Owns: the table's row (`Route`), the one guard that stands before every handler, and the one place
where an error becomes an answer.
Never: knows a particular route; app.py lists them.

A handler never looks for credentials: it is given the session or the admin's name, or the call
does not reach it. The same with the query: it is given the value that its row names. A new route
says its access in its row, and the tests walk the rows.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import KW_ONLY, dataclass
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any, NoReturn

from pydantic import BaseModel
from quart import request, websocket
from quart.typing import ResponseTypes
from werkzeug.exceptions import MethodNotAllowed

from actors.errors import NotFound
from actors.logs import bind
from actors.session import Session
from web.answers import secure
from web.asgi import Application, Request, Response, Websocket
from web.bodies import Query, read_query, refuse_coding
from web.errors import NeedsWebsocket, problem_answer, to_problem
from web.identity import Asker, Identity

EXPIRED = 1008
"""Close code for what is no longer allowed (RFC 6455, 7.4.1: policy violation)."""


class Access(Enum):
    """Who may call a route."""

    ANYBODY = auto()
    SESSION = auto()
    ADMIN = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table, with what OpenAPI tells about it.

    Attributes:
        path: with variables as Quart writes them (`<id>`).
        handler: is given the request, what the path's variables hold and, where the row has them,
            the `session`, the `admin` (who that is) and the `query`.
        answer: the view that a success sends; None for an empty or a binary one.
        media_type: of the answer; empty when it never has a body.
        body: media type of what is read; None when nothing is.
        form: JSON Schema of that, where neither its media type nor a capability tells it.
        query: what may stand behind the `?`; None leaves it unread.
        headers: request headers of its own.
        tells: headers of a good answer, besides those of every answer with its status.
        also: further good statuses.
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
    form: Mapping[str, Any] | None = None
    query: type[Query] | None = None
    headers: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    also: tuple[HTTPStatus, ...] = ()
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
        """One sentence: the first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]


def mount(app: Application, routes: list[Route], identity: Identity) -> None:
    """Puts the rows into the application, each behind the guard.

    Whatever a handler raises is answered from the table of errors; whatever is answered carries
    the security headers. No address is led to another: what is not in the table is not there.
    """
    app.url_map.merge_slashes = False
    for route in routes:
        if route.websocket:
            app.add_websocket(
                route.path,
                route.endpoint,
                _guard(route, identity),
                provide_automatic_options=False,
            )
            _mount(app, route.path, f"without {route.endpoint}", "GET", _needs_websocket)
        else:
            _mount(app, route.path, route.endpoint, route.method, _guard(route, identity))
    app.register_error_handler(Exception, _answer_error)
    app.after_request(_finish)
    app.after_websocket(_finish_socket)


def _mount(
    app: Application, path: str, endpoint: str, method: str, call: Callable[..., Awaitable[Any]]
) -> None:
    app.add_url_rule(
        path,
        endpoint,
        call,
        methods=[method],
        provide_automatic_options=False,
        strict_slashes=not path.endswith("/"),  # else the address without it leads to this one
    )


async def _needs_websocket(**_: Any) -> NoReturn:
    raise NeedsWebsocket("Open it as a websocket (RFC 6455), with the credentials of any call.")


async def _answer_error(error: Exception) -> Response:
    answer = problem_answer(to_problem(error))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


async def _finish(answer: Response) -> Response:
    return secure(answer)


async def _finish_socket(refusal: ResponseTypes | None) -> ResponseTypes | None:
    return None if refusal is None else secure(refusal)


def _guard(route: Route, identity: Identity) -> Callable[..., Awaitable[Response | None]]:
    """What stands before a handler; a websocket's answer is a refusal, before the handshake."""
    proxy: Any = websocket if route.websocket else request

    async def call(**given: Any) -> Response | None:
        asked = proxy._get_current_object()  # noqa: SLF001 -- werkzeug's documented way out of a proxy
        if asked.scope["path"].startswith("//"):  # werkzeug takes it for one; others may not
            raise NotFound("There is nothing at this address.")
        asker = await _admit(route, identity, asked, given)
        with _visiting(given):
            if route.body is not None:
                refuse_coding(asked)
            if route.query is not None:
                given["query"] = read_query(asked, route.query)
            act = partial(route.handler, asked, **given)
            if isinstance(asked, Websocket):
                await _converse(asked, asker, identity, act)
                return None
            answer: Response = await act()
        if asker is not None:
            identity.refresh(asked, asker, answer)
        return answer

    return call


async def _admit(
    route: Route, identity: Identity, asked: Request | Websocket, given: dict[str, Any]
) -> Asker | None:
    """Lets a call through, with what its handler is given of who asks; tells who that is."""
    if route.access is Access.ANYBODY:
        return None
    asker = identity.recognise(asked)
    if route.access is Access.ADMIN:
        given["admin"] = await identity.admin(asker)
    else:
        session = given["session"] = await identity.session_of(asker)
        bind(session=session.record.id)  # for what this request's task logs
    return asker


@contextmanager
def _visiting(given: dict[str, Any]) -> Iterator[None]:
    """While a call is in a session's name, that session makes no room for others."""
    session: Session | None = given.get("session")
    if session is None:
        yield
    else:
        with session.visit():
            yield


async def _converse(
    socket: Websocket, asker: Asker | None, identity: Identity, act: Callable[[], Awaitable[None]]
) -> None:
    """Keeps a websocket for as long as that is good with which it was opened."""
    with nullcontext() if asker is None else identity.permission(socket, asker) as permission:
        await act()
    if permission is not None and permission.cancelled_caught:
        await socket.close(EXPIRED, "what it was opened with is no longer good; come again")
