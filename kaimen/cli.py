"""`kaimen`: try it, run it, measure it. What a command needs is loaded only when it runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from kaimen.benchcli import JsonOption, bench, show
from kaimen.gatecli import gate
from kaimen.told import told

app = typer.Typer(
    help="Kaimen 开门: face-recognition gates and visitors for residential compounds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(bench, name="bench")
audit = typer.Typer(help="What the running system is like, measured on itself.", no_args_is_help=True)
app.add_typer(audit, name="audit")
models = typer.Typer(help="Anti-spoof networks that an operator brings.", no_args_is_help=True)
app.add_typer(models, name="models")
app.add_typer(gate, name="gate")

StateOption = Annotated[
    Path, typer.Option("--state", help="The one folder for everything: database, keys, logs.")
]
ModelsOption = Annotated[
    Path | None,
    typer.Option("--in", help="The folder of the networks; without it, where this machine's gates look."),
]


class Brokers(StrEnum):
    """Which brokers a trial runs on."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"
    BOTH = "both"

    @property
    def kinds(self) -> tuple[Literal["nats", "mosquitto"], ...]:
        match self:
            case Brokers.NATS:
                return ("nats",)
            case Brokers.MOSQUITTO:
                return ("mosquitto",)
            case Brokers.BOTH:
                return ("nats", "mosquitto")


class Databases(StrEnum):
    """Which database a trial's register is in."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@app.command()
def up(
    state: StateOption = Path("state"),
    camera: Annotated[
        str | None,
        typer.Option(help="0 for the first USB camera, or rtsp://…; without it, the demonstration clip."),
    ] = None,
    port: Annotated[int, typer.Option(help="Where the pages are served, on 127.0.0.1 unless --lan.")] = 8750,
    browser: Annotated[bool, typer.Option(help="Open the pages in a browser, if there is one.")] = True,
    lan: Annotated[
        str | None,
        typer.Option(
            help="Let other machines in, by HTTPS and TLS, at this address of this one; auto finds it."
        ),
    ] = None,
) -> None:
    """Start broker, pages, ingest, worker, dispatch and one gate. Ctrl-C stops them all."""
    from kaimen.up import UpOptions, run

    with told():
        run(UpOptions(state, camera, port, browser, lan))


@app.command()
def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="No browser, no console: run the clip once and check.")
    ] = False,
    json_line: JsonOption = False,
) -> None:
    """Run the demonstration in a temporary folder and check that every approach is recorded and shown."""
    from kaimen.demo.headless import run

    if not headless:
        up()
        return
    with told():
        raise typer.Exit(run(json_line))


@models.command("add")
def add_model(
    file: Annotated[Path, typer.Argument(help="A MiniFASNet network as ONNX.")],
    sha256: Annotated[str, typer.Option("--sha256", help="Its checksum, as its source states it.")],
    slot: Annotated[
        str | None, typer.Option(help="What it is, where Kaimen does not know the file by its checksum.")
    ] = None,
    folder: ModelsOption = None,
) -> None:
    """Check an anti-spoof network, try it, and install it for the gates of this machine."""
    from kaimen.models import Offered, add, antispoof_folder

    with told():
        typer.echo(add(Offered(file, sha256, slot), folder or antispoof_folder()))


@models.command("list")
def list_models(folder: ModelsOption = None) -> None:
    """Say which anti-spoof networks are installed, and whether they are unchanged."""
    from kaimen.models import antispoof_folder, listing

    with told():
        typer.echo(listing(folder or antispoof_folder()))


@audit.command("gallery")
def audit_gallery(
    state: StateOption = Path("state"),
    anew: Annotated[
        bool, typer.Option("--anew", help="Measure now; without it, show the last report if there is one.")
    ] = False,
    json_line: JsonOption = False,
) -> None:
    """How near different people lie, false accepts to expect a month, whom to enrol again, what to set."""
    from kaimen.audit import gallery

    with told():
        report = gallery(state, anew)
        typer.echo(report.json if json_line else report.text)


@app.command("prepare")
def prepare_server(
    host: Annotated[
        str, typer.Option("--host", help="The name or address under which gates and people come.")
    ],
    state: StateOption = Path("/var/lib/kaimen"),
) -> None:
    """Make keys, register, certificates and settings for processes that run on their own, beside a Mosquitto."""
    from kaimen.production import prepare_server as prepare

    with told():
        typer.echo(prepare(state, host))


@app.command("reset-password")
def reset_password(
    login: Annotated[str, typer.Argument(help="Whose password was forgotten.")] = "admin",
    state: StateOption = Path("state"),
) -> None:
    """Give an account a new one-time password, also while Kaimen runs."""
    from kaimen.password import reset

    with told():
        typer.echo(reset(state, login))


@app.command("add-account")
def add_account(
    login: Annotated[str, typer.Argument(help="What the colleague types to log in.")],
    name: Annotated[str, typer.Option(help="As pages show it.")],
    role: Annotated[str, typer.Option(help="manager, staff or guard.")] = "staff",
    state: StateOption = Path("state"),
) -> None:
    """Make an account with a one-time password, also while Kaimen runs: boxes are confirmed by a second person."""
    from kaimen.accounts import add

    with told():
        typer.echo(add(state, login, name, role))


@app.command()
def restored(state: StateOption = Path("state")) -> None:
    """Say that the register was put back from a backup: gates send again what they still keep."""
    from kaimen.restored import restored as say

    with told():
        typer.echo(f"generation {say(state)}: gates will send again what the backup does not have")
        typer.echo(
            "Staff sign in again. What was ended since the backup is to be ended again: docs/operations.md"
        )


@app.command()
def verify(
    state: StateOption = Path("state"),
    gate: Annotated[
        Path | None,
        typer.Option("--gate", exists=True, dir_okay=False, help="A gate's journal.sqlite3 instead."),
    ] = None,
    json_line: JsonOption = False,
) -> None:
    """Walk the gates' chains and the audit trail; name the first bad link and end with 1 where there is one."""
    from kaimen.verify import verify_journal, verify_register

    with told():
        report = verify_journal(gate) if gate else verify_register(state)
        typer.echo(report.as_json() if json_line else report.as_text())
        raise typer.Exit(0 if report.ok else 1)


@app.command()
def chaos(
    minutes: Annotated[float, typer.Option(min=0.05, help="Of trouble, in all; healing comes on top.")] = 5.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same trouble.")] = 1,
    broker: Annotated[Brokers, typer.Option(help="On which brokers.")] = Brokers.BOTH,
    database: Annotated[Databases, typer.Option(help="With which register.")] = Databases.SQLITE,
    json_line: JsonOption = False,
) -> None:
    """Kill, cut off and starve a whole installation on purpose, then check that nothing was lost or obeyed late."""
    from kaimen.chaos.run import Asked, run

    with told():
        report = run(Asked(minutes, seed, broker.kinds, database.value))
    show(report.json, json_line)
    raise typer.Exit(0 if report.holds else 1)


@app.command("wire-page")
def wire_page(to: Annotated[Path, typer.Option()] = Path("docs/mqtt.md")) -> None:
    """Write docs/mqtt.md from the payload classes."""
    from kaimen.wire_page import wire_page as page

    to.write_text(page(), encoding="utf-8")


def main() -> None:
    """The entry point `kaimen`."""
    app()
