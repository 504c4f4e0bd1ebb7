/* A program of another C library: the loader must refuse the library in words, and the program go on. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments) {
    void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (library) {
        const char *(*version)(void) = (const char *(*)(void))dlsym(library, "wa_version");
        printf("loaded: %s\n", version ? version() : "without wa_version");
        return 1;
    }
    printf("refused: %s\n", dlerror());
    return 0;
}
