// One host's requests: each is run once, and its answer is kept until the host has it. Knows neither files nor threads; the caller sees to
// it that one thread at a time is in here.
#include "protocol.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HEAD = 9, RECORD_BEGUN = 'b', RECORD_DONE = 'd', RECORD_TOKEN = 't' };

struct entry {
	uint32_t number; // 0: free
	int is_done;
	struct answer answer;
};

struct session {
	char boot_id[BOOT_ID_SIZE];
	uint8_t token[TOKEN_SIZE];
	int has_token, is_greeted;
	uint32_t last, acknowledged;
	int running;
	size_t kept_bytes;
	struct entry kept[KEPT_MAX]; // of request n at n % KEPT_MAX
	uint8_t *in;
	size_t in_size;
};

struct session *session_new(const char *boot_id)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s || !(s->in = malloc(4 + HEAD + BODY_MAX)))
		abort();
	memcpy(s->boot_id, boot_id, BOOT_ID_SIZE);
	return s;
}

void session_connected(struct session *s)
{
	s->in_size = 0;
	s->is_greeted = 0;
}

static uint32_t number_at(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put(uint8_t *to, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		to[i] = value >> (8 * i);
}

static void send_answer(uint32_t number, int32_t result, const void *body, uint32_t size)
{
	uint8_t head[12];

	put(head, 8 + size, 4);
	put(head + 4, number, 4);
	put(head + 8, (uint32_t)result, 4);
	connection_send(head, sizeof(head));
	if (size > 0)
		connection_send(body, size);
}

static void write_record(uint8_t kind, uint32_t number, int32_t result, const void *body, uint32_t size)
{
	uint8_t head[13] = { kind };

	put(head + 1, number, 4);
	put(head + 5, (uint32_t)result, 4);
	put(head + 9, size, 4);
	journal_append(head, sizeof(head));
	if (size > 0)
		journal_append(body, size);
}

static struct entry *entry_of(struct session *s, uint32_t number)
{
	struct entry *e = &s->kept[number % KEPT_MAX];

	return number != 0 && e->number == number ? e : NULL;
}

static void forget(struct session *s, struct entry *e)
{
	s->kept_bytes -= e->answer.size;
	free(e->answer.body);
	memset(e, 0, sizeof(*e));
}

// Every answer up to `number` has come. One that was not given yet cannot have.
static void acknowledge(struct session *s, uint32_t number)
{
	while (s->acknowledged < number && s->acknowledged < s->last) {
		struct entry *e = entry_of(s, s->acknowledged + 1);

		if (e && !e->is_done)
			return;
		if (e)
			forget(s, e);
		s->acknowledged++;
	}
	if (s->acknowledged == s->last && s->running == 0) {
		// Nothing is kept. The journal starts again behind the last request that was done.
		journal_clear();
		write_record(RECORD_TOKEN, s->last, 0, s->token, TOKEN_SIZE);
	}
}

static void greet(struct session *s, int32_t error)
{
	uint8_t body[12 + BOOT_ID_SIZE];

	put(body, VERSION, 4);
	put(body + 4, (uint32_t)error, 4);
	put(body + 8, s->last, 4);
	memcpy(body + 12, s->boot_id, BOOT_ID_SIZE);
	send_answer(0, HELLO, body, sizeof(body));
}

static int hello(struct session *s, const uint8_t *body, uint32_t size)
{
	if (size != 8 + TOKEN_SIZE || number_at(body) != VERSION) {
		greet(s, -EPROTONOSUPPORT);
		return -1;
	}
	if (!s->has_token) {
		memcpy(s->token, body + 8, TOKEN_SIZE);
		s->has_token = 1;
		write_record(RECORD_TOKEN, 0, 0, s->token, TOKEN_SIZE);
	}
	if (memcmp(s->token, body + 8, TOKEN_SIZE)) {
		greet(s, -EACCES);
		return -1;
	}
	s->is_greeted = 1;
	acknowledge(s, number_at(body + 4));
	greet(s, 0);
	return 0;
}

static void ping(const uint8_t *body, uint32_t size)
{
	uint8_t said[28];

	if (size != 4)
		return;
	memcpy(said, body, 4);
	put(said + 4, clock_ns(CLOCK_BOOTTIME), 8);
	put(said + 12, clock_ns(CLOCK_MONOTONIC), 8);
	put(said + 20, clock_ns(CLOCK_REALTIME), 8);
	send_answer(0, PING, said, sizeof(said));
}

// A request that is known is answered from what is kept, or will be when it is done.
static int known(struct session *s, uint32_t number)
{
	struct entry *e = entry_of(s, number);

	if (e && e->is_done)
		send_answer(number, e->answer.result, e->answer.body, e->answer.size);
	return number <= s->acknowledged ? -1 : 0;
}

static int request(struct session *s, uint32_t number, uint8_t op, const uint8_t *body, uint32_t size)
{
	struct answer refusal = { .result = -ENOBUFS };
	struct request *r;

	if (number <= s->last)
		return known(s, number);
	if (number != s->last + 1 || number - s->acknowledged > KEPT_MAX)
		return -1;
	s->last = number;
	s->kept[number % KEPT_MAX] = (struct entry){ .number = number };
	write_record(RECORD_BEGUN, number, 0, NULL, 0);
	s->running++;
	if (s->kept_bytes > KEPT_BYTES || s->running > RUNNING_MAX || !(r = malloc(sizeof(*r) + size + 1))) {
		session_done(s, number, &refusal);
		return 0;
	}
	*r = (struct request){ .number = number, .op = op, .size = size };
	memcpy(r->body, body, size);
	r->body[size] = 0;
	request_start(r);
	return 0;
}

void session_done(struct session *s, uint32_t number, struct answer *a)
{
	struct entry *e = entry_of(s, number);

	s->running--;
	if (!e || e->is_done)
		abort();
	e->answer = *a;
	e->is_done = 1;
	s->kept_bytes += a->size;
	write_record(RECORD_DONE, number, a->result, a->body, a->size);
	if (s->is_greeted)
		send_answer(number, a->result, a->body, a->size);
}

void session_asleep(struct session *s, uint32_t number)
{
	uint8_t body[4];

	put(body, number, 4);
	if (s->is_greeted)
		send_answer(0, ASLEEP, body, sizeof(body));
}

// @returns as session_take
static int message(struct session *s, uint32_t number, uint8_t op, const uint8_t *body, uint32_t size)
{
	if (number == 0 && op == HELLO)
		return hello(s, body, size);
	if (!s->is_greeted)
		return -1;
	if (number != 0)
		return request(s, number, op, body, size);
	switch (op) {
	case PING:
		ping(body, size);
		return 0;
	case ACKNOWLEDGE:
		if (size == 4)
			acknowledge(s, number_at(body));
		return 0;
	case BYE:
		return 1;
	default:
		return -1;
	}
}

int session_take(struct session *s, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		size_t wanted = 4, part;
		uint32_t length = 0;
		int end;

		if (s->in_size >= 4) {
			length = number_at(s->in);
			wanted = 4 + (size_t)length;
		}
		part = wanted - s->in_size < size ? wanted - s->in_size : size;
		memcpy(s->in + s->in_size, bytes, part);
		s->in_size += part;
		bytes += part;
		size -= part;
		if (s->in_size < wanted)
			continue;
		if (wanted == 4) {
			length = number_at(s->in);
			if (length < 5 || length > 5 + BODY_MAX)
				return -1;
			continue;
		}
		s->in_size = 0;
		end = message(s, number_at(s->in + 4), s->in[8], s->in + HEAD, length - 5);
		if (end != 0)
			return end;
	}
	return 0;
}

// What was begun and has no end in the journal has an end that nobody knows. It is not run again.
static void close_open_ends(struct session *s)
{
	for (uint32_t number = s->acknowledged + 1; number <= s->last && number != 0; number++) {
		struct answer unknown = { .result = -EOWNERDEAD };
		struct entry *e = entry_of(s, number);

		if (e && !e->is_done) {
			s->running++;
			session_done(s, number, &unknown);
		}
	}
}

static int take_record(struct session *s, uint8_t kind, uint32_t number, int32_t result, const uint8_t *body, uint32_t size)
{
	struct entry *e;

	switch (kind) {
	case RECORD_TOKEN:
		if (size != TOKEN_SIZE || s->last != 0)
			return -1;
		memcpy(s->token, body, TOKEN_SIZE);
		s->has_token = 1;
		s->last = s->acknowledged = number;
		return 0;
	case RECORD_BEGUN:
		if (!s->has_token || number != s->last + 1 || size != 0)
			return -1;
		// What was kept so long ago had been acknowledged.
		e = &s->kept[number % KEPT_MAX];
		if (e->number != 0) {
			if (!e->is_done)
				return -1;
			s->acknowledged = e->number;
			forget(s, e);
		}
		s->last = number;
		*e = (struct entry){ .number = number };
		return 0;
	case RECORD_DONE:
		e = entry_of(s, number);
		if (!e || e->is_done)
			return -1;
		e->answer = (struct answer){ .result = result, .size = size, .body = malloc(size ? size : 1) };
		if (!e->answer.body)
			abort();
		memcpy(e->answer.body, body, size);
		e->is_done = 1;
		s->kept_bytes += size;
		return 0;
	default:
		return -1;
	}
}

// What is taken is written again: the caller has cleared the journal.
int session_restore(struct session *s, const uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		uint32_t body;

		// A record that was cut short is the last one, and did not come to be.
		if (size - at < 13)
			break;
		body = number_at(bytes + at + 9);
		if (body > BODY_MAX + 64)
			return -1;
		if (size - at - 13 < body)
			break;
		if (take_record(s, bytes[at], number_at(bytes + at + 1), (int32_t)number_at(bytes + at + 5), bytes + at + 13, body))
			return -1;
		write_record(bytes[at], number_at(bytes + at + 1), (int32_t)number_at(bytes + at + 5), bytes + at + 13, body);
		at += 13 + body;
	}
	if (!s->has_token)
		return -1;
	close_open_ends(s);
	return 0;
}
