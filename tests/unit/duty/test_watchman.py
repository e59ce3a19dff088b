"""The service's round by itself: what is due goes out by a real mail server and a real gateway, once, also after a fault or a kill."""

import email
import email.policy
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mail_maker import USER, WORD, GatewayKept, MailKept, gateway_server, mail_server
from tracking_maker import COUNTY, NOW, Ledger, ledger

from exchange.clock import FakeClock, Watch
from exchange.config import Gateway, Mail, Settings
from exchange.duty import gateway, messages
from exchange.duty.mail import NotSentError
from exchange.duty.messages import Address, Outgoing
from exchange.duty.watchman import Watchman
from exchange.office.store import Person
from exchange.service import Service
from keys import authority
from schemas.words import Kind, Role, Urgency

TITLE, NUMBER = "关于某重大事项的通知", "示政发〔2026〕12号"


class Trusted:
    """A certificate for localhost, and those who believe in it."""

    def __init__(self, folder: Path) -> None:
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = authority.make_root("示例县", root_key, NOW)
        made = authority.Issuer(root, root_key).issue_tls(["localhost"], key.public_key(), NOW, 3000)
        chain = folder / "chain.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain.write_bytes(private + made.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(chain)
        self.client = ssl.create_default_context(cadata=root.public_bytes(Encoding.PEM).decode())


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    return Trusted(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def mailbox(trusted: Trusted) -> Iterator[MailKept]:
    with mail_server(trusted.server) as server:
        yield server


@pytest.fixture
def telephone() -> Iterator[GatewayKept]:
    with gateway_server() as server:
        yield server


class Round:
    """A ledger with a watchman whose clock the test moves."""

    def __init__(self, made: Ledger, folder: Path, mailbox: MailKept, telephone: GatewayKept, trusted: Trusted) -> None:
        self.made, self.clock = made, FakeClock(NOW)
        (folder / "keys").mkdir()
        (folder / "keys" / "mail-password").write_text(f"{WORD}\n")
        (folder / "keys" / "sms-secret").write_text("s3\n")
        settings = Settings(
            name="示例县",
            mail=Mail(host="localhost", port=mailbox.port, security="starttls", user=USER, sender=USER),
            sms=Gateway(url=telephone.url, headers={"X-Key": "{secret}"}, body={"to": "{mobile}", "msg": "{text}", "no": "{id}"}),
        )
        county = SimpleNamespace(settings=settings, folder=folder)
        self.service = cast("Service", SimpleNamespace(database=made.database, watch=Watch(self.clock), county=county))
        self.rung: list[frozenset[str]] = []
        self.trusted = trusted
        self.watchman = self.anew()

    def anew(self) -> Watchman:
        """Return a watchman that knows nothing but the ledger, as after a kill."""
        return Watchman.of(self.service, self.rung.append, self.trusted.client)

    async def look(self, minutes: float = 0) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        await self.watchman.look()


@pytest.fixture
async def made() -> AsyncIterator[Ledger]:
    async with ledger() as given:
        yield given


@pytest.fixture
async def sender(made: Ledger) -> Person:
    return await made.person(COUNTY, Role.REVIEWER, "王五")


@pytest.fixture
async def round_(made: Ledger, tmp_path: Path, mailbox: MailKept, telephone: GatewayKept, trusted: Trusted) -> Round:
    await made.database.write(messages.set_address, "T01", Address("t01@example.cn", "13800000000"), NOW)
    return Round(made, tmp_path, mailbox, telephone, trusted)


async def urgent(made: Ledger, sender: Person, office: str = "T01") -> str:
    return await made.send(sender, office, urgency=Urgency.EXTRA_URGENT, kind=Kind.NOTICE, title=TITLE, number=NUMBER)


async def test_an_alarm_goes_out_by_mail_and_by_telephone_without_a_word_of_the_document(
    round_: Round, made: Ledger, sender: Person, mailbox: MailKept, telephone: GatewayKept
):
    await urgent(made, sender)
    await round_.look()
    await round_.look(1)
    ((mail_from, recipient, raw),) = mailbox.letters
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert (USER in mail_from, recipient, mailbox.secure) == (True, "t01@example.cn", True)
    said = "您单位有 1 件公文待签收（其中特急 1 件），请登录电子公文传输系统查看。【示例县】"
    assert letter.get_content().strip() == said
    ((headers, body),) = telephone.requests
    assert (body["to"], body["msg"], headers["X-Key"], headers["Idempotency-Key"]) == ("13800000000", said, "s3", body["no"])
    everything = str(letter) + letter.get_content() + json.dumps(body, ensure_ascii=False)
    assert not any(word in everything for word in (TITLE, NUMBER, "张三", "王五"))
    assert round_.rung == [frozenset({"T01"})]


async def test_a_fault_is_tried_again_later_under_the_same_id(
    round_: Round, made: Ledger, sender: Person, mailbox: MailKept, telephone: GatewayKept
):
    telephone.answers, mailbox.refused = [503, 503], {"t01@example.cn": 451}
    await urgent(made, sender)
    await round_.look()
    mailbox.refused = {}
    await round_.look(0.5)
    assert (len(telephone.requests), len(mailbox.letters)) == (1, 0)
    await round_.look(0.5)
    round_.watchman = round_.anew()
    await round_.look(2)
    assert len({body["no"] for _, body in telephone.requests}) == 1
    assert (len(telephone.requests), len(mailbox.letters)) == (3, 1)
    assert {each.state.value for each in await made.database.read(messages.newest, 9)} == {"sent"}


@pytest.mark.parametrize("address", ["|+.:[@.", "():%|@..", "a:[@a.cn", "张三@example.cn"])
async def test_what_is_no_address_ends_its_message_and_not_the_watch(round_: Round, mailbox: MailKept, address: str):
    assert round_.watchman.mail is not None
    with pytest.raises(NotSentError):
        round_.watchman.mail.send(Outgoing("1" * 32, messages.Channel.MAIL, address, "您"), NOW)
    assert mailbox.letters == []


async def test_a_message_whose_every_try_a_kill_cut_off_is_given_up(round_: Round, made: Ledger):
    await made.database.write(messages.put, round_.watchman.outlet, messages.Note("T01", "T01", "x", Address("a@b.cn"), "text"), NOW)
    tries = [len(await made.database.write(messages.take, NOW + timedelta(hours=5 * turn))) for turn in range(len(messages.BACK_OFF) + 2)]
    (noted,) = await made.database.read(messages.newest, 10)
    assert (tries, noted.state) == ([1] * len(messages.BACK_OFF) + [0, 0], messages.State.FAILED)


async def test_an_address_that_nobody_has_is_given_up_at_once(round_: Round, made: Ledger, sender: Person, mailbox: MailKept):
    mailbox.refused = {"t01@example.cn": 550}
    await urgent(made, sender)
    await round_.look()
    found = {each.channel.value: (each.state.value, each.fault) for each in await made.database.read(messages.newest, 9)}
    assert found == {"mail": ("failed", "smtp 550"), "sms": ("sent", "")}


class KilledError(Exception):
    """The process ended here."""


@pytest.mark.parametrize("at", range(6))
async def test_killed_at_any_write_no_step_is_lost_and_none_is_doubled(
    round_: Round, made: Ledger, sender: Person, telephone: GatewayKept, monkeypatch: pytest.MonkeyPatch, at: int
):
    await made.database.write(messages.set_address, "T02", Address("t02@example.cn", "13800000002"), NOW)
    await urgent(made, sender)
    await urgent(made, sender, "T02")
    write, left = made.database.write, at

    async def dying(unit: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KilledError
        return await write(unit, *args, **kwargs)

    monkeypatch.setattr(made.database, "write", dying)
    with pytest.raises(KilledError):
        await round_.look()
    monkeypatch.undo()
    round_.watchman = round_.anew()
    await round_.look()
    await round_.look(2)
    rows = await made.database.read(lambda tx: tx.rows("SELECT submission, step FROM alarm_step"))
    assert len(rows) == 2
    states = {each.state.value for each in await made.database.read(messages.newest, 9)}
    assert states == {"sent"}
    ids = [body["no"] for _, body in telephone.requests]
    assert len(set(ids)) == 2
    assert len(ids) <= 3  # what was under way when it was killed may come a second time, under its id


async def test_nothing_is_sent_where_nothing_is_set_up(round_: Round, made: Ledger, sender: Person):
    round_.watchman.mail = round_.watchman.sms = None
    await urgent(made, sender)
    await round_.look()
    assert await made.database.read(messages.newest, 9) == []
    assert await made.database.read(lambda tx: tx.row("SELECT count(*) AS n FROM alarm_step").n) == 1


async def test_a_server_that_others_vouch_for_is_told_nothing(round_: Round, mailbox: MailKept):
    stranger = Watchman.of(round_.service, None, ssl.create_default_context())
    assert stranger.mail is not None
    with pytest.raises(NotSentError, match="tls"):
        stranger.mail.send(Outgoing("0" * 32, messages.Channel.MAIL, "t01@example.cn", "text"), NOW)
    assert mailbox.letters == []


def test_what_stands_in_a_place_is_no_place_itself():
    values = {"mobile": "13800000001", "text": "{secret}镇有 1 件公文待签收{id}", "id": "1", "secret": "geheim"}
    assert gateway._filled("{mobile}:{text}:{other}", values) == "13800000001:{secret}镇有 1 件公文待签收{id}:{other}"


async def test_many_papers_at_once_are_one_message(round_: Round, made: Ledger, sender: Person, mailbox: MailKept, telephone: GatewayKept):
    for _ in range(3):
        await urgent(made, sender)
    await round_.look()
    await round_.look(1)
    assert (len(mailbox.letters), len(telephone.requests)) == (1, 1)
    assert "有 3 件公文待签收（其中特急 3 件）" in telephone.requests[0][1]["msg"]
    assert await made.database.read(lambda tx: tx.row("SELECT count(*) AS count FROM alarm_step").count) == 3


@pytest.mark.parametrize("address", ["(?):@-", "`.:{`@.", "(\0).@aa", "a\nBcc: x@y.cn"])
async def test_an_address_that_no_letter_bears_is_given_up_and_ends_nothing(round_: Round, address: str):
    server = round_.watchman.mail
    assert server is not None
    with pytest.raises(NotSentError) as refused:
        server.send(Outgoing("0" * 32, messages.Channel.MAIL, address, "您单位有 1 件公文待签收"), NOW)
    assert (refused.value.fault, refused.value.final) == ("address", True)
