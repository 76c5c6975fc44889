"""Who asks, and what is theirs: tokens, the cookie, and the check of where a browser comes from.

Owns: the form of credentials. A token is the session's id, signed and dated by us (itsdangerous);
a session that a client made up does not exist (no fixation), and an ended one is gone at once,
whatever its token says.
Never: looks at what is asked for; the routing layer lets a request through or not (routes.py).
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import BaseModel

from actors.errors import Forbidden, NoSession
from actors.ids import is_id
from actors.session import Session
from actors.tree import Stitchery
from conf.settings import Settings
from web.answers import json_answer
from web.asgi import Request, Response, Websocket
from web.views import View

COOKIE = "stitchery_session"
BEARER_PROTOCOL = "bearer."
"""Prefix of the websocket subprotocol by which a browser's script can send its token."""

_DAY = 86400
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SessionView(View):
    """A session, what it may, and what it uses of that."""

    id: str
    created_at: str
    limits: dict[str, float]
    used: dict[str, float]


class NewSession(BaseModel):
    """A session and the token that opens it; the token is shown this once."""

    session: SessionView
    token: str


class Identity:
    """Issues tokens and finds the session that a request may use."""

    def __init__(self, stitchery: Stitchery, keys: list[str]) -> None:
        self._stitchery = stitchery
        self._tokens = URLSafeTimedSerializer(keys, salt="stitchery session v1")

    # --- routes ---------------------------------------------------------------------------------

    async def create(self, _: Request) -> Response:
        """A new session with its token, also set as cookie."""
        session = await self._stitchery.sessions.create()
        token = self._tokens.dumps(session.record.id)
        answer = json_answer(
            NewSession(session=self._view(session), token=token), HTTPStatus.CREATED
        )
        settings = self._settings()
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(settings.sessions.max_age_days * _DAY),
            httponly=True,
            samesite="Lax",
            secure=settings.server.secure_cookies,
            path="/",
        )
        return answer

    async def show(self, _: Request, session: Session) -> Response:
        """Who I am, my limits, and what I use of them."""
        return json_answer(self._view(session))

    async def end(self, _: Request, session: Session) -> Response:
        """Ends my session: its jobs are cancelled, its files removed."""
        await session.end()
        answer = Response(b"", status=HTTPStatus.NO_CONTENT)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    # --- for the routing layer --------------------------------------------------------------------

    async def session_of(self, request: Request | Websocket) -> Session:
        """The session whose credentials the request carries.

        Raises:
            NoSession: it carries none that are valid.
            Forbidden: the cookie came along with a request that another site caused.
        """
        token = _bearer(request)
        if token is None:
            token = request.cookies.get(COOKIE)
            if token is not None:
                _refuse_cross_site(request)
        if token is None:
            raise NoSession(
                "Begin one with POST /api/v1/sessions, and send its token as "
                "`Authorization: Bearer TOKEN` or the cookie."
            )
        session = await self._stitchery.sessions.find(self._read(token))
        if session is None:
            raise NoSession("This session has ended. Begin a new one.")
        return session

    # --- inside -----------------------------------------------------------------------------------

    def _read(self, token: str) -> str:
        max_age = int(self._settings().sessions.max_age_days * _DAY)
        try:
            id = self._tokens.loads(token, max_age=max_age)
        except BadSignature:  # SignatureExpired is one too
            raise NoSession("This token is not valid (any more). Begin a new session.") from None
        if not (isinstance(id, str) and is_id(id)):
            raise NoSession("This token is not valid.")
        return id

    def _settings(self) -> Settings:
        return self._stitchery.services.settings

    def _view(self, session: Session) -> SessionView:
        settings = self._settings()
        quota = session.shelf.quota
        return SessionView(
            id=session.record.id,
            created_at=session.record.created_at.isoformat().replace("+00:00", "Z"),
            limits={
                "jobs_per_user": settings.concurrency.max_jobs_per_user,
                "session_jobs": settings.limits.max_session_jobs,
                "session_bytes": settings.limits.max_session_mb << 20,
                "session_files": settings.limits.max_session_files,
                "watchers": settings.limits.max_watchers_per_session,
            },
            used={
                "session_jobs": session.unfinished(),
                "session_bytes": quota.used_bytes,
                "session_files": quota.used_files,
                "watchers": session.watchers,
            },
        )


def subprotocol_of(request: Websocket) -> str | None:
    """The subprotocol to confirm: the one that carried the token, or none."""
    for protocol in request.requested_subprotocols:
        if protocol.startswith(BEARER_PROTOCOL):
            return protocol
    return None


def _bearer(request: Request | Websocket) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if isinstance(request, Websocket):
        protocol = subprotocol_of(request)
        return None if protocol is None else protocol.removeprefix(BEARER_PROTOCOL)
    return None


def _refuse_cross_site(request: Request | Websocket) -> None:
    """A cookie alone does not say that its user meant it (CSRF).

    Reading is let through: the answer is not readable across sites. Otherwise the browser must say
    that the request comes from ourselves, by Fetch metadata or, where it has none, by Origin. The
    order is that of Go's CrossOriginProtection, which hostile.md 1 names as the model.
    """
    if isinstance(request, Request) and request.method in _SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site in {"same-origin", "none"}:
        return
    if site is None and origin is not None and urlsplit(origin).netloc == request.host:
        return
    raise Forbidden(
        "A request with the cookie must come from this site's own pages. Programs send the token "
        "as `Authorization: Bearer TOKEN` instead."
    )
