// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - makes one allocation of a program fail
 *
 * Preloaded into a program, it counts the calls of malloc, calloc, realloc,
 * strdup, strndup, (v)asprintf, open_memstream and mmap that the program's own
 * code makes, not its libraries', and lets number $FAULT_AT fail with ENOMEM.
 * Then it creates the file $FAULT_MARK: no mark, no such call was made. Run by
 * tests/fault/run.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own names for what is overridden here: there before dlsym() can be called. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t nr, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static uintptr_t text_begin, text_end; /* the program's own code; both 0: not known yet */
static unsigned long fault_at;	       /* counts down; 0: never */

static int program_found(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size;
	(void)ctx;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && (p->p_flags & PF_X)) {
			text_begin = info->dlpi_addr + p->p_vaddr;
			text_end = text_begin + p->p_memsz;
		}
	}
	return 1; /* the first object is the program */
}

/* Children that the program starts run unharmed. */
__attribute__((constructor)) static void fault_begin(void)
{
	const char *at = getenv("FAULT_AT");

	dl_iterate_phdr(program_found, NULL);
	fault_at = at ? strtoul(at, NULL, 10) : 0;
	unsetenv("LD_PRELOAD");
}

static void fault_mark(void)
{
	const char *path = getenv("FAULT_MARK");
	int fd = path ? open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) : -1;

	if (fd >= 0)
		close(fd);
}

/* Whether the call that will return to @caller is the one that fails. */
static int fault_now(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	if (at < text_begin || at >= text_end || !fault_at || --fault_at)
		return 0;
	fault_mark();
	errno = ENOMEM;
	return 1;
}

#define FAULT_NOW() fault_now(__builtin_return_address(0))

void *malloc(size_t size)
{
	return FAULT_NOW() ? NULL : __libc_malloc(size);
}

void *calloc(size_t nr, size_t size)
{
	return FAULT_NOW() ? NULL : __libc_calloc(nr, size);
}

void *realloc(void *old, size_t size)
{
	return FAULT_NOW() ? NULL : __libc_realloc(old, size);
}

char *strdup(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = FAULT_NOW() ? NULL : __libc_malloc(size);

	return copy ? memcpy(copy, s, size) : NULL;
}

char *strndup(const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	char *copy = FAULT_NOW() ? NULL : __libc_calloc(1, len + 1);

	return copy ? memcpy(copy, s, len) : NULL;
}

int vasprintf(char **out, const char *fmt, va_list args)
{
	int (*next)(char **, const char *, va_list) = dlsym(RTLD_NEXT, "vasprintf");

	return FAULT_NOW() ? -1 : next(out, fmt, args);
}

int asprintf(char **out, const char *fmt, ...)
{
	int (*next)(char **, const char *, va_list) = dlsym(RTLD_NEXT, "vasprintf");
	va_list args;
	int len;

	if (FAULT_NOW())
		return -1;
	va_start(args, fmt);
	len = next(out, fmt, args);
	va_end(args);
	return len;
}

FILE *open_memstream(char **text, size_t *size)
{
	FILE *(*next)(char **, size_t *) = dlsym(RTLD_NEXT, "open_memstream");

	return FAULT_NOW() ? NULL : next(text, size);
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (FAULT_NOW())
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
}
