"""Who may use the app: whoever has the token, from wherever the server listens; and nothing leaves the machine."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from SketchNoduleSynthLib.errors import InputError

TOKEN = "token"
HEADERS = {
    # The page's framework compiles its templates in the browser, hence unsafe-eval; all else is ours or nothing.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-eval' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guard(token: str) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """A middleware: 403 to all requests without `token` in the address or in the cookie that the first one left."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Cookies know no ports: without its port, another app of this machine would take this one's place.
        cookie = f"{TOKEN}-{request.url.port}"
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            # The cookie comes along from other pages of this machine, whatever their port.
            return web.Response(status=403, text="Another page asked; use the address that the app printed.\n")
        given = request.query.get(TOKEN) or request.cookies.get(cookie, "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return web.Response(status=403, text="The address lacks its token; use the address that the app printed.\n")
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            response = answer
        except Exception:
            if request.transport is not None and not request.transport.is_closing():
                raise
            # Who left before the answer is no error, though the framework stumbles over it.
            response = web.Response()
        if not response.prepared:
            response.headers.update(HEADERS)
            response.set_cookie(cookie, token, httponly=True, samesite="Strict")
        return response

    return guarded


def check_host(host: str, allow_remote: bool) -> None:
    """Raise :class:`InputError` if `host` is reached from other machines and that was not allowed."""
    if allow_remote or host == "localhost":
        return
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise InputError(f"--host {host} lets other machines in; add --allow-remote if that is what you want.")
