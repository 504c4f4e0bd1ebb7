#!/usr/bin/env python3
"""Asks a database behind ODBC, without the library: unixODBC by ctypes.

    tests/odbc.py CONNECTION_STRING SQL     prints the rows, a line for each, tabs between

Numbers come as int, all else as text, ids in small letters.
"""
import ctypes
import ctypes.util
import sys

ENVIRONMENT, CONNECTION, STATEMENT = 1, 2, 3
GOOD, NO_DATA = (0, 1), 100
# SQLGetData: wide text. What a column is: TINYINT, SMALLINT, INTEGER, BIGINT, GUID.
WIDE, NUMBERS, GUID = -8, (-6, 5, 4, -5), -11
NULL = -1


class OdbcError(Exception):
    """What the driver said."""


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


class Odbc:
    """One connection; each statement is committed by itself."""

    def __init__(self, connection_string):
        self.library = ctypes.CDLL(ctypes.util.find_library("odbc") or "libodbc.so.2")
        self.environment = self.handle(ENVIRONMENT, None)
        self.library.SQLSetEnvAttr(self.environment, 200, ctypes.c_void_p(3), 0)
        self.connection = self.handle(CONNECTION, self.environment)
        # The login timeout: a driver that was not told waits for ever.
        self.library.SQLSetConnectAttrW(self.connection, 103, ctypes.c_void_p(10), 0)
        self.check(self.library.SQLDriverConnectW(self.connection, None, wide(connection_string), ctypes.c_short(-3), None, 0, None, 0),
                   CONNECTION, self.connection)

    def handle(self, kind, parent):
        handle = ctypes.c_void_p()
        if self.library.SQLAllocHandle(ctypes.c_short(kind), parent, ctypes.byref(handle)) not in GOOD:
            raise OdbcError("no handle")
        return handle

    def check(self, said, kind, handle):
        if said in GOOD:
            return
        state, number, length = ctypes.create_string_buffer(12), ctypes.c_int(), ctypes.c_short()
        text = ctypes.create_string_buffer(2048)
        self.library.SQLGetDiagRecW(ctypes.c_short(kind), handle, 1, state, ctypes.byref(number), text, 1000, ctypes.byref(length))
        raise OdbcError(f"{state.raw[:10].decode('utf-16-le')} {number.value}: {text.raw.decode('utf-16-le').split(chr(0))[0]}")

    def rows(self, sql):
        """The rows of one statement."""
        statement = self.handle(STATEMENT, self.connection)
        try:
            said = self.library.SQLExecDirectW(statement, wide(sql), -3)
            if said == NO_DATA:
                return []
            self.check(said, STATEMENT, statement)
            count = ctypes.c_short()
            self.check(self.library.SQLNumResultCols(statement, ctypes.byref(count)), STATEMENT, statement)
            kinds = [self.kind(statement, column) for column in range(1, count.value + 1)]
            rows = []
            while kinds and (said := self.library.SQLFetch(statement)) != NO_DATA:
                self.check(said, STATEMENT, statement)
                rows.append(tuple(self.value(statement, column, kind) for column, kind in enumerate(kinds, 1)))
            return rows
        finally:
            self.library.SQLFreeHandle(ctypes.c_short(STATEMENT), statement)

    def kind(self, statement, column):
        kind = ctypes.c_short()
        self.check(self.library.SQLDescribeColW(statement, ctypes.c_ushort(column), None, 0, None, ctypes.byref(kind), None, None, None),
                   STATEMENT, statement)
        return kind.value

    def value(self, statement, column, kind):
        """In pieces, for as long as the driver says that there is more."""
        text, piece, length = b"", ctypes.create_string_buffer(8192), ctypes.c_ssize_t()
        while (said := self.library.SQLGetData(statement, ctypes.c_ushort(column), ctypes.c_short(WIDE), piece,
                                               ctypes.c_ssize_t(len(piece)), ctypes.byref(length))) != NO_DATA:
            self.check(said, STATEMENT, statement)
            if length.value == NULL:
                return None
            cut = length.value < 0 or length.value > len(piece) - 2
            text += piece.raw[:len(piece) - 2 if cut else length.value]
            if not cut:
                break
        value = text.decode("utf-16-le")
        return int(value) if kind in NUMBERS else value.lower() if kind == GUID else value

    def close(self):
        self.library.SQLDisconnect(self.connection)
        self.library.SQLFreeHandle(ctypes.c_short(CONNECTION), self.connection)
        self.library.SQLFreeHandle(ctypes.c_short(ENVIRONMENT), self.environment)


if __name__ == "__main__":
    try:
        for row in Odbc(sys.argv[1]).rows(sys.argv[2]):
            print("\t".join("NULL" if value is None else str(value) for value in row))
    except OdbcError as error:
        sys.exit(f"odbc.py: {error}")
