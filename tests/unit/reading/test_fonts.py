"""What is installed beside the program changes nothing of what is read: pdfium is given no font of the machine."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest

from archive.reading import warm_up

FONTS = pathlib.Path("/usr/share/fonts")
NO_MOUNT = 77
PROGRAM = """
import ctypes, hashlib, json, sys
folder, ours, document = sys.argv[1], sys.argv[2], sys.stdin.buffer.read()
if ctypes.CDLL(None).mount(folder.encode(), b"/usr/share/fonts", None, 4096, None):
    sys.exit(77)
if ours == "ours":
    import archive.reading.pdf
import pypdfium2
page = pypdfium2.PdfDocument(document)[0]
text = page.get_textpage()
drawn = bytes(page.render(scale=2, grayscale=True).buffer)
places = [text.get_charbox(place)[::2] for place in range(text.count_chars())]
print(json.dumps({"text": text.get_text_range(), "places": places, "ink": min(drawn)}))
"""


def drawn(folder: pathlib.Path, whose: str) -> dict[str, object]:
    """Read and draw a page whose Chinese font is not embedded, in a namespace in which `folder` holds the machine's fonts."""
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", PROGRAM, str(folder), whose]
    done = subprocess.run(command, input=warm_up._pdf(), capture_output=True, check=False, cwd=pathlib.Path(__file__).parents[3])
    if done.returncode == NO_MOUNT or b"unshare" in done.stderr:
        pytest.skip("no namespace of its own")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not FONTS.is_dir(), reason="nowhere to put fonts")
def test_a_font_of_the_machine_is_never_used(tmp_path: pathlib.Path):
    package = importlib.util.find_spec("paperang_p2_fonts_cjk")
    assert package is not None
    (font,) = pathlib.Path(package.submodule_search_locations[0]).rglob("*.ttc")
    (tmp_path / "with").mkdir()
    (tmp_path / "with" / "wqy-microhei.ttc").symlink_to(font)
    (tmp_path / "without").mkdir()
    bare = drawn(tmp_path / "with", "bare")
    ours = drawn(tmp_path / "with", "ours")
    assert bare["ink"] == 0, "pdfium by itself takes the machine's font"
    assert ours == drawn(tmp_path / "without", "ours")
    assert (ours["text"], ours["places"], ours["ink"]) == ("预热", [[80, 96], [96, 112]], 255)
