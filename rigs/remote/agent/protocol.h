// What a host and the agent on a device say to each other. All numbers are little endian.
//
//   to the agent     length:4 number:4 op:1 body       length counts what follows it
//   from the agent   length:4 number:4 result:4 body   result is the call's, or a negative error number
//
// A request that does something has a number, one more than the request before it. The agent runs each number once, and keeps its
// answer until the host has acknowledged it; a host that comes back sends again what has no answer, and is answered from
// what is kept. What only talks has number 0, and its answer has the op as its result:
//
//   0 hello version:4 acknowledged:4 token:16   answer: version:4 error:4 last:4 boot identity:36
//   200 ping nonce:4                            answer: nonce:4 boottime:8 monotonic:8 realtime:8, in ns
//   201 acknowledge number:4                    every answer up to this number has come; no answer
//   202 bye                                     the agent removes its folder and ends; no answer
//   203 (from the agent only) number:4          the device goes to sleep now, for this request
//
// The first message of a connection is hello. The first hello gives the agent its token; a connection with another one is
// refused.
//
//   1 open flags:4 path           2 close fd:4                   3 read fd:4 size:4
//   4 write fd:4 bytes            5 poll fd:4 events:4 ms:4      6 list path (names, each followed by 00)
//   7 run argument 00 argument 00 ... (result: status)           8 read fd:4 size:4 at offset:4
//   9 sleep alarm:4 state 00 clock 00    arms the alarm of a clock in so many seconds, then writes the state to
//                                        /sys/power/state; answer: boottime:8 monotonic:8 before, the same after
//  10 mark text                          writes a record to the kernel log; answer: boottime:8 before, boottime:8 after
//  11 undo path 00 text                  to be written when the agent ends without a bye
//  12 seek to the end fd:4
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

enum {
	HELLO = 0, OPEN, CLOSE, READ, WRITE, POLL, LIST, RUN, READ_AT, SLEEP, MARK, UNDO, TO_END,
	PING = 200, ACKNOWLEDGE, BYE, ASLEEP,
};

enum {
	VERSION = 1,
	TOKEN_SIZE = 16,
	BOOT_ID_SIZE = 36,
	BODY_MAX = 1 << 16,
	// Requests without an acknowledged answer, and bytes of such answers.
	KEPT_MAX = 256,
	KEPT_BYTES = 4 << 20,
	// Requests that run at the same time.
	RUNNING_MAX = 32,
};

struct request {
	uint32_t number;
	uint8_t op;
	uint32_t size;
	uint8_t body[]; // followed by a zero
};

struct answer {
	int32_t result;
	uint32_t size;
	uint8_t *body;
};

// calls.c
void serve(const struct request *r, struct answer *a);
void undo_all(void);
uint64_t clock_ns(int which);

// session.c
struct session;
struct session *session_new(const char *boot_id);
// Takes bytes of the connection. @returns 0; -1 when the connection is to be closed; 1 after bye
int session_take(struct session *s, const uint8_t *bytes, size_t size);
// A new connection: what was half received is forgotten, and hello comes first again.
void session_connected(struct session *s);
void session_done(struct session *s, uint32_t number, struct answer *a);
void session_asleep(struct session *s, uint32_t number);
// Reads back a journal that an agent left which did not end well. @returns 0, or -1 when it is no journal
int session_restore(struct session *s, const uint8_t *bytes, size_t size);

// What the surroundings of a session do for it.
void connection_send(const void *bytes, size_t size);
void request_start(struct request *r); // owns r
void journal_append(const void *bytes, size_t size);
void journal_clear(void);

#endif
