"""The application: all routes, one row each.

Owns: which address leads where.
Never: does anything itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from actors.tree import Stitchery
from conf.live import form
from web.admin import AdminRoutes, AnybodysJobQuery
from web.asgi import Application
from web.bodies import ContentQuery, ListQuery
from web.docs import DocRoutes
from web.files import FileRoutes
from web.identity import Identity
from web.jobs import JobQuery, JobRoutes
from web.keys import SigningKeys
from web.limits import LimitsInForce
from web.openapi import describe
from web.operations import OperationRoutes
from web.pages import PageRoutes
from web.progress import ProgressQuery, ProgressRoutes
from web.routes import Access, Route, mount
from web.tus import STRETCH
from web.uploads import UPLOADS, UploadRoutes, stamp
from web.views import (
    AnybodysJob,
    Capabilities,
    File,
    Files,
    FreshToken,
    Health,
    Job,
    NewSession,
    Page,
    Preflight,
    Queue,
    Session,
    Views,
)

API = "/api/v1"
JSON = "application/json"
FORM = "multipart/form-data"
BYTES = "application/octet-stream"
HTML = "text/html; charset=utf-8"
PLACE = ("Upload-Offset", "Upload-Expires", "Stitchery-File")
NOTHING = ""
ANYBODY = Access.ANYBODY
ADMIN = Access.ADMIN
CREATED = HTTPStatus.CREATED
ACCEPTED = HTTPStatus.ACCEPTED
EMPTY = HTTPStatus.NO_CONTENT
PARTIAL = HTTPStatus.PARTIAL_CONTENT
UNCHANGED = HTTPStatus.NOT_MODIFIED
SWITCHED = HTTPStatus.SWITCHING_PROTOCOLS


def routes(stitchery: Stitchery, identity: Identity) -> list[Route]:
    """The table of `api.md`, by subject."""
    settings = stitchery.services.settings
    views = Views(retention=timedelta(hours=settings.storage.retention_hours))
    docs = DocRoutes()
    table = [
        *_sessions(identity),
        *_files(FileRoutes(stitchery, views)),
        *_uploads(UploadRoutes(stitchery)),
        *_jobs(JobRoutes(stitchery, views), ProgressRoutes(stitchery, views)),
        *_operations(
            OperationRoutes(stitchery), AdminRoutes(stitchery, views), changes=form(settings)
        ),
        *_pages(PageRoutes(), docs),
    ]
    docs.show(describe(table, stitchery.capabilities.values(), settings.identity.user_header))
    return table


def build_app(stitchery: Stitchery) -> Application:
    """The application for a running tree.

    Raises:
        KeysUnusableError: there is no usable secret to sign tokens with.
    """
    settings = stitchery.services.settings
    identity = Identity(stitchery, SigningKeys(settings.storage.data))
    app = Application(__name__, options=settings.server, static_folder=None)
    mount(app, routes(stitchery, identity), identity)
    app.after_request(stamp)
    return app


# --- the rows, by subject -------------------------------------------------------------------------

# fmt: off

def _sessions(identity: Identity) -> list[Route]:
    """Who asks."""
    return [
        Route("POST", f"{API}/sessions", identity.create, access=ANYBODY,
              status=CREATED, answer=NewSession, problems=(403, 503, 507)),
        Route("POST", f"{API}/session/token", identity.renew, status=CREATED, answer=FreshToken,
              problems=(409,)),
        Route("GET", f"{API}/session", identity.show, answer=Session),
        Route("DELETE", f"{API}/session", identity.end, status=EMPTY),
    ]


def _files(files: FileRoutes) -> list[Route]:
    """Files, sent whole."""
    return [
        Route("POST", f"{API}/files", files.upload, body=FORM,
              status=CREATED, answer=Files, problems=(400, 413, 415, 422, 507)),
        Route("PUT", f"{API}/files/<file>", files.put, body=BYTES,
              status=CREATED, answer=File, problems=(400, 413, 415, 422, 507)),
        Route("GET", f"{API}/files", files.list, query=ListQuery,
              answer=Page[File], problems=(422,)),
        Route("GET", f"{API}/files/<file>", files.show, answer=File, problems=(404,)),
        Route("GET", f"{API}/files/<file>/content", files.content, query=ContentQuery,
              headers=("Range", "If-Range", "If-Match", "If-None-Match"), media_type=BYTES,
              also=(PARTIAL, UNCHANGED), problems=(404, 412, 416, 422)),
        Route("DELETE", f"{API}/files/<file>", files.drop, status=EMPTY, problems=(404, 409)),
    ]


def _uploads(uploads: UploadRoutes) -> list[Route]:
    """Files, sent in stretches (tus)."""
    return [
        Route("OPTIONS", UPLOADS, uploads.options, access=ANYBODY, status=EMPTY,
              tells=("Tus-Version", "Tus-Extension", "Tus-Max-Size")),
        Route("POST", UPLOADS, uploads.begin, status=CREATED, media_type=NOTHING,
              headers=("Tus-Resumable", "Upload-Length", "Upload-Metadata"),
              tells=("Location", *PLACE), problems=(409, 412, 415, 422, 507)),
        Route("OPTIONS", f"{UPLOADS}<upload>", uploads.options, access=ANYBODY, status=EMPTY,
              tells=("Tus-Version", "Tus-Extension", "Tus-Max-Size")),
        Route("HEAD", f"{UPLOADS}<upload>", uploads.look, headers=("Tus-Resumable",),
              media_type=NOTHING,
              tells=("Upload-Length", "Upload-Offset", "Stitchery-File"),
              problems=(404, 412, 415, 422, 507)),
        Route("PATCH", f"{UPLOADS}<upload>", uploads.append, body=STRETCH, status=EMPTY,
              headers=("Tus-Resumable", "Upload-Offset"), tells=PLACE,
              problems=(404, 409, 412, 415, 422, 507)),
        Route("DELETE", f"{UPLOADS}<upload>", uploads.drop, headers=("Tus-Resumable",),
              status=EMPTY, problems=(404, 412)),
    ]


def _jobs(jobs: JobRoutes, progress: ProgressRoutes) -> list[Route]:
    """What can be done here, and what is."""
    return [
        Route("GET", f"{API}/capabilities", jobs.capabilities, access=ANYBODY,
              answer=Capabilities),
        Route("POST", f"{API}/jobs/<capability>", jobs.submit, body=JSON,
              headers=("Idempotency-Key",), status=ACCEPTED, answer=Job,
              problems=(400, 404, 409, 413, 415, 422, 429, 503, 507)),
        Route("POST", f"{API}/jobs/<capability>/preflight", jobs.preflight, body=JSON,
              answer=Preflight, problems=(400, 404, 409, 413, 415, 422, 429, 503, 507)),
        Route("GET", f"{API}/jobs", jobs.list, query=JobQuery, answer=Page[Job], problems=(422,)),
        Route("GET", f"{API}/jobs/<job>", jobs.show, answer=Job, problems=(404,)),
        Route("DELETE", f"{API}/jobs/<job>", jobs.cancel, answer=Job, problems=(404, 409)),
        Route("WEBSOCKET", f"{API}/progress", progress.watch, query=ProgressQuery,
              status=SWITCHED, problems=(404, 422)),
    ]


def _operations(
    operations: OperationRoutes, admin: AdminRoutes, *, changes: Mapping[str, Any]
) -> list[Route]:
    """How the service is, and what those do who run it."""
    return [
        Route("GET", f"{API}/queue", operations.queue, access=ANYBODY, answer=Queue),
        Route("GET", f"{API}/admin/jobs", admin.jobs, access=ADMIN, query=AnybodysJobQuery,
              answer=Page[AnybodysJob], problems=(422,)),
        Route("DELETE", f"{API}/admin/jobs/<job>", admin.cancel, access=ADMIN,
              answer=AnybodysJob, problems=(404, 409)),
        Route("GET", f"{API}/admin/limits", admin.limits, access=ADMIN, answer=LimitsInForce),
        Route("PATCH", f"{API}/admin/limits", admin.change_limits, access=ADMIN, body=JSON,
              form=changes, answer=LimitsInForce, problems=(415, 422)),
        Route("POST", f"{API}/admin/capabilities/<capability>/pause", admin.pause, access=ADMIN,
              answer=Queue, problems=(404,)),
        Route("POST", f"{API}/admin/capabilities/<capability>/resume", admin.resume, access=ADMIN,
              answer=Queue, problems=(404,)),
        Route("POST", f"{API}/admin/drain", admin.drain, access=ADMIN, answer=Queue),
        Route("POST", f"{API}/admin/undrain", admin.undrain, access=ADMIN, answer=Queue,
              problems=(409,)),
        Route("GET", "/healthz", operations.alive, access=ANYBODY, answer=Health),
        Route("GET", "/readyz", operations.ready, access=ANYBODY, answer=Health, problems=(503,)),
    ]


def _pages(pages: PageRoutes, docs: DocRoutes) -> list[Route]:
    """What people read."""
    return [
        Route("GET", "/", pages.index, access=ANYBODY, media_type=HTML, also=(UNCHANGED,)),
        Route("GET", "/static/<name>", pages.asset, access=ANYBODY, media_type=BYTES,
              also=(UNCHANGED,), problems=(404,)),
        Route("GET", "/api/openapi.json", docs.openapi, access=ANYBODY),
        Route("GET", "/api/docs", docs.page, access=ANYBODY, media_type=HTML),
    ]
