"""Turns texts in which an organisation says what it does into linked open data.

The way through it, module by module; none imports one to its right::

    text + annotations → build → rules → checks, validate → formats, tables, catalogue → release
    release ═ dist/graph.nq ═ evaluator → protocol → web

``kg.cli`` is the program.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
