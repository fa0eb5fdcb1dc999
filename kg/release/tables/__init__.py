"""The tables of a release for spreadsheets: one CSV file for each class, one of assertions, and CSVW metadata."""
