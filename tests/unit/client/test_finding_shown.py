"""What a search prints to a terminal."""

from exchange.client import finding


def test_what_others_wrote_cannot_steer_the_terminal():
    shown = finding._marked("关于\x1b]0;x\x07\x9b2J防汛\u202e的\n报告", [[13, 15]], coloured=False)
    assert shown.isprintable()
    assert "【" in shown
    assert all(word in shown for word in ("关于", "的", "报告"))
