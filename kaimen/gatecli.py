"""`kaimen gate`: what is typed at the box beside a gate."""

from pathlib import Path
from typing import Annotated

import typer

from kaimen.told import told

gate = typer.Typer(help="The box beside a gate.", no_args_is_help=True)


@gate.callback()
def box() -> None:
    """The box beside a gate."""


@gate.command("join")
def join_gate(
    state: Annotated[Path, typer.Option("--state", help="An empty folder for everything of this gate.")],
    code: Annotated[
        str | None,
        typer.Argument(
            help="The one-time code of the gates page; without it, hold its QR code to the camera."
        ),
    ] = None,
    camera: Annotated[str, typer.Option(help="0 for the first USB camera, rtsp://…, or a file.")] = "0",
    screen: Annotated[int, typer.Option(help="The port of the gate's own screen, on 127.0.0.1.")] = 8470,
    wait: Annotated[int, typer.Option(min=1, help="Minutes to wait for the second person.")] = 60,
) -> None:
    """Become a gate: make keys, ask the server of the code, wait for the second person, write gate.toml."""
    from kaimen.join import JoinOptions, join
    from kaimen.joinscan import scanned_code

    with told():
        typed = code or scanned_code(camera)
        file = join(JoinOptions(typed, state, camera, screen, wait * 60.0), typer.echo)
        typer.echo(f"Start it with: python -m gate --config {file}")
