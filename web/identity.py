"""Who asks, and what is theirs: tokens, the cookie, and the check of where a browser comes from.

Owns: the form of credentials. A token is the session's id, signed and dated by us (itsdangerous);
a session that a client made up does not exist (no fixation), and an ended one is gone at once,
whatever its token says.
Never: looks at what is asked for; the routing layer lets a request through or not (routes.py).
"""

from http import HTTPStatus

from itsdangerous import BadSignature, URLSafeTimedSerializer

from actors.errors import Forbidden, NoSession
from actors.ids import is_id
from actors.session import Session
from actors.tree import Stitchery
from conf.settings import Settings
from web.answers import json_answer
from web.asgi import Request, Response, Websocket
from web.views import NewSession
from web.views import Session as SessionView

COOKIE = "stitchery_session"
BEARER_PROTOCOL = "bearer."
"""Prefix of the websocket subprotocol by which a browser's script can send its token."""

_DAY = 86400
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Identity:
    """Issues tokens and finds the session that a request may use."""

    def __init__(self, stitchery: Stitchery, keys: list[str]) -> None:
        self._stitchery = stitchery
        self._tokens = URLSafeTimedSerializer(keys, salt="stitchery session v1")

    # --- routes ---------------------------------------------------------------------------------

    async def create(self, request: Request) -> Response:
        """A new session with its token, also set as cookie."""
        if self._is_ours(request) is False:
            raise Forbidden("Another site may not begin a session in your browser.")
        session = await self._stitchery.sessions.create()
        token = self._tokens.dumps(session.record.id)
        answer = json_answer(
            NewSession(session=self._view(session), token=token), HTTPStatus.CREATED
        )
        self._set_cookie(answer, token, self._max_age())
        return answer

    async def show(self, _: Request, session: Session) -> Response:
        """Who I am, my limits, and what I use of them."""
        return json_answer(self._view(session))

    async def end(self, _: Request, session: Session) -> Response:
        """Ends my session: its jobs are cancelled, its files removed."""
        await session.end()
        answer = Response(b"", status=HTTPStatus.NO_CONTENT)
        self._set_cookie(answer, "", 0)
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
                self._refuse_foreign(request)
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
        try:
            id = self._tokens.loads(token, max_age=self._max_age())
        except BadSignature:  # SignatureExpired is one too
            raise NoSession("This token is not valid (any more). Begin a new session.") from None
        if not (isinstance(id, str) and is_id(id)):
            raise NoSession("This token is not valid.")
        return id

    def _refuse_foreign(self, request: Request | Websocket) -> None:
        """A cookie alone does not say that its user meant it (CSRF).

        Reading is let through: the answer is not readable across sites.
        """
        reads = isinstance(request, Request) and request.method in _SAFE
        if not reads and not self._is_ours(request):
            raise Forbidden(
                "A request with the cookie must come from this site's own pages. Programs send "
                "the token as `Authorization: Bearer TOKEN` instead."
            )

    def _is_ours(self, request: Request | Websocket) -> bool | None:
        """Whether one of our own pages caused the request; None when nothing tells: no browser.

        Fetch metadata says it or, where a browser has none, Origin. The order is that of Go's
        CrossOriginProtection, which hostile.md 1 names as the model.
        """
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in {"same-origin", "none"}
        origin = request.headers.get("Origin")
        if origin is None:
            return None
        scheme = "https" if self._settings().server.secure_cookies else "http"
        return origin.lower() == f"{scheme}://{request.headers.get('Host', '')}".lower()

    def _set_cookie(self, answer: Response, token: str, max_age: int) -> None:
        answer.set_cookie(
            COOKIE,
            token,
            max_age=max_age,
            httponly=True,
            samesite="Lax",
            secure=self._settings().server.secure_cookies,
            path="/",
        )

    def _max_age(self) -> int:
        return int(self._settings().sessions.max_age_days * _DAY)

    def _settings(self) -> Settings:
        return self._stitchery.services.settings

    def _view(self, session: Session) -> SessionView:
        settings = self._settings()
        quota = session.shelf.quota
        return SessionView(
            id=session.record.id,
            created_at=session.record.created_at,
            limits={
                "jobs_per_user": settings.concurrency.max_jobs_per_user,
                "session_jobs": settings.limits.max_session_jobs,
                "upload_bytes": settings.limits.max_upload_mb << 20,
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
