"""Every test here runs on one thread."""

from .helpers import one_thread

__all__ = ["one_thread"]
