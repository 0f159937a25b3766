/* The library that the preload recorder puts into programs (LD_PRELOAD).
 *
 * Wraps the calls of the C library that name a file, and after one has succeeded
 * writes a record into a file that all processes of the run have mapped. It never
 * changes what a call does or returns, keeps no descriptor, allocates no memory,
 * and stays silent whenever something is not as expected.
 *
 * Layout of the file: struct head, then records of struct record, each followed by
 * its texts (ended by zeros) and padded to 8 bytes. A record counts once `ready` is
 * set, so that a process killed in the middle leaves one that is skipped. When a
 * file is full its successor is used, which the recorder makes in time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x706b
#define TEXT_MAX (4096 + 256)
#define WORDS_MAX 65536

struct head { uint64_t used; uint64_t lost; };
struct record { uint16_t magic; uint16_t kind; uint32_t length; uint32_t ready; uint32_t texts;
                uint32_t pid; uint32_t parent; uint32_t flags; uint32_t unused; uint64_t at; };

static struct head *head;   /* of the file in use */
static uint64_t size;
static char path_of[4096];  /* its path, before ".N" */
static int number;
static int changing;

static int (*real_open)(const char *, int, ...);

/* Map the file of that number; leaves the one before mapped, somebody may be writing there. */
static int use_file(int which)
{
    char path[4096 + 16];
    struct stat info;
    snprintf(path, sizeof path, "%s.%d", path_of, which);
    int file = real_open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return 0;
    void *map = MAP_FAILED;
    if (!fstat(file, &info) && info.st_size > (off_t)sizeof(struct head))
        map = mmap(NULL, info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map == MAP_FAILED)
        return 0;
    size = info.st_size;
    number = which;
    __atomic_store_n(&head, map, __ATOMIC_RELEASE);
    return 1;
}

/* Room for a record, in this file or the next; NULL when there is none. */
static struct record *room_for(uint64_t length)
{
    for (int tries = 0; tries < 1000; tries++) {
        struct head *now = __atomic_load_n(&head, __ATOMIC_ACQUIRE);
        uint64_t place = __atomic_fetch_add(&now->used, length, __ATOMIC_RELAXED);
        if (place + length <= size)
            return (struct record *)((char *)now + place);
        if (!__atomic_exchange_n(&changing, 1, __ATOMIC_ACQUIRE)) {
            int done = now != head || use_file(number + 1);
            __atomic_store_n(&changing, 0, __ATOMIC_RELEASE);
            if (!done) {
                __atomic_fetch_add(&now->lost, 1, __ATOMIC_RELAXED);
                return NULL;
            }
        } else
            sched_yield();
    }
    return NULL;
}

/* One record with its texts, which may be absent; errno is the caller's to keep. */
static void say_with(int kind, uint32_t flags, const char *one, const char *two,
                     int count, char **words)
{
    if (!head)
        return;
    size_t n1 = one ? strlen(one) + 1 : 0, n2 = two ? strlen(two) + 1 : 0, n3 = 0;
    int given = 0;
    while (given < count && words[given] && n3 + strlen(words[given]) < WORDS_MAX)
        n3 += strlen(words[given++]) + 1;
    uint64_t length = (sizeof(struct record) + n1 + n2 + n3 + 7) & ~7ull;
    struct record *record = room_for(length);
    if (!record)
        return;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    record->length = length;
    record->magic = MAGIC;
    record->kind = kind;
    record->flags = flags;
    record->pid = getpid();
    record->parent = getppid();
    record->at = now.tv_sec * 1000000ull + now.tv_nsec / 1000;
    char *text = (char *)(record + 1);
    if (one)
        text = (char *)memcpy(text, one, n1) + n1;
    if (two)
        text = (char *)memcpy(text, two, n2) + n2;
    for (int each = 0; each < given; each++)
        text = stpcpy(text, words[each]) + 1;
    record->texts = n1 + n2 + n3;
    __atomic_store_n(&record->ready, 1, __ATOMIC_RELEASE);
}

static void say(int kind, uint32_t flags, const char *one, const char *two)
{
    say_with(kind, flags, one, two, 0, NULL);
}

/* Absolute path of a name, links not resolved; NULL when it cannot be told. */
static const char *absolute(char *buffer, int folder, const char *name)
{
    size_t n;
    if (!name || !head)
        return NULL;
    if (name[0] == '/')
        return name;
    if (folder == AT_FDCWD) {
        if (!getcwd(buffer, 4096))
            return NULL;
        n = strlen(buffer);
    } else {
        char link[32];
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t got = readlink(link, buffer, 4095);
        if (got <= 0)
            return NULL;
        n = got;
    }
    if (n + strlen(name) + 2 > TEXT_MAX)
        return NULL;
    buffer[n] = '/';
    strcpy(buffer + n + 1, name);
    return buffer;
}

static void opened(int folder, const char *name, int flags)
{
    char buffer[TEXT_MAX];
    int kept = errno;
    if (!(flags & O_PATH) && (flags & O_TMPFILE) != O_TMPFILE)
        say('O', flags, absolute(buffer, folder, name), NULL);
    errno = kept;
}

static void named(int kind, int folder, const char *name)
{
    char buffer[TEXT_MAX];
    int kept = errno;
    say(kind, 0, absolute(buffer, folder, name), NULL);
    errno = kept;
}

static void twice(int kind, int from, const char *old, int to, const char *new)
{
    char one[TEXT_MAX], two[TEXT_MAX];
    int kept = errno;
    const char *first = kind == 'S' ? old : absolute(one, from, old);
    say(kind, 0, first, absolute(two, to, new));
    errno = kept;
}

/* Starting and ending */

static void forked(void) { say('F', 0, NULL, NULL); }

static void ended(int status, void *unused) { (void)unused; say('E', status, NULL, NULL); }

__attribute__((constructor)) static void begin(int count, char **words)
{
    const char *path = getenv("PROVKIT_PRELOAD");
    char folder[4096], program[4096];
    int kept = errno;
    real_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    if (path && real_open && strlen(path) < sizeof path_of) {
        strcpy(path_of, path);
        use_file(0);
    }
    if (head) {
        ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
        program[n > 0 ? n : 0] = 0;
        if (!getcwd(folder, sizeof folder))
            folder[0] = 0;
        say_with('P', 0, program, folder, count, words);
        pthread_atfork(NULL, NULL, forked);
        on_exit(ended, NULL);
    }
    errno = kept;
}

/* Wrappers. NEXT finds the real function once; its type is that of the wrapper. */

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define MODE(last) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list more; va_start(more, last); mode = va_arg(more, mode_t); va_end(more); }

#define WRAP_OPEN(name) \
    int name(const char *path, int flags, ...) { \
        NEXT(name); MODE(flags) \
        int got = next(path, flags, mode); \
        if (got >= 0) opened(AT_FDCWD, path, flags); \
        return got; }
#define WRAP_OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        NEXT(name); MODE(flags) \
        int got = next(folder, path, flags, mode); \
        if (got >= 0) opened(folder, path, flags); \
        return got; }
#define WRAP_CREAT(name) \
    int name(const char *path, mode_t mode) { \
        NEXT(name); \
        int got = next(path, mode); \
        if (got >= 0) opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC); \
        return got; }
#define WRAP_CHECKED(name) /* what _FORTIFY_SOURCE makes of open */ \
    int name(const char *path, int flags); \
    int name(const char *path, int flags) { \
        NEXT(name); \
        int got = next(path, flags); \
        if (got >= 0) opened(AT_FDCWD, path, flags); \
        return got; }
#define WRAP_CHECKED_AT(name) \
    int name(int folder, const char *path, int flags); \
    int name(int folder, const char *path, int flags) { \
        NEXT(name); \
        int got = next(folder, path, flags); \
        if (got >= 0) opened(folder, path, flags); \
        return got; }
#define WRAP_FOPEN(name) \
    FILE *name(const char *path, const char *how) { \
        NEXT(name); \
        FILE *got = next(path, how); \
        if (got) opened(AT_FDCWD, path, flags_of(how)); \
        return got; }
#define WRAP_FREOPEN(name) \
    FILE *name(const char *path, const char *how, FILE *file) { \
        NEXT(name); \
        FILE *got = next(path, how, file); \
        if (got && path) opened(AT_FDCWD, path, flags_of(how)); \
        return got; }
#define WRAP_TEMPORARY(name, parameters, arguments) \
    int name parameters { \
        NEXT(name); \
        int got = next arguments; \
        if (got >= 0) opened(AT_FDCWD, path, O_CREAT | O_EXCL | O_RDWR); \
        return got; }
#define WRAP(name, parameters, arguments, record) \
    int name parameters { \
        NEXT(name); \
        int got = next arguments; \
        if (got == 0) record; \
        return got; }

static int flags_of(const char *how)
{
    int both = strchr(how, '+') != NULL, flags = both ? O_RDWR : O_WRONLY;
    switch (how[0]) {
    case 'w': return flags | O_CREAT | O_TRUNC;
    case 'a': return flags | O_CREAT | O_APPEND;
    default: return both ? O_RDWR : O_RDONLY;
    }
}

WRAP_OPEN(open) WRAP_OPEN(open64)
WRAP_OPENAT(openat) WRAP_OPENAT(openat64)
WRAP_CREAT(creat) WRAP_CREAT(creat64)
WRAP_CHECKED(__open_2) WRAP_CHECKED(__open64_2)
WRAP_CHECKED_AT(__openat_2) WRAP_CHECKED_AT(__openat64_2)
WRAP_FOPEN(fopen) WRAP_FOPEN(fopen64)
WRAP_FREOPEN(freopen) WRAP_FREOPEN(freopen64)
WRAP_TEMPORARY(mkstemp, (char *path), (path))
WRAP_TEMPORARY(mkstemp64, (char *path), (path))
WRAP_TEMPORARY(mkstemps, (char *path, int tail), (path, tail))
WRAP_TEMPORARY(mkstemps64, (char *path, int tail), (path, tail))
WRAP_TEMPORARY(mkostemp, (char *path, int flags), (path, flags))
WRAP_TEMPORARY(mkostemp64, (char *path, int flags), (path, flags))
WRAP_TEMPORARY(mkostemps, (char *path, int tail, int flags), (path, tail, flags))
WRAP_TEMPORARY(mkostemps64, (char *path, int tail, int flags), (path, tail, flags))

WRAP(rename, (const char *old, const char *new), (old, new),
     twice('M', AT_FDCWD, old, AT_FDCWD, new))
WRAP(renameat, (int from, const char *old, int to, const char *new), (from, old, to, new),
     twice('M', from, old, to, new))
WRAP(renameat2, (int from, const char *old, int to, const char *new, unsigned flags),
     (from, old, to, new, flags), twice('M', from, old, to, new))
WRAP(link, (const char *old, const char *new), (old, new),
     twice('L', AT_FDCWD, old, AT_FDCWD, new))
WRAP(linkat, (int from, const char *old, int to, const char *new, int flags),
     (from, old, to, new, flags), twice('L', from, old, to, new))
WRAP(symlink, (const char *text, const char *new), (text, new),
     twice('S', 0, text, AT_FDCWD, new))
WRAP(symlinkat, (const char *text, int to, const char *new), (text, to, new),
     twice('S', 0, text, to, new))
WRAP(unlink, (const char *path), (path), named('D', AT_FDCWD, path))
WRAP(unlinkat, (int folder, const char *path, int flags), (folder, path, flags),
     if (!(flags & AT_REMOVEDIR)) named('D', folder, path))
WRAP(truncate, (const char *path, off_t length), (path, length), named('T', AT_FDCWD, path))
WRAP(truncate64, (const char *path, off64_t length), (path, length), named('T', AT_FDCWD, path))

int remove(const char *path)
{
    NEXT(remove);
    struct stat info;
    int folder = head && !lstat(path, &info) && S_ISDIR(info.st_mode);
    int got = next(path);
    if (got == 0 && !folder)
        named('D', AT_FDCWD, path);
    return got;
}
