"""Settings: what is written is read back, and anything that is not understood is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import config
from exchange.config import Gateway, Limits, Mail, Search, Settings
from schemas.problems import Problem, ProblemType


def read(folder: Path, text: bytes) -> Settings:
    (folder / config.FILE).write_bytes(text)
    return config.read(folder)


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)


@given(name=NAMES, url=NAMES, port=st.integers(0, 65535), most=st.integers(1, 10**9))
def test_what_init_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, name: str, url: str, port: int, most: int):
    settings = Settings(name=name, url=url, port=port, limits=Limits(bodies_at_once=most))
    assert read(tmp_path_factory.getbasetemp(), config.write(settings)) == settings


def test_every_setting_with_its_default_stands_in_the_file():
    text = config.write(Settings(name="县")).decode()
    sections = {"limits": Limits, "search": Search, "mail": Mail, "sms": Gateway}
    inside = [name for section in sections.values() for name in section.__struct_fields__]
    for name in (*set(Settings.__struct_fields__) - set(sections), *inside):
        assert f"\n{name} = " in text


@pytest.mark.parametrize(
    "text",
    [
        b"name = 'a'\n[sms]\nurl = 'http://sms.example/send'",
        b"name = 'a'\n[sms]\nurl = 'ftp://127.0.0.1/'",
        b"name = 'a'\n[mail]\nhost = 'mail.example'\nsender = 'nobody'",
        b"name = 'a'\n[mail]\nhost = 'mail.example'\nsender = 'a@b.example'\nsecurity = 'none'",
        b"",
        b"name = ''",
        b"name = 3",
        b"name = 'a'\nname = 'b'",
        b"name = 'a'\ncolour = 'red'",
        b"name = 'a'\nport = 65536",
        b"name = 'a'\nport = -1",
        b"name = 'a'\nport = '8443'",
        b"name = 'a'\nlog_format = 'xml'",
        b"name = 'a'\nmetrics_from = '127.0.0.1'",
        b"name = 'a'\nmetrics_from = ['monitoring.example']",
        b"name = 'a'\nmetrics_from = ['10.0.0.1/8']",
        b"name = 'a'\n[limits]\nbodies_at_once = 0",
        b"name = 'a'\n[limits]\nbodies = 5",
        b"name = 'a'\n[limits]\ninspection_seconds = 1.5",
        b"name = '" + "县".encode("gbk") + b"'",
        b"\xff\xfe",
        b"name = 'a",
    ],
)
def test_a_file_that_is_not_understood_is_refused(tmp_path: Path, text: bytes):
    with pytest.raises(Problem) as caught:
        read(tmp_path, text)
    assert caught.value.kind is ProblemType.CONFIG_INVALID


def test_a_folder_without_settings_is_no_county(tmp_path: Path):
    with pytest.raises(Problem) as caught:
        config.read(tmp_path)
    assert caught.value.kind is ProblemType.FOLDER_UNKNOWN
