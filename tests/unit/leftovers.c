#include "leftovers.h"

#include "cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t count_in_memory(const unsigned char *needle, size_t n)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512], mode[8];
    size_t found = 0;
    assert_non_null(maps);
    assert_true(memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx %7s", &begin, &end, mode) != 3 || mode[1] != 'w' ||
            strstr(line, "[stack]") || end - begin > 64 << 20)
            continue;
        unsigned char *page = malloc(end - begin);
        ssize_t got = pread(memory, page, end - begin, (off_t)begin);
        for (ssize_t at = 0; at + (ssize_t)n <= got; at++) {
            size_t same = 0;
            while (same < n && page[at + (ssize_t)same] == (needle[same] ^ 0x55))
                same++;
            found += same == n;
        }
        if (page)
            explicit_bzero(page, end - begin);
        free(page);
    }
    fclose(maps);
    close(memory);
    return found;
}
