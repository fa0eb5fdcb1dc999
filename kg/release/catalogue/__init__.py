"""Descriptions of a release for others: VoID with counted figures, and a DCAT-AP 3 catalogue."""
