"""What every part shares: IRIs, languages, errors, project and settings, the ontology."""
