"""Results in the formats that continuous integration reads: JUnit XML, SARIF, annotations of GitHub, Markdown.

Each format is made of the same document that ``--format json`` prints; the exit status does not depend on it.
"""
