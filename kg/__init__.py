"""Turn texts in which organisations say what they do into linked data.

The rooms, in the order of the flow; none imports one to its right::

    model → curate → graph → release ═ dist/graph.nq ═ endpoint → pages → static_site

``model`` is what they share, ``remote`` speaks with other people's stores and ``cli`` is the program.
"""

__version__ = "0.2.0"

__all__ = ["__version__"]
