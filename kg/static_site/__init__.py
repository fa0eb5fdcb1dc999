"""The whole publication as static files: the pages that the service gives, for a host that only sends files.

``make_site`` asks the application for every page in this process, from the sitemap on and along the links, and writes
what it answers; ``replace_site`` puts a site in the place of an older one.
"""

from kg.static_site.site_builder import Made, make_site
from kg.static_site.site_folder import replace_site
from kg.static_site.source import Source

__all__ = ["Made", "Source", "make_site", "replace_site"]
