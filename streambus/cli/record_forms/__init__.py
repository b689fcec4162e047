"""record_forms: how records look outside of a broker. `consume` writes these forms and `produce` reads them.

- `as_json.py`: one JSON object for each record, from which the same record can be made again.
- `as_format.py`: a format of one's own, with kcat's tokens.
- `escapes.py`: `\\t`, `\\x00` and the like on the command line.
"""
