"""The tables of a release for spreadsheets, with CSVW metadata."""
