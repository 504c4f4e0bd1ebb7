/* Linked with Visual C++'s import library and no C library; its exit code says that the DLL was called. */
#include "wa_connector.h"

int start(void) { return wa_abi_version() == WA_ABI_VERSION && wa_last_error()[0] == '{' ? 42 : 1; }
