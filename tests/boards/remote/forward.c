// The calls of an agent on a device that is a stand-in: each goes through a socket to the program that is the device.
// FORWARD_TO is the socket's path. The session, its journal and the clocks are the agent's own.
#define _GNU_SOURCE
#include "protocol.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void tell_asleep(uint32_t number);

uint64_t clock_ns(int which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void undo_all(void)
{
}

static int all(int fd, void *bytes, size_t size, int is_read)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = is_read ? read(fd, (char *)bytes + done, size - done) : write(fd, (char *)bytes + done, size - done);

		if (n <= 0)
			return -1;
		done += n;
	}
	return 0;
}

static void put_clock(uint8_t *to, int which)
{
	uint64_t ns = clock_ns(which);

	memcpy(to, &ns, 8);
}

void serve(const struct request *r, struct answer *a)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = FORWARD_TO };
	uint32_t head[3] = { 5 + r->size, r->number };
	int has_clocks = r->op == SLEEP || r->op == MARK, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint8_t op = r->op, clocks[32];
	size_t size = r->op == MARK ? 16 : 32;

	a->result = -EHOSTDOWN;
	put_clock(clocks, CLOCK_BOOTTIME);
	put_clock(clocks + 8, CLOCK_MONOTONIC);
	if (r->op == SLEEP)
		tell_asleep(r->number);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) || all(fd, head, 8, 0) || all(fd, &op, 1, 0) ||
	    all(fd, (void *)r->body, r->size, 0) || all(fd, head, 12, 1)) {
		close(fd);
		return;
	}
	a->result = (int32_t)head[2];
	a->size = head[0] - 8;
	a->body = malloc(a->size + sizeof(clocks));
	if (all(fd, a->body, a->size, 1))
		a->result = -EHOSTDOWN;
	close(fd);
	if (has_clocks) {
		put_clock(clocks + (op == MARK ? 8 : 16), CLOCK_BOOTTIME);
		put_clock(clocks + 24, CLOCK_MONOTONIC);
		memcpy(a->body, clocks, size);
		a->size = size;
	}
}
