/* Copies "in" to "out" by the calls of 32-bit programs (int 0x80). Exits 77 where there are none. */
static int call(int number, long a, long b, long c)
{
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
}

static char buffer[4096]; /* statically linked without PIE, so below 4 GiB */

int main(void)
{
    int from = call(5, (long)"in", 0, 0);                /* open */
    int to = call(5, (long)"out", 01 | 0100 | 01000, 0644);
    if (from == -38)
        return 77;
    int got = call(3, from, (long)buffer, sizeof buffer); /* read */
    return got <= 0 || call(4, to, (long)buffer, got) != got;
}
