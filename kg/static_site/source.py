"""What a site is made of: a project and its release, and the application that answers over them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from kg.endpoint.evaluation import asker, load
from kg.model import release_files
from kg.model.project import Project
from kg.model.query_files import read_queries
from kg.pages import create_app, limits_of


@dataclass(frozen=True)
class Source:
    """A project folder and the folder of its release, both absolute.

    ``public_url`` is where the site will stand, and ends with a slash; empty where that is as the project says.
    """

    root: Path
    folder: Path
    public_url: str = ""

    def application(self) -> Flask:
        """The application over the release, which knows that its pages are exported.

        Errors: ReleaseError where the graph is missing or corrupt, ProjectError where the settings are wrong.
        """
        project = Project.open(self.root)
        evaluate = asker(load([self.folder / release_files.GRAPH]), limits_of(project))
        app = create_app(
            project,
            evaluate,
            folder=self.folder,
            examples=read_queries(project.examples),
            public_url=self.public_url or None,
        )
        app.jinja_env.globals["exported"] = True
        return app
