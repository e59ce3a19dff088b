"""What pages make of reply forms and of corrections, run in Node: what they sign is what our own writer writes, to the byte."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from script_maker import Scripts, scripts

from exchange.registers import rules
from exchange.registers.rules import Column
from schemas.messages import ReplyForm, canonical, decode

FIELDS = [
    {"label": " 沙袋储备（只） ", "type": "number", "required": True, "choices": "不用"},
    {"label": "", "type": "text", "required": False, "choices": ""},
    {"label": "用餐", "type": "choice", "required": False, "choices": "用餐、不用餐, 用餐"},
]
MEETING = {"kind": "meeting", "by": "2026-12-05", "title": " ", "basis": "", "monthly": True, "template": "a.xlsx", "fields": FIELDS}
REPORT = MEETING | {"kind": "report", "title": "防汛报表", "basis": "示政办发〔2026〕8号", "template": "attachments/防汛表.xlsx"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    with scripts(tmp_path_factory.mktemp("scripts")) as running:
        yield running


@pytest.mark.parametrize("said", [MEETING, REPORT, REPORT | {"monthly": False, "fields": []}])
def test_a_form_is_written_to_the_byte_as_our_own_writer_writes_it(run: Scripts, said: dict[str, Any]) -> None:
    written = run("signing/container.js", "canonical", run("forms/asked.js", "formOf", said)).encode()
    form = decode(written, ReplyForm)
    assert canonical(form) == written
    assert form.repeat.value == ("monthly" if said["kind"] == "report" and said["monthly"] else "none")
    assert (form.template is None) == (said["kind"] == "meeting")


def test_fields_without_a_name_are_left_out_and_choices_are_told_apart(run: Scripts) -> None:
    form = decode(run("signing/container.js", "canonical", run("forms/asked.js", "formOf", MEETING)).encode(), ReplyForm)
    assert [(field.key, field.label, field.required, field.choices) for field in form.fields] == [
        ("f1", "沙袋储备（只）", True, []),
        ("f2", "用餐", False, ["用餐", "不用餐"]),
    ]


def test_what_cannot_be_filled_in_is_said_before_it_is_sent(run: Scripts) -> None:
    form = msgspec.to_builtins(run("forms/asked.js", "formOf", REPORT))

    def wrong(**changes: Any) -> str:
        return str(run("forms/asked.js", "wrong", form | changes, "2026-12-05"))

    assert wrong() == ""
    assert wrong(respond_by="2026-12-04") == "The last day for the reply is past."
    assert wrong(respond_by="") == "Give the last day for the reply."
    assert wrong(fields=[], template=None) == "Add a field, or choose the sheet to fill in."
    assert wrong(fields=form["fields"] * 2) == "Two fields have the same name."
    assert wrong(fields=[{"label": "选", "type": "choice", "choices": ["一"]}]).startswith("Give at least two choices")


def test_a_form_is_told_in_a_line_to_whoever_signs_it(run: Scripts) -> None:
    form = run("forms/asked.js", "formOf", REPORT)
    told = run("countersign/elements.js", "further", {"reply_form": form, "title": "通知"})
    assert [each["term"] for each in told] == ["Ask for a reply"]
    for words in ("防汛报表", "2026-12-05", "沙袋储备（只）", "用餐/不用餐", "防汛表.xlsx", "示政办发〔2026〕8号"):
        assert words in told[0]["said"]


def test_a_correction_is_signed_as_the_register_keeps_it(run: Scripts) -> None:
    was = {
        "was_title": "关于防汛的报告",
        "was_copies": "3",
        "was_place": "二号柜",
        "was_remark": "",
        "was_handler": "张三",
        "was_pages": "",
    }
    now = {"title": '关于"防汛"的\\报告', "copies": "05", "place": " ", "remark": " 附图𠮷 ", "handler": "张三", "pages": ""}
    kept = run("registers/kept.js", "correction", [*was.items(), *now.items(), ("once", "x"), ("reason", " 数错 ")])
    written = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    changed = {column: now[column.value] for column in (Column.TITLE, Column.REMARK, Column.PLACE, Column.COPIES)}
    assert written == rules.correct(changed, "数错")


PRESSED = """
import { onOwnAct } from "./signing/own_act.js";
import { told } from "./core/page.js";
/** Press a form's button twice, a while between: how often it is sent, what the person is told, which fields are left. */
export async function pressed() {
  const done = { sent: 0, told, fields: [] };
  let press;
  globalThis.addEventListener = () => null;
  const form = {
    addEventListener: (_, act) => (press = act),
    querySelectorAll: () => done.fields.map((field) => ({ remove: () => (done.fields = done.fields.filter((each) => each !== field)) })),
    querySelector: () => null,
    append: (field) => done.fields.push(field.name),
    submit: () => (done.sent += 1),
  };
  globalThis.document.createElement = () => ({});
  onOwnAct(form, () => ({ event: "FormClosure", submission: "1" }));
  for (let each = 0; each < 2; each++) {
    press({ preventDefault: () => null });
    await new Promise((wait) => setTimeout(wait, 20));
  }
  return done;
}
"""


@pytest.mark.parametrize("there", [True, False])
def test_what_cannot_be_signed_is_told_and_not_sent_on_the_services_word(run: Scripts, *, there: bool) -> None:
    folder = run._static / f"pressed_{there}"
    for name, script in {
        "pressed.js": PRESSED,
        "core/page.js": "export const told = []; export const complain = (error) => told.push(error.name);",
        "inbox/own.js": "export const ownKey = async () => ({ person: 'T01.1' });",
        "signing/own_act.js": (run._static / "signing/own_act.js").read_text(),
        # a module that does not come: the line is cut, or the service was renewed while the page stood open
        "signing/statements.js": "export const state = async () => ({ statement: 'a', signature: 'b' });" if there else None,
    }.items():
        if script is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(script)
    done = run(f"{folder.name}/pressed.js", "pressed")
    assert done == (
        {"sent": 1, "told": [], "fields": ["statement", "signature"]} if there else {"sent": 0, "told": ["Error"] * 2, "fields": []}
    )
