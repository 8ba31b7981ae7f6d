"""`kaimen bench`: measurements. What each needs is loaded only when it runs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from kaimen.told import told

bench = typer.Typer(help="Measurements; each ends with one line of JSON.", no_args_is_help=True)

DataOption = Annotated[Path, typer.Option("--data", help="A folder of pictures with an openset.csv.")]
CacheOption = Annotated[
    Path | None,
    typer.Option(
        "--cache", help="Keep the templates in this folder, outside the source tree, for the next run."
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One line of JSON, last; without it the same for people to read.")
]


def show(line: str, as_line: bool) -> None:
    """A measurement's figures: as one line of JSON, or one below the other for people."""
    typer.echo(line if as_line else json.dumps(json.loads(line), indent=2, ensure_ascii=False))


@bench.command()
def latency(
    video: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="A clip with people walking up.")],
    frames: Annotated[
        int, typer.Option(min=10, help="How many frames the slow baselines are measured on.")
    ] = 60,
    models_in: Annotated[
        Path | None,
        typer.Option("--models", help="Look for life as well, with the networks of this folder."),
    ] = None,
    json_line: JsonOption = False,
) -> None:
    """Time per frame and from face to door, beside the plain and the quick face_recognition loop."""
    from bench.latency import run
    from bench.liveness import CannotMeasure

    with told(CannotMeasure):
        show(run(video, frames, models_in).as_json(), json_line)


@bench.command()
def accuracy(
    data: DataOption,
    sample: Annotated[
        str | None, typer.Option(help="As well a draw of so many enrolled and strangers: 300x900.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draw and of the intervals.")] = 0,
    cache: CacheOption = None,
    json_line: JsonOption = False,
) -> None:
    """Who is found and which strangers are accepted, on a folder with an openset.csv, beside face_recognition."""
    from bench.accuracy import NoSample, Sample, Task, run
    from bench.described import CacheInside
    from bench.tables import NoSet

    with told(CacheInside, NoSample, NoSet):
        show(run(Task(data, Sample.of(sample) if sample else None, seed), cache), json_line)


@bench.command()
def tracks(
    data: DataOption,
    cache: CacheOption = None,
    json_line: JsonOption = False,
) -> None:
    """Five frames of one person as one approach, pooled and decided as the gate does it."""
    from bench.described import CacheInside
    from bench.tables import NoSet
    from bench.tracks import run

    with told(CacheInside, NoSet):
        show(run(data, cache), json_line)


@bench.command()
def liveness(
    data: Annotated[Path, typer.Option("--data", help="A folder of pictures with a spoof.csv.")],
    models_in: Annotated[
        Path | None,
        typer.Option(
            "--models", help="The folder of the networks; without it, where `kaimen models` put them."
        ),
    ] = None,
    json_line: JsonOption = False,
) -> None:
    """How many prints and replays are taken for alive, how many living people for copies, beside depth alone."""
    from bench.liveness import CannotMeasure, run

    with told(CannotMeasure):
        show(run(data, models_in), json_line)


@bench.command()
def search(
    people: Annotated[int, typer.Option(min=100, help="Two templates each.")] = 50_000,
    json_line: JsonOption = False,
) -> None:
    """How long a search takes, and the memory that replacing a gallery costs."""
    from bench.search import run

    show(run(people), json_line)


@bench.command()
def ingest(
    passages: Annotated[
        int, typer.Option(min=80, help="In the gates' journals, sent and taken in batches.")
    ] = 24_000,
    naive: Annotated[
        int, typer.Option(min=16, help="As many again, taken with one commit a message.")
    ] = 2_000,
    json_line: JsonOption = False,
) -> None:
    """Passages a second from journals over a real broker into the database, durably, beside one commit a message."""
    from bench.ingest import Load, run

    show(run(Load(passages, naive)), json_line)


@bench.command()
def roster(
    people: Annotated[int, typer.Option(min=2, help="Two templates each.")] = 10_000,
    revocations: Annotated[int, typer.Option(min=1, help="One after another.")] = 20,
    json_line: JsonOption = False,
) -> None:
    """From the commit of a change on a page to the gate that refuses, over the real processes; and the first fetch."""
    from bench.roster import Load, run

    show(run(Load(people, revocations)), json_line)
