"""Who asks, and what is theirs: credentials, the cookie, and where a browser's request comes from.

Owns: how a request shows who it is from, and the routes of one's own session. A session that a
client made up does not exist (no fixation), and an ended one is gone at once, whatever its token
says.
Never: looks at what is asked for; the routing layer lets a request through or not (routes.py).

Three things are believed: a token that we have signed (tokens.py), as bearer or cookie; an API key
whose hash is in the configuration; and, from the addresses of our own proxies alone, the header in
which a proxy names a user (principals.py). What somebody sends on purpose, in `Authorization`,
counts before what comes along by itself: the proxy's word, then the cookie. Whatever comes along by
itself does not say that its user meant it, so that a browser writes with it from our own pages
alone.

What the configuration says of those with a name follows it: each request is judged by the settings
in force, and open sockets are judged again when these change (permissions.py).
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus

import trio

from actors.errors import Conflict, Forbidden, MalformedRequest, NoSession, Refusal
from actors.session import Session
from actors.tree import Stitchery
from conf.settings import Settings
from web.answers import json_answer
from web.asgi import Request, Response, Websocket
from web.clients import UNKNOWN, Clients
from web.keys import SigningKeys
from web.permissions import Permissions
from web.principals import Principal, Principals, is_key
from web.rates import Rate
from web.tokens import Token, Tokens
from web.views import FreshToken, NewSession
from web.views import Session as SessionView

COOKIE = "stitchery_session"
BEARER_PROTOCOL = "bearer."
"""Prefix of the websocket subprotocol by which a browser's script can send its token."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class TooManyNewSessions(Refusal):
    code = "too_many_new_sessions"
    title = "Too many sessions were begun from one address"
    status = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whom a request is from: a principal, or whoever holds a token; just one of both is there.

    `by_cookie`: the token came as the cookie.
    """

    principal: Principal | None = None
    token: Token | None = None
    by_cookie: bool = False

    @property
    def good_for(self) -> float:
        """Seconds until the credential expires; infinite where it does not."""
        return float("inf") if self.token is None else self.token.left(datetime.now(UTC))


class Identity:
    """Issues tokens, recognises askers and finds their sessions."""

    def __init__(self, stitchery: Stitchery, keys: SigningKeys) -> None:
        settings = stitchery.services.settings
        self._stitchery = stitchery
        self._tokens = Tokens(keys, timedelta(days=settings.sessions.max_age_days))
        self._clients = Clients(settings.server)
        self._rate = Rate(settings.identity.new_sessions_per_minute)
        self._permissions = Permissions()
        stitchery.followers.append(self._permissions.review)

    # --- routes ---------------------------------------------------------------------------------

    async def create(self, request: Request) -> Response:
        """A new session with its token, also set as cookie."""
        if self._is_ours(request) is False:
            raise Forbidden("Another site may not begin a session in your browser.")
        if not self._settings().identity.open and self._principal(request) is None:
            raise Forbidden(
                "Sessions are not given to anybody here. Send an API key as `Authorization: "
                "Bearer KEY`, or come through the sign-in of this place; its operator knows both."
            )
        self._refuse_hurry(request)
        session = await self._stitchery.sessions.create()
        token = self._tokens.issue(session.record.id)
        answer = json_answer(
            NewSession(session=self._view(session, token), token=token.text), HTTPStatus.CREATED
        )
        self._set_cookie(request, answer, token)
        return answer

    async def show(self, request: Request, session: Session) -> Response:
        """Who I am, my limits, and what I use of them."""
        return json_answer(self._view(session, self.recognise(request).token))

    async def renew(self, request: Request, session: Session) -> Response:
        """A fresh token for my session, whose days begin anew; as cookie too where one came."""
        asker = self.recognise(request)
        if asker.token is None:
            raise Conflict(
                "This session is opened by an API key or a sign-in; there is no token to renew."
            )
        token = self._tokens.issue(session.record.id)
        answer = json_answer(
            FreshToken(token=token.text, expires_at=token.expires_at), HTTPStatus.CREATED
        )
        if asker.by_cookie:
            self._set_cookie(request, answer, token)
        return answer

    async def end(self, request: Request, session: Session) -> Response:
        """Ends my session: its jobs are cancelled, its files removed."""
        await session.end()
        answer = Response(b"", status=HTTPStatus.NO_CONTENT)
        self._set_cookie(request, answer, None)
        return answer

    # --- for the routing layer --------------------------------------------------------------------

    def recognise(self, request: Request | Websocket) -> Asker:
        """Whom a request is from. Whether a token's session is still there, `session_of` tells.

        Raises:
            NoSession: it carries no credentials that are valid.
            Forbidden: what it carries came along with a request that another site caused.
            MalformedRequest: credentials are said twice, or a proxy of ours names no single user.
        """
        bearer = _bearer(request)
        if bearer is not None:
            return self._of_bearer(bearer)
        if (principal := self._of_proxy(request)) is not None:
            self._refuse_foreign(request, by_cookie=False)
            return Asker(principal=principal)
        cookie = request.cookies.get(COOKIE)
        if cookie is not None:
            self._refuse_foreign(request, by_cookie=True)
            return Asker(token=self._read(cookie), by_cookie=True)
        raise NoSession(
            "Begin one with POST /api/v1/sessions, and send its token as "
            "`Authorization: Bearer TOKEN` or the cookie. An API key does in its place."
        )

    async def session_of(self, asker: Asker) -> Session:
        """The asker's session; a principal's is begun when it first asks.

        Raises:
            NoSession: it has ended.
            NotReady: as `Sessions.find`.
        """
        if asker.principal is not None:
            return await self._stitchery.sessions.of(asker.principal.owner)
        session = None
        if asker.token is not None:
            session = await self._stitchery.sessions.find(asker.token.session)
        if session is None:
            raise NoSession("This session has ended. Begin a new one.")
        return session

    async def admin(self, asker: Asker) -> str:
        """The name of an asker who may run the service.

        Raises:
            NoSession: it is nobody (any more). Forbidden: it is somebody else.
        """
        if asker.principal is None:
            await self.session_of(asker)
        elif asker.principal.admin:
            return asker.principal.owner
        raise Forbidden(
            "This is for admins: send an API key that has the role admin, or come through the "
            "sign-in as one of the users in identity.admins. The configuration names both."
        )

    def permission(
        self, asked: Websocket, asker: Asker
    ) -> AbstractContextManager[trio.CancelScope]:
        """Cancels the block when what it was asked with is worth nothing any more.

        A token's days end; a key, or the header that names a user, is taken out of the settings.
        """
        if asker.principal is None:
            return trio.move_on_after(asker.good_for)
        return self._permissions.hold(partial(self._is_still, asked, asker))

    def refresh(self, request: Request, asker: Asker, answer: Response) -> None:
        """Gives a browser a fresh cookie with an answer, when half the days of its own are over."""
        if not asker.by_cookie or asker.token is None or "Set-Cookie" in answer.headers:
            return
        if asker.token.is_old(datetime.now(UTC)):
            self._set_cookie(request, answer, self._tokens.issue(asker.token.session))

    # --- credentials ------------------------------------------------------------------------------

    def _principal(self, request: Request) -> Principal | None:
        """Who among those with a name sent it; None for all others."""
        try:
            return self.recognise(request).principal
        except NoSession:
            return None

    def _of_bearer(self, credential: str) -> Asker:
        if not is_key(credential):
            return Asker(token=self._read(credential))
        principal = self._principals().of_key(credential)
        if principal is None:
            raise NoSession("This API key is not known (any more). The operator gives out keys.")
        return Asker(principal=principal)

    def _of_proxy(self, request: Request | Websocket) -> Principal | None:
        principals = self._principals()
        if principals.header is None or not self._clients.is_proxy(_peer(request)):
            return None
        return principals.of_header(request.headers.getlist(principals.header))

    def _principals(self) -> Principals:
        return Principals(self._settings().identity)

    def _is_still(self, asked: Websocket, asker: Asker) -> bool:
        """Whether what a socket was opened with would open it for the same asker now."""
        try:
            return self.recognise(asked) == asker
        except Refusal:
            return False

    def _read(self, text: str) -> Token:
        token = self._tokens.read(text, datetime.now(UTC))
        if token is None:
            raise NoSession("This token is not valid (any more). Begin a new session.")
        return token

    # --- where it comes from ----------------------------------------------------------------------

    def _refuse_foreign(self, request: Request | Websocket, *, by_cookie: bool) -> None:
        """What comes along by itself does not say that its user meant it (CSRF).

        Reading is let through: the answer is not readable across sites. Where nothing tells the
        page it comes from, it comes from no browser. Behind a sign-in that is a program, which may
        have no other way to say who it is; one that has the cookie has the token, and can say it.
        """
        if isinstance(request, Request) and request.method in _SAFE:
            return
        ours = self._is_ours(request)
        if ours is False or (ours is None and by_cookie):
            raise Forbidden(
                "With the cookie or through a sign-in, a browser writes from this site's own pages "
                "alone: it sends `Sec-Fetch-Site: same-origin`, or their Origin. A program sends "
                "its token or key as `Authorization: Bearer`; one behind a sign-in sends neither "
                "Sec-Fetch-Site nor Origin."
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
        scheme = "https" if self._is_tls(request) else "http"
        return origin.lower() == f"{scheme}://{request.headers.get('Host', '')}".lower()

    def _is_tls(self, request: Request | Websocket) -> bool:
        """Whether the client speaks TLS, with a proxy of ours; the first one to see it tells."""
        if self._settings().server.secure_cookies:
            return True
        told = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip().lower()
        return told in {"https", "wss"} and self._clients.is_proxy(_peer(request))

    def _refuse_hurry(self, request: Request) -> None:
        """One address begins so many sessions a minute; many people's addresses are not counted."""
        told = ",".join(request.headers.getlist("X-Forwarded-For"))
        site = self._clients.site(self._clients.origin(_peer(request), told or None))
        if site is None:
            return
        most = self._rate.per_minute = self._settings().identity.new_sessions_per_minute
        wait = self._rate.take(site, trio.current_time())
        if wait:
            raise TooManyNewSessions(
                f"One address may begin {most} sessions a minute. Go on with the session that "
                "you have, or try again later.",
                limit="new_sessions_per_address",
                retry_after=wait,
            )

    # --- answers ----------------------------------------------------------------------------------

    def _set_cookie(self, request: Request, answer: Response, token: Token | None) -> None:
        """Has the browser keep the token, or forget the one it has."""
        answer.set_cookie(
            COOKIE,
            "" if token is None else token.text,
            max_age=0 if token is None else int(token.lifetime),
            httponly=True,
            samesite="Lax",
            secure=self._is_tls(request),
            path="/",
        )

    def _settings(self) -> Settings:
        return self._stitchery.services.settings

    def _view(self, session: Session, token: Token | None) -> SessionView:
        settings = self._settings()
        quota = session.shelf.quota
        return SessionView(
            id=session.record.id,
            created_at=session.record.created_at,
            expires_at=None if token is None else token.expires_at,
            limits={
                "jobs_per_user": settings.concurrency.max_jobs_per_user,
                "session_jobs": settings.limits.max_session_jobs,
                "upload_bytes": settings.limits.max_upload_mb << 20,
                "session_bytes": settings.limits.max_session_mb << 20,
                "session_files": settings.limits.max_session_files,
                "unfinished_uploads": settings.limits.max_unfinished_uploads,
                "watchers": settings.limits.max_watchers_per_session,
            },
            used={
                "session_jobs": session.unfinished(),
                "session_bytes": quota.used_bytes,
                "session_files": quota.used_files,
                "unfinished_uploads": len(session.uploads),
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
    said = request.headers.getlist("Authorization")
    if len(said) > 1:  # others on the way may have read the other one
        raise MalformedRequest("Authorization must be said once.")
    scheme, *token = "".join(said).split(maxsplit=1) or [""]
    if scheme.lower() == "bearer":  # with nothing behind it, too: the cookie does not stand in
        return "".join(token).strip()
    if isinstance(request, Websocket):
        protocol = subprotocol_of(request)
        return None if protocol is None else protocol.removeprefix(BEARER_PROTOCOL)
    return None


def _peer(request: Request | Websocket) -> str:
    """The address at the other end of the socket, whatever headers say."""
    client = request.scope.get("client")
    return UNKNOWN if client is None else str(client[0])
