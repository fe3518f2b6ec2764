/* SPDX-License-Identifier: Apache-2.0 */
/* Drives a fuzz target without a fuzzer: every file of the corpus as it is, then `-n` mutations of
 * each, the same ones in every run. usage: fuzz_X [-n MUTATIONS] [-s SEED] FILE_OR_DIRECTORY... */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX_BYTES ((size_t)1 << 20)

static uint64_t seed = 1;
static long n_mutations;
static unsigned long n_runs;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* In memory of exactly this size, so that a sanitizer sees every overrun. */
static void run_exact(const uint8_t *p, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, p, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    n_runs++;
}

static size_t mutate(uint8_t *p, size_t n, size_t room)
{
    static const uint8_t odd[] = {0,    1,   0x7F, 0x80, 0xFF, 0xE1, 0xF1, '"',
                                  '\\', '{', '[',  ']',  '}',  ',',  ':',  '-'};
    size_t at = n ? next_random() % n : 0;
    switch (next_random() % 6) {
    case 0:
        if (n)
            p[at] ^= (uint8_t)(1u << next_random() % 8);
        return n;
    case 1:
        if (n)
            p[at] = odd[next_random() % sizeof odd];
        return n;
    case 2: return at;
    case 3: /* drop a byte */
        if (n == 0)
            return n;
        memmove(p + at, p + at + 1, n - at - 1);
        return n - 1;
    case 4: { /* repeat a piece */
        size_t piece = n ? next_random() % (n - at) + 1 : 0;
        if (n + piece > room)
            return n;
        memmove(p + at + piece, p + at, n - at);
        return n + piece;
    }
    default:
        if (n)
            p[at] = (uint8_t)next_random();
        return n;
    }
}

static void run_file(const char *path)
{
    uint8_t *bytes = malloc(INPUT_MAX_BYTES), *copy = malloc(INPUT_MAX_BYTES);
    FILE *f = fopen(path, "rb");
    if (f == NULL || bytes == NULL || copy == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    size_t n = fread(bytes, 1, INPUT_MAX_BYTES, f);
    fclose(f);
    run_exact(bytes, n);
    for (long i = 0; i < n_mutations; i++) {
        size_t m = n;
        memcpy(copy, bytes, n);
        for (uint64_t rounds = next_random() % 4 + 1; rounds > 0; rounds--)
            m = mutate(copy, m, INPUT_MAX_BYTES);
        run_exact(copy, m);
    }
    free(bytes);
    free(copy);
}

static void run_directory(const char *path)
{
    struct dirent **list;
    int n = scandir(path, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char file[1024];
        snprintf(file, sizeof file, "%s/%s", path, list[i]->d_name);
        if (list[i]->d_name[0] != '.')
            run_file(file);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
            n_mutations = strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "-s") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10) | 1;
        else if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
            run_directory(argv[i]);
        else
            run_file(argv[i]);
    }
    printf("%s: %lu inputs\n", argv[0], n_runs);
    return n_runs == 0; /* a corpus that is not found must not look like success */
}
