"""A message as an HTML document that loads nothing, links nowhere and runs nothing; all that it shows is escaped."""

from __future__ import annotations

import shlex
from functools import cache
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from canary.core.text.strict import encode_base64, sha256
from canary.flows.templates import html_environment
from canary.flows.watch.message_view import AlertView, DigestView

_STYLE: Final = (
    "body{max-width:44rem;margin:0 auto;padding:1rem;font:1rem/1.5 sans-serif;overflow-wrap:anywhere}"
    "h1,h2{font-size:1.2rem;margin:1.5rem 0 .5rem}th{text-align:left;vertical-align:top;padding-right:1rem;"
    "font-weight:normal;white-space:nowrap}pre{white-space:pre-wrap}del{color:#a00}ins{color:#060}"
)
_POLICY: Final = f"default-src 'none'; style-src 'sha256-{encode_base64(sha256(_STYLE.encode()))}'"


def html_of(view: AlertView | DigestView) -> str:
    """Returns the document."""
    template = _environment().get_template("message.html")
    # Our own words, and escaped they would be another style with another hash.
    style = Markup(_STYLE)  # noqa: S704
    digest = view if isinstance(view, DigestView) else None
    alerts = (view,) if isinstance(view, AlertView) else view.detailed
    return template.render(title=view.headline, digest=digest, alerts=alerts, style=style, policy=_POLICY)


@cache
def _environment() -> Environment:
    environment = html_environment("canary.flows.watch")
    environment.filters["shell"] = shlex.join
    return environment
