/* Prints text in columns. Twenty lines, because a Chinese character takes two columns and an accent none. */
#define _XOPEN_SOURCE 700
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void use_utf8(void) {
    if (!setlocale(LC_ALL, "") || MB_CUR_MAX < 2) setlocale(LC_ALL, "C.UTF-8");
}

/* Prints one cell, cut or filled up to a width in columns: a Chinese character takes two of them. */
static void cell(const char *text, int width) {
    mbstate_t state = {0};
    int used = 0;
    for (wchar_t c; *text;) {
        size_t bytes = mbrtowc(&c, text, strlen(text), &state);
        if (bytes == (size_t)-1 || bytes == (size_t)-2) break;
        int columns = wcwidth(c) < 0 ? 0 : wcwidth(c);
        if (used + columns > width) break;
        if (c >= L' ') printf("%.*s", (int)bytes, text);
        used += columns, text += bytes;
    }
    printf("%*s  ", width - used, "");
}

