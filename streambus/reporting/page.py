"""The page: one HTML text that needs nothing beside itself. The verdict comes first; then what it means, its proof, and the pictures."""

from importlib.resources import files

from streambus.checkers import Kind
from streambus.reporting import words
from streambus.reporting.anomalies import anomaly_cards
from streambus.reporting.campaign import campaign, violation_list
from streambus.reporting.latencies import SENDS, done, quantiles
from streambus.reporting.pictures import Scene, pictures, scene_of
from streambus.reporting.promise import broken_kinds, coverage, promise
from streambus.reporting.reproduction import reproduction_section
from streambus.reporting.run import Run
from streambus.reporting.tables import circumstances, fault_table, measures_table, partition_table
from streambus.reporting.words import count, html

FACTS_ON_TOP = 6
"""So many facts stand in large type below the verdict; the others in a table at the end."""

DISC = (
    '<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22" fill="none" stroke="currentColor" stroke-width="3"/>'
    '<path d="{path}" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
BIG_TICK, BIG_CROSS = (DISC.format(path=path) for path in ("M14 25l7 7 13-15", "M16 16l16 16M32 16L16 32"))


def page(run: Run) -> str:
    """The report on `run`."""
    scene = scene_of(run.history, run.verdict)
    shown = pictures(scene)
    parts = [
        _origin(run),
        f"<h1>{html(run.title)}</h1>",
        _verdict(run, scene),
        _numbers(run, scene),
        _section("What was promised, and checked", f"The contract is called “{html(run.contract.name)}”.", promise(run)),
        _section("What was covered, and what not", "", coverage(run)),
        _section("Violated invariants", "What must hold inside the system, and did not.", violation_list(run.violations)),
        anomaly_cards(scene),
        reproduction_section(run.reproduction) if run.reproduction is not None else "",
        f'<section id="when"><h2>What happened when</h2>{shown}</section>' if shown else "",
        campaign(run.sub_runs),
        _section(
            "Partitions", "What clients sent to each partition, and what they read back.", partition_table(run.verdict.covered.partitions)
        ),
        _section("Faults", "Everything that was done to the system on purpose.", fault_table(run.history)),
        _section("Measured beside", "What is not part of the judgement.", measures_table(run.verdict.measures)),
        _section("Circumstances", "", circumstances(dict(list(run.facts.items())[FACTS_ON_TOP:]), run.configuration)),
        _footer(run),
    ]
    return document(f"{run.title}: {'all held' if run.valid else 'broken'}", "\n".join(part for part in parts if part))


def document(title: str, body: str) -> str:
    """A whole page, with its style and its script."""
    resources = files("streambus.reporting")
    style = resources.joinpath("page.css").read_text(encoding="utf-8")
    script = resources.joinpath("page.js").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{body}\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


# The verdict -----------------------------------------------------------------------------------------------------------


def _origin(run: Run) -> str:
    seeds = ""
    if run.seeds:
        shown = ", ".join(str(seed) for seed in run.seeds) if len(run.seeds) <= 4 else f"{run.seeds[0]} … {run.seeds[-1]}"
        seeds = f" · seed{'s' if len(run.seeds) > 1 else ''} {shown}"
    world = "in the real world" if run.world == "real" else "in the simulator"
    return f'<p class="origin">Consistency report · {html(run.when)} · {world}{seeds}</p>'


def _verdict(run: Run, scene: Scene) -> str:
    broken = [kind.title.lower() for kind in broken_kinds(run)]
    if run.violations or any(sub_run.violations for sub_run in run.sub_runs) or (not run.valid and not broken):
        broken.append("an invariant inside")
    if run.valid:
        headline, icon, look = "Every promise held", BIG_TICK, "holds"
    else:
        headline = f"Broken: {broken[0]}" if len(broken) == 1 else f"{len(broken)} promises broken"
        icon, look = BIG_CROSS, "broken"
    summary = f"<p>{html(run.summary)}</p>" if run.summary else ""
    return (
        f'<section class="verdict {look}" role="status">{icon}<div><strong>{headline}</strong>'
        f"<p>{_looked_at(run, scene)} {_found(run)}</p>{summary}</div></section>"
    )


def _looked_at(run: Run, scene: Scene) -> str:
    """A sentence that says what was judged."""
    covered, faults = run.verdict.covered, len(run.history.faults)
    partitions = sum(partition.partition >= 0 for partition in covered.partitions)
    others = sum(sub_run.verdict.covered.operations for sub_run in run.sub_runs)
    further = f"{count(len(run.sub_runs), 'further run')} with {count(others, 'operation')}"
    if run.sub_runs and not covered.operations:
        return f"{further[:1].upper()}{further[1:]}."
    return (
        f"{count(covered.operations, 'operation')} by {count(covered.processes, 'client')} on {count(partitions, 'partition')} "
        f"over {words.duration(scene.span.length)}"
        + (f", through {count(faults, 'fault')}" if faults else "")
        + (f", and {further}." if run.sub_runs else ".")
    )


def _found(run: Run) -> str:
    """Sentences that say what came of it."""
    allowed = sum(number for kind, number in run.verdict.counts if kind in run.contract.allowed)
    excused = sum(number for _, number in run.verdict.excused)
    oddities = f" {count(excused, 'oddity', 'oddities')} that only hand-overs within groups explain." if excused else ""
    oddities += f" {count(allowed, 'oddity', 'oddities')} that the contract allows." if allowed else ""
    if run.valid:
        acknowledged = sum(partition.acknowledged for partition in run.verdict.covered.partitions)
        complete = acknowledged and not {Kind.LOST_WRITE, Kind.UNSEEN}.intersection(dict(run.verdict.counts))
        return (f"All {acknowledged:,} acknowledged records were read back." if complete else "Nothing was found wrong.") + oddities
    said = [f"{kind.title.lower()} ({count(number, 'record')})" for kind, number in run.verdict.counts if kind not in run.contract.allowed]
    if run.violations:
        said.append(count(len(run.violations), "violated invariant"))
    failed = sum(not sub_run.valid for sub_run in run.sub_runs)
    if failed:
        said.append(f"{failed} of {count(len(run.sub_runs), 'further run')} broken")
    return f"Found: {', '.join(said)}.{oddities}"


def _numbers(run: Run, scene: Scene) -> str:
    if not run.history.operations and not run.facts:
        return ""
    partitions = run.verdict.covered.partitions
    latencies = done(scene.timings[SENDS])
    numbers = {
        "records acknowledged": f"{sum(partition.acknowledged for partition in partitions):,}",
        "offsets read back": f"{sum(partition.read for partition in partitions):,}",
        "sends of unknown fate": f"{sum(partition.unknown for partition in partitions):,}",
        "faults": f"{len(run.history.faults):,}",
    }
    if latencies:
        median, _, high, _ = quantiles(latencies)
        numbers["median latency of sends"] = words.duration(median)
        numbers["99 % of sends within"] = words.duration(high)
    lag, pause = max((partition.worst_lag for partition in partitions), default=0), run.verdict.measures.longest_pause
    if lag:
        numbers["worst lag of a reader, at least"] = words.duration(lag)
    if pause:
        numbers["longest pause without a fault"] = words.duration(pause)
    numbers |= {name: words.fact(value) for name, value in list(run.facts.items())[:FACTS_ON_TOP]}
    return (
        '<dl class="numbers">'
        + "".join(f"<div><dt>{html(name)}</dt><dd>{html(number)}</dd></div>" for name, number in numbers.items())
        + "</dl>"
    )


# The rims -------------------------------------------------------------------------------------------------------------


def _section(title: str, lead: str, body: str) -> str:
    if not body:
        return ""
    return f"<h2>{title}</h2>" + (f'<p class="lead">{lead}</p>' if lead else "") + f'<div class="card">{body}</div>'


def _footer(run: Run) -> str:
    scenario = ""
    if run.reproduction is not None:
        name = html(run.reproduction.file_name)
        scenario = f', and <a href="{name}">{name}</a>, the scenario that shows it again'
    return (
        '<footer>Beside this page: <a href="results.json">results.json</a>, the same for programs, '
        f'<a href="history.ndjson">history.ndjson</a>, every operation and fault, one per line{scenario}.</footer>'
    )
