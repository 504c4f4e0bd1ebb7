/* What a library of an earlier ABI has to say; the tests' loader refuses it. */
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT
#endif
EXPORT unsigned wa_abi_version(void) { return 0; }
EXPORT const char *wa_version(void) { return "0.0.1"; }
