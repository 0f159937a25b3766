/* Copies "in" to "out", both opened through io_uring. Exits 77 where there is none. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct io_uring_params setup;
static int ring;
static char *queue;
static struct io_uring_sqe *entries;

static int open_by_ring(const char *path, int flags)
{
    uint32_t *tail = (uint32_t *)(queue + setup.sq_off.tail);
    uint32_t *array = (uint32_t *)(queue + setup.sq_off.array);
    uint32_t *head = (uint32_t *)(queue + setup.cq_off.head);
    struct io_uring_cqe *answers = (struct io_uring_cqe *)(queue + setup.cq_off.cqes);
    uint32_t place = *tail & (setup.sq_entries - 1);
    memset(&entries[place], 0, sizeof *entries);
    entries[place].opcode = IORING_OP_OPENAT;
    entries[place].fd = AT_FDCWD;
    entries[place].addr = (uintptr_t)path;
    entries[place].len = 0644;
    entries[place].open_flags = flags;
    array[place] = place;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
        return -1;
    int result = answers[*head & (setup.cq_entries - 1)].res;
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
    return result;
}

int main(void)
{
    char buffer[4096];
    ring = syscall(SYS_io_uring_setup, 4, &setup);
    if (ring < 0 || !(setup.features & IORING_FEAT_SINGLE_MMAP))
        return 77;
    size_t size = setup.cq_off.cqes + setup.cq_entries * sizeof(struct io_uring_cqe);
    size_t other = setup.sq_off.array + setup.sq_entries * sizeof(uint32_t);
    queue = mmap(NULL, size > other ? size : other, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
                 IORING_OFF_SQ_RING);
    entries = mmap(NULL, setup.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED,
                   ring, IORING_OFF_SQES);
    if (queue == MAP_FAILED || entries == MAP_FAILED)
        return 77;
    int from = open_by_ring("in", O_RDONLY);
    int to = open_by_ring("out", O_WRONLY | O_CREAT | O_TRUNC);
    ssize_t got = read(from, buffer, sizeof buffer);
    return got <= 0 || write(to, buffer, got) != got;
}
