"""DuckDB as an independent judge, by its C API: unlocked, in memory, answers as text."""
import ctypes, os
from testing import ROOT

LIBRARY = os.environ.get("SLUICE_DUCKDB") or os.path.join(
    ROOT, "deps/engine/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so")


class Result(ctypes.Structure):
    _fields_ = [("counts", ctypes.c_uint64 * 3), ("pointers", ctypes.c_void_p * 3)]


class DuckDB:
    def __init__(self):
        self.c = ctypes.CDLL(LIBRARY)
        self.c.duckdb_value_varchar.restype = ctypes.c_void_p
        self.c.duckdb_value_varchar.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64]
        self.c.duckdb_result_error.restype = ctypes.c_char_p
        for name in ("duckdb_row_count", "duckdb_column_count"):
            getattr(self.c, name).restype = ctypes.c_uint64
        database = ctypes.c_void_p()
        self.connection = ctypes.c_void_p()
        assert self.c.duckdb_open(None, ctypes.byref(database)) == 0
        assert self.c.duckdb_connect(database, ctypes.byref(self.connection)) == 0
        self("SET autoinstall_known_extensions=false")

    def __call__(self, text):
        """Rows as lists of texts (None for NULL)."""
        result = Result()
        if self.c.duckdb_query(self.connection, text.encode(), ctypes.byref(result)) != 0:
            message = self.c.duckdb_result_error(ctypes.byref(result)).decode()
            self.c.duckdb_destroy_result(ctypes.byref(result))
            raise RuntimeError(message + "\nin: " + text)
        rows = []
        for r in range(self.c.duckdb_row_count(ctypes.byref(result))):
            row = []
            for c in range(self.c.duckdb_column_count(ctypes.byref(result))):
                value = self.c.duckdb_value_varchar(ctypes.byref(result), c, r)
                row.append(None if not value else ctypes.cast(value, ctypes.c_char_p).value.decode())
                if value:
                    self.c.duckdb_free(ctypes.c_void_p(value))
            rows.append(row)
        self.c.duckdb_destroy_result(ctypes.byref(result))
        return rows

    def difference(self, one, other):
        """How many rows each query has that the other has not, duplicates counted; and examples."""
        only = [self("SELECT * FROM (%s) EXCEPT ALL SELECT * FROM (%s)" % pair)
                for pair in ((one, other), (other, one))]
        return [len(rows) for rows in only], [rows[:3] for rows in only]
