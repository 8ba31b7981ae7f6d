"""`kaimen up`: one command from nothing to an open gate."""

import contextlib
import os
import signal
import time
import webbrowser
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final, Never

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from admin.db.session import writing
from kaimen.demo.stage import Stage
from kaimen.gatefile import Camera
from kaimen.house import House
from kaimen.install import Installation, Ports, prepare
from kaimen.onegate import OneGate
from kaimen.papers import Papers, own_address
from kaimen.places import ensure_compound
from kaimen.state import StateFolder, check_port, check_space, free_port, held
from kaimen.weights import weights_folder

BROKER_PORT: Final = 8752
SCREEN_PORT: Final = 8751
TEND_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What was typed after `kaimen up`."""

    state: Path
    camera: str | None
    port: int
    browser: bool
    lan: str | None = None  # an address of this machine that others reach; "auto" finds it


def run(options: UpOptions) -> None:
    """Starts everything and returns when it was asked to stop. Raises CannotStart with the remedy."""
    folder = StateFolder(options.state.resolve())
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job starts with SIGINT ignored
        signal.signal(number, _ask_to_stop)
    with held(folder):
        check_space(folder.root)
        lan = own_address() if options.lan == "auto" else options.lan
        check_port(options.port, "Choose another: --port PORT", lan or "127.0.0.1")
        house = House.of(reachable(folder, options.port, lan) if lan else prepared(folder, options.port))
        try:
            _open_house(house, options)
            _watch(house)
        except KeyboardInterrupt:
            Console().print("正在停止… · Stopping…")
        finally:
            _ignore_signals()
            house.stop()


def _watch(house: House) -> Never:
    """Until somebody asks to stop."""
    while True:
        time.sleep(TEND_S)
        for name in house.children.tend():
            log = house.box.folder.log(name)
            Console().print(
                f"[yellow]{name} 意外停止，正在重新启动 · stopped and is started again[/] ({log})"
            )


def prepared(folder: StateFolder, port: int) -> Installation:
    """The box with its ports: the pages' as asked for, the others wherever there is room."""
    ports = Ports(web=port, broker=free_port(BROKER_PORT), screen=free_port(SCREEN_PORT))
    return prepare(folder, ports, weights_folder(), datetime.now(UTC))


def reachable(folder: StateFolder, port: int, lan: str) -> Installation:
    """The box as other machines reach it, by TLS; gates there remember the broker's port, so it is always the same."""
    check_port(BROKER_PORT, "Stop it: gates on other machines look for the broker there.", lan)
    ports = Ports(web=port, broker=BROKER_PORT, screen=free_port(SCREEN_PORT))
    return prepare(folder, ports, weights_folder(), datetime.now(UTC), lan)


def _open_house(house: House, options: UpOptions) -> None:
    console = Console()
    with console.status("正在启动服务… · Starting the server…") as status:
        house.start_server()
        if options.camera is None:
            status.update("正在准备示范小区… · Preparing the demonstration compound…")
            Stage(house).set_up(loop=True)
        else:
            _start_with(house, Camera(options.camera))
    console.print(welcome(house.box, options.camera is None))
    if options.browser:
        _open_browser(house.box.address)


def _start_with(house: House, camera: Camera) -> None:
    """A real camera before a compound that begins empty."""
    with writing(house.box.engine) as session:
        gate = OneGate(house, ensure_compound(session))
    gate.register()
    if camera.source.startswith("rtsp://"):
        Console().print(
            "摄像头画面未加密传输，请仅用于内部网络 · rtsp:// is not encrypted: use your own network only."
        )
    gate.start(camera)


def welcome(box: Installation, demonstration: bool) -> Panel:
    """What the console shows once everything runs."""
    lines = [f"管理页面 · Pages        {box.address}", f"门口屏幕 · Gate screen  {box.screen_address}"]
    if box.one_time_password:
        lines += ["", "账号 · Account           admin", f"一次性密码 · One-time    {box.one_time_password}"]
    if box.papers:
        lines += ["", *_how_to_trust(box.papers)]
    if demonstration:
        lines += [
            "",
            "画面由照片合成，仅作演示 · The camera shows a clip made of stills, for demonstration only.",
        ]
    lines += ["", f"数据与日志 · Data, logs  {box.folder.root}", "按 Ctrl-C 停止 · Ctrl-C stops everything"]
    text = Text("\n".join(lines))  # as it is: else rich makes a picture of :AB: in a fingerprint
    return Panel(text, title="Kaimen 开门", expand=False)


def _how_to_trust(papers: Papers) -> tuple[str, ...]:
    """A browser warns of this box until it knows the box's authority; the fingerprint is compared by eye."""
    pairs = [papers.fingerprint[at : at + 2].upper() for at in range(0, 64, 2)]
    return (
        "其他设备通过 HTTPS 访问。首次请安装证书，并核对指纹 ·",
        "Other devices come by HTTPS. Install the certificate once, and compare its fingerprint:",
        f"  {papers.authority}",
        f"  SHA-256 {':'.join(pairs[:16])}",
        f"          {':'.join(pairs[16:])}",
    )


def _open_browser(address: str) -> None:
    """Where somebody sits at a screen; a server without one is left alone."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)


def _ask_to_stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    """While stopping in order, a second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
