"""An OpenID Connect provider for tests, a process of its own: `python -m tests.web.provider PORT`.

The protocol is oidc-provider-mock's; what it does not hold, PKCE (RFC 7636), is held here.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from urllib.parse import parse_qs, urlsplit

import flask
from oidc_provider_mock import app as provider_app


def with_pkce(app: flask.Flask) -> flask.Flask:
    """Refuse a token to whoever cannot show what the code was asked with."""
    challenges: dict[str, str] = {}

    @app.before_request
    def hold() -> tuple[dict[str, str], int] | None:
        request = flask.request
        if request.path == "/oauth2/authorize" and request.args.get("code_challenge_method") != "S256":
            return {"error": "invalid_request"}, 400
        if request.path == "/oauth2/token":
            digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
            shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if challenges.get(request.form.get("code", "")) != shown:
                return {"error": "invalid_grant"}, 400
        return None

    @app.after_request
    def note(response: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/authorize" and response.status_code == 302:
            for code in parse_qs(urlsplit(response.location).query).get("code", []):
                challenges[code] = flask.request.args["code_challenge"]
        return response

    return app


if __name__ == "__main__":
    with_pkce(provider_app(require_nonce=True)).run("127.0.0.1", int(sys.argv[1]))
