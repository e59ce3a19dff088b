"""The pages of the registers 收文登记簿 and 发文登记簿."""

from typing import Final

from exchange.web.pages import Page
from exchange.web.registers import changing, showing
from schemas.words import Label

_BOOK: Final = "/registers/{book:incoming|outgoing}"
_ENTRY: Final = f"{_BOOK}/{{entry:[0-9a-f]{{32}}}}"


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="registers", path="/registers", handler=showing.first, text=Label("登记簿", "the registers")),
        Page(id="register", path=_BOOK, handler=showing.listed, text=Label("一本登记簿", "one register, of a year")),
        Page(id="register_print", path=f"{_BOOK}/print", handler=showing.printed, text=Label("打印登记簿", "a register, made for A4")),
        Page(id="register_carried", path=f"{_BOOK}/carried", handler=showing.carried_over, text=Label("结转", "what was carried over")),
        Page(id="register_file", path=f"{_BOOK}/file.{{form:xlsx|pdf}}", handler=showing.file, text=Label("导出登记簿", "take a register")),
        Page(id="register_lock", path=f"{_BOOK}/lock", handler=changing.before_locking, text=Label("封年", "before a year is locked")),
        Page(id="register_locking", path=f"{_BOOK}/lock", handler=changing.lock, text=Label("确认封年", "lock a year"), method="POST"),
        Page(id="register_entry", path=_ENTRY, handler=changing.entry, text=Label("登记簿的一条", "one entry of a register")),
        Page(id="register_correct", path=_ENTRY, handler=changing.correct, text=Label("更正一条", "correct an entry"), method="POST"),
    ]
