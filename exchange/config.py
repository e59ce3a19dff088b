"""The county's settings: one TOML file, one frozen value; an unknown or mistyped key is refused."""

import ipaddress
import re
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from archive.search.engines import Name
from schemas.problems import Problem, ProblemType

FILE: Final = "county.toml"

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[int, Meta(ge=1)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much anyone may ask of the service."""

    submissions_per_office_per_minute: Positive = 600
    megabytes_per_office_per_day: Positive = 20_000
    failures_per_address_per_minute: Positive = 120
    bodies_at_once: Positive = 1024
    bodies_at_once_per_address: Positive = 512
    streams_at_once: Positive = 256
    streams_at_once_per_person: Positive = 3
    seconds_between_chunks: Positive = 30
    inspection_seconds: Positive = 20


class Search(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which engine keeps the index of the archive; another one makes it anew."""

    engine: Name = "tantivy"


class Mail(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The mail server through which messages go out, if one does: without `host`, none. Its password lies in a file of its own.

    `none` as `security` is for a server on this machine alone.
    """

    host: Annotated[str, Meta(max_length=253)] = ""
    port: Port = 465
    security: Literal["tls", "starttls", "none"] = "tls"
    user: Annotated[str, Meta(max_length=254)] = ""
    sender: Annotated[str, Meta(max_length=254)] = ""
    password_file: str = "keys/mail-password"  # noqa: S105 - where it lies

    def __post_init__(self) -> None:
        """Refuse a server that cannot be used. Raises ValueError."""
        if self.host and not _ADDRESS.fullmatch(self.sender):
            message = "mail: sender"
            raise ValueError(message)
        if self.host and self.security == "none" and not _is_here(self.host):
            message = "mail: security"
            raise ValueError(message)


class Gateway(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The SMS gateway, if there is one: without `url`, none. `{mobile}`, `{text}`, `{id}` and `{secret}` are put into body and headers."""

    url: Annotated[str, Meta(max_length=500)] = ""
    secret_file: str = "keys/sms-secret"  # noqa: S105 - where it lies
    headers: dict[str, str] = {}
    body: dict[str, str] = msgspec.field(default_factory=lambda: {"mobile": "{mobile}", "content": "{text}", "id": "{id}"})

    def __post_init__(self) -> None:
        """Refuse an address that is not HTTPS, save on this machine. Raises ValueError."""
        address = urlsplit(self.url)
        if self.url and not (address.hostname and (address.scheme == "https" or (address.scheme == "http" and _is_here(address.hostname)))):
            message = "sms: url"
            raise ValueError(message)


_ADDRESS: Final = re.compile(r"[^@\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,190}")


def _is_here(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`county.toml`. `url` is what clients are told; `policy` is a preset or a file beside this one.

    `metrics_from` are the networks, in CIDR notation, whose hosts may read `/metrics`; `support` is whom people call who are stuck
    at the desk, as it stands at the foot of every page: a name, a room, a telephone number.
    """

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    url: str = ""
    host: str = "127.0.0.1"
    port: Port = 8443
    policy: str = "usual"
    log_format: Literal["text", "json"] = "text"
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    support: Annotated[str, Meta(max_length=120)] = ""
    limits: Limits = Limits()
    search: Search = Search()
    mail: Mail = Mail()
    sms: Gateway = Gateway()

    def __post_init__(self) -> None:
        """Refuse what is no network. Raises ValueError."""
        for network in self.metrics_from:
            ipaddress.ip_network(network)


def read(folder: Path) -> Settings:
    """Read a county's settings. Raises Problem FOLDER_UNKNOWN or CONFIG_INVALID."""
    path = folder / FILE
    if not path.is_file():
        raise Problem(ProblemType.FOLDER_UNKNOWN, str(folder))
    try:
        return parse(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise Problem(ProblemType.CONFIG_INVALID, f"{FILE}: {error}") from error


def parse(text: str) -> Settings:
    """Return the settings that the file's text says. Raises Problem CONFIG_INVALID."""
    try:
        return msgspec.convert(tomllib.loads(text), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Problem(ProblemType.CONFIG_INVALID, f"{FILE}: {error}") from error


def write(settings: Settings) -> bytes:
    """Return the settings as the file `init` makes, with every default spelt out."""
    lines = ["# 县端设置 / the county's settings. 修改后请重新启动服务。"]
    for name in ("name", "url", "host", "port", "policy", "log_format", "metrics_from", "support"):
        lines.append(f"{name} = {_literal(getattr(settings, name))}")
    for section in ("limits", "search", "mail", "sms"):
        values = getattr(settings, section)
        lines += ["", f"[{section}]", *(f"{name} = {_literal(getattr(values, name))}" for name in values.__struct_fields__)]
    return ("\n".join(lines) + "\n").encode()


def _literal(value: str | int | tuple[str, ...] | dict[str, str]) -> str:
    if isinstance(value, dict):  # an inline table, whose keys are quoted
        return "{" + ", ".join(f"{_literal(name)} = {_literal(each)}" for name, each in value.items()) + "}"
    return str(value) if isinstance(value, int) else msgspec.json.encode(value).decode()
