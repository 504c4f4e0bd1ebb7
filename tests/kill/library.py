"""The library as a host has it: nothing but its C ABI, by Python's ctypes."""
import ctypes
import json

OK, PENDING, CLOSE_PENDING = 0, 10, 11
LOG_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p)


class Library:
    def __init__(self, path):
        self.lib = lib = ctypes.CDLL(path)
        out = ctypes.POINTER(ctypes.c_void_p)
        text, client = ctypes.c_char_p, ctypes.c_uint64
        for name, arguments in {
            "wa_configure": [text, ctypes.POINTER(client)],
            "wa_send": [client, text, text, text, out],
            "wa_send_template": [client, text, text, text, text, out],
            "wa_submit": [client, text, text, text, out],
            "wa_cancel": [client, text, out],
            "wa_wait": [client, text, ctypes.c_uint32, out],
            "wa_history": [client, text, out],
            "wa_on_log": [client, ctypes.c_int32, LOG_CALLBACK, ctypes.c_void_p],
            "wa_next_event": [client, text, ctypes.c_uint32, out],
            "wa_close": [client, ctypes.c_uint32],
        }.items():
            function = getattr(lib, name)
            function.argtypes, function.restype = arguments, ctypes.c_int32
        lib.wa_string_free.argtypes, lib.wa_string_free.restype = [ctypes.c_void_p], None
        lib.wa_last_error.restype = ctypes.c_char_p
        self.client = client(0)

    def configure(self, settings):
        status = self.lib.wa_configure(json.dumps(settings).encode(), ctypes.byref(self.client))
        if status != OK:
            raise SystemExit(f"wa_configure: {status} {self.lib.wa_last_error().decode()}")

    def call(self, name, *arguments):
        """Status and JSON of a call with a JSON out pointer."""
        out = ctypes.c_void_p()
        given = [a.encode() if isinstance(a, str) else a for a in arguments]
        status = getattr(self.lib, name)(self.client, *given, ctypes.byref(out))
        text = None
        if out.value:
            text = ctypes.string_at(out.value).decode()
            self.lib.wa_string_free(out)
        return status, json.loads(text) if text else None

    def log_to(self, level, take):
        """Has `take` called with every log record up to this level."""
        # The library keeps no reference that Python counts.
        self.callback = LOG_CALLBACK(lambda _, level, record: take(json.loads(record)))
        return self.lib.wa_on_log(self.client, level, self.callback, None)

    def close(self, milliseconds=10000):
        return self.lib.wa_close(self.client, milliseconds)
