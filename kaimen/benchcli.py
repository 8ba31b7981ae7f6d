"""`kaimen bench`: measurements. What each needs is loaded only when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from kaimen.told import stop

bench = typer.Typer(help="Measurements; each ends with one line of JSON.", no_args_is_help=True)

DataOption = Annotated[Path, typer.Option("--data", help="A folder of pictures with an openset.csv.")]
CacheOption = Annotated[
    Path | None,
    typer.Option(
        "--cache", help="Keep the templates in this folder, outside the source tree, for the next run."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="End with one line of JSON.")]


class _measured:  # noqa: N801 - reads as a sentence at its use
    """As `told`, for what stops a measurement."""

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, _trace: object
    ) -> None:
        from bench.described import CacheInside
        from bench.liveness import CannotMeasure
        from bench.openset import NoSet

        if isinstance(trouble, CacheInside | CannotMeasure | NoSet):
            stop(str(trouble))


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
    json_line: JsonOption = False,  # noqa: ARG001 - every measurement takes it; here the line is all there is
) -> None:
    """Time per frame and from face to door, beside the plain and the quick face_recognition loop."""
    from bench.latency import run

    with _measured():
        typer.echo(run(video, frames, models_in).as_json())


@bench.command()
def accuracy(
    data: DataOption,
    sample: Annotated[
        str | None, typer.Option(help="As well a draw of so many enrolled and strangers: 300x900.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draw and of the intervals.")] = 0,
    cache: CacheOption = None,
    json_line: JsonOption = False,  # noqa: ARG001 - every measurement takes it; here the line is all there is
) -> None:
    """Who is found and which strangers are accepted, on a folder with an openset.csv, beside face_recognition."""
    from bench.accuracy import Sample, Task, run

    with _measured():
        typer.echo(run(Task(data, Sample.of(sample) if sample else None, seed), cache))


@bench.command()
def tracks(
    data: DataOption,
    cache: CacheOption = None,
    json_line: JsonOption = False,  # noqa: ARG001 - every measurement takes it; here the line is all there is
) -> None:
    """Five frames of one person as one approach, pooled and decided as the gate does it."""
    from bench.tracks import run

    with _measured():
        typer.echo(run(data, cache))


@bench.command()
def liveness(
    data: Annotated[Path, typer.Option("--data", help="A folder of pictures with a spoof.csv.")],
    models_in: Annotated[
        Path | None,
        typer.Option(
            "--models", help="The folder of the networks; without it, where `kaimen models` put them."
        ),
    ] = None,
    json_line: JsonOption = False,  # noqa: ARG001 - every measurement takes it; the table goes to stderr
) -> None:
    """How many prints and replays are taken for alive, how many living people for copies, beside depth alone."""
    from bench.liveness import run

    with _measured():
        typer.echo(run(data, models_in))


@bench.command()
def search(
    people: Annotated[int, typer.Option(min=100, help="Two templates each.")] = 50_000,
    json_line: JsonOption = False,  # noqa: ARG001 - every measurement takes it; here the line is all there is
) -> None:
    """How long a search takes, and the memory that replacing a gallery costs."""
    from bench.search import run

    typer.echo(run(people))


@bench.command()
def ingest(
    passages: Annotated[int, typer.Option(min=80, help="Sent and then taken in batches.")] = 24_000,
    naive: Annotated[int, typer.Option(min=8, help="Taken with one commit a message.")] = 2_000,
    json_line: JsonOption = False,  # noqa: ARG001 - every measurement takes it; here the line is all there is
) -> None:
    """Passages a second from journals over a real broker into the database, durably, beside one commit a message."""
    from bench.ingest import Load, run

    typer.echo(run(Load(passages, naive)))


@bench.command()
def roster(
    people: Annotated[int, typer.Option(min=2, help="Two templates each.")] = 10_000,
    revocations: Annotated[int, typer.Option(min=1, help="One after another.")] = 20,
    json_line: JsonOption = False,  # noqa: ARG001 - every measurement takes it; here the line is all there is
) -> None:
    """From the commit of a change on a page to the gate that refuses, over the real processes; and the first fetch."""
    from bench.roster import Load, run

    typer.echo(run(Load(people, revocations)))
