"""The page: one HTML text that needs nothing beside itself. The verdict comes first; then what it means, its proof, and the pictures."""

from collections.abc import Iterable
from importlib.resources import files

from streambus.checkers import Anomaly, Kind, Severity
from streambus.reporting import words
from streambus.reporting.gallery import Picture, pictures
from streambus.reporting.measures import Span, quantiles, send_latencies, span_of
from streambus.reporting.run import Run
from streambus.reporting.tables import circumstances, fault_table, partition_table, sub_run_table, witness_table
from streambus.reporting.words import count, html

ANOMALIES_OPEN = 12
"""So many cards are shown at once; the others are folded away."""

FACTS_ON_TOP = 6
"""So many facts stand in large type below the verdict; the others in a table at the end."""

VIOLATIONS_SHOWN = 20

SUB_RUNS_EXPLAINED, SUB_RUN_ANOMALIES = 20, 5
"""For so many broken sub-runs so many anomalies are explained."""

ICON = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{path}" fill="none" stroke="currentColor" stroke-width="3.2"/></svg>'
TICK, CROSS, DASH = (ICON.format(path=path) for path in ("M4 12.5l5.5 5.5L20 6.5", "M5 5l14 14M19 5L5 19", "M4 12h16"))
DISC = (
    '<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22" fill="none" stroke="currentColor" stroke-width="3"/>'
    '<path d="{path}" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
BIG_TICK, BIG_CROSS = (DISC.format(path=path) for path in ("M14 25l7 7 13-15", "M16 16l16 16M32 16L16 32"))


def page(run: Run) -> str:
    """The report on `run`."""
    parts = [
        _origin(run),
        f"<h1>{html(run.title)}</h1>",
        _verdict(run),
        _numbers(run),
        _promise(run),
        _section("Violated invariants", "What must hold inside the system, and did not.", _violations(run.violations)),
        _anomalies(run),
        _pictures(pictures(run.history, run.verdict)),
        _sub_runs(run),
        _section(
            "Partitions", "What clients sent to each partition, and what they read back.", partition_table(run.verdict.covered.partitions)
        ),
        _section("Faults", "Everything that was done to the system on purpose.", fault_table(run.history)),
        _section("Circumstances", "", circumstances(dict(list(run.facts.items())[FACTS_ON_TOP:]), run.configuration)),
        _footer(),
    ]
    style = files("streambus.reporting").joinpath("page.css").read_text(encoding="utf-8")
    word = "all held" if run.valid else "broken"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html(run.title)}: {word}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


# The verdict -----------------------------------------------------------------------------------------------------------


def _origin(run: Run) -> str:
    seeds = ""
    if run.seeds:
        shown = ", ".join(str(seed) for seed in run.seeds) if len(run.seeds) <= 4 else f"{run.seeds[0]} … {run.seeds[-1]}"
        seeds = f" · seed{'s' if len(run.seeds) > 1 else ''} {shown}"
    world = "in the real world" if run.world == "real" else "in the simulator"
    return f'<p class="origin">Consistency report · {html(run.when)} · {world}{seeds}</p>'


def _verdict(run: Run) -> str:
    broken = [words.CHECKS[kind][0].lower() for kind in _broken(run)]
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
        f"<p>{_looked_at(run)} {_found(run)}</p>{summary}</div></section>"
    )


def _looked_at(run: Run) -> str:
    """A sentence that says what was judged."""
    covered, faults = run.verdict.covered, len(run.history.faults)
    partitions = sum(partition.partition >= 0 for partition in covered.partitions)
    return (
        f"{count(covered.operations, 'operation')} by {count(covered.processes, 'client')} on {count(partitions, 'partition')} "
        f"over {words.duration(span_of(run.history).length)}"
        + (f", through {count(faults, 'fault')}" if faults else "")
        + (f", and {count(len(run.sub_runs), 'further run')}." if run.sub_runs else ".")
    )


def _found(run: Run) -> str:
    """Sentences that say what came of it."""
    allowed = sum(number for kind, number in run.verdict.counts if kind in run.contract.allowed)
    oddities = f" {count(allowed, 'oddity', 'oddities')} that the contract allows." if allowed else ""
    if run.valid:
        acknowledged = sum(partition.acknowledged for partition in run.verdict.covered.partitions)
        complete = acknowledged and not {Kind.LOST_WRITE, Kind.UNSEEN}.intersection(dict(run.verdict.counts))
        return (f"All {acknowledged:,} acknowledged records were read back." if complete else "Nothing was found wrong.") + oddities
    said = [
        f"{words.CHECKS[kind][0].lower()} ({count(number, 'record')})"
        for kind, number in run.verdict.counts
        if kind not in run.contract.allowed
    ]
    if run.violations:
        said.append(count(len(run.violations), "violated invariant"))
    failed = sum(not sub_run.valid for sub_run in run.sub_runs)
    if failed:
        said.append(f"{failed} of {count(len(run.sub_runs), 'further run')} broken")
    return f"Found: {', '.join(said)}.{oddities}"


def _broken(run: Run) -> list[Kind]:
    """The kinds of anomaly that occurred in the run or in one of its sub-runs, and that the contract of that one excludes."""
    verdicts = (run.verdict, *(sub_run.verdict for sub_run in run.sub_runs))
    occurred = {anomaly.kind for verdict in verdicts for anomaly in verdict.anomalies if anomaly.severity is not Severity.ALLOWED}
    return [kind for kind in Kind if kind in occurred]


def _numbers(run: Run) -> str:
    partitions = run.verdict.covered.partitions
    latencies = send_latencies(run.history)
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
    numbers |= {name: words.fact(value) for name, value in list(run.facts.items())[:FACTS_ON_TOP]}
    return (
        '<dl class="numbers">'
        + "".join(f"<div><dt>{html(name)}</dt><dd>{html(number)}</dd></div>" for name, number in numbers.items())
        + "</dl>"
    )


def _promise(run: Run) -> str:
    broken, occurred = _broken(run), dict(run.verdict.counts)
    rows = []
    for kind in run.verdict.covered.checks:
        promise = words.CHECKS[kind][1]
        if kind in broken:
            look, icon, said = "lost", CROSS, f"Broken: {promise[0].lower()}{promise[1:]}"
        elif kind in run.contract.allowed:
            seen = f", {count(occurred[kind], 'record')}" if kind in occurred else ""
            look, icon, said = "waived", DASH, f"{promise} (not promised{seen})"
        else:
            look, icon, said = "kept", TICK, promise
        rows.append(f'<li class="{look}">{icon}<span>{said}</span></li>')
    body = f'<blockquote>{html(run.contract.promise)}</blockquote><ul class="checks">{"".join(rows)}</ul>'
    return _section("What was promised, and checked", f"The contract is called “{html(run.contract.name)}”.", body)


# The proof -------------------------------------------------------------------------------------------------------------


def _violations(violations: tuple[str, ...]) -> str:
    if not violations:
        return ""
    items = "".join(f"<li>{html(violation)}</li>" for violation in violations[:VIOLATIONS_SHOWN])
    more = f"<li>and {len(violations) - VIOLATIONS_SHOWN} more</li>" if len(violations) > VIOLATIONS_SHOWN else ""
    return f'<ul class="violations">{items}{more}</ul>'


def _anomalies(run: Run) -> str:
    anomalies, span = run.verdict.anomalies, span_of(run.history)
    if not anomalies:
        return ""
    cards = [_card(anomaly, span) for anomaly in anomalies]
    folded = "".join(cards[ANOMALIES_OPEN:])
    if folded:
        folded = f"<details><summary>{len(cards) - ANOMALIES_OPEN} more</summary>{folded}</details>"
    lead = "Each with the few operations that prove it. Times count from the beginning of the history."
    return f'<h2 id="anomalies">Anomalies</h2><p class="lead">{lead}</p>{"".join(cards[:ANOMALIES_OPEN])}{folded}'


def _card(anomaly: Anomaly, span: Span) -> str:
    look = "anomaly allowed" if anomaly.severity is Severity.ALLOWED else "anomaly"
    where = words.place(anomaly.topic, anomaly.partition)
    if anomaly.offset is not None:
        where += f", offset {anomaly.offset:,}"
    if anomaly.records > 1:
        where += f" · {count(anomaly.records, 'record')}"
    return (
        f'<article class="card {look}"><header><h3>{words.CHECKS[anomaly.kind][0]}</h3>'
        f'<span class="badge">{words.SEVERITIES[anomaly.severity]}</span><span class="where">{html(where)}</span></header>'
        f"<p>{html(anomaly.witness)}</p>{witness_table(anomaly, span)}</article>"
    )


def _sub_runs(run: Run) -> str:
    if not run.sub_runs:
        return ""
    failed = [sub_run for sub_run in run.sub_runs if not sub_run.valid]
    lead = f"{len(run.sub_runs) - len(failed)} of {len(run.sub_runs)} held." if failed else f"All {len(run.sub_runs)} held."
    cards = []
    for sub_run in failed[:SUB_RUNS_EXPLAINED]:
        anomalies = sub_run.verdict.anomalies[:SUB_RUN_ANOMALIES]
        times = [operation.invoked_at for anomaly in anomalies for operation in anomaly.operations]
        shown = _violations(sub_run.violations) + "".join(_card(anomaly, Span(0, max(times, default=0))) for anomaly in anomalies)
        cards.append(
            f"<details><summary>What went wrong in {html(sub_run.name)} (times are those of its own clock)</summary>{shown}</details>"
        )
    return _section("Further runs", lead, sub_run_table(run.sub_runs) + "".join(cards))


# Pictures and rims -----------------------------------------------------------------------------------------------------


def _pictures(shown: Iterable[Picture]) -> str:
    figures = []
    for picture in shown:
        images = "".join(
            f'<div class="{shape}" role="img" aria-label="{html(picture.title)}">{svg}</div>' for shape, svg in picture.plot.images
        )
        figures.append(
            f'<figure class="card"><figcaption><h3>{html(picture.title)}</h3><p>{picture.caption}</p></figcaption>{images}</figure>'
        )
    return "<h2>What happened when</h2>" + "".join(figures) if figures else ""


def _section(title: str, lead: str, body: str) -> str:
    if not body:
        return ""
    return f"<h2>{title}</h2>" + (f'<p class="lead">{lead}</p>' if lead else "") + f'<div class="card">{body}</div>'


def _footer() -> str:
    return (
        '<footer>Beside this page: <a href="results.json">results.json</a>, the same for programs, and '
        '<a href="history.ndjson">history.ndjson</a>, every operation and fault, one per line.</footer>'
    )
