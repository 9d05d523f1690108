// Runs single system calls in the guest for the host. Its argument is the stream to the host, which is a file of the module.
// Each request has a thread of its own, so that a call that blocks (a TPM command, a suspend) holds up no other.
//
//   request   length:4 id:4 op:1 body     length counts what follows it; all numbers little endian
//   answer    length:4 id:4 result:4 body   result is the call's, or a negative error number
//
//   0 hello                       1 open flags:4 path          2 close fd:4
//   3 read fd:4 size:4            4 write fd:4 bytes           5 poll fd:4 events:4 ms:4 (result: revents)
//   6 list path (names, each followed by 00)                   7 run argument 00 argument 00 ... (result: status)
//   8 read fd:4 size:4 at offset:4
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELLO, OPEN, CLOSE, READ, WRITE, POLL, LIST, RUN, READ_AT };
enum { BODY_MAX = 1 << 20, ARGUMENTS_MAX = 64 };

struct request {
	uint32_t id;
	uint8_t op;
	uint32_t size;
	uint8_t body[];
};

struct answer {
	int32_t result;
	uint32_t size;
	uint8_t *body;
};

static int line;
static pthread_mutex_t line_lock = PTHREAD_MUTEX_INITIALIZER;

// Each read stops the machine, so as much as there is is taken at once.
static void read_all(void *to, size_t n)
{
	static uint8_t taken[1 << 14];
	static size_t from, until;

	for (size_t done = 0; done < n;) {
		size_t part = until - from < n - done ? until - from : n - done;

		memcpy((char *)to + done, taken + from, part);
		from += part;
		done += part;
		if (done < n) {
			ssize_t got = read(line, taken, sizeof(taken));

			if (got <= 0 && errno != EINTR)
				exit(1);
			from = 0;
			until = got > 0 ? got : 0;
		}
	}
}

static void write_all(const void *from, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = write(line, (const char *)from + done, n - done);

		if (put > 0)
			done += put;
		else if (errno != EINTR)
			exit(1);
	}
}

static uint32_t number(const struct request *r, unsigned int index)
{
	uint32_t value = 0;

	if (4 * index + 4 <= r->size)
		memcpy(&value, r->body + 4 * index, 4);
	return value;
}

static void list(const char *path, struct answer *a)
{
	DIR *folder = opendir(path);
	FILE *out;
	char *text;
	size_t size;

	if (!folder) {
		a->result = -errno;
		return;
	}
	out = open_memstream(&text, &size);
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			fwrite(entry->d_name, 1, strlen(entry->d_name) + 1, out);
	}
	fclose(out);
	closedir(folder);
	a->body = (uint8_t *)text;
	a->size = size;
}

static void run(const struct request *r, struct answer *a)
{
	char *argv[ARGUMENTS_MAX + 1] = { NULL };
	int count = 0, status, out[2];
	pid_t child;

	for (uint32_t at = 0; at < r->size && count < ARGUMENTS_MAX; at += strlen((char *)r->body + at) + 1)
		argv[count++] = (char *)r->body + at;
	if (count == 0 || pipe2(out, O_CLOEXEC)) {
		a->result = -EINVAL;
		return;
	}
	child = fork();
	if (child == 0) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	a->body = malloc(BODY_MAX);
	for (ssize_t n; a->size < BODY_MAX && (n = read(out[0], a->body + a->size, BODY_MAX - a->size)) > 0;)
		a->size += n;
	close(out[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		a->result = -ECHILD;
	else
		a->result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void serve(const struct request *r, struct answer *a)
{
	const char *path = (const char *)r->body;
	long ret = 0;

	switch (r->op) {
	case HELLO:
		break;
	case OPEN:
		ret = open(path + 4, (int)number(r, 0) | O_CLOEXEC, 0644);
		break;
	case CLOSE:
		ret = close((int)number(r, 0));
		break;
	case READ:
	case READ_AT: {
		uint32_t size = number(r, 1) < BODY_MAX ? number(r, 1) : BODY_MAX;

		a->body = malloc(size ? size : 1);
		ret = r->op == READ ? read((int)number(r, 0), a->body, size) :
				      pread((int)number(r, 0), a->body, size, number(r, 2));
		a->size = ret > 0 ? ret : 0;
		break;
	}
	case WRITE:
		ret = write((int)number(r, 0), r->body + 4, r->size - 4);
		break;
	case POLL: {
		struct pollfd p = { .fd = (int)number(r, 0), .events = (short)number(r, 1) };

		ret = poll(&p, 1, (int)number(r, 2));
		if (ret > 0)
			ret = p.revents;
		break;
	}
	case LIST:
		list(path, a);
		return;
	case RUN:
		run(r, a);
		return;
	default:
		a->result = -ENOSYS;
		return;
	}
	a->result = ret < 0 ? -errno : ret;
}

static void *work(void *argument)
{
	struct request *r = argument;
	struct answer a = { 0 };
	uint32_t head[3];
	uint8_t *whole;

	serve(r, &a);
	head[0] = 8 + a.size;
	head[1] = r->id;
	head[2] = a.result;
	whole = malloc(sizeof(head) + a.size);
	memcpy(whole, head, sizeof(head));
	if (a.size > 0)
		memcpy(whole + sizeof(head), a.body, a.size);
	pthread_mutex_lock(&line_lock);
	write_all(whole, sizeof(head) + a.size);
	pthread_mutex_unlock(&line_lock);
	free(whole);
	free(a.body);
	free(r);
	return NULL;
}

int main(int argc, char **argv)
{
	line = argc > 1 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	if (line < 0) {
		perror("agent: stream");
		return 1;
	}
	write_all("READY", 5);
	for (;;) {
		uint32_t length, id;
		uint8_t op;
		struct request *r;
		pthread_t thread;

		read_all(&length, 4);
		if (length < 5 || length > BODY_MAX)
			return 1;
		read_all(&id, 4);
		read_all(&op, 1);
		r = malloc(sizeof(*r) + length - 5 + 1);
		*r = (struct request){ .id = id, .op = op, .size = length - 5 };
		read_all(r->body, r->size);
		r->body[r->size] = 0; // paths and arguments end here at the latest
		if (pthread_create(&thread, NULL, work, r) == 0)
			pthread_detach(thread);
	}
}
