/* SPDX-License-Identifier: Apache-2.0 */
#include "base/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char __ehdr_start[]; /* the linker's: where the program's file begins in memory */

static struct {
    const Elf64_Sym *symbols;
    size_t n;
    const char *names;
    size_t n_names;
    uintptr_t bias; /* added to an address in the file */
} table;

static bool inside(size_t size, uint64_t at, uint64_t n)
{
    return at <= size && n <= size - at;
}

static void take_section(const uint8_t *file, size_t size, const Elf64_Shdr *sections, size_t n,
                         const Elf64_Shdr *s)
{
    if (s->sh_type != SHT_SYMTAB || s->sh_link >= n || !inside(size, s->sh_offset, s->sh_size))
        return;
    const Elf64_Shdr *names = &sections[s->sh_link];
    if (!inside(size, names->sh_offset, names->sh_size) || names->sh_size == 0 ||
        file[names->sh_offset + names->sh_size - 1] != 0)
        return;
    table.symbols = (const Elf64_Sym *)(file + s->sh_offset);
    table.n = s->sh_size / sizeof *table.symbols;
    table.names = (const char *)file + names->sh_offset;
    table.n_names = names->sh_size;
}

static void read_file(const uint8_t *file, size_t size)
{
    const Elf64_Ehdr *h = (const Elf64_Ehdr *)file;
    if (size < sizeof *h || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 ||
        h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_shentsize != sizeof(Elf64_Shdr) ||
        !inside(size, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)))
        return;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(file + h->e_shoff);
    for (size_t i = 0; i < h->e_shnum; i++)
        take_section(file, size, sections, h->e_shnum, &sections[i]);
    table.bias = h->e_type == ET_DYN ? (uintptr_t)__ehdr_start : 0;
}

void symbols_open(void)
{
    struct stat st;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        size_t size = (size_t)st.st_size;
        const void *file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (file != MAP_FAILED)
            read_file(file, size);
    }
    close(fd);
}

const char *symbols_find(const void *address, size_t *ret_offset)
{
    uintptr_t at = (uintptr_t)address - table.bias;
    for (size_t i = 0; i < table.n; i++) {
        const Elf64_Sym *s = &table.symbols[i];
        if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_name >= table.n_names ||
            at - s->st_value >= s->st_size)
            continue;
        *ret_offset = at - s->st_value;
        return table.names + s->st_name;
    }
    return NULL;
}
