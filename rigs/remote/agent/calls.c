// The calls of the system that a host may ask for.
#define _GNU_SOURCE
#include "protocol.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64, UNDO_MAX = 32 };

void tell_asleep(uint32_t number); // main.c

uint64_t clock_ns(int which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint32_t number(const struct request *r, unsigned int index)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < 4 && 4 * index + i < r->size; i++)
		value |= (uint32_t)r->body[4 * index + i] << (8 * i);
	return value;
}

static void put_clock(uint8_t *to, int which)
{
	uint64_t ns = clock_ns(which);

	for (int i = 0; i < 8; i++)
		to[i] = ns >> (8 * i);
}

// Text behind `skip` bytes of numbers; empty when there is none.
static const char *text_at(const struct request *r, uint32_t skip)
{
	return skip < r->size ? (const char *)r->body + skip : "";
}

static const char *after(const char *text)
{
	return text + strlen(text) + 1;
}

static int is_inside(const struct request *r, const char *at)
{
	return at <= (const char *)r->body + r->size;
}

static int write_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, bytes, size) < 0)
		error = -errno;
	close(fd);
	return error;
}

static int write_text(const char *path, const char *text)
{
	return write_file(path, text, strlen(text));
}

static void list(const char *path, struct answer *a)
{
	DIR *folder = opendir(path);

	if (!folder) {
		a->result = -errno;
		return;
	}
	a->body = malloc(BODY_MAX);
	for (struct dirent *entry; a->body && (entry = readdir(folder));) {
		size_t size = strlen(entry->d_name) + 1;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (a->size + size > BODY_MAX) {
			a->result = -E2BIG;
			break;
		}
		memcpy(a->body + a->size, entry->d_name, size);
		a->size += size;
	}
	closedir(folder);
}

static void run(const struct request *r, struct answer *a)
{
	char *argv[ARGUMENTS_MAX + 1] = { NULL };
	int count = 0, status, out[2];
	pid_t child;

	for (const char *at = text_at(r, 0); is_inside(r, after(at)) && count < ARGUMENTS_MAX; at = after(at))
		argv[count++] = (char *)at;
	a->body = malloc(BODY_MAX);
	if (count == 0 || !a->body || pipe2(out, O_CLOEXEC)) {
		a->result = -EINVAL;
		return;
	}
	child = fork();
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		dup2(out[1], 1);
		dup2(out[1], 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	for (ssize_t n = 1; n > 0;) {
		uint8_t rest[512];
		int is_full = a->size == BODY_MAX;

		// A program that says too much is heard to its end all the same.
		n = read(out[0], is_full ? rest : a->body + a->size, is_full ? sizeof(rest) : BODY_MAX - a->size);
		if (n > 0 && !is_full)
			a->size += n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	close(out[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		a->result = -ECHILD;
	else
		a->result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Seconds as text, behind a plus: the clock's own present moment is added by the kernel.
static void relative(char *text, uint32_t seconds)
{
	char digits[12];
	int n = 0;

	do
		digits[n++] = '0' + seconds % 10;
	while ((seconds /= 10) > 0);
	*text++ = '+';
	while (n > 0)
		*text++ = digits[--n];
	*text = 0;
}

static void sleep_device(const struct request *r, struct answer *a)
{
	const char *state = text_at(r, 4), *clock = is_inside(r, after(state)) ? after(state) : "";
	char alarm[16];
	int error;

	// A device without an alarm does not come back.
	relative(alarm, number(r, 0));
	write_text(clock, "0");
	error = write_text(clock, alarm);
	a->body = malloc(32);
	if (error || !a->body) {
		a->result = error ? error : -ENOMEM;
		return;
	}
	tell_asleep(r->number);
	put_clock(a->body, CLOCK_BOOTTIME);
	put_clock(a->body + 8, CLOCK_MONOTONIC);
	a->result = write_text("/sys/power/state", state);
	put_clock(a->body + 16, CLOCK_BOOTTIME);
	put_clock(a->body + 24, CLOCK_MONOTONIC);
	a->size = 32;
	write_text(clock, "0");
}

static void mark(const struct request *r, struct answer *a)
{
	a->body = malloc(16);
	if (!a->body) {
		a->result = -ENOMEM;
		return;
	}
	put_clock(a->body, CLOCK_BOOTTIME);
	a->result = write_file("/dev/kmsg", r->body, r->size);
	put_clock(a->body + 8, CLOCK_BOOTTIME);
	a->size = 16;
}

static struct { char *path, *text; } undo[UNDO_MAX];
static int undo_count;
static pthread_mutex_t undo_lock = PTHREAD_MUTEX_INITIALIZER;

static int keep_undo(const struct request *r)
{
	const char *path = text_at(r, 0), *text = after(path);
	int ret = -ENOSPC;

	if (!is_inside(r, text))
		return -EINVAL;
	pthread_mutex_lock(&undo_lock);
	if (undo_count < UNDO_MAX) {
		undo[undo_count].path = strdup(path);
		undo[undo_count].text = strdup(text);
		ret = undo[undo_count].path && undo[undo_count].text ? 0 : -ENOMEM;
		undo_count += ret == 0;
	}
	pthread_mutex_unlock(&undo_lock);
	return ret;
}

void undo_all(void)
{
	while (undo_count > 0) {
		undo_count--;
		write_text(undo[undo_count].path, undo[undo_count].text);
	}
}

static long read_into(const struct request *r, struct answer *a)
{
	uint32_t size = number(r, 1) < BODY_MAX ? number(r, 1) : BODY_MAX;
	long ret;

	a->body = malloc(size ? size : 1);
	if (!a->body) {
		errno = ENOMEM;
		return -1;
	}
	ret = r->op == READ ? read((int)number(r, 0), a->body, size) :
			      pread((int)number(r, 0), a->body, size, number(r, 2));
	a->size = ret > 0 ? ret : 0;
	return ret;
}

void serve(const struct request *r, struct answer *a)
{
	struct pollfd p;
	long ret = 0;

	switch (r->op) {
	case OPEN:
		ret = open(text_at(r, 4), (int)number(r, 0) | O_CLOEXEC, 0644);
		break;
	case CLOSE:
		ret = close((int)number(r, 0));
		break;
	case READ:
	case READ_AT:
		ret = read_into(r, a);
		break;
	case WRITE:
		ret = write((int)number(r, 0), text_at(r, 4), r->size > 4 ? r->size - 4 : 0);
		break;
	case POLL:
		p = (struct pollfd){ .fd = (int)number(r, 0), .events = (short)number(r, 1) };
		ret = poll(&p, 1, (int)number(r, 2));
		if (ret > 0)
			ret = p.revents;
		break;
	case TO_END:
		ret = lseek((int)number(r, 0), 0, SEEK_END);
		break;
	case LIST:
		list(text_at(r, 0), a);
		return;
	case RUN:
		run(r, a);
		return;
	case SLEEP:
		sleep_device(r, a);
		return;
	case MARK:
		mark(r, a);
		return;
	case UNDO:
		a->result = keep_undo(r);
		return;
	default:
		a->result = -ENOSYS;
		return;
	}
	a->result = ret < 0 ? -errno : (int32_t)ret;
}
