"""The stages of a publisher that the tests of the command line have, and no waiting for disks."""

from tests.cli.conftest import drafted, made, published, rostered, unsynced

__all__ = ["drafted", "made", "published", "rostered", "unsynced"]
