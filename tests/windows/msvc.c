/* Linked with Visual C++'s import library and no C library; its exit code says that the DLL was called. */
#include "wa_connector.h"

#ifdef __i386__
/* What Visual C++ writes into every object, and 32-bit linkers want: its exception handlers are registered (it has none). */
__asm__(".globl \"@feat.00\"\n.set \"@feat.00\", 1");
#endif

int start(void) { return wa_abi_version() == WA_ABI_VERSION && wa_last_error()[0] == '{' ? 42 : 1; }
