// Sends a session of the agent mutated messages, and looks at what it must keep whatever comes: a request runs once and in
// order, an answer carries the number of a request that ran, nothing runs before a hello with the right token.
// Its arguments are the number of messages and a seed.
#include "protocol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;
static struct session *session;
static uint32_t ran, pending[RUNNING_MAX];
static int pending_count, is_greeted, is_hello_head;
static uint8_t journal[KEPT_BYTES + (KEPT_MAX + RUNNING_MAX) * (BODY_MAX + 64)];
static size_t journal_size;
static int is_head = 1;
static unsigned long answers;

static uint32_t chance(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static void must(int holds, const char *what)
{
	if (holds)
		return;
	printf("broken: %s\n", what);
	exit(1);
}

uint64_t clock_ns(int which)
{
	return which;
}

void connection_send(const void *bytes, size_t size)
{
	uint32_t head[3], error;

	if (is_hello_head) {
		memcpy(&error, (const uint8_t *)bytes + 4, 4);
		is_greeted = error == 0;
		is_hello_head = 0;
	} else if (is_head) {
		memcpy(head, bytes, 12);
		must(head[1] <= ran, "an answer to nothing");
		is_hello_head = head[1] == 0 && head[2] == HELLO;
		answers++;
	}
	// A body follows a head that announces one.
	is_head = !is_head || (size == 12 && head[0] == 8);
}

void journal_append(const void *bytes, size_t size)
{
	must(journal_size + size <= sizeof(journal), "the journal has a limit");
	memcpy(journal + journal_size, bytes, size);
	journal_size += size;
}

void journal_clear(void)
{
	journal_size = 0;
}

static void end_one(void)
{
	int at = chance(pending_count);
	struct answer a = { .result = chance(100) - 50, .size = chance(4) ? chance(64) : chance(BODY_MAX) };

	a.body = calloc(1, a.size + 1);
	session_done(session, pending[at], &a);
	pending[at] = pending[--pending_count];
}

void request_start(struct request *r)
{
	must(is_greeted, "nothing runs before a hello");
	must(r->number > ran, "a request runs once");
	must(r->body[r->size] == 0, "a body ends");
	ran = r->number;
	pending[pending_count++] = r->number;
	free(r);
}

static size_t put(uint8_t *to, uint32_t value)
{
	memcpy(to, &value, 4);
	return 4;
}

// A message that is right, or nearly so.
static size_t message(uint8_t *to, uint32_t *next)
{
	uint32_t size = chance(8) ? chance(40) : chance(2000), number = 0;
	uint8_t op = chance(13);
	size_t at = 4;

	switch (chance(8)) {
	case 0:
		op = PING, size = 4;
		break;
	case 1:
		op = ACKNOWLEDGE, size = 4;
		break;
	case 2:
		op = HELLO, size = 8 + TOKEN_SIZE;
		break;
	case 3:
		number = ran > 4 ? ran - chance(4) : 1;
		break;
	default:
		number = (*next)++;
	}
	put(to, 5 + size);
	at += put(to + at, number);
	to[at++] = op;
	for (uint32_t i = 0; i < size; i++)
		to[at++] = chance(256);
	if (op == HELLO || op == ACKNOWLEDGE) {
		put(to + 9, op == HELLO ? VERSION : chance(ran + 2));
		if (op == HELLO)
			memset(to + 13 + put(to + 13, chance(ran + 2)), 7, TOKEN_SIZE);
	}
	if (chance(20) == 0)
		to[chance(at)] ^= 1 << chance(8);
	return chance(50) ? at : chance(at);
}

static struct session *fresh(void)
{
	return session_new("0123456789abcdef0123456789abcdef0123");
}

static void connect_again(void)
{
	session_connected(session);
	is_greeted = 0;
	is_head = 1;
	is_hello_head = 0;
}

static int greet(uint8_t token, uint32_t acknowledged)
{
	uint8_t greeting[4 + 5 + 8 + TOKEN_SIZE];

	memset(greeting, token, sizeof(greeting));
	put(greeting, 5 + 8 + TOKEN_SIZE);
	put(greeting + 4, 0);
	greeting[8] = HELLO;
	put(greeting + 9, VERSION);
	put(greeting + 13, acknowledged);
	return session_take(session, greeting, sizeof(greeting));
}

// The agent was killed. What it wrote whole is taken up where it was; what is spoilt only must do no harm.
static void restart(void)
{
	static uint8_t old[sizeof(journal)];
	size_t size = journal_size;
	int is_spoilt = chance(2);

	memcpy(old, journal, size);
	if (is_spoilt && size > 0) {
		for (int flips = chance(4); flips >= 0; flips--)
			old[chance(size)] ^= 1 << chance(8);
		size = chance(2) ? size : chance(size + 1);
	}
	journal_clear();
	pending_count = 0;
	session = fresh();
	connect_again();
	must(session_restore(session, old, size) == 0 || is_spoilt, "a whole journal is taken up");
	if (!is_spoilt)
		return;
	journal_clear();
	session = fresh();
	ran = 0;
	greet(7, 0);
}

int main(int argc, char **argv)
{
	unsigned long messages = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	uint32_t next = 1;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) * 2654435761u + 1 : 1;
	session = fresh();
	greet(7, 0);
	for (unsigned long i = 0; i < messages; i++) {
		static uint8_t bytes[4096];
		size_t size = message(bytes, &next);
		size_t cut = chance(3) ? size : chance(size + 1);
		int end = session_take(session, bytes, cut);

		if (end == 0)
			end = session_take(session, bytes + cut, size - cut);
		while (pending_count > 0 && (pending_count == RUNNING_MAX || chance(3) > 0))
			end_one();
		if (end < 0) {
			connect_again();
			if (chance(10) == 0) {
				must(greet(8, ran) < 0 && !is_greeted, "another token is refused");
				connect_again();
			}
			if (chance(20))
				must(greet(7, chance(4) ? 0 : ran) == 0, "the right token is taken");
			next = ran + 1;
		}
		if (chance(20000) == 0) {
			restart();
			next = ran + 1;
		}
	}
	printf("%lu messages, %lu answers\n", messages, answers);
	return 0;
}
