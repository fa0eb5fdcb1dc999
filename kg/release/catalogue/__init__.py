"""Descriptions of a release for others: VoID and a DCAT-AP catalogue."""
