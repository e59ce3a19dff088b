"""Returns against a small ledger: reasons by code, what is counted, what is closed by a misdirection, and versions."""

import io
from datetime import timedelta
from typing import Any

import msgspec
import openpyxl
import pytest
from finder_maker import NOW, SmallLedger, small_ledger
from ledger_maker import notary

from archive.search import entries
from exchange.correction import chain, differences, reasons, redirecting, same_number, statistics, written
from exchange.correction.builtin import BUILT_IN, Reason
from exchange.correction.same_number import Reuse
from exchange.correction.statistics import Side, Wanted
from exchange.delivery import evidence, moves, slip, store
from exchange.delivery.answers import Move
from exchange.delivery.moves import Asked
from exchange.delivery.states import Action, Review
from exchange.finding import store as finding
from exchange.office import store as offices
from exchange.office.administration import COMMAND, Acting
from exchange.office.store import Person
from exchange.web.correction import returns as page
from exchange.web.inbox import store as inbox
from exchange.web.inbox.rows import Folder
from exchange.web.inbox.rows import Wanted as InboxWanted
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Kind, OfficeKind, Role

CODES = ("attachment-missing", "signatory-missing")


async def person(ledger: SmallLedger, name: str = "county.1") -> Person:
    return await ledger.database.read(offices.person, name)


async def act(ledger: SmallLedger, submission: str, action: Action, body: Move, name: str = "county.1") -> str:
    who = await person(ledger, name)
    return await ledger.database.write(moves.act, notary(), who, submission, Asked(action, body), NOW)


async def ask(ledger: SmallLedger, unit: Any, name: str, *arguments: Any, **named: Any) -> Any:
    return await ledger.database.read(unit, await person(ledger, name), *arguments, **named)


async def problem_of(waiting: Any) -> ProblemType:
    with pytest.raises(Problem) as caught:
        await waiting
    return caught.value.kind


async def misdirected(ledger: SmallLedger, **fields: Any) -> str:
    submission = await ledger.accept("机密水利以外的普通标题", to=("T02", "county"), **fields)
    await ledger.move("T02.1", submission, Action.OPEN)
    await act(ledger, submission, Action.MISDIRECT, Move("属水务局职责"), "T02.1")
    return submission


# ---- reasons


def test_a_reason_is_written_as_words_with_codes_and_taken_apart_again():
    text = written.compose(BUILT_IN[:2], "请一并补正；谢谢")
    assert text == "缺少附件〔attachment-missing〕；附件与清单不符〔attachments-differ〕；请一并补正；谢谢"
    told = written.told(text)
    assert (told.codes, told.words) == (("attachment-missing", "attachments-differ"), "请一并补正；谢谢")
    assert written.shown(text, chinese=True) == "缺少附件；附件与清单不符；请一并补正；谢谢"
    assert written.shown(text, chinese=False).startswith("an attachment is missing; the attachments are not")
    assert written.told("城政发〔2026〕12号有误") == written.Told((), "城政发〔2026〕12号有误")
    assert written.told("前言；缺少附件〔attachment-missing〕").codes == ()  # behind words there are words alone


async def test_codes_are_written_into_the_reason_that_the_sender_reads():
    async with small_ledger() as ledger:
        submission = await ledger.accept()
        await act(ledger, submission, Action.RETURN, Move("请补", codes=CODES))
        (copy,) = (await ask(ledger, store.status, "T01.1", submission)).deliveries
        assert copy.reason == "缺少附件〔attachment-missing〕；缺签发人〔signatory-missing〕；请补"


async def test_a_code_that_is_not_on_the_list_is_refused_and_codes_are_for_returns_alone():
    async with small_ledger() as ledger:
        submission = await ledger.accept()
        assert await problem_of(act(ledger, submission, Action.RETURN, Move(codes=("no-such",)))) is ProblemType.RETURN_CODE_UNKNOWN
        assert await problem_of(act(ledger, submission, Action.SIGN_FOR, Move(codes=CODES))) is ProblemType.REQUEST_MALFORMED
        assert await problem_of(act(ledger, submission, Action.RETURN, Move())) is ProblemType.REASON_REQUIRED
        await act(ledger, submission, Action.RETURN, Move(codes=CODES[:1]))  # a code is reason enough


async def test_the_list_is_the_countys_and_what_was_returned_before_keeps_its_words():
    async with small_ledger() as ledger:
        submission = await ledger.accept()
        await act(ledger, submission, Action.RETURN, Move(codes=("sent-twice",)))
        own = Reason("own-1", "未附电子表", "no electronic table", "")
        later = NOW + timedelta(days=1)
        await ledger.database.write(reasons.put, COMMAND, own, NOW)
        await ledger.database.write(reasons.put, COMMAND, Reason("number-form", "文号不规范", "", "7.2.5"), later)
        await ledger.database.write(reasons.drop, COMMAND, "sent-twice", later)
        listed = await ledger.database.read(reasons.listed)
        assert [each.code for each in listed][-1] == "own-1"
        assert "sent-twice" not in {each.code for each in listed}
        assert next(each for each in listed if each.code == "number-form") == Reason("number-form", "文号不规范", "文号不规范", "7.2.5")
        assert [each.code for each in listed].index("number-form") == [each.code for each in BUILT_IN].index("number-form")
        assert {"sent-twice", "own-1"} <= (await ledger.database.read(reasons.known)).keys()
        (copy,) = (await ask(ledger, store.status, "T01.1", submission)).deliveries
        assert copy.reason == "重复报送〔sent-twice〕"
        changes = await ledger.database.read(reasons.changes)
        assert [(each.code, each.until) for each in changes if each.until] == []
        assert await problem_of(ledger.database.write(reasons.drop, COMMAND, "sent-twice", later)) is ProblemType.RETURN_CODE_UNKNOWN


async def test_words_that_would_break_the_form_of_a_reason_are_refused():
    async with small_ledger() as ledger:
        for zh in ("", "甲；乙", "甲〔乙〕", "长" * 61, "断\n行"):
            wrong = Reason("own-1", zh, "words")
            assert await problem_of(ledger.database.write(reasons.put, COMMAND, wrong, NOW)) is ProblemType.REQUEST_MALFORMED
        again = Acting(None, "form-1")
        await ledger.database.write(reasons.put, again, Reason("own-1", "甲", "a"), NOW)
        other = ledger.database.write(reasons.put, again, Reason("own-2", "乙", "b"), NOW)
        assert await problem_of(other) is ProblemType.ACTION_NOT_POSSIBLE


# ---- counted


async def test_returns_are_counted_from_their_reasons_for_ones_own_office_alone():
    async with small_ledger() as ledger:
        first, second = await ledger.accept("甲", kind=Kind.REPORT, number="城政发〔2026〕1号"), await ledger.accept("乙")
        third = await ledger.accept("丙", sender="T02", to=("T01",))
        await act(ledger, first, Action.RETURN, Move(codes=CODES))
        await act(ledger, second, Action.RETURN, Move("只有文字"))
        await act(ledger, third, Action.RETURN, Move(codes=CODES[:1]), "T01.1")
        ours, given = Wanted(Side.OURS, 2026), Wanted(Side.GIVEN, 2026)
        counted = statistics.counted(await ask(ledger, statistics.returns, "T01.1", ours), 2026)
        assert (counted.total, counted.codes) == (2, {"attachment-missing": 1, "other": 1, "signatory-missing": 1})
        assert (counted.kinds, counted.months["2026-11"], len(counted.months)) == ({Kind.INFORMATION: 1, Kind.REPORT: 1}, 2, 12)
        assert [each.title for each in await ask(ledger, statistics.returns, "county.1", given)] == ["乙", "甲"]
        assert [each.title for each in await ask(ledger, statistics.returns, "T01.1", given)] == ["丙"]
        assert await ask(ledger, statistics.returns, "county.1", ours) == []
        assert await ask(ledger, statistics.returns, "T01.1", Wanted(Side.OURS, 2025)) == []
        assert await ask(ledger, statistics.returns, "county.1", given._replace(office="T02")) == []
        assert await ask(ledger, statistics.before, "T01.1", NOW + timedelta(days=1)) == dict.fromkeys(CODES, 1)
        assert await ask(ledger, statistics.before, "T01.1", NOW + timedelta(days=400)) == {}


async def test_named_items_count_for_those_alone_who_may_see_them():
    async with small_ledger() as ledger:
        submission = await ledger.accept("给指定人员的", addressees=["county.1"])
        await act(ledger, submission, Action.RETURN, Move(codes=CODES))
        colleague = await ledger.database.write(offices.add_person, "T01", "赵六", Role.CLERK, NOW)
        await ledger.database.write(offices.add_person, "county", "李四", Role.REVIEWER, NOW)
        assert await ask(ledger, statistics.before, "T01.1", NOW) == dict.fromkeys(CODES, 1)
        assert await ask(ledger, statistics.before, colleague, NOW) == {}
        given = Wanted(Side.GIVEN, 2026)
        assert len(await ask(ledger, statistics.returns, "county.1", given)) == 1
        assert await ask(ledger, statistics.returns, "county.2", given) == []


async def test_the_workbook_has_the_items_of_a_chosen_office_and_else_numbers_alone():
    async with small_ledger() as ledger:
        submission = await ledger.accept("=HYPERLINK(1)甲")
        await act(ledger, submission, Action.RETURN, Move("缺页", codes=CODES))
        whole = await ask(ledger, page.gather, "county.1", Wanted(Side.GIVEN, 2026))
        chosen = await ask(ledger, page.gather, "county.1", Wanted(Side.GIVEN, 2026, "T01"))
        assert (whole.listed, whole.choices, chosen.listed) == (False, ["T01"], True)
        numbers = openpyxl.load_workbook(io.BytesIO(page.written(whole, chinese=True))).active
        cells = [cell.value for row in numbers.iter_rows() for cell in row]
        assert "缺少附件" in cells
        assert not any("HYPERLINK" in str(cell) for cell in cells)
        sheet = openpyxl.load_workbook(io.BytesIO(page.written(chosen, chinese=True))).active
        row = [cell.value for cell in sheet[2]]
        assert row[4] == "=HYPERLINK(1)甲"
        assert sheet["E2"].data_type == "s"
        assert row[6:8] == ["缺少附件；缺签发人", "缺页"]


async def test_an_index_over_returns_alone_answers():
    async with small_ledger() as ledger:
        plan = await ledger.database.read(lambda tx: tx.rows(
            f"EXPLAIN QUERY PLAN {statistics._RETURNS}", since="", until="", office="T01", person="T01.1"
        ))  # fmt: skip
        assert any("event_returned" in str(tuple(row)) for row in plan)


# ---- handled already


async def test_what_was_handled_is_returned_no_more():
    async with small_ledger() as ledger:
        submission = await ledger.accept()
        await ledger.move("county.1", submission, Action.OPEN)
        await ledger.move("county.1", submission, Action.SIGN_FOR)
        assert Action.RETURN in (await ask(ledger, store.received, "county.1", submission)).actions
        await ledger.move("county.1", submission, Action.CONCLUDE, "已办结")
        assert Action.RETURN not in (await ask(ledger, store.received, "county.1", submission)).actions
        assert await problem_of(act(ledger, submission, Action.RETURN, Move("缺附件"))) is ProblemType.HANDLED_ALREADY
        assert (await ask(ledger, store.received, "county.1", submission)).review is Review.SIGNED_FOR


# ---- misdirection


async def test_a_misdirection_closes_title_and_content_to_that_office_at_once():
    async with small_ledger() as ledger:
        submission = await misdirected(ledger, number="城政发〔2026〕7号")
        row = await ask(ledger, store.received, "T02.1", submission)
        assert (row.title, row.number, row.review, row.actions) == ("", None, Review.MISDIRECTED, ())
        status = await ask(ledger, store.status, "T02.1", submission)
        assert (status.title, status.number, status.sealed) == ("", None, False)
        assert [each.title for each in (await ask(ledger, store.inbox, "T02.1")).rows] == [""]
        for unit in (store.require_readable, evidence.gather, slip.slip):
            kind = await problem_of(ask(ledger, unit, "T02.1", submission))
            assert kind is ProblemType.MISDIRECTED, unit
        listed = await ask(ledger, inbox.listed, "T02.1", InboxWanted(folder=Folder.MISDIRECTED))
        assert [(each.submission, each.title, each.number, each.respond_by) for each in listed.rows] == [(submission, "", None, None)]
        assert (await ask(ledger, inbox.folders, "T02.1"))[Folder.MISDIRECTED] == 1


async def test_what_was_misdirected_is_found_by_nothing_in_it():
    async with small_ledger() as ledger:
        submission = await misdirected(ledger, addressees=["T02.1", "county.1"])
        open_one = await misdirected(ledger)
        assert await ask(ledger, finding.found, "T02.1", [submission, open_one]) == []
        assert len(await ask(ledger, finding.found, "county.1", [submission, open_one])) == 2
        changes = await ledger.database.read(entries.changed, 0)
        readers = {entry.submission: entry.readers for entry in entries.batch_of(changes).entries}
        assert "person:T02.1" not in readers[submission]
        assert "person:county.1" in readers[submission]
        assert "office:T02" not in readers[open_one]
        newest = await ledger.database.read(lambda tx: tx.row("SELECT max(id) AS id FROM event").id)
        assert await ask(ledger, finding.sealed_after, "T02.1", newest - 1)
        assert not await ask(ledger, finding.sealed_after, "T02.1", newest)


async def test_the_sender_reads_why_it_was_misdirected_and_other_recipients_learn_nothing():
    async with small_ledger() as ledger:
        submission = await misdirected(ledger)
        copies = {each.office: each for each in (await ask(ledger, store.status, "T01.1", submission)).deliveries}
        assert (copies["T02"].reason, copies["county"].reason) == ("属水务局职责", None)
        assert (await ask(ledger, store.status, "T01.1", submission)).title == "机密水利以外的普通标题"
        county = await ask(ledger, store.status, "county.1", submission)
        assert {each.office for each in county.deliveries} == {"county"}
        assert Event.MISDIRECTION not in {each.event for each in county.events}
        assert (await ask(ledger, store.received, "county.1", submission)).title == "机密水利以外的普通标题"


async def test_a_misdirection_needs_words_and_comes_before_signing_for():
    async with small_ledger() as ledger:
        submission = await ledger.accept(to=("T02",))
        assert await problem_of(act(ledger, submission, Action.MISDIRECT, Move(" "), "T02.1")) is ProblemType.REASON_REQUIRED
        await act(ledger, submission, Action.SIGN_FOR, Move(), "T02.1")
        assert await problem_of(act(ledger, submission, Action.MISDIRECT, Move("不是我们的"), "T02.1")) is ProblemType.ACTION_NOT_POSSIBLE


async def redirect(ledger: SmallLedger, submission: str, wrong: str, office: str, name: str = "T01.1") -> list[str]:
    return await ledger.database.write(redirecting.redirect, notary(), await person(ledger, name), submission, wrong, office, NOW)


async def test_the_sender_sends_it_to_the_right_office():
    async with small_ledger() as ledger:
        await ledger.database.write(offices.add_office, notary(), "water", "水务局", OfficeKind.DEPARTMENT, NOW)
        await ledger.database.write(offices.add_person, "water", "赵六", Role.REVIEWER, NOW)
        submission = await misdirected(ledger)
        assert await ask(ledger, redirecting.redirected, "T01.1", submission) == [redirecting.Redirected("T02", ())]
        assert await problem_of(redirect(ledger, submission, "county", "water")) is ProblemType.ACTION_NOT_POSSIBLE
        assert await problem_of(redirect(ledger, submission, "T02", "water", "T02.1")) is ProblemType.NOT_ALLOWED
        await redirect(ledger, submission, "T02", "water")
        assert await ask(ledger, redirecting.redirected, "T01.1", submission) == [redirecting.Redirected("T02", ("water",))]
        assert (await ask(ledger, store.received, "water.1", submission)).title == "机密水利以外的普通标题"
        assert await ask(ledger, redirecting.redirected, "water.1", submission) == []
        assert await problem_of(redirect(ledger, submission, "T02", "water")) is ProblemType.ALREADY_RECIPIENT


# ---- versions


async def versions(ledger: SmallLedger, **changes: Any) -> tuple[str, str]:
    first = await ledger.accept("关于防汛的报告", "全镇共有12个村。已完成治理。", kind=Kind.REPORT, number="城政发〔2026〕9号")
    await ledger.move("county.1", first, Action.OPEN)
    await act(ledger, first, Action.RETURN, Move("数据有误"))
    given = {"kind": Kind.REPORT, "number": "城政发〔2026〕9号", "replaces": first, "version": 2} | changes
    second = await ledger.accept("关于防汛工作的报告", "全镇共有13个村。已完成治理。", **given)
    return first, second


async def test_versions_are_shown_as_a_chain_on_both_sides():
    async with small_ledger() as ledger:
        first, second = await versions(ledger)
        await ledger.move("county.1", second, Action.OPEN)
        for name in ("T01.1", "county.1"):
            found = await ask(ledger, chain.chain, name, second)
            assert [(each.submission, each.ordinal, each.reason, each.here, each.comparable) for each in found] == [
                (first, 1, "数据有误", False, False),
                (second, 2, None, True, True),
            ]
        assert [each.here for each in await ask(ledger, chain.chain, "T01.1", first)] == [True, False]
        assert await ask(ledger, chain.chain, "T01.1", await ledger.accept("一件")) == []


async def test_a_version_that_went_to_others_is_no_link_for_those_who_have_not_got_it():
    async with small_ledger() as ledger:
        _, second = await versions(ledger, to=("T02",))
        assert await ask(ledger, chain.chain, "T02.1", second) == []
        await ledger.move("T02.1", second, Action.OPEN)
        assert await problem_of(ask(ledger, differences.sides, "T02.1", second)) is ProblemType.NOT_FOUND


async def test_differences_are_shown_to_whoever_may_read_both():
    async with small_ledger() as ledger:
        first, second = await versions(ledger)
        assert await problem_of(ask(ledger, differences.sides, "county.1", second)) is ProblemType.ACTION_NOT_POSSIBLE  # not opened yet
        await ledger.move("county.1", second, Action.OPEN)
        for name, here in (("county.1", second), ("T01.1", first)):
            found = differences.differences(*await ask(ledger, differences.sides, name, here))
            assert (found.before, found.after) == (first, second)
            changed = {each.name: (each.before, each.after) for each in found.elements if each.changed}
            assert changed == {"title": ("关于防汛的报告", "关于防汛工作的报告")}
        # the files of a small ledger are all the same bytes: what was read differs, and is compared where the digests do
        assert [each.change for each in found.files] == ["same"]


async def test_texts_are_compared_where_the_bytes_differ():
    async with small_ledger() as ledger:
        first, second = await versions(ledger)
        before, after, names = await ask(ledger, differences.sides, "T01.1", second)
        changed = msgspec.structs.replace(after.message.documents[0], sha256="b" * 64)
        message = msgspec.structs.replace(after.message, documents=[changed])
        found = differences.differences(before, after._replace(message=message), names)
        (file,) = found.files
        assert (file.change, file.compared, len(file.places)) == ("changed", True, 1)
        assert [piece.text for piece in file.places[0].after if piece.kind == "new"] == ["13"]
        assert first != second


# ---- one number, several items


async def test_a_number_that_was_used_before_is_told_with_the_senders_word_to_whoever_sees_both():
    async with small_ledger() as ledger:
        fields = {"kind": Kind.LETTER, "number": "城政发〔2026〕20号"}
        first, second = await ledger.accept("甲函", to=("county",), **fields), await ledger.accept("乙函", to=("county", "T02"), **fields)
        found = await ask(ledger, same_number.same, "county.1", second)
        assert (found.said, [each.title for each in found.others]) == (None, ["甲函"])
        assert await ask(ledger, same_number.same, "T02.1", second) is None  # the other one is not theirs to see
        who = await person(ledger, "T01.1")
        await ledger.database.write(same_number.say, who, second, Reuse.CORRECTION, NOW)
        await ledger.database.write(same_number.say, who, second, Reuse.JOINT, NOW)
        assert (await ask(ledger, same_number.same, "county.1", second)).said is Reuse.JOINT
        assert (await ask(ledger, same_number.same, "county.1", first)).others[0].said is Reuse.JOINT
        stranger = await person(ledger, "T02.1")
        assert await problem_of(ledger.database.write(same_number.say, stranger, second, Reuse.JOINT, NOW)) is ProblemType.NOT_ALLOWED


async def test_versions_of_one_item_bear_one_number_without_a_flag():
    async with small_ledger() as ledger:
        first, second = await versions(ledger)
        assert await ask(ledger, same_number.same, "county.1", first) is None
        assert await ask(ledger, same_number.same, "county.1", second) is None
