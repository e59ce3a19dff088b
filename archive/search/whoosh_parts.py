"""The parts of Whoosh that the index uses, imported in silence: its sources hold escapes that Python no longer likes."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="invalid escape sequence", category=DeprecationWarning)
    warnings.filterwarnings("ignore", message="invalid escape sequence", category=SyntaxWarning)
    from whoosh.analysis import Token, Tokenizer
    from whoosh.columns import NumericColumn, VarBytesColumn
    from whoosh.fields import COLUMN, ID, KEYWORD, NUMERIC, STORED, TEXT, Schema
    from whoosh.filedb.filestore import FileStorage, StorageError
    from whoosh.index import FileIndex, clean_files
    from whoosh.index import IndexError as WhooshError
    from whoosh.query import NumericRange, Phrase, Query, Term
    from whoosh.searching import Searcher
    from whoosh.writing import IndexingError, SegmentWriter

__all__ = [
    "COLUMN",
    "ID",
    "KEYWORD",
    "NUMERIC",
    "STORED",
    "TEXT",
    "FileIndex",
    "FileStorage",
    "IndexingError",
    "NumericColumn",
    "NumericRange",
    "Phrase",
    "Query",
    "Schema",
    "Searcher",
    "SegmentWriter",
    "StorageError",
    "Term",
    "Token",
    "Tokenizer",
    "VarBytesColumn",
    "WhooshError",
    "clean_files",
]
