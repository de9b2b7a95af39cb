"""Writes every response.json anew: read the difference before committing it."""

import json

from tests.scenarios import FOLDERS, answer_of, normal

for folder in FOLDERS:
    text = json.dumps(normal(answer_of(folder)), indent=1, ensure_ascii=False) + "\n"
    (folder / "response.json").write_text(text, "utf-8")
