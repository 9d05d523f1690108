// The agent of a remote device: protocol.h. `agent attach FOLDER` joins its standard input and output with the agent that works in
// FOLDER, and starts one when none does. That one outlives the connection; it ends with a bye, or when nobody has come for
// the time of LEASE_S, and leaves nothing behind.
#define _GNU_SOURCE
#include "protocol.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef LEASE_S
#define LEASE_S 600
#endif

enum { STACK = 256 << 10, SEND_LIMIT_S = 5, PART = 1 << 14, JOURNAL_MAX = 32 << 20 };

static struct session *session;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int client = -1, journal = -1;
static char folder[80];

static void say(const char *what)
{
	const char *why = strerror(errno);

	if (write(2, "agent: ", 7) < 0 || write(2, what, strlen(what)) < 0 || write(2, ": ", 2) < 0 ||
	    write(2, why, strlen(why)) < 0 || write(2, "\n", 1) < 0)
		_exit(2);
}

static int write_all(int to, const void *from, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = write(to, (const char *)from + done, n - done);

		if (put > 0)
			done += put;
		else if (put == 0 || errno != EINTR)
			return -1;
	}
	return 0;
}

// A connection that takes nothing is dropped; the answers are kept.
void connection_send(const void *bytes, size_t size)
{
	if (client >= 0 && write_all(client, bytes, size))
		shutdown(client, SHUT_RDWR);
}

void journal_append(const void *bytes, size_t size)
{
	if (journal >= 0 && write_all(journal, bytes, size))
		say("journal");
}

void journal_clear(void)
{
	if (journal >= 0 && ftruncate(journal, 0))
		say("journal");
}

void tell_asleep(uint32_t number)
{
	pthread_mutex_lock(&lock);
	session_asleep(session, number);
	pthread_mutex_unlock(&lock);
}

static void *work(void *argument)
{
	struct request *r = argument;
	struct answer a = { 0 };

	serve(r, &a);
	pthread_mutex_lock(&lock);
	session_done(session, r->number, &a);
	pthread_mutex_unlock(&lock);
	free(r);
	return NULL;
}

// The lock is held here.
void request_start(struct request *r)
{
	struct answer refusal = { .result = -EAGAIN };
	pthread_attr_t small;
	pthread_t thread;
	int error;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &small, work, r);
	pthread_attr_destroy(&small);
	if (error) {
		session_done(session, r->number, &refusal);
		free(r);
	}
}

static void path_in(char *path, const char *name)
{
	strcpy(path, folder);
	strcat(path, name);
}

static void leave_nothing(int is_bye)
{
	static const char *const names[] = { "/socket", "/journal", "/agent" };
	char path[128];

	if (!is_bye)
		undo_all();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		path_in(path, names[i]);
		unlink(path);
	}
	rmdir(folder);
	_exit(0);
}

static void drop_client(void)
{
	close(client);
	client = -1;
	session_connected(session);
}

static void take_client(int fd)
{
	struct timeval limit = { .tv_sec = SEND_LIMIT_S };

	if (client >= 0)
		drop_client();
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	client = fd;
	session_connected(session);
}

static void hear_client(void)
{
	static uint8_t bytes[PART];
	ssize_t n = read(client, bytes, sizeof(bytes));
	int end;

	if (n < 0 && errno == EINTR)
		return;
	end = n <= 0 ? -1 : session_take(session, bytes, n);
	if (end > 0)
		leave_nothing(1);
	if (end < 0)
		drop_client();
}

static void restore(const char *path)
{
	struct stat info;
	uint8_t *bytes;
	ssize_t n = 0;

	journal = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (journal < 0 || fstat(journal, &info) || info.st_size == 0 || info.st_size > JOURNAL_MAX)
		return;
	bytes = malloc(info.st_size);
	if (bytes)
		n = pread(journal, bytes, info.st_size, 0);
	journal_clear();
	if (n > 0 && session_restore(session, bytes, n)) {
		say("journal of another kind");
		_exit(1);
	}
	free(bytes);
}

static void read_boot_id(char *id)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(id, '?', BOOT_ID_SIZE);
	if (fd >= 0 && read(fd, id, BOOT_ID_SIZE) < 0)
		say("boot_id");
	close(fd);
}

static void serve_folder(int listener)
{
	char id[BOOT_ID_SIZE], path[128];
	// CLOCK_MONOTONIC stands still while the device sleeps.
	uint64_t seen = clock_ns(CLOCK_MONOTONIC);

	read_boot_id(id);
	session = session_new(id);
	path_in(path, "/journal");
	restore(path);
	for (;;) {
		struct pollfd p[] = { { .fd = listener, .events = POLLIN }, { .fd = client, .events = POLLIN } };

		poll(p, 2, 1000);
		pthread_mutex_lock(&lock);
		if (client >= 0)
			seen = clock_ns(CLOCK_MONOTONIC);
		if (client >= 0 && p[1].fd == client && p[1].revents)
			hear_client();
		if (p[0].revents) {
			int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

			if (fd >= 0)
				take_client(fd);
		}
		if (client < 0 && clock_ns(CLOCK_MONOTONIC) - seen > (uint64_t)LEASE_S * 1000000000u)
			leave_nothing(0);
		pthread_mutex_unlock(&lock);
	}
}

static void address(struct sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	path_in(a->sun_path, "/socket");
}

static int connect_to(void)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address(&a);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

// The process that stays when the connection ends. It has no terminal, and none of the connection's streams.
static int start_agent(int turn)
{
	struct sockaddr_un a;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), nothing;

	address(&a);
	unlink(a.sun_path);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 4)) {
		say("socket");
		return -1;
	}
	if (fork() > 0) {
		close(listener);
		return connect_to();
	}
	close(turn);
	setsid();
	if (chdir("/"))
		say("/");
	nothing = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(nothing, fd);
	close(nothing);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	serve_folder(listener);
	return -1;
}

static int hand_over(int from, int to)
{
	static uint8_t bytes[PART];
	ssize_t n = read(from, bytes, sizeof(bytes));

	if (n < 0 && errno == EINTR)
		return 0;
	return n <= 0 ? -1 : write_all(to, bytes, n);
}

static int attach(void)
{
	int fd = connect_to();

	if (fd < 0) {
		// Two that come at once must not start two.
		int turn = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (turn >= 0 && flock(turn, LOCK_EX) == 0 && (fd = connect_to()) < 0)
			fd = start_agent(turn);
		close(turn);
	}
	if (fd < 0) {
		say("no agent");
		return 1;
	}
	for (;;) {
		struct pollfd p[] = { { .fd = 0, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (p[0].revents && hand_over(0, fd))
			return 0;
		if (p[1].revents && hand_over(fd, 1))
			return 0;
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "version"))
		return write_all(1, "h1-hil agent 1\n", 15) ? 1 : 0;
	if (argc != 3 || strcmp(argv[1], "attach") || strlen(argv[2]) >= sizeof(folder)) {
		errno = EINVAL;
		say("use: agent attach FOLDER");
		return 2;
	}
	strcpy(folder, argv[2]);
	umask(077);
	return attach();
}
