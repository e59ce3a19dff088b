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
        columns = "title, whole, ones, content='', contentless_delete=1"
        self.db.execute(f'CREATE VIRTUAL TABLE IF NOT EXISTS body USING fts5({columns}, tokenize="{tokens}")')
        row = "id INTEGER PRIMARY KEY, submission TEXT, office TEXT, kind TEXT, year INTEGER, day INTEGER, number TEXT"
        self.db.execute(f"CREATE TABLE IF NOT EXISTS item ({row})")
        self.db.execute("CREATE INDEX IF NOT EXISTS item_number ON item (number, id)")
        self.db.execute("CREATE TABLE IF NOT EXISTS reader (reader TEXT, id INTEGER, PRIMARY KEY (reader, id)) WITHOUT ROWID")

    def apply(self, batch: Batch) -> None:
        """Add entries that are new, and commit."""
        self.db.execute("BEGIN")
        for entry in batch.entries:
            title = han.fold(entry.title)
            whole = han.SEPARATOR.join(
                [title, number.canonical(entry.number), entry.filing_number.lower(), *map(han.fold, (*entry.files, *entry.texts))]
            )
            self.db.execute(
                "INSERT INTO body (rowid, title, whole, ones) VALUES (?, ?, ?, ?)",
                (entry.accepted, han.stream(title), han.stream(whole), han.ones(whole)),
            )
            key = number.keys(entry.number)[0] if entry.number else None
            row = (entry.accepted, entry.submission, entry.office, entry.kind, entry.date // 10000, entry.date, key)
            self.db.execute("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self.db.executemany("INSERT INTO reader VALUES (?, ?)", [(reader, entry.accepted) for reader in entry.readers])
        self.db.execute("COMMIT")

    def count(self) -> int:
        """Return how many entries stand in it."""
        return int(self.db.execute("SELECT count(*) FROM item").fetchone()[0])

    def close(self) -> None:
        """Let go of it."""
        self.db.close()

    def search(self, question: Question) -> Found:
        """Answer as the index does, but for tiers: newest first."""
        match, where, given = _conditions(question.node)
        source = "item" if match is None else "body CROSS JOIN item ON item.id = body.rowid"
        conditions = [*([] if match is None else ["body MATCH :match"]), *where]
        conditions.append("EXISTS (SELECT 1 FROM reader WHERE reader.reader = :reader AND reader.id = item.id)")
        asked = f"FROM {source} WHERE {' AND '.join(conditions)}"
        given |= {"match": match, "reader": f"office:{question.viewer.office}"}
        order = "item.id" if match is None else "body.rowid"
        rows = self.db.execute(f"SELECT item.submission, item.id {asked} ORDER BY {order} DESC LIMIT {question.size}", given).fetchall()
        counts = self.db.execute(f"SELECT office, kind, year, count(*) {asked} GROUP BY 1, 2, 3", given).fetchall()
        return Found(total=sum(row[3] for row in counts), hits=tuple(Hit(row[0], row[1], 1) for row in rows))


def _conditions(node: Node) -> tuple[str | None, list[str], dict[str, object]]:
    nodes = node.nodes if isinstance(node, And) else (node,)
    matches, where = [], []
    given: dict[str, object] = {}
    for each in nodes:
        match each:
            case Words():
                matches.append(_match(each))
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
    return (" AND ".join(matches) if matches else None), where, given


def _match(words: Words) -> str:
    folded = han.fold(words.text)
    if len(folded) == 1:
        return f'ones : "{folded}"'
    column = "title" if words.where == "title" else "whole"
    return f'{column} : "{han.stream(folded)}"'
