"""An HTML document as PDF, through WeasyPrint, which is an extra. It asks nobody for anything."""

from __future__ import annotations

from canary.errors import CanaryError

INSTALL = "pip install 'warrant-canary[pdf]'"


def pdf_of(html: bytes) -> bytes:
    """Returns a document that holds everything it shows as PDF.

    Args:
        html: the document, in UTF-8.

    Raises:
        CanaryError: WeasyPrint, or a library of the system that it needs, is not installed; or the document cannot be
            laid out.
    """
    try:
        import weasyprint  # noqa: PLC0415  # an extra, and it takes long to import
        from weasyprint.urls import URLFetcher  # noqa: PLC0415  # likewise
    except (ImportError, OSError) as error:  # OSError: a library of the system is missing
        raise CanaryError(
            "there is no print engine here that makes PDF",
            hint=f"{INSTALL} (it needs Pango: Debian, apt install libpango-1.0-0 libpangoft2-1.0-0), or write an "
            ".html file and print it from a browser.",
        ) from error
    nothing = URLFetcher(allowed_protocols=())
    document = weasyprint.HTML(string=html.decode(), url_fetcher=nothing)
    made: bytes = document.write_pdf()
    return made
