"""In the place of a package that the tools of the tests bring along and the service does not have (requirements.lock).

jsonschema loads it where it is there, for formats of which no schema of ours speaks, and that takes more than a second
of each process that a test starts. pyproject.toml and conftest.py put this folder first.
"""

raise ImportError("the service is shipped without it")
