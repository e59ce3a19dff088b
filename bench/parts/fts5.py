"""The peer that needs nothing but SQLite: FTS5 over the same tokens, one row of keywords a document, newest first."""

from pathlib import Path

from pysqlite3 import dbapi2 as sqlite

from archive.search import han, number
from archive.search.entry import Batch
from archive.search.question import And, Between, Found, Hit, Node, Number, OneOf, Question, Words

# all that folding leaves over is part of a token but the blank between them
_SIGNS = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum() and chr(code) not in "'\"")


class Fts5:
    """Only what the benchmark asks: words anywhere and in titles, numbers, sender and days, and all of them at once."""

    def __init__(self, folder: Path) -> None:
        """Open or make it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.db = sqlite.connect(folder / "fts5.db", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536", "mmap_size = 8000000000"):
            self.db.execute(f"PRAGMA {pragma}")
        tokens = f"ascii tokenchars '{_SIGNS}'"
        columns = "title, whole, ones, outside, outside_ones, content='', contentless_delete=1"
        self.db.execute(f'CREATE VIRTUAL TABLE IF NOT EXISTS body USING fts5({columns}, tokenize="{tokens}")')
        row = "id INTEGER PRIMARY KEY, submission TEXT, office TEXT, kind TEXT, year INTEGER, day INTEGER, number TEXT"
        self.db.execute(f"CREATE TABLE IF NOT EXISTS item ({row})")
        self.db.execute("CREATE INDEX IF NOT EXISTS item_number ON item (number, id)")
        row = "reader TEXT, id INTEGER, opened INTEGER, PRIMARY KEY (reader, id)"
        self.db.execute(f"CREATE TABLE IF NOT EXISTS reader ({row}) WITHOUT ROWID")

    def apply(self, batch: Batch) -> None:
        """Add entries that are new, and commit."""
        self.db.execute("BEGIN")
        for entry in batch.entries:
            title, files = han.fold(entry.title), map(han.fold, entry.files)
            outside = han.SEPARATOR.join([title, number.canonical(entry.number), entry.filing_number.lower(), *files])
            whole = han.SEPARATOR.join([outside, *map(han.fold, entry.texts)])
            tokens = (han.stream(title), han.stream(whole), han.ones(whole), han.stream(outside), han.ones(outside))
            self.db.execute(
                "INSERT INTO body (rowid, title, whole, ones, outside, outside_ones) VALUES (?, ?, ?, ?, ?, ?)", (entry.accepted, *tokens)
            )
            key = number.keys(entry.number)[0] if entry.number else None
            row = (entry.accepted, entry.submission, entry.office, entry.kind, entry.date // 10000, entry.date, key)
            self.db.execute("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            readers = [(each, entry.accepted, each.removeprefix("office:") not in entry.unopened) for each in entry.readers]
            self.db.executemany("INSERT INTO reader VALUES (?, ?, ?)", readers)
        self.db.execute("COMMIT")

    def count(self) -> int:
        """Return how many entries stand in it."""
        return int(self.db.execute("SELECT count(*) FROM item").fetchone()[0])

    def close(self) -> None:
        """Let go of it."""
        self.db.close()

    def search(self, question: Question) -> Found:
        """Answer as the index does, but for tiers: newest first."""
        match, outside, where, given = _conditions(question.node)
        source = "item" if match is None else "body CROSS JOIN item ON item.id = body.rowid"
        conditions = [*([] if match is None else ["body MATCH :match"]), *where]
        opened = "" if match == outside else " AND (opened OR item.id IN (SELECT rowid FROM body WHERE body MATCH :outside))"
        conditions.append(f"EXISTS (SELECT 1 FROM reader WHERE reader.reader = :reader AND reader.id = item.id{opened})")
        asked = f"FROM {source} WHERE {' AND '.join(conditions)}"
        given |= {"match": match, "outside": outside, "reader": f"office:{question.viewer.office}"}
        order = "item.id" if match is None else "body.rowid"
        rows = self.db.execute(f"SELECT item.submission, item.id {asked} ORDER BY {order} DESC LIMIT {question.size}", given).fetchall()
        counts = self.db.execute(f"SELECT office, kind, year, count(*) {asked} GROUP BY 1, 2, 3", given).fetchall()
        return Found(total=sum(row[3] for row in counts), hits=tuple(Hit(row[0], row[1], 1) for row in rows))


def _conditions(node: Node) -> tuple[str | None, str | None, list[str], dict[str, object]]:
    """Return what must match, what must match where the viewer may not read the texts, and what else must hold."""
    nodes = node.nodes if isinstance(node, And) else (node,)
    matches, outside, where = [], [], []
    given: dict[str, object] = {}
    for each in nodes:
        match each:
            case Words():
                matches.append(_match(each, "whole", "ones"))
                outside.append(_match(each, "outside", "outside_ones"))
            case Number():
                where.append("item.number = :number")
                given["number"] = number.key(each)
            case OneOf(values=(value,)):
                where.append("item.office = :office")
                given["office"] = value
            case Between():
                where.append("item.day BETWEEN :first AND :last")
                given |= {"first": each.first, "last": each.last}
            case _:
                raise TypeError(each)
    return " AND ".join(matches) or None, " AND ".join(outside) or None, where, given


def _match(words: Words, anywhere: str, ones: str) -> str:
    folded = han.fold(words.text)
    if len(folded) == 1:
        return f'{ones} : "{folded}"'
    return f'{"title" if words.where == "title" else anywhere} : "{han.stream(folded)}"'
