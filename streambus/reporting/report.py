"""Writing a report into a folder."""

from pathlib import Path

from streambus.reporting.page import page
from streambus.reporting.results import results
from streambus.reporting.run import Run

AS_JSON = "backslashreplace"
"""What UTF-8 cannot say, half of a surrogate pair, is written as Python writes it, which happens to be JSON's way as well."""


def write_report(run: Run, folder: Path) -> Path:
    """Write `index.html`, `results.json`, `history.ndjson` and the scenario of a reproduction into `folder`, which is made if missing.

    The answer is the path of the page. Files of these names are replaced. The same run gives the same bytes. Raises `OSError` if the
    folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "history.ndjson").open("w", encoding="utf-8", errors=AS_JSON, newline="\n") as file:
        file.writelines(f"{line}\n" for line in run.history.to_lines())
    (folder / "results.json").write_text(results(run), encoding="utf-8", errors=AS_JSON, newline="\n")
    if run.reproduction is not None:
        scenario = folder / run.reproduction.file_name
        scenario.write_text(run.reproduction.scenario, encoding="utf-8", errors=AS_JSON, newline="\n")
    index = folder / "index.html"
    index.write_text(page(run), encoding="utf-8", newline="\n")
    return index
