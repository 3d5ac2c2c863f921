"""A stranger's text made fit for one line of a message: nothing in it breaks a line, hides, or turns others around."""

from __future__ import annotations

_CUT = "…"


def printable(text: str, *, most: int) -> str:
    r"""Returns `text` as one line of characters that a canary's own texts may hold.

    White space of any kind, line ends among it, becomes one space. Every other character that no text may hold
    (`canary.core.text.characters`: control and format characters, and so escapes of terminals, bidirectional controls
    and zero-width characters) is spelt out, `\u202e`.

    Args:
        text: anything, lone surrogates included.
        most: how many characters the line may have; what is longer ends in `…`.
    """
    flat = " ".join(text.split())[: most + 1]
    if not (flat.isascii() and flat.isprintable()):
        # Imported here: the table is large, and most of what is shown is plain ASCII.
        from canary.core.text.characters import allowed  # noqa: PLC0415

        flat = "".join(each if allowed(each) else f"\\u{ord(each):04x}" for each in flat)
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + _CUT


def sentence(text: str) -> str:
    """Returns a message with a capital letter and a full stop; a host, a path or a file in front keeps its spelling."""
    begins_with_a_word = text.partition(" ")[0].rstrip(",").isalpha()
    begun = text[:1].upper() + text[1:] if begins_with_a_word else text
    return begun + ("" if text.endswith((".", "!", "?", _CUT)) else ".")
